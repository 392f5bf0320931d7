package datasets_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
)

// generalRecipes are those of no equation, small, with a training and a test part as large as told.
func generalRecipes(train, test int) []datasets.Sharded {
	var list []datasets.Sharded
	for _, k := range datasets.FieldKinds() {
		list = append(list, datasets.RandomFields{Kind: k, Axes: 2, Grid: 6, Train: train, Test: test, Seed: 7})
	}
	list = append(list, datasets.GaussianProcess{
		Form: randomfield.Exponential, Length: 0.5, Axes: 2, Points: 5, Train: train, Test: test, Seed: 7,
	})
	for _, k := range datasets.DensityKinds() {
		list = append(list, datasets.Density{Kind: k, Train: train, Test: test, Seed: 7})
	}
	for _, k := range datasets.OutlineKinds() {
		list = append(list, datasets.Outlines{Kind: k, Points: 9, Grid: 4, Train: train, Test: test, Seed: 7})
	}
	for _, k := range datasets.ImageKinds() {
		list = append(list, datasets.Images{Kind: k, Train: train, Test: test, Seed: 7, Side: 10, Noise: 0.1})
	}
	list = append(list, datasets.Gabor{Grid: 32, Train: train, Test: test, Seed: 7})
	for _, k := range datasets.SeriesKinds() {
		list = append(list, datasets.Series{Kind: k, Frames: 6, Train: train, Test: test, Seed: 7, Jitter: 0.3, Noise: 0.1})
	}
	for _, task := range datasets.SequenceTasks() {
		s := datasets.Sequences{Task: task, Length: 20, Train: train, Test: test, Seed: 7}
		if task == datasets.ArithmeticTask {
			s.Length = 21
		}
		list = append(list, s)
	}
	for _, k := range datasets.CloudKinds() {
		list = append(list, datasets.PointClouds{Kind: k, Points: 5, Train: train, Test: test, Seed: 7, Noise: 0.1})
	}
	return list
}

// TestGeneralRecipesAreReproducible: samples depend on seed and index alone, not on how many there are, which are made at a time and on how many cores.
func TestGeneralRecipesAreReproducible(t *testing.T) {
	more := generalRecipes(5, 1)
	for i, r := range generalRecipes(3, 2) {
		set := load(t, r)
		other := load(t, more[i])
		for _, part := range [][2]datasets.Pairs{{set.Train(), other.Train()}, {set.Test(), other.Test()}} {
			for s := range min(part[0].Len(), part[1].Len()) {
				if !slices.Equal(part[0].Input.Sample(s), part[1].Input.Sample(s)) || !slices.Equal(part[0].Output.Sample(s), part[1].Output.Sample(s)) {
					t.Errorf("%s: %s: sample %d changes with the number of samples", r.Name(), part[0].Input.Name, s)
				}
			}
		}
		train := set.Train()
		if slices.Equal(train.Input.Sample(0), train.Input.Sample(1)) || slices.Equal(train.Input.Sample(0), set.Test().Input.Sample(0)) {
			t.Errorf("%s: two samples agree", r.Name())
		}
		for _, a := range set.Arrays {
			for j, v := range a.Values {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("%s: value %d of %s is %v", r.Name(), j, a.Name, v)
				}
			}
		}
		var input, output []float64
		for from := range 5 {
			in, out, err := r.MakeSamples(t.Context(), from, from+1, nil)
			if err != nil {
				t.Fatal(err)
			}
			input, output = append(input, in...), append(output, out...)
		}
		if !reflect.DeepEqual(r.Assemble(input, output), set) {
			t.Errorf("%s: samples made one by one differ from those made together", r.Name())
		}
	}
}

