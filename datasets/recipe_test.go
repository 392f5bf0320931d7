package datasets_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// counting is a recipe of one array; its fields can make it misbehave.
type counting struct {
	Length  int
	Lie     int  // added to the length that Arrays promises
	Ver     int  // the version
	Keeper  *int `json:"-"` // counts the calls of Make
	SelfRef bool // is a view of itself
	Failing bool
}

func (counting) Name() string   { return "counting" }
func (c counting) Version() int { return c.Ver }
func (c counting) Validate() error {
	if c.Length < 1 {
		return errors.New("counting.Length too small")
	}
	return nil
}

func (c counting) Arrays() []datasets.Shape {
	return []datasets.Shape{{Name: "n", Axes: []string{"n"}, Dims: []int{c.Length + c.Lie}}}
}

func (c counting) Make(context.Context, func(done, total int)) (datasets.Set, error) {
	if c.Keeper != nil {
		*c.Keeper++
	}
	if c.Failing {
		return datasets.Set{}, errors.New("failing")
	}
	a := datasets.Array{Name: "n", Axes: []string{"n"}, Dims: []int{c.Length}}
	for i := range c.Length {
		a.Values = append(a.Values, float64(i))
	}
	return datasets.Set{Arrays: []datasets.Array{a}}, nil
}

func (c counting) Source() datasets.Recipe {
	if c.SelfRef {
		return c
	}
	return nil
}

func (c counting) Derive(source datasets.Set) (datasets.Set, error) { return source, nil }

// memory is a cache that notes what it was asked for.
type memory struct {
	sets  map[string]datasets.Set
	asked []string
	made  int
}

func (m *memory) Set(
	ctx context.Context, r datasets.Recipe,
	make func(ctx context.Context, report func(done, total int)) (datasets.Set, error),
) (datasets.Set, error) {
	key, err := datasets.Key(r)
	if err != nil {
		return datasets.Set{}, err
	}
	m.asked = append(m.asked, r.Name())
	if set, ok := m.sets[key]; ok {
		return set, nil
	}
	set, err := make(ctx, nil)
	if err != nil {
		return datasets.Set{}, err
	}
	m.made++
	m.sets[key] = set
	return set, nil
}

func newMemory() *memory { return &memory{sets: map[string]datasets.Set{}} }

func TestLoadKeepsTheSourceOfViews(t *testing.T) {
	cache := newMemory()
	ctx := datasets.WithCache(t.Context(), cache)
	for _, grid := range []int{32, 64, 128, 32} {
		set, err := datasets.Load(ctx, small().At(grid))
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Train().Input.Dims; !slices.Equal(got, []int{3, grid, 1}) {
			t.Errorf("dims %v at grid %d", got, grid)
		}
		if plain := load(t, small().At(grid)); !slices.Equal(plain.Test().Output.Values, set.Test().Output.Values) {
			t.Errorf("the values at grid %d differ with and without a cache", grid)
		}
	}
	if cache.made != 1 || len(cache.asked) != 4 {
		t.Errorf("%d sets made in %d look-ups, want 1 in 4", cache.made, len(cache.asked))
	}
}

func TestLoadErrors(t *testing.T) {
	var calls int
	for _, c := range []struct {
		name  string
		r     datasets.Recipe
		want  string
		calls int
	}{
		{"nil", nil, "the recipe is nil", 0},
		{"not valid", counting{Keeper: &calls}, "counting.Length too small", 0},
		{"other arrays", counting{Length: 3, Lie: 1, Keeper: &calls}, "recipe counting gave [n [n 3]], want [n [n 4]]", 1},
		{"failing", counting{Length: 3, Failing: true, Keeper: &calls}, "failing", 1},
		{"view of itself", counting{Length: 3, SelfRef: true, Keeper: &calls}, "is a view of itself", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			cache := newMemory()
			for _, ctx := range []context.Context{t.Context(), datasets.WithCache(t.Context(), cache)} {
				calls = 0
				if _, err := datasets.Load(ctx, c.r); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %q in it", err, c.want)
				}
				if calls != c.calls {
					t.Errorf("Make was called %d times, want %d", calls, c.calls)
				}
			}
			if cache.made != 0 {
				t.Error("the cache kept what is wrong")
			}
		})
	}
}

