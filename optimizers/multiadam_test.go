package optimizers_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// three is an objective of three terms, each in each parameter; a term's gradient is times its scale.
type three struct {
	well
	scales [3]float64
}

func (o three) Terms() []zoo.Term {
	return []zoo.Term{{Name: "residual"}, {Name: "boundary"}, {Name: "initial"}}
}

func (o three) Weights() []*Node {
	var out []*Node
	for _, w := range []float64{1, 2, 0.5} {
		out = append(out, Scalar(o.index.Graph(), o.params[0].DType(), w))
	}
	return out
}

func (o three) TermGrad(i int) []*Node {
	var out []*Node
	for _, x := range o.params {
		g := []*Node{Mul(x, Square(x)), AddScalar(MulScalar(x, -2), 0.5), Neg(Sin(x))}[i]
		out = append(out, MulScalar(g, o.scales[i]))
	}
	return out
}

func (o three) Grad() []*Node {
	sums := make([]*Node, len(o.params))
	for i, w := range o.Weights() {
		for k, g := range o.TermGrad(i) {
			if g = Mul(g, w); sums[k] != nil {
				g = Add(sums[k], g)
			}
			sums[k] = g
		}
	}
	return sums
}

func ofThree(scales [3]float64) objective {
	return func(index *Node, params []*Node) zoo.Objective {
		return three{well{params: params, index: index, first: 0.05}, scales}
	}
}

// TestMultiAdamAgainstNumPy compares with testdata/multiadam_reference.py.
func TestMultiAdamAgainstNumPy(t *testing.T) {
	var reference struct {
		At    []int
		Cases map[string][][]float64
	}
	golden(t, "multiadam_reference.json", &reference)
	steps := reference.At[len(reference.At)-1]
	for name, o := range map[string]optimizers.MultiAdam{
		"residual and others": {},
		"three groups": {
			Groups: [][]string{{"initial"}, {"residual"}, {"boundary"}}, Weights: []float64{0.2, 0.5, 0.3},
			Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-3,
		},
	} {
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		want := reference.Cases[name]
		for _, precision := range []struct {
			dtype dtypes.DType
			tol   float64
		}{
			{dtypes.Float64, 1e-10}, // sixty steps rounded to 1.1e-16, and 1 − 0.99ᵗ, which loses two digits
			{dtypes.Float32, 2e-5},  // sixty steps rounded to 6e-8
		} {
			t.Run(name+" "+precision.dtype.String(), func(t *testing.T) {
				got := path(t, o, precision.dtype, ofThree([3]float64{1, 1e3, 1e-2}), steps)
				if len(want) != len(reference.At) {
					t.Fatalf("%d rows in the reference, want %d", len(want), len(reference.At))
				}
				for row, after := range reference.At {
					for i, x := range want[row] {
						if d := math.Abs(got[after-1][i] - x); !(d <= precision.tol*math.Max(math.Abs(x), 0.1)) {
							t.Errorf("parameter %d after %d steps: %v, want %v, off by %.1e", i, after, got[after-1][i], x, d)
						}
					}
				}
			})
		}
	}
}

// largest is the largest difference between two paths' ends.
func largest(a, b [][]float64) float64 {
	worst := 0.0
	for i, x := range a[len(a)-1] {
		worst = max(worst, math.Abs(x-b[len(b)-1][i]))
	}
	return worst
}

func TestMultiAdamIgnoresTheScalesOfGroups(t *testing.T) {
	const steps = 200
	each := optimizers.MultiAdam{Groups: [][]string{{"residual"}, {"boundary"}, {"initial"}}, Epsilon: 1e-20}
	plain := path(t, each, dtypes.Float64, ofThree([3]float64{1, 1, 1}), steps)
	scaled := path(t, each, dtypes.Float64, ofThree([3]float64{1e4, 1e-3, 7}), steps)
	// The scales are no powers of two, so each gradient is rounded otherwise, in two hundred steps.
	if d := largest(plain, scaled); !(d <= 1e-10) {
		t.Errorf("with other scales the parameters end %.1e apart, want the same", d)
	}
	adam := path(t, optimizers.Adam{Epsilon: 1e-20}, dtypes.Float64, ofThree([3]float64{1e4, 1e-3, 7}), steps)
	if d := largest(plain, adam); d < 1e-2 {
		t.Errorf("Adam on the scaled terms ends %.1e from it: the test's scales do not matter", d)
	}
}

func TestMultiAdamOfOneGroupIsAdam(t *testing.T) {
	f := ofThree([3]float64{1, 3, 0.1})
	one := path(t, optimizers.MultiAdam{Groups: [][]string{{optimizers.Others}}}, dtypes.Float64, f, 60)
	adam := path(t, optimizers.Adam{Beta1: 0.99, Beta2: 0.99}, dtypes.Float64, f, 60)
	if d := largest(one, adam); !(d <= 1e-12) { // sixty steps, and Adam's corrections by products of β
		t.Errorf("it ends %.1e from Adam, want the same", d)
	}
}

func TestMultiAdamGroupsByTheStartsOfNames(t *testing.T) {
	const steps = 20
	f := ofThree([3]float64{1, 3, 0.1})
	want := path(t, optimizers.MultiAdam{Groups: [][]string{{"initial"}, {"residual"}, {"boundary"}}}, dtypes.Float64, f, steps)
	for name, groups := range map[string][][]string{
		"starts":                  {{"in*"}, {"res*"}, {"boundary*"}},
		"the longest start":       {{"initial*", "i*"}, {"*"}, {"b*"}},
		"the name before a start": {{"initial"}, {optimizers.Others}, {"boundary", "initial*"}},
	} {
		got := path(t, optimizers.MultiAdam{Groups: groups}, dtypes.Float64, f, steps)
		if d := largest(want, got); d != 0 { // the same operations
			t.Errorf("%s, groups %q: %.1e from the groups by full names, want the same", name, groups, d)
		}
	}
}

func TestMultiAdamWantsEachTermInAGroup(t *testing.T) {
	for _, tc := range []struct {
		groups [][]string
		want   string
	}{
		{[][]string{{"residual"}, {"boundary"}}, `want the term "initial"`},
		{[][]string{{"residual", optimizers.Others}, {"data"}}, `MultiAdam.Groups[1] = ["data"]`},
	} {
		_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			o := optimizers.MultiAdam{Groups: tc.groups}
			index := Scalar(in[0].Graph(), dtypes.Int64, 0)
			next, _ := o.Update(ofThree([3]float64{1, 1, 1})(index, in), in, o.Init(in))
			return next
		}, 1.5)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("groups %q: error %v, want one with %q", tc.groups, err, tc.want)
		}
	}
}