func TestGeneralRecipesOnOneCore(t *testing.T) {
	recipes := generalRecipes(3, 2)
	var sets []datasets.Set
	for _, r := range recipes {
		sets = append(sets, load(t, r))
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for i, r := range recipes {
		if !reflect.DeepEqual(load(t, r), sets[i]) {
			t.Errorf("%s depends on the number of cores", r.Name())
		}
	}
}

// TestGeneralRecipesAreDescribed: JSON and back gives the same key, another seed another one; pages have all their words; the zero value is refused.
func TestGeneralRecipesAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range generalRecipes(1, 1) {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(reflect.TypeOf(r))
		if err := json.Unmarshal(text, back.Interface()); err != nil || !reflect.DeepEqual(back.Elem().Interface(), r) {
			t.Errorf("%s came back from JSON as %+v, %v", text, back.Elem(), err)
		}
		key, err := datasets.Key(r)
		if err != nil || seen[key] {
			t.Errorf("%s: key %s, %v, want one of its own", r.Name(), key, err)
		}
		seen[key] = true
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
		zero := reflect.Zero(reflect.TypeOf(r)).Interface().(datasets.Recipe)
		if _, err := datasets.Load(t.Context(), zero); err == nil || !strings.Contains(err.Error(), "datasets: "+reflect.TypeOf(r).Name()) {
			t.Errorf("%s: error %v for the zero value", r.Name(), err)
		}
		if _, err := zero.Make(t.Context(), nil); err == nil {
			t.Errorf("%s: Make took the zero value", r.Name())
		}
	}
}

func TestGeneralRecipesStop(t *testing.T) {
	for _, r := range generalRecipes(50, 50) {
		ctx, cancel := context.WithCancel(t.Context())
		reports := 0
		_, err := r.Make(ctx, func(_, total int) {
			reports++
			cancel()
			if total != 100 {
				t.Errorf("%s: total = %d, want 100", r.Name(), total)
			}
		})
		if !errors.Is(err, context.Canceled) || reports == 0 || reports > 50 {
			t.Errorf("%s: error %v after %d reports", r.Name(), err, reports)
		}
	}
}

// TestRows draws rows of sets far too large to make.
func TestRows(t *testing.T) {
	for i, r := range generalRecipes(1<<40, 1) {
		small := load(t, generalRecipes(6, 1)[i]).Train()
		rows, err := datasets.Rows(t.Context(), r, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		if rows.Len() != 3 || rows.Input.Validate() != nil || rows.Output.Validate() != nil {
			t.Errorf("%s: %v and %v, want three rows", r.Name(), rows.Input.Shape(), rows.Output.Shape())
		}
		for s := range 3 {
			if !slices.Equal(rows.Input.Sample(s), small.Input.Sample(2+s)) || !slices.Equal(rows.Output.Sample(s), small.Output.Sample(2+s)) {
				t.Errorf("%s: row %d is another one in a smaller set", r.Name(), 2+s)
			}
		}
		if _, err := datasets.Rows(t.Context(), r, 1<<39, 1); err != nil {
			t.Error(err)
		}
	}
	r := datasets.Sequences{Task: datasets.ParityTask, Length: 3, Train: 5, Test: 2}
	for _, c := range [][2]int{{-1, 1}, {0, 0}, {3, 3}, {1 << 62, 1 << 62}} {
		if _, err := datasets.Rows(t.Context(), r, c[0], c[1]); err == nil || !strings.Contains(err.Error(), "within the 5 for training") {
			t.Errorf("rows %v: error %v, want how many there are", c, err)
		}
	}
	if _, err := datasets.Rows(t.Context(), datasets.Sequences{}, 0, 1); err == nil {
		t.Error("a recipe that is not valid was accepted")
	}
}

// BenchmarkGeneral times recipes at the sizes that the catalog has.
func BenchmarkGeneral(b *testing.B) {
	for _, r := range []datasets.Sharded{
		datasets.RandomFields{Kind: datasets.MaternField, Axes: 2, Grid: 64, Train: 40, Test: 10},
		datasets.RandomFields{Kind: datasets.TorusField, Axes: 2, Grid: 64, Train: 40, Test: 10},
		datasets.RandomFields{Kind: datasets.VoronoiField, Axes: 2, Grid: 64, Train: 40, Test: 10},
		datasets.GaussianProcess{Form: randomfield.Matern, Nu: 2.5, Length: 0.2, Axes: 1, Points: 50, Train: 100, Test: 1},
		datasets.Density{Kind: datasets.Moons, Train: 1000, Test: 1},
		datasets.Outlines{Kind: datasets.StarDomains, Points: 32, Grid: 64, Train: 10, Test: 1},
		datasets.Images{Kind: datasets.DigitImages, Train: 100, Test: 1},
		datasets.Series{Kind: datasets.ECGSeries, Frames: 200, Train: 10, Test: 1},
		datasets.PointClouds{Kind: datasets.TorusClouds, Points: 512, Train: 10, Test: 1},
	} {
		b.Run(r.Name(), func(b *testing.B) {
			for b.Loop() {
				if _, err := r.Make(b.Context(), nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N*r.Samples()), "ms/sample")
		})
	}
}
