package ode_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// explicitMethods are the explicit Runge–Kutta methods, with how exact their published numbers are.
func explicitMethods() []ode.RungeKutta {
	return []ode.RungeKutta{
		ode.Euler(), ode.Midpoint(), ode.Heun(), ode.Ralston(), ode.RK4(), ode.Bosh3().RungeKutta, ode.Dopri5().RungeKutta, ode.Tsit5().RungeKutta,
		ode.Dopri8(),
	}
}

func TestExplicitTableaux(t *testing.T) {
	for _, m := range explicitMethods() {
		full := make([][]float64, len(m.C))
		for i := range full {
			full[i] = make([]float64, len(m.C))
			copy(full[i], m.A[i])
			if got := total(full[i]); !(math.Abs(got-m.C[i]) <= 1e-14) {
				t.Errorf("%s: row %d sums to %v, want c = %v", m.Name, i, got, m.C[i])
			}
		}
		tables := [][][]float64{full}
		// Numbers up to 17 and sums of 13 of them.
		const tolerance = 2e-14
		if got := orderOf(m.B, tables, tables, tolerance); got != m.Order {
			t.Errorf("%s: order %d by its trees, want %d", m.Name, got, m.Order)
		}
		if m.Errors == nil {
			continue
		}
		other := make([]float64, len(m.B))
		for i := range other {
			other[i] = m.B[i] - m.Errors[i]
		}
		if got := orderOf(other, tables, tables, tolerance); got != m.ErrorOrder {
			t.Errorf("%s: embedded order %d by its trees, want %d", m.Name, got, m.ErrorOrder)
		}
	}
}

// spun turns the plane by the angle spunAngle for y on the unit circle, and faster outside: it is not linear, depends on t, and
// damps no error, so that round-off is far below the errors of high orders.
func spun(t, y *Node) *Node {
	a, b := Slice(y, AxisRange(), AxisRange(0, 1)), Slice(y, AxisRange(), AxisRange(1, 2))
	rate := Mul(Add(Square(a), Square(b)), AddScalar(MulScalar(Cos(t), 2), 4))
	return Concatenate([]*Node{Neg(Mul(rate, b)), Mul(rate, a)}, 1)
}

func spunAngle(t float64) float64 { return 4*t + 2*math.Sin(t) }

// turned is a circle of angle 3t with a field off it that is not linear; on it Dopri8 shows its order in the range above round-off,
// where other problems show more or, by the signs of the error's terms, jump.
func turned(t, y *Node) *Node {
	a, b := Slice(y, AxisRange(), AxisRange(0, 1)), Slice(y, AxisRange(), AxisRange(1, 2))
	angle := MulScalar(t, 3)
	offA, offB := Sub(a, Cos(angle)), Sub(b, Sin(angle))
	return Concatenate([]*Node{Add(MulScalar(b, -3), Mul(offA, b)), Add(MulScalar(a, 3), Mul(offB, a))}, 1)
}

// orderCase is a problem on the unit circle for a method's order.
func orderCase(order int) (field ode.VectorField, angle func(t float64) float64) {
	if order == 8 {
		return turned, func(t float64) float64 { return 3 * t }
	}
	return spun, spunAngle
}

func TestExplicitOrder(t *testing.T) {
	for _, m := range explicitMethods() {
		end, counts := 1.0, []int{64, 128, 256, 512}
		if m.Order < 3 {
			counts = []int{512, 1024, 2048, 4096}
		}
		if m.Order == 8 {
			end, counts = 4, []int{8, 16, 32, 64}
		}
		field, angle := orderCase(m.Order)
		system := func(*Graph) ode.System { return ode.System{Field: field} }
		ys, _ := marcher{m, system, 0}.at(t, tensor([]float64{1, 0}), end, counts...)
		var errs []float64
		for _, y := range ys {
			errs = append(errs, worst(t, y, []float64{math.Cos(angle(end)), math.Sin(angle(end))}))
		}
		wantSlope(t, m.Name, errs, float64(m.Order))
	}
}

func TestExplicitErrorOrder(t *testing.T) {
	for _, m := range explicitMethods() {
		if m.Errors == nil {
			continue
		}
		lengths := []float64{1. / 32, 1. / 64, 1. / 128, 1. / 256}
		if m.Order == 8 {
			lengths = []float64{1. / 4, 1. / 8, 1. / 16, 1. / 32} // beyond them round-off shows
		}
		field, angle := orderCase(m.Order)
		system := func(*Graph) ode.System { return ode.System{Field: field} }
		var errs []float64
		march, done := marcher{m, system, 0.3}.compiled(t)
		for _, h := range lengths {
			_, e := march(tensor([]float64{math.Cos(angle(0.3)), math.Sin(angle(0.3))}), 0.3+h, 1)
			errs = append(errs, worst(t, e, []float64{0, 0}))
		}
		done()
		wantSlope(t, m.Name, errs, float64(m.ErrorOrder+1))
	}
}

func TestContinuousSolutions(t *testing.T) {
	for _, m := range []ode.DenseRungeKutta{ode.Bosh3(), ode.Dopri5(), ode.Tsit5()} {
		// The ends are those of the step.
		for i, w := range m.Weights {
			if got := total(w); !(math.Abs(got-m.B[i]) <= 1e-13) { // the source has 16 digits of numbers up to 50
				t.Errorf("%s: weights of slope %d sum to %v at the end, want %v", m.Name, i, got, m.B[i])
			}
		}
		// Within, one step is off by one order more than the continuous solution's.
		order := map[string]float64{"Bosh3": 4, "Dopri5": 5, "Tsit5": 5}[m.Name]
		var errs []float64
		for _, h := range []float64{1. / 64, 1. / 128, 1. / 256, 1. / 512} {
			at, theta := 0.3, 0.37
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				g := in[0].Graph()
				s := ode.System{Field: spun}
				clock, dt := Const(g, at), Const(g, h)
				y1, _, _, k := m.StepDense(s, clock, dt, in[0], m.Init(s, clock, in[0]))
				return []*Node{m.Interpolate(Const(g, theta), dt, in[0], y1, k)}
			}, tensor([]float64{math.Cos(spunAngle(at)), math.Sin(spunAngle(at))}))
			angle := spunAngle(at + theta*h)
			errs = append(errs, worst(t, out[0], []float64{math.Cos(angle), math.Sin(angle)}))
		}
		wantSlope(t, m.Name, errs, order)
	}
}

func TestExplicitStability(t *testing.T) {
	// On y' = λ y each method of order p with p stages is the exponential's series up to p.
	for _, m := range []ode.RungeKutta{ode.Euler(), ode.Midpoint(), ode.Heun(), ode.Ralston(), ode.RK4()} {
		ys, _ := marcher{m, func(*Graph) ode.System {
			return ode.System{Field: func(_, y *Node) *Node { return MulScalar(y, -1.7) }}
		}, 0}.at(t, tensor([]float64{1}), 1, 1)
		want, term := 1.0, 1.0
		for k := 1; k <= m.Order; k++ {
			term *= -1.7 / float64(k)
			want += term
		}
		if d := worst(t, ys[0], []float64{want}); !(d <= 1e-15) {
			t.Errorf("%s: one step is off its polynomial by %.3g", m.Name, d)
		}
	}
}
