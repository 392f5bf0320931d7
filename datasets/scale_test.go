package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

func table(samples, points int, values ...float64) datasets.Array {
	return datasets.Array{Name: "a", Axes: []string{"sample", "x"}, Dims: []int{samples, points}, Values: values}
}

func TestFitScale(t *testing.T) {
	a := table(2, 2, 1, 3, 5, 7) // mean 4, variance (9+1+1+9)/4 = 5
	s, err := datasets.FitScale(a)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Mean, []float64{4}) || s.Std[0] != math.Sqrt(5) {
		t.Errorf("scale %+v, want mean 4 and standard deviation √5", s)
	}
	checkRoundTrip(t, s, a.Values)
}

func TestFitPointScale(t *testing.T) {
	a := table(2, 3, 1, 0.1, 2, 5, 0.1, 8)
	s, err := datasets.FitPointScale(a)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Mean, []float64{3, 0.1, 5}) || !slices.Equal(s.Std, []float64{2, 1, 3}) {
		t.Errorf("scale %+v, want means 3, 0.1, 5 and deviations 2, 1, 3", s)
	}
	checkRoundTrip(t, s, a.Values)
}

func checkRoundTrip(t *testing.T, s datasets.Scale, values []float64) {
	t.Helper()
	y, err := s.Apply(values)
	if err != nil {
		t.Fatal(err)
	}
	if first := (values[0] - s.Mean[0]) / s.Std[0]; y[0] != first {
		t.Errorf("scaled to %v, want %v first", y, first)
	}
	back, err := s.Undo(y)
	if err != nil {
		t.Fatal(err)
	}
	for i := range back {
		if math.Abs(back[i]-values[i]) > 1e-14 { // round-off
			t.Errorf("value %d comes back as %v, want %v", i, back[i], values[i])
		}
	}
}

func TestScaleErrors(t *testing.T) {
	_, constant := datasets.FitScale(table(2, 2, 0.1, 0.1, 0.1, 0.1))
	_, nan := datasets.FitPointScale(table(1, 2, 0, math.NaN()))
	_, ragged := datasets.FitScale(table(2, 2, 1))
	_, none := datasets.FitPointScale(datasets.Array{})
	_, zero := datasets.Scale{}.Apply([]float64{1})
	_, flat := datasets.Scale{Mean: []float64{0}, Std: []float64{0}}.Undo([]float64{1})
	_, length := datasets.Scale{Mean: []float64{0, 0}, Std: []float64{1, 1}}.Apply([]float64{1})
	for _, c := range []struct {
		err  error
		want string
	}{
		{constant, "array a is constant at 0.1"},
		{nan, "point 1 has a value that is not finite"},
		{ragged, "has 1 values, want 4"},
		{none, "no samples"},
		{zero, "0 means and 0 standard deviations"},
		{flat, "Scale.Std[0] = 0"},
		{length, "Scale of 2 points for 1 values"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", c.err, c.want)
		}
	}
}
