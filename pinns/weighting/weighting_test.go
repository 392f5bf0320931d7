package weighting_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/pinns/weighting"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// valley has two parameters and two terms, 9x² from the residual 3x at one point and 5/2 y² from y and 2y at two, so that their
// gradients, (18x, 0) and (0, 5y), and the traces of their kernels over the number of points, 9 and 5/2, are known.
type valley struct {
	Weights [2]float64
	Y       float64 // at first; x begins at 4
}

func (valley) Validate() error         { return nil }
func (valley) Data() (zoo.Data, error) { return zoo.Data{}, nil }

func (v valley) Loss(s *zoo.Step) []zoo.Term {
	x := s.Scope.VariableWithValue("x", 4.0).NodeValue(s.Graph)
	y := s.Scope.VariableWithValue("y", v.Y).NodeValue(s.Graph)
	return []zoo.Term{
		{Name: "equation", Residual: Mul(x, Const(s.Graph, []float64{3})), Weight: v.Weights[0]},
		{Name: "boundary", Residual: Mul(y, Const(s.Graph, []float64{1, 2})), Weight: v.Weights[1]},
	}
}

// pointwise is a valley that gives its residuals point by point.
type pointwise struct{ valley }

func (pointwise) Samples(s *zoo.Step) [][]*Node {
	return [][]*Node{{Const(s.Graph, []float64{3})}, {Const(s.Graph, []float64{1, 2})}}
}

func (p pointwise) ResidualAt(s *zoo.Step, term int, rows []*Node) *Node {
	name := []string{"x", "y"}[term]
	return Mul(s.Scope.GetVariable(name).NodeValue(s.Graph), rows[0])
}

// values is a term without residuals.
type values struct{ valley }

func (v values) Loss(s *zoo.Step) []zoo.Term {
	terms := v.valley.Loss(s)
	terms[1].Value, terms[1].Residual = terms[1].Mean(), nil
	return terms
}

const rate = 1e-3

func fit(w zoo.Weighting, steps int) train.Fit {
	return train.Fit{Steps: steps, Rate: rate, Optimizer: optimizers.SGD{}, Weighting: w, Precision: train.Float64}
}

