package rectified_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/diffusion/rectified"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// TestPowerIsConjugate: the velocity is the gradient of the conjugate, c*(y) is y·x - c(x) there, and below that elsewhere.
func TestPowerIsConjugate(t *testing.T) {
	for name, c := range map[string]rectified.Power{
		"quadratic": {P: 2}, "3/2": {P: 1.5}, "3": {P: 3}, "separable 3/2": {P: 1.5, Separable: true}, "separable 3": {P: 3, Separable: true},
	} {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				y := in[0]
				x := c.Velocity(y)
				legendre := func(x *Node) *Node { return Sub(ReduceSum(Mul(y, x), -1), c.Of(x)) }
				return []*Node{
					x, Gradient(ReduceAllSum(c.Conjugate(y)), y)[0], c.Conjugate(y), legendre(x), legendre(Add(x, in[1])),
				}
			}, check.Random(1, 50, 3), check.Random(2, 50, 3))
			if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-12) { // round-off
				t.Errorf("∇c* differs from the gradient of c* by %v", d)
			}
			if d := check.MaxDiff(t, out[2], out[3]); !(d < 1e-5) { // 1e-8 is added to |y|², to the power 3/4 in each of three axes at most
				t.Errorf("c* differs from y·x - c(x) at its velocity by %v", d)
			}
			best, other := check.Floats(out[2]), check.Floats(out[4])
			for i := range best {
				if !(other[i] < best[i]+1e-5) {
					t.Errorf("y·x - c(x) is %v, above c* = %v", other[i], best[i])
				}
			}
		})
	}
}

func TestPowerValues(t *testing.T) {
	x := [][]float64{{3, -4}}
	for _, c := range []struct {
		cost                rectified.Power
		of, conjugate, axis float64 // axis: the first of the velocity
	}{
		{rectified.Power{P: 2}, 12.5, 12.5, 3},
		{rectified.Power{P: 1.5}, math.Pow(5, 1.5) / 1.5, 125. / 3, 15},
		{rectified.Power{P: 1.5, Separable: true}, (math.Pow(3, 1.5) + 8) / 1.5, (27. + 64) / 3, 9},
	} {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			return []*Node{c.cost.Of(in[0]), c.cost.Conjugate(in[0]), SliceAxis(c.cost.Velocity(in[0]), 1, AxisElem(0))}
		}, x)
		for i, want := range []float64{c.of, c.conjugate, c.axis} {
			if got := check.Floats(out[i])[0]; !(math.Abs(got-want) < 1e-7) { // 1e-8 is added to |y|²
				t.Errorf("%+v: value %d is %v, want %v", c.cost, i, got, want)
			}
		}
	}
}

func TestPowerRefuses(t *testing.T) {
	for _, p := range []float64{1, 0, -2, math.NaN(), math.Inf(1)} {
		if err := (rectified.Power{P: p}).Validate(); err == nil || !strings.Contains(err.Error(), "rectified: Power.P = ") {
			t.Errorf("P = %v gives %v, want an error", p, err)
		}
	}
}
