package datasets_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// gridRecipes are those of equations on grids, small, with a training and a test part as large as told.
func gridRecipes(train, test int) []datasets.Sharded {
	return []datasets.Sharded{
		datasets.Masked{Grid: 9, Train: train, Test: test, Seed: 7, Finest: 17},
		datasets.HeatBox{Grid: 4, Frames: 2, Train: train, Test: test, Seed: 7},
		datasets.HeatSeries{Grid: 12, Frames: 3, Train: train, Test: test, Seed: 7, Noise: 0.1},
		datasets.PorousFlow{Medium: datasets.TwoPhaseMedium, Length: 0.2, Grid: 5, Train: train, Test: test, Seed: 7, Finest: 17},
		datasets.PorousFlow{Medium: datasets.LogNormalMedium, Grid: 5, Train: train, Test: test, Seed: 7, Finest: 17},
		datasets.Flows{Law: datasets.ShallowWaterFlow, Grid: 4, Frames: 1, Train: train, Test: test, Seed: 7, Finest: 16},
	}
}

// TestGridRecipesAreReproducible: samples depend on seed and index alone, not on how many there are, which are made at a time and on how many cores.
func TestGridRecipesAreReproducible(t *testing.T) {
	more, cores := gridRecipes(5, 1), runtime.GOMAXPROCS(0)
	for i, r := range gridRecipes(3, 2) {
		set, other := load(t, r), load(t, more[i])
		for s := range 3 {
			if !slices.Equal(set.Train().Input.Sample(s), other.Train().Input.Sample(s)) || !slices.Equal(set.Train().Output.Sample(s), other.Train().Output.Sample(s)) {
				t.Errorf("%s: training sample %d changes with the number of samples", r.Name(), s)
			}
		}
		if !slices.Equal(set.Test().Output.Sample(0), other.Test().Output.Sample(0)) {
			t.Errorf("%s: test sample 0 changes with the number of samples", r.Name())
		}
		if slices.Equal(set.Train().Input.Sample(0), set.Train().Input.Sample(1)) || slices.Equal(set.Train().Input.Sample(0), set.Test().Input.Sample(0)) {
			t.Errorf("%s: two samples agree", r.Name())
		}
		var input, output []float64
		runtime.GOMAXPROCS(1)
		for from := range 5 {
			in, out, err := r.MakeSamples(t.Context(), from, from+1, nil)
			if err != nil {
				t.Fatal(err)
			}
			input, output = append(input, in...), append(output, out...)
		}
		runtime.GOMAXPROCS(cores)
		if !reflect.DeepEqual(r.Assemble(input, output), set) {
			t.Errorf("%s: samples made one by one on one core differ from those made together", r.Name())
		}
	}
}

// TestGridRecipesAreDescribed: JSON and back gives the same recipe, and pages have all their words.
func TestGridRecipesAreDescribed(t *testing.T) {
	for _, r := range gridRecipes(1, 1) {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(reflect.TypeOf(r))
		if err := json.Unmarshal(text, back.Interface()); err != nil || !reflect.DeepEqual(back.Elem().Interface(), r) {
			t.Errorf("%s came back from JSON as %+v, %v", text, back.Elem(), err)
		}
		described, is := r.(datasets.Described)
		if !is {
			t.Errorf("%s is not described", r.Name())
			continue
		}
		for i, words := 0, reflect.ValueOf(described.Describe()); i < words.NumField(); i++ {
			if words.Field(i).String() == "" {
				t.Errorf("%s: the page says nothing of its %s", r.Name(), words.Type().Field(i).Name)
			}
		}
	}
}

func TestGridRecipesStop(t *testing.T) {
	for _, r := range gridRecipes(20, 20) {
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := r.Make(ctx, func(int, int) { cancel() }); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want that it was stopped", r.Name(), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range datasets.ReferenceCases() {
		if _, err := (datasets.Reference{Case: c}).Make(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want that it was stopped", c, err)
		}
	}
}
