package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
)

// TestRandomFieldsGolden ties the values to RandomFields.Version and GaussianProcess.Version.
func TestRandomFieldsGolden(t *testing.T) {
	for _, k := range datasets.FieldKinds() {
		// Values are of size 1 to 10; the transforms' round-off is 1e-15.
		checkGolden(t, datasets.RandomFields{Kind: k, Axes: 2, Grid: 8, Train: 2, Test: 1, Seed: 1}, 1e-12)
	}
	// A round-off grows by the condition number of the covariance, 1e5.
	checkGolden(t, datasets.GaussianProcess{
		Form: randomfield.Matern, Nu: 2.5, Length: 0.3, Axes: 1, Points: 10, Train: 2, Test: 1, Seed: 1, Noise: 0.05,
	}, 1e-9)
}

// TestRandomFieldsVariance: of the kinds with a known variance, at all points and by five standard errors of the least number of
// independent values, one a field.
func TestRandomFieldsVariance(t *testing.T) {
	const train = 1000
	for kind, want := range map[datasets.FieldKind]struct{ mean, variance, fourth float64 }{ // fourth: central moment
		datasets.MaternField:       {0, 1, 3},
		datasets.SmoothField:       {0, 1, 3},
		datasets.TwoPhaseField:     {7.5, 20.25, 20.25 * 20.25},
		datasets.CheckerboardField: {5.5, 20.25, 20.25 * 20.25},
		datasets.VoronoiField:      {5.5, 81.0 / 12, 9 * 9 * 81 / 80.0},
		datasets.StepField:         {0, 1.0 / 3, 1.0 / 5},
		datasets.SineField:         {0, 5.0 / 24, 3 * 25.0 / 576}, // at most a Gaussian's
		datasets.WaveField:         {0, 1, 3},
	} {
		set := load(t, datasets.RandomFields{Kind: kind, Axes: 2, Grid: 6, Train: train, Test: 1, Seed: 4})
		values := set.Train().Output.Values
		var mean, variance float64
		for _, v := range values {
			mean += v / float64(len(values))
			variance += (v - want.mean) * (v - want.mean) / float64(len(values))
		}
		if bound := 5 * math.Sqrt(want.variance/train); math.Abs(mean-want.mean) > bound {
			t.Errorf("%s: mean %v, want %v within %.2g", kind, mean, want.mean, bound)
		}
		if bound := 5*math.Sqrt((want.fourth-want.variance*want.variance)/train) + 1e-9; math.Abs(variance-want.variance) > bound {
			t.Errorf("%s: variance %v, want %v within %.2g", kind, variance, want.variance, bound)
		}
	}
}

func TestRandomFieldsAreSeenInPart(t *testing.T) {
	for axes := 1; axes <= 3; axes++ {
		set := load(t, datasets.RandomFields{Kind: datasets.BumpField, Axes: axes, Grid: 5, Train: 3, Test: 2, Observed: 0.3})
		pairs := set.Train()
		if len(pairs.Coords) != axes || pairs.Coords[0].Values[4] != 0.8 {
			t.Errorf("coordinates %+v, want %d of 0 to 0.8", pairs.Coords, axes)
		}
		var first []float64
		for s := range pairs.Len() {
			in, out := pairs.Input.Sample(s), pairs.Output.Sample(s)
			seen := 0.0
			var mask []float64
			for i, u := range out {
				mask = append(mask, in[2*i+1])
				seen += in[2*i+1]
				if in[2*i] != u*in[2*i+1] {
					t.Fatalf("%d axes: the input is %v where the field is %v and the mask %v", axes, in[2*i], u, in[2*i+1])
				}
			}
			if want := math.Ceil(0.3 * float64(len(out))); seen != want {
				t.Errorf("%d axes: %v points are seen, want %v", axes, seen, want)
			}
			if s > 0 && slices.Equal(mask, first) {
				t.Errorf("%d axes: two fields are seen at the same points", axes)
			}
			first = mask
		}
	}
}

// TestGaussianProcessCovariance: products of two values have the mean C(r), so over samples the mean of y_i y_j - C(r_ij) is zero within five
// standard errors.
func TestGaussianProcessCovariance(t *testing.T) {
	g := datasets.GaussianProcess{Form: randomfield.Exponential, Length: 0.5, Axes: 2, Points: 2, Train: 4000, Test: 1, Seed: 2, Noise: 0.3}
	pairs := load(t, g).Train()
	k := randomfield.Kernel{Form: g.Form, Length: g.Length, Variance: 1}
	var sum, squares, diagonal float64
	for i := range pairs.Len() {
		x, y := pairs.Input.Sample(i), pairs.Output.Sample(i)
		d := y[0]*y[1] - k.Covariance(math.Hypot(x[0]-x[2], x[1]-x[3]))
		sum, squares, diagonal = sum+d, squares+d*d, diagonal+y[0]*y[0]
	}
	n := float64(pairs.Len())
	if bound := 5 * math.Sqrt(squares/n/n); math.Abs(sum/n) > bound {
		t.Errorf("the covariance is off by %v, want 0 within %.2g", sum/n, bound)
	}
	if want := 1.09; math.Abs(diagonal/n-want) > 5*want*math.Sqrt(2/n) {
		t.Errorf("variance %v, want %v", diagonal/n, want)
	}
}

func TestRandomFieldsErrors(t *testing.T) {
	good := datasets.RandomFields{Kind: datasets.MaternField, Axes: 2, Grid: 8, Train: 1, Test: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*datasets.RandomFields){
		`RandomFields.Kind = "noise", want one of matern, matern-torus`: func(f *datasets.RandomFields) { f.Kind = "noise" },
		"RandomFields.Axes = 4":                                  func(f *datasets.RandomFields) { f.Axes = 4 },
		"RandomFields.Grid = 1":                                  func(f *datasets.RandomFields) { f.Grid = 1 },
		"RandomFields.Test = 0":                                  func(f *datasets.RandomFields) { f.Test = 0 },
		"RandomFields.Length = -1":                               func(f *datasets.RandomFields) { f.Length = -1 },
		"RandomFields.Count = 3, want 0, since matern have none": func(f *datasets.RandomFields) { f.Count = 3 },
		"RandomFields.Observed = 2":                              func(f *datasets.RandomFields) { f.Observed = 2 },
		"RandomFields.Nu = 60, want at most 50":                  func(f *datasets.RandomFields) { f.Nu = 60 },
	} {
		f := good
		change(&f)
		if err := f.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	long := datasets.RandomFields{Kind: datasets.MaternField, Axes: 3, Grid: 200, Train: 1, Test: 1}
	if _, err := datasets.Load(t.Context(), long); err == nil || !strings.Contains(err.Error(), "want fewer points") {
		t.Errorf("error %v for a grid that is too large to embed", err)
	}
	err := datasets.GaussianProcess{Noise: -1}.Validate()
	for _, want := range []string{"Kernel.Form", "Axes = 0", "Points = 0", "Noise = -1", "Train = 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
