//go:build unix

package runs_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// makeIn tells a process of this test binary to make the data of slowPairs in a store.
const makeIn = "FIELDBOOK_TEST_MAKE_IN"

// slowPairs is a recipe that takes a millisecond a sample.
type slowPairs struct {
	Count int
	made  *int // samples, in this process
}

var _ datasets.Sharded = slowPairs{}

func (slowPairs) Name() string    { return "slow-pairs" }
func (slowPairs) Version() int    { return 1 }
func (slowPairs) Validate() error { return nil }
func (s slowPairs) Samples() int  { return s.Count + 1 }

func (s slowPairs) Arrays() []datasets.Shape {
	shape := func(name string, samples, size int) datasets.Shape {
		return datasets.Shape{Name: name, Axes: []string{"sample", "x"}, Dims: []int{samples, size}}
	}
	return []datasets.Shape{
		shape(datasets.TrainInput, s.Count, 3), shape(datasets.TrainOutput, s.Count, 2),
		shape(datasets.TestInput, 1, 3), shape(datasets.TestOutput, 1, 2),
	}
}

func (s slowPairs) Make(ctx context.Context, report func(done, total int)) (datasets.Set, error) {
	in, out, err := s.MakeSamples(ctx, 0, s.Samples(), report)
	return s.Assemble(in, out), err
}

func (s slowPairs) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	for i := from; i < to; i++ {
		time.Sleep(time.Millisecond)
		v := math.Sqrt(float64(i))
		input, output = append(input, v, 2*v, 3*v), append(output, -v, v*v)
		if s.made != nil {
			*s.made++
		}
		if report != nil {
			report(i+1-from, to-from)
		}
	}
	return input, output, ctx.Err()
}

func (s slowPairs) Assemble(input, output []float64) datasets.Set {
	var set datasets.Set
	for i, shape := range s.Arrays() {
		from := &input
		if i%2 == 1 {
			from = &output
		}
		set.Arrays = append(set.Arrays, datasets.Array{Name: shape.Name, Axes: shape.Axes, Dims: shape.Dims, Values: (*from)[:shape.Size()]})
		*from = (*from)[shape.Size():]
	}
	return set
}

// pairsCount is such that the data take half a second.
const pairsCount = 400

// makeUntilKilled makes the data of TestKilledWhileMakingData.
func makeUntilKilled(dir string) int {
	s, err := store.Open(dir)
	if err == nil {
		c := runs.Cache{Store: s, ShardEvery: time.Millisecond}
		_, err = datasets.Load(datasets.WithCache(context.Background(), c), slowPairs{Count: pairsCount})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// parts counts the parts that are in a store.
func parts(t *testing.T, dir string) (names []string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "data", "slow-pairs-*-part-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestKilledWhileMakingData kills processes that make one data set; each goes on from the parts of those before.
func TestKilledWhileMakingData(t *testing.T) {
	r := slowPairs{Count: pairsCount}
	reference := t.TempDir()
	want := load(t, cache(t, reference), r)

	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	moments := rand.New(rand.NewPCG(4, 2)) // fixed, so that a failure comes again
	most := 0
	for range 8 {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), makeIn+"="+dir)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(10+moments.IntN(60)) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // "signal: killed"
		for _, name := range parts(t, dir) {
			_, at, _ := strings.Cut(filepath.Base(name), store.PartMark)
			values, err := strconv.Atoi(at)
			if err != nil {
				t.Fatal(err)
			}
			most = max(most, values/3)
		}
	}
	made := 0
	r.made = &made
	c := cache(t, dir)
	c.Warn = func(err error) { t.Error(err) }
	reported := []int{}
	c.Report = func(_ string, done, total int) { reported = append(reported, done, total) }
	if got := load(t, c, r); !reflect.DeepEqual(got, want) {
		t.Error("the data differ from those of a process that was not killed")
	}
	if most == 0 || made == 0 || made > pairsCount+1-most {
		t.Errorf("the last process made %d of %d samples after parts up to sample %d, want fewer", made, pairsCount+1, most)
	}
	if len(reported) < 2 || reported[0] <= most || reported[len(reported)-2] != pairsCount+1 || reported[1] != pairsCount+1 {
		t.Errorf("progress %v, want it to go on after sample %d to %d", reported, most, pairsCount+1)
	}
	if left := parts(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	equalFiles(t, reference, dir)
}

// equalFiles wants the same bytes of the data in two stores.
func equalFiles(t *testing.T, a, b string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(a, "data", "slow-pairs-*", "*"))
	if err != nil || len(files) < 5 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, file := range files {
		name, err := filepath.Rel(a, file)
		if err != nil {
			t.Fatal(err)
		}
		one, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		two, err := os.ReadFile(filepath.Join(b, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(one) != string(two) {
			t.Errorf("%s differs", name)
		}
	}
}

// TestDamagedPart makes the samples from a damaged part on again.
func TestDamagedPart(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	c := cache(t, dir)
	c.ShardEvery = time.Nanosecond
	c.Report = func(_ string, done, _ int) {
		if done == 200 {
			cancel()
		}
	}
	r := slowPairs{Count: pairsCount}
	if _, err := datasets.Load(datasets.WithCache(ctx, c), r); err == nil {
		t.Fatal("no error after the context ended")
	}
	kept := parts(t, dir)
	if len(kept) < 10 {
		t.Fatalf("%d parts, want at least 10", len(kept))
	}
	spoil(t, filepath.Join(kept[len(kept)/2], "output.npy"), flipped)
	var warnings []string
	c.Report, c.Warn = nil, func(err error) { warnings = append(warnings, err.Error()) }
	made := 0
	r.made = &made
	got := load(t, c, r)
	if want := load(t, cache(t, t.TempDir()), slowPairs{Count: pairsCount}); !reflect.DeepEqual(got, want) {
		t.Error("the data differ from those of an undamaged store")
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "output.npy is damaged") || made <= pairsCount-200 || made > pairsCount {
		t.Errorf("%d samples made, warnings %q", made, warnings)
	}
	if left := parts(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
