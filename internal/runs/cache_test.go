package runs_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// awkward is a recipe of values that a decimal form would lose, of ranks 1 to 3. It counts how often it is made.
type awkward struct {
	Count int
	made  *atomic.Int32
	slow  time.Duration
	fails error
}

func (awkward) Name() string    { return "awkward" }
func (awkward) Version() int    { return 3 }
func (awkward) Validate() error { return nil }

func (a awkward) Arrays() []datasets.Shape {
	return []datasets.Shape{
		{Name: "field", Axes: []string{"sample", "x", "channel"}, Dims: []int{a.Count, 3, 1}},
		{Name: "x", Axes: []string{"x"}, Dims: []int{3}},
	}
}

func (a awkward) Make(context.Context, func(done, total int)) (datasets.Set, error) {
	a.made.Add(1)
	time.Sleep(a.slow)
	values := make([]float64, 3*a.Count)
	for i := range values {
		values[i] = math.Sqrt(float64(i)) * 0.1
	}
	values[0], values[1], values[2] = math.Copysign(0, -1), math.SmallestNonzeroFloat64, math.MaxFloat64
	set := datasets.Set{}
	for i, s := range a.Arrays() {
		set.Arrays = append(set.Arrays, datasets.Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims, Values: [][]float64{values, {0, 1.0 / 3, math.Pi}}[i]})
	}
	return set, a.fails
}

func cache(t *testing.T, dir string) runs.Cache {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return runs.Cache{Store: s}
}

func load(t *testing.T, c runs.Cache, r datasets.Recipe) datasets.Set {
	t.Helper()
	set, err := datasets.Load(datasets.WithCache(t.Context(), c), r)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestCacheKeepsEveryBit(t *testing.T) {
	dir := t.TempDir()
	r := awkward{Count: 5, made: &atomic.Int32{}}
	first := load(t, cache(t, dir), r)
	second := load(t, cache(t, dir), r)
	if n := r.made.Load(); n != 1 {
		t.Errorf("made %d times, want once", n)
	}
	if !reflect.DeepEqual(first, second) {
		t.Errorf("read %v, want %v as it was made", second, first)
	}
	for i, a := range first.Arrays {
		for k, v := range a.Values {
			if math.Float64bits(v) != math.Float64bits(second.Arrays[i].Values[k]) {
				t.Errorf("%s[%d] is %x, want %x", a.Name, k, second.Arrays[i].Values[k], v)
			}
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "data", "[a-z]*"))
	if err != nil || len(names) != 1 || !regexp.MustCompile(`^awkward-[0-9a-f]{16}$`).MatchString(filepath.Base(names[0])) {
		t.Errorf("folders %v, %v; want one, named after recipe and key", names, err)
	}
	load(t, cache(t, dir), awkward{Count: 6, made: r.made})
	if n := r.made.Load(); n != 2 {
		t.Errorf("another recipe was not made (%d)", n)
	}
}

func TestCacheMakesDamagedDataAgain(t *testing.T) {
	for _, file := range []string{"field.npy", "x.npy", "set.json", "complete.json"} {
		for name, change := range map[string]func([]byte) []byte{"flipped": flipped, "truncated": truncated, "missing": missing} {
			t.Run(file+" "+name, func(t *testing.T) {
				dir := t.TempDir()
				r := awkward{Count: 5, made: &atomic.Int32{}}
				want := load(t, cache(t, dir), r)
				found, err := filepath.Glob(filepath.Join(dir, "data", "awkward-*", file))
				if err != nil || len(found) != 1 {
					t.Fatalf("files %v, %v", found, err)
				}
				spoil(t, found[0], change)
				var warnings []string
				c := cache(t, dir)
				c.Warn = func(err error) { warnings = append(warnings, err.Error()) }
				if got := load(t, c, r); !reflect.DeepEqual(got, want) {
					t.Error("what was made again is not what was made first")
				}
				if len(warnings) != 1 || !strings.Contains(warnings[0], found[0]) {
					t.Errorf("warnings %q, want one that names %s", warnings, found[0])
				}
				load(t, c, r)
				if n := r.made.Load(); n != 2 || len(warnings) != 1 {
					t.Errorf("made %d times with %d warnings, want 2 and 1: what was made again is kept", n, len(warnings))
				}
			})
		}
	}
}

func TestTwoThatWantTheSameDataMakeThemOnce(t *testing.T) {
	dir := t.TempDir()
	r := awkward{Count: 5, made: &atomic.Int32{}, slow: 200 * time.Millisecond}
	sets := make([]datasets.Set, 4)
	caches := make([]runs.Cache, len(sets))
	for i := range caches {
		caches[i] = cache(t, dir) // a store of its own: locks are the files', as between processes
	}
	var all sync.WaitGroup
	for i := range sets {
		all.Go(func() {
			var err error
			if sets[i], err = datasets.Load(datasets.WithCache(t.Context(), caches[i]), r); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := r.made.Load(); n != 1 {
		t.Errorf("made %d times, want once", n)
	}
	for _, set := range sets[1:] {
		if !reflect.DeepEqual(set, sets[0]) {
			t.Error("two got different data")
		}
	}
}

func TestDataThatCannotBeMadeAreNotKept(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("broken")
	r := awkward{Count: 5, made: &atomic.Int32{}, fails: broken}
	c := cache(t, dir)
	if _, err := datasets.Load(datasets.WithCache(t.Context(), c), r); !errors.Is(err, broken) {
		t.Fatalf("error = %v, want the recipe's", err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if !strings.HasSuffix(e.Name(), ".lock") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
	r.fails = nil
	load(t, c, r)
}
