package fieldfit_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/pinns/fieldfit"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// star is a task on a star of five points.
func star() fieldfit.SignedDistance {
	var corners [][2]float64
	for i := range 10 {
		sin, cos := math.Sincos(math.Pi * float64(i) / 5)
		r := 0.8 - 0.4*float64(i%2)
		corners = append(corners, [2]float64{r * sin, -r * cos})
	}
	return fieldfit.SignedDistance{
		Model:  neuralfield.MLP{Widths: []int{32, 32, 1}, Activation: layers.ReLU},
		Domain: geometry.Polygon{Outline: mesh.Domain{Outer: mesh.Loop{Points: corners}}}, Points: 500,
	}
}

// known are the types in the tasks of these tests.
func known() []any {
	return []any{
		fieldfit.Field{},
		fieldfit.SignedDistance{},
		neuralfield.SIREN{},
		neuralfield.MLP{},
		neuralfield.PositionalEncoding{},
		datasets.Gabor{},
		geometry.Polygon{},
	}
}

// disc is the signed distance of a disc of radius 1/2, times a factor.
type disc struct{ factor float64 }

func (disc) Validate() error { return nil }

func (d disc) Forward(_ *model.Scope, in ...*Node) *Node {
	return MulScalar(AddScalar(Sqrt(ReduceAndKeep(Square(in[0]), ReduceSum, -1)), -0.5), d.factor)
}

func TestSignedDistanceLoss(t *testing.T) {
	domain := geometry.Ball{Centre: []float64{0, 0}, Radius: 0.5}
	for name, c := range map[string]struct {
		factor float64
		want   [4]float64
	}{
		// exp(-100 |d|) is 1/50 wide about a circumference of π, in an area of 4: 0.0157; 4000 draws know it to 7 %.
		"distance": {1, [4]float64{0, 0, 0.0157, 0}},
		"inverted": {-1, [4]float64{0, 2, 0.0157, 0}},
		"doubled":  {2, [4]float64{0, 0, 0.0157 / 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			task := fieldfit.SignedDistance{Model: disc{c.factor}, Domain: domain, Points: 4000, Seed: 3}
			if err := task.Validate(); err != nil {
				t.Fatal(err)
			}
			out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
				var terms []*Node
				for i, term := range task.Loss(step(scope, in...)) {
					if want := []float64{3000, 100, 100, 50}[i]; term.Weight != want {
						t.Errorf("weight %v of %s, want %v", term.Weight, term.Name, want)
					}
					terms = append(terms, term.Mean())
				}
				return terms
			}, load(t, task)...)
			for i, want := range c.want {
				bound := 1e-10 // 1e-12 below the root
				if i == 2 {
					bound = 0.3 * want // four standard errors
				}
				if got := check.Floats(out[i])[0]; math.Abs(got-want) > bound {
					t.Errorf("term %d is %v, want %v", i, got, want)
				}
			}
		})
	}
}

func TestSignedDistanceIsFound(t *testing.T) {
	task := star()
	_, trained := fit(t, task, train.Fit{Steps: 500, Rate: 2e-3})
	got, err := task.Evaluate(t.Context(), trained, 24)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("error %.4f, angle %.1f°", got.Error, got.Angle)
	var mean float64
	for _, d := range got.Want.Values {
		mean += math.Abs(d) / float64(len(got.Want.Values))
	}
	// Far from the outline nothing is given, so that a short fit leaves a part of the distance; the normals jump at the corners.
	if !(got.Error < mean/2) || !(got.Angle < 15) {
		t.Errorf("mean error %v of distances of %v and angle %v°, want less than half of it and 15°", got.Error, mean, got.Angle)
	}
	if d := got.Want.Field(0)[0][0]; !(d > 0) {
		t.Errorf("the distance in the corner of the square is %v, want it positive", d)
	}
	if d := got.Want.Field(0)[12][12]; !(d < -0.2) {
		t.Errorf("the distance in the middle of the star is %v, want it below -0.2", d)
	}
}

func TestSignedDistanceErrors(t *testing.T) {
	siren := neuralfield.MLP{Widths: []int{2, 1}, Activation: layers.TanhUnit}
	ball := geometry.Ball{Centre: []float64{0.75, 0}, Radius: 0.5}
	for want, d := range map[string]fieldfit.SignedDistance{
		"fieldfit: SignedDistance.Model is nil":                                        {Domain: ball, Points: 1},
		"fieldfit: SignedDistance.Domain is nil":                                       {Model: siren, Points: 1},
		"fieldfit: SignedDistance.Points = 0":                                          {Model: siren, Domain: ball},
		"fieldfit: SignedDistance.Domain reaches from 0.25 to 1.25 along axis 0, want": {Model: siren, Domain: ball, Points: 1},
		"geometry: ": {Model: siren, Domain: geometry.Ball{}, Points: 1},
	} {
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	ok := star()
	if _, err := ok.Evaluate(t.Context(), nil, 0); err == nil || !strings.Contains(err.Error(), "on 0 cells") {
		t.Errorf("error %v for no cells", err)
	}
}
