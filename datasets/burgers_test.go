package datasets_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// small is quick to make: 0.5 ms a pair.
func small() datasets.Burgers {
	return datasets.Burgers{Viscosity: 0.1, Grid: 32, Train: 3, Test: 2, Seed: 7, Finest: 128, Steps: 50}
}

func load(t *testing.T, r datasets.Recipe) datasets.Set {
	t.Helper()
	set, err := datasets.Load(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestBurgersGolden ties the values to Burgers.Version.
func TestBurgersGolden(t *testing.T) {
	// Values are of size 1; sine and cosine tables and fused multiply-adds of other machines move them by about 1e-15.
	checkGolden(t, datasets.Burgers{Viscosity: 0.1, Grid: 128, Train: 2, Test: 1, Seed: 1}, 1e-12)
}

func TestBurgersSamplesDependOnSeedAndIndexAlone(t *testing.T) {
	base := load(t, small())
	more := small()
	more.Train, more.Test = 5, 4
	large := load(t, more)
	for _, part := range []struct{ a, b datasets.Pairs }{{base.Train(), large.Train()}, {base.Test(), large.Test()}} {
		for i := range part.a.Len() {
			if !slices.Equal(part.a.Input.Sample(i), part.b.Input.Sample(i)) ||
				!slices.Equal(part.a.Output.Sample(i), part.b.Output.Sample(i)) {
				t.Errorf("%s: sample %d changes with the number of samples", part.a.Input.Name, i)
			}
		}
	}
	other := small()
	other.Seed = 8
	inputs := slices.Concat(large.Train().Input.Values, large.Test().Input.Values, load(t, other).Train().Input.Values)
	seen := map[float64]bool{}
	for i := 0; i < len(inputs); i += small().Grid {
		if seen[inputs[i]] {
			t.Errorf("sample %d repeats another one", i/small().Grid)
		}
		seen[inputs[i]] = true
	}
}

func TestBurgersAtSharesOneSolve(t *testing.T) {
	fine, coarse := load(t, small().At(128)), load(t, small())
	for _, pair := range [][2]datasets.Array{
		{fine.Train().Input, coarse.Train().Input}, {fine.Test().Output, coarse.Test().Output},
	} {
		for i, v := range pair[1].Values {
			if v != pair[0].Values[4*i] {
				t.Fatalf("%s[%d] = %v is not the finest grid's %v", pair[1].Name, i, v, pair[0].Values[4*i])
			}
		}
	}
	key := func(r datasets.Recipe) string {
		k, err := datasets.Key(r)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if a, b := small().Source(), small().At(64).Source(); key(a) != key(b) {
		t.Errorf("sources %v and %v differ", a, b)
	}
	spelt := datasets.Burgers{Viscosity: 0.1, Grid: 1024, Train: 1, Test: 1, Finest: 1024, Steps: 200, Until: 1}
	if spelt.Source() != nil {
		t.Errorf("the finest grid has the source %v, want none", spelt.Source())
	}
	if short := (datasets.Burgers{Viscosity: 0.1, Grid: 1024, Train: 1, Test: 1}); short.Source() != spelt {
		t.Errorf("source %v of a recipe with defaults, want %v", short.Source(), spelt)
	}
	made, err := small().Make(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(made.Train().Output.Values, coarse.Train().Output.Values) {
		t.Error("Make and Load differ")
	}
}

func TestBurgersFields(t *testing.T) {
	set := load(t, small())
	train := set.Train()
	if train.Len() != 3 || set.Test().Len() != 2 {
		t.Fatalf("%d and %d pairs, want 3 and 2", train.Len(), set.Test().Len())
	}
	if len(train.Coords) != 1 || train.Coords[0].Name != "x" || train.Coords[0].Values[8] != 0.25 {
		t.Errorf("coordinates %+v, want x with x[8] = 0.25", train.Coords)
	}
	for i := range train.Len() {
		var mean, before, after float64
		fine := load(t, small().At(128)).Train()
		for j, u := range fine.Input.Sample(i) {
			mean += u / 128
			before += u * u / 128
			after += fine.Output.Sample(i)[j] * fine.Output.Sample(i)[j] / 128
		}
		if math.Abs(mean) > 1e-15*128 { // round-off of the sum
			t.Errorf("sample %d has the mean %g, want 0", i, mean)
		}
		// The slowest mode decays by exp(-0.1 (2π)²) = 0.019 in amplitude, 4e-4 in energy.
		if !(after < 1e-3*before) || after == 0 {
			t.Errorf("sample %d: energy %g at the end, %g at the start", i, after, before)
		}
	}
}

func TestBurgersValidate(t *testing.T) {
	err := datasets.Burgers{}.Validate()
	for _, want := range []string{"Burgers.Viscosity = 0", "Burgers.Grid = 0", "Burgers.Train = 0", "Burgers.Test = 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	for _, c := range []struct {
		change func(*datasets.Burgers)
		want   string
	}{
		{func(b *datasets.Burgers) { b.Grid = 48 }, "Burgers.Grid = 48, want a divisor of the finest grid of 128 points"},
		{func(b *datasets.Burgers) { b.Finest = 2 }, "Burgers.Finest = 2"},
		{func(b *datasets.Burgers) { b.Steps = -1 }, "Burgers.Steps = -1"},
		{func(b *datasets.Burgers) { b.Until = -1 }, "Burgers.Until = -1"},
		{func(b *datasets.Burgers) { b.Viscosity = math.NaN() }, "Burgers.Viscosity = NaN"},
	} {
		b := small()
		c.change(&b)
		if err := b.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
		if _, err := b.Make(t.Context(), nil); err == nil {
			t.Errorf("Make took a recipe with %s", c.want)
		}
	}
	if err := small().Validate(); err != nil {
		t.Error(err)
	}
}

func TestBurgersTooFewSteps(t *testing.T) {
	b := small()
	b.Viscosity, b.Steps, b.Until = 1e-5, 20, 100
	_, err := datasets.Load(t.Context(), b)
	var at *pde.NotFiniteError
	if !errors.As(err, &at) || !strings.Contains(err.Error(), "Burgers with Steps = 20") {
		t.Errorf("error %v, want one that names the step and the field to change", err)
	}
}

func TestBurgersStopsAndReports(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var reports int
	_, err := small().Make(ctx, func(done, total int) {
		if reports++; reports == 2 {
			cancel()
		}
		if total != 5 {
			t.Errorf("total = %d, want 5", total)
		}
	})
	if !errors.Is(err, context.Canceled) || reports > 4 {
		t.Errorf("error %v after %d reports", err, reports)
	}
}
