package datasets_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/importer"
	"github.com/fieldbook-go/fieldbook/internal/npz"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// value is what stands in an array of the test at a sample, a point, a time and a channel.
func value(sample, x, time, channel int) float64 {
	return float64(1000*sample + 100*x + 10*time + channel)
}

// importPairs imports a [sample, x] and u [channel, x, time, sample], each with a value for its place, and the coordinate x.
func importPairs(t *testing.T) importer.Result {
	t.Helper()
	const samples, points, times, channels = 6, 5, 3, 2
	a := datasets.Array{Name: "a", Axes: []string{"", ""}, Dims: []int{samples, points}}
	for s := range samples {
		for x := range points {
			a.Values = append(a.Values, value(s, x, 0, 0))
		}
	}
	u := datasets.Array{Name: "u", Axes: make([]string, 4), Dims: []int{channels, points, times, samples}}
	for c := range channels {
		for x := range points {
			for time := range times {
				for s := range samples {
					u.Values = append(u.Values, value(s, x, time, c))
				}
			}
		}
	}
	x := datasets.Array{Name: "x", Axes: []string{""}, Dims: []int{points}, Values: []float64{0, 0.25, 0.5, 0.75, 1}}
	path := filepath.Join(t.TempDir(), "pairs.npz")
	if err := npz.Write(path, []datasets.Array{a, u, x}); err != nil {
		t.Fatal(err)
	}
	t.Setenv(store.Home, t.TempDir())
	s, err := store.Open("")
	if err != nil {
		t.Fatal(err)
	}
	r, err := importer.Import(t.Context(), s, path, importer.Options{
		Axes:  map[string][]string{"a": {"sample", "x"}, "u": {"channel", "x", "time", "sample"}},
		Units: map[string]string{"u": "m/s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// noCache refuses to keep anything.
type noCache struct{ t *testing.T }

func (c noCache) Set(context.Context, datasets.Recipe, func(context.Context, func(int, int)) (datasets.Set, error)) (datasets.Set, error) {
	c.t.Error("what was imported is kept once more")
	return datasets.Set{}, errors.New("kept twice")
}

func TestImportedPairs(t *testing.T) {
	importPairs(t)
	for _, axes := range [][]string{nil, {"x", "time"}, {"time", "x"}} {
		for _, every := range []int{0, 1, 2, 3} {
			r := datasets.Imported{Set: "pairs", Input: "a", Output: "u", Train: 3, Test: 2, Axes: axes, Every: every}
			set, err := datasets.Load(datasets.WithCache(t.Context(), noCache{t}), r)
			if err != nil {
				t.Fatal(err)
			}
			step := max(1, every)
			points := (5-1)/step + 1
			train, test := set.Train(), set.Test()
			if !slices.Equal(train.Input.Dims, []int{3, points, 1}) || !slices.Equal(train.Input.Axes, []string{"sample", "x", "channel"}) {
				t.Errorf("input %v, want [3, %d, 1]", train.Input.Shape(), points)
			}
			if len(train.Coords) != 1 || train.Coords[0].Values[1] != 0.25*float64(step) {
				t.Errorf("coordinates %v, want each %d-th of x", train.Coords, step)
			}
			transposed := slices.Equal(axes, []string{"time", "x"})
			for _, part := range []struct {
				pairs       datasets.Pairs
				from, count int
			}{{train, 0, 3}, {test, 4, 2}} {
				at := 0
				for s := range part.count {
					first, second := points, 3
					if transposed {
						first, second = 3, points
					}
					for i := range first {
						for j := range second {
							x, time := i, j
							if transposed {
								x, time = j, i
							}
							for c := range 2 {
								if got, want := part.pairs.Output.Values[at], value(part.from+s, x*step, time, c); got != want {
									t.Fatalf("axes %v, every %d: output value %d = %v, want %v", axes, every, at, got, want)
								}
								at++
							}
						}
					}
					for x := range points {
						if got, want := part.pairs.Input.Values[s*points+x], value(part.from+s, x*step, 0, 0); got != want {
							t.Fatalf("every %d: input of sample %d at %d = %v, want %v", every, s, x, got, want)
						}
					}
				}
			}
			if units := r.Units(); !reflect.DeepEqual(units, map[string]string{"train_output": "m/s", "test_output": "m/s"}) {
				t.Errorf("units %v, want m/s of the outputs", units)
			}
		}
	}
}

func TestImportedWhole(t *testing.T) {
	r := importPairs(t)
	set, err := datasets.Load(t.Context(), datasets.Imported{Set: r.Hash[:10]})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := set.Array("u")
	if got := u.Shape().String(); got != "u [channel 2, x 5, time 3, sample 6]" || len(set.Arrays) != 3 {
		t.Errorf("%s of %d arrays, want the file's", got, len(set.Arrays))
	}
	if u.Values[1] != value(1, 0, 0, 0) || u.Values[6] != value(0, 0, 1, 0) {
		t.Errorf("values %v …, want the file's order", u.Values[:8])
	}
}

func TestTheKeyOfImportedDataIsTheirContent(t *testing.T) {
	r := importPairs(t)
	byName := datasets.Imported{Set: "pairs", Input: "a", Output: "u", Train: 1, Test: 1}
	byHash := byName
	byHash.Set = r.Hash[:12]
	one, err := datasets.Key(byName)
	if err != nil {
		t.Fatal(err)
	}
	two, err := datasets.Key(byHash)
	if err != nil || one != two {
		t.Errorf("keys %s and %s, %v; want one", one, two, err)
	}
	text, err := json.Marshal(byName)
	if err != nil {
		t.Fatal(err)
	}
	var again datasets.Imported
	if err := json.Unmarshal(text, &again); err != nil || again.Set != r.Hash {
		t.Errorf("read back %+v, %v; want the hash", again, err)
	}
	if three, err := datasets.Key(again); err != nil || three != one {
		t.Errorf("key %s of what was read back, %v; want %s", three, err, one)
	}
	more := byName
	more.Train = 2
	if other, _ := datasets.Key(more); other == one {
		t.Error("one key for other samples")
	}
}

func TestImportedRefusals(t *testing.T) {
	importPairs(t)
	good := datasets.Imported{Set: "pairs", Input: "a", Output: "u", Train: 3, Test: 3}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(m *datasets.Imported)
		says   string
	}{
		"empty":            {func(m *datasets.Imported) { *m = datasets.Imported{} }, "Imported.Set is empty"},
		"unknown":          {func(m *datasets.Imported) { m.Set = "none" }, `no imported set "none"`},
		"no such array":    {func(m *datasets.Imported) { m.Input = "b" }, `Imported.Input = "b", want one of a, u, x of pairs`},
		"no output":        {func(m *datasets.Imported) { m.Output = "" }, `Imported.Output = ""`},
		"no samples":       {func(m *datasets.Imported) { m.Train = 0 }, "Imported.Train = 0, want at least 1"},
		"too many":         {func(m *datasets.Imported) { m.Train = 4 }, "Train + Test = 7, want at most the 6 samples of a"},
		"an axis missing":  {func(m *datasets.Imported) { m.Axes = []string{"x"} }, "Imported.Axes = x for u [channel 2, x 5, time 3, sample 6], want all of its axes"},
		"an axis too many": {func(m *datasets.Imported) { m.Axes = []string{"x", "time", "y"} }, `Imported.Axes[2] = "y"`},
		"an axis twice":    {func(m *datasets.Imported) { m.Axes = []string{"x", "time", "x"} }, `Imported.Axes[2] = "x"`},
		"no axis sample":   {func(m *datasets.Imported) { m.Input = "x" }, "x [axis0 5] has no axis sample, want one: import it again with --axes"},
		"every":            {func(m *datasets.Imported) { m.Every = -1 }, "Imported.Every = -1"},
		"axes of nothing":  {func(m *datasets.Imported) { m.Input, m.Output = "", "" }, "want Input and Output beside them"},
	} {
		t.Run(name, func(t *testing.T) {
			m := good
			c.change(&m)
			if err := m.Validate(); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error = %v, want one with %q", err, c.says)
			}
			if shapes := m.Arrays(); shapes != nil {
				t.Errorf("arrays %v of a recipe that is not valid", shapes)
			}
		})
	}
}

func TestADamagedImportIsNamed(t *testing.T) {
	r := importPairs(t)
	path := filepath.Join(os.Getenv(store.Home), "data", r.Bundle, "u.npy")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[200] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = datasets.Load(t.Context(), datasets.Imported{Set: "pairs"})
	var bad *store.CorruptError
	if !errors.As(err, &bad) || bad.Path != path {
		t.Errorf("error = %v, want a CorruptError that names %s", err, path)
	}
}