// trained is x and y after so many steps of gradient descent.
func trained(t *testing.T, task zoo.Task, f train.Fit, o train.Options) [2]float64 {
	t.Helper()
	d, err := train.New(check.Backend(t), task, f, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Run(t.Context(), func(train.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	var out [2]float64
	for i, name := range []string{"/x", "/y"} {
		v, ok := d.Result()[name].Value().(float64)
		if !ok {
			t.Fatalf("no parameter %s", name)
		}
		out[i] = v
	}
	return out
}

// expected is the same in closed steps, for λ̂ as a function of the weighted terms' gradients (18 w x, 5 w y).
func expected(task valley, steps, every int, fresh float64, measure func(gx, gy float64) [2]float64) [2]float64 {
	at, lambda := [2]float64{4, task.Y}, [2]float64{1, 1}
	for k := range steps {
		g := [2]float64{18 * at[0] * task.Weights[0], 5 * at[1] * task.Weights[1]}
		if k%every == 0 {
			for i, found := range measure(math.Abs(g[0]), math.Abs(g[1])) {
				if !math.IsInf(found, 0) && !math.IsNaN(found) {
					lambda[i] = (1-fresh)*lambda[i] + fresh*found
				}
			}
		}
		for i := range at {
			at[i] -= rate * lambda[i] * g[i]
		}
	}
	return at
}

func norms(gx, gy float64) [2]float64 { return [2]float64{(gx + gy) / gx, (gx + gy) / gy} }

func TestWeightsInClosedForm(t *testing.T) {
	both := [2]float64{1, 0.5}
	traces := func(w [2]float64) func(gx, gy float64) [2]float64 {
		return func(_, _ float64) [2]float64 { return norms(9*w[0], 2.5*w[1]) }
	}
	largest := func(gx, gy float64) [2]float64 { return [2]float64{1, gx / (gy / 2)} } // the mean is over both parameters
	for _, tc := range []struct {
		name  string
		w     zoo.Weighting
		task  valley
		every int
		fresh float64
		to    func(gx, gy float64) [2]float64
	}{
		{"norms every step", weighting.GradientNorm{Every: 1, Fresh: 0.3}, valley{both, 2}, 1, 0.3, norms},
		{"norms every third step", weighting.GradientNorm{Every: 3, Fresh: 0.3}, valley{both, 2}, 3, 0.3, norms},
		{"norms by default", weighting.GradientNorm{}, valley{both, 2}, 1000, 0.1, norms},
		{"a term without a gradient", weighting.GradientNorm{Every: 2, Fresh: 1}, valley{both, 0}, 2, 1, norms},
		{"a term that does not count", weighting.GradientNorm{Every: 2}, valley{[2]float64{1, 0}, 2}, 2, 0.1, norms},
		{"largest by default", weighting.GradientNorm{Ratio: weighting.MaxOverMean}, valley{both, 2}, 10, 0.9, largest},
		{"largest of another term", weighting.GradientNorm{Ratio: weighting.MaxOverMean, Reference: "boundary", Every: 2}, valley{both, 2}, 2, 0.9, func(gx, gy float64) [2]float64 {
			return [2]float64{gy / (gx / 2), 1}
		}},
		{"kernels", weighting.NTK{Every: 2, Fresh: 0.5}, valley{both, 2}, 2, 0.5, traces(both)},
		{"kernels by default", weighting.NTK{}, valley{both, 2}, 1000, 0.1, traces(both)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			const steps = 14
			want := expected(tc.task, steps, tc.every, tc.fresh, tc.to)
			tasks := []zoo.Task{tc.task}
			if _, ok := tc.w.(weighting.NTK); ok {
				tasks = append(tasks, pointwise{tc.task})
			}
			for _, task := range tasks {
				for i, got := range trained(t, task, fit(tc.w, steps), train.Options{}) {
					// Some hundred float64 operations on numbers of order one.
					if !(math.Abs(got-want[i]) < 1e-13) {
						t.Errorf("%T: parameter %d = %v, want %v", task, i, got, want[i])
					}
				}
			}
		})
	}
}

func TestRunsInPiecesAreTheSame(t *testing.T) {
	task := valley{[2]float64{1, 0.5}, 2}
	for _, w := range []zoo.Weighting{weighting.GradientNorm{Every: 4}, weighting.NTK{Every: 4}} {
		whole := trained(t, task, fit(w, 11), train.Options{})
		if pieces := trained(t, task, fit(w, 11), train.Options{Longest: 3}); !reflect.DeepEqual(whole, pieces) {
			t.Errorf("%T: chunks of 3 steps end at %v, one at %v", w, pieces, whole)
		}
	}
}

func TestNTKWithClippedGradients(t *testing.T) {
	f := fit(weighting.NTK{Every: 2}, 5)
	f.Clip = 0.5
	got := trained(t, valley{[2]float64{1, 0.5}, 2}, f, train.Options{})
	if moved := math.Hypot(got[0]-4, got[1]-2); !(moved > 0 && moved <= 5*rate*0.5*(1+1e-12)) { // round-off of five steps
		t.Errorf("five steps moved by %v, want at most %v", moved, 5*rate*0.5)
	}
}

func TestRefusals(t *testing.T) {
	task := valley{[2]float64{1, 1}, 2}
	for _, tc := range []struct {
		name string
		task zoo.Task
		w    zoo.Weighting
		want string
	}{
		{"steps", task, weighting.GradientNorm{Every: -1}, "GradientNorm.Every = -1"},
		{"part", task, weighting.GradientNorm{Fresh: 2}, "GradientNorm.Fresh = 2"},
		{"part that is no number", task, weighting.NTK{Fresh: math.NaN()}, "NTK.Fresh = NaN"},
		{"steps of kernels", task, weighting.NTK{Every: -3}, "NTK.Every = -3"},
		{"ratio", task, weighting.GradientNorm{Ratio: "max"}, `GradientNorm.Ratio = "max"`},
		{"reference without its ratio", task, weighting.GradientNorm{Reference: "equation"}, "GradientNorm.Reference"},
		{"no such term", task, weighting.GradientNorm{Ratio: weighting.MaxOverMean, Reference: "data"}, `Reference = "data", want one of the terms ["equation" "boundary"]`},
		{"no residuals", values{task}, weighting.NTK{}, `term "boundary" has a Value alone`},
		{"negative weight", valley{[2]float64{1, -1}, 2}, weighting.NTK{}, `term "boundary" has the weight -1`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := train.New(check.Backend(t), tc.task, fit(tc.w, 1), train.Options{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error = %v, want one with %q", err, tc.want)
			}
		})
	}
}