func TestKey(t *testing.T) {
	base := datasets.Burgers{Viscosity: 0.1, Grid: 64, Train: 10, Test: 2}
	keyOf := func(r datasets.Recipe) string {
		key, err := datasets.Key(r)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	key := keyOf(base)
	// sha256 of {"Name":"burgers","Version":1,"Recipe":{…}}, by sha256sum: data in stores are found by it.
	if want := "2b62f303827eeb71"; key != want {
		t.Errorf("key %s, want %s", key, want)
	}
	if keyOf(&base) != key {
		t.Error("a pointer to a recipe has another key")
	}
	seen := map[string]string{key: "base"}
	for name, r := range map[string]datasets.Recipe{
		"viscosity": datasets.Burgers{Viscosity: 0.2, Grid: 64, Train: 10, Test: 2},
		"seed":      datasets.Burgers{Viscosity: 0.1, Grid: 64, Train: 10, Test: 2, Seed: 1},
		"grid":      base.At(32),
		"kind":      counting{Length: 1},
		"version":   counting{Length: 1, Ver: 1},
	} {
		if other, ok := seen[keyOf(r)]; ok {
			t.Errorf("%s has the key of %s", name, other)
		}
		seen[keyOf(r)] = name
	}
	if _, err := datasets.Key(datasets.Burgers{Viscosity: math.NaN()}); err == nil || !strings.Contains(err.Error(), "key of recipe burgers") {
		t.Errorf("error %v for a recipe that does not marshal", err)
	}
}

func TestArrayEvery(t *testing.T) {
	a := datasets.Array{Name: "a", Axes: []string{"s", "x", "c"}, Dims: []int{2, 3, 2}, Values: []float64{
		0, 1, 2, 3, 4, 5,
		10, 11, 12, 13, 14, 15,
	}}
	for _, c := range []struct {
		axis string
		step int
		dims []int
		want []float64
	}{
		{"x", 2, []int{2, 2, 2}, []float64{0, 1, 4, 5, 10, 11, 14, 15}},
		{"x", 3, []int{2, 1, 2}, []float64{0, 1, 10, 11}},
		{"s", 2, []int{1, 3, 2}, []float64{0, 1, 2, 3, 4, 5}},
		{"c", 2, []int{2, 3, 1}, []float64{0, 2, 4, 10, 12, 14}},
		{"x", 1, a.Dims, a.Values},
		{"y", 2, a.Dims, a.Values},
	} {
		got, err := a.Every(c.axis, c.step)
		if err != nil || !slices.Equal(got.Dims, c.dims) || !slices.Equal(got.Values, c.want) || got.Validate() != nil {
			t.Errorf("every %d along %s: %v, %v, want %v %v", c.step, c.axis, got, err, c.dims, c.want)
		}
	}
	if _, err := a.Every("x", 0); err == nil {
		t.Error("step 0 was accepted")
	}
	a.Values = a.Values[1:]
	if _, err := a.Every("x", 2); err == nil || !strings.Contains(err.Error(), "a [s 2, x 3, c 2] has 11 values, want 12") {
		t.Errorf("error %v for an array with a value missing", err)
	}
}

func TestPairsCoordinates(t *testing.T) {
	line := func(name string) datasets.Array {
		return datasets.Array{Name: name, Axes: []string{name}, Dims: []int{1}, Values: []float64{0}}
	}
	set := datasets.Set{Arrays: []datasets.Array{
		line("x"), line("t"), line("unused"),
		{Name: datasets.TrainInput, Axes: []string{"sample", "x", "channel"}},
		{Name: datasets.TrainOutput, Axes: []string{"sample", "x", "t"}},
	}}
	var names []string
	for _, c := range set.Train().Coords {
		names = append(names, c.Name)
	}
	if !slices.Equal(names, []string{"x", "t"}) {
		t.Errorf("coordinates %v, want x and t", names)
	}
	if set.Test().Len() != 0 {
		t.Error("a set without a test part has test pairs")
	}
}
