package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

func scaled() datasets.Array {
	return datasets.Array{Name: "a", Axes: []string{"sample", "x", "channel"}, Dims: []int{2, 2, 2}, Values: []float64{0, 5, 2, 5, 4, 5, 6, 5}}
}

func TestRangeScale(t *testing.T) {
	a := scaled()
	for _, c := range []struct {
		per  datasets.Per
		want []float64
	}{
		{datasets.PerArray, []float64{-1, 2.0 / 3, -1.0 / 3, 2.0 / 3, 1.0 / 3, 2.0 / 3, 1, 2.0 / 3}},
		{datasets.PerChannel, []float64{-1, -1, -1.0 / 3, -1, 1.0 / 3, -1, 1, -1}},
		{datasets.PerPoint, []float64{-1, -1, -1, -1, 1, -1, 1, -1}},
	} {
		s, err := datasets.FitRangeScale(a, -1, 1, c.per)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Apply(a.Values)
		if err != nil {
			t.Fatal(err)
		}
		back, err := s.Undo(got)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-15 || math.Abs(back[i]-a.Values[i]) > 1e-14 { // round-off
				t.Errorf("per %d: %v and back %v, want %v", c.per, got, back, c.want)
				break
			}
		}
	}
}

func TestChannelScale(t *testing.T) {
	s, err := datasets.FitChannelScale(scaled())
	if err != nil || !slices.Equal(s.Mean, []float64{3, 5}) || !slices.Equal(s.Std, []float64{math.Sqrt(5), 1}) {
		t.Errorf("%+v, %v, want means 3 and 5, deviations √5 and, of what is constant, 1", s, err)
	}
}

func TestScaleFitErrors(t *testing.T) {
	nan := scaled()
	nan.Values[3] = math.NaN()
	result := func(_ datasets.Scale, err error) error { return err }
	for want, err := range map[string]error{
		"FitChannelScale: array":          result(datasets.FitChannelScale(datasets.Array{})),
		"value 3 is NaN":                  result(datasets.FitRangeScale(nan, 0, 1, datasets.PerArray)),
		"range [1, 1]":                    result(datasets.FitRangeScale(scaled(), 1, 1, datasets.PerArray)),
		"per = 7, want PerArray":          result(datasets.FitRangeScale(scaled(), 0, 1, 7)),
		"FitRangeScale: array  [] has no": result(datasets.FitRangeScale(datasets.Array{}, 0, 1, datasets.PerPoint)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
