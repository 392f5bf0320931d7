package ode_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// mechanics are the steppers of positions and momenta.
func mechanics() []ode.Reversible {
	return []ode.Reversible{ode.SymplecticEuler{}, ode.Leapfrog{}, ode.PositionVerlet{}, ode.StormerVerlet{}}
}

// separable has the solution (cos t, −sin t); both parts depend on t and are not linear.
func separable() ode.Field {
	return ode.Separable(
		func(t, p *Node, _ []*Node) *Node { return Add(p, Sub(Square(p), Square(Sin(t)))) },
		func(t, q *Node, _ []*Node) *Node { return Sub(MulScalar(Sub(Square(q), Square(Cos(t))), 0.5), q) })
}

// pushed is q” of cos t, not linear.
func pushed() ode.Field {
	return ode.SecondOrder(func(t, q *Node, _ []*Node) *Node { return Sub(Sub(Square(q), Square(Cos(t))), q) })
}

// pendulum is q” = −sin q.
func pendulum() ode.Field {
	return ode.SecondOrder(func(_, q *Node, _ []*Node) *Node { return Neg(Sin(q)) })
}

// kepler is q” = −q/|q|³ for q [batch, 2].
func kepler() ode.Field {
	return ode.SecondOrder(func(_, q *Node, _ []*Node) *Node {
		r := Sqrt(ReduceAndKeep(Square(q), ReduceSum, -1))
		return Neg(Div(q, Mul(r, Square(r))))
	})
}

// wholeField is a system of one part without args.
func wholeField(field ode.Field) func(*Graph) ode.System {
	return func(*Graph) ode.System {
		return ode.System{Field: func(t, y *Node) *Node { return field(t, y, nil) }}
	}
}

func TestMechanicsOrder(t *testing.T) {
	for _, m := range mechanics() {
		field := separable()
		if _, is := m.(ode.StormerVerlet); is {
			field = pushed()
		}
		ys, _ := marcher{m, wholeField(field), 0}.at(t, tensor([]float64{1, 0}), 1, 64, 128, 256, 512)
		var errs []float64
		for _, y := range ys {
			errs = append(errs, worst(t, y, []float64{math.Cos(1), -math.Sin(1)}))
		}
		wantSlope(t, m.Info().Name, errs, float64(m.Info().Order))
	}
}

// TestModifiedEnergy: on q” = −q each method keeps another quadratic form exactly, so that only round-off is left of a drift. Hairer,
// Lubich and Wanner 2006 have the forms of symplectic Euler and of the leapfrog, in sections I.1 and I.5.
func TestModifiedEnergy(t *testing.T) {
	const h, saves, each = 0.1, 1000, 100 // 100,000 steps
	oscillator := ode.SecondOrder(func(_, q *Node, _ []*Node) *Node { return Neg(q) })
	for _, c := range []struct {
		m    ode.Stepper
		kept func(q, p float64) float64
	}{
		{ode.SymplecticEuler{}, func(q, p float64) float64 { return q*q + p*p - h*p*q }},
		{ode.Leapfrog{}, func(q, p float64) float64 { return (1-h*h/4)*q*q + p*p }},
		{ode.PositionVerlet{}, func(q, p float64) float64 { return q*q + (1-h*h/4)*p*p }},
		{ode.StormerVerlet{}, func(q, p float64) float64 { return (1-h*h/4)*q*q + p*p }},
	} {
		in := ode.Input{Y0: tensor([]float64{1, 0.3})}
		for k := range saves {
			in.Times = append(in.Times, h*each*float64(k+1))
		}
		ys := check.Floats(mustSolve(t, ode.Solve{Stepper: c.m, Steps: each}, oscillator, in).Ys)
		far, start := 0.0, c.kept(1, 0.3)
		for k := range saves {
			far = max(far, math.Abs(c.kept(ys[2*k], ys[2*k+1])-start))
		}
		// Round-off of 1e-16 a step adds up to 1e-11 if all of one sign. The times, and so the lengths of steps, are off by 1e-12 of
		// ten thousand, which a form that depends on h sees once.
		if !(far <= 1e-11) {
			t.Errorf("%s: its form changed by %.3g, want round-off", c.m.Info().Name, far)
		}
	}
}

// TestEnergyDoesNotDrift follows an orbit of eccentricity 0.5 over 500 turns of 200 steps. The energy's error comes and goes with each
// turn: it is as large in the first fifty as in the last, where RK4's grows steadily.
func TestEnergyDoesNotDrift(t *testing.T) {
	const turns, steps = 500, 200
	energy := func(y []float64) float64 { return (y[2]*y[2]+y[3]*y[3])/2 - 1/math.Hypot(y[0], y[1]) }
	in := ode.Input{Y0: tensor([]float64{0.5, 0, 0, math.Sqrt(3)})}
	for k := range turns * steps / 10 {
		in.Times = append(in.Times, 2*math.Pi/steps*10*float64(k+1))
	}
	for _, c := range []struct {
		m     ode.Stepper
		bound float64 // of the energy −0.5: of order h for order 1 and h² for order 2, with the force's derivatives where the orbit is near
		kept  bool
	}{
		{ode.SymplecticEuler{}, 0.1, true},
		{ode.Leapfrog{}, 0.01, true},
		{ode.PositionVerlet{}, 0.01, true},
		{ode.StormerVerlet{}, 0.01, true},
		{ode.RK4(), 0.01, false},
	} {
		ys := check.Floats(mustSolve(t, ode.Solve{Stepper: c.m, Steps: 10}, kepler(), in).Ys)
		var errs []float64
		for k := 0; k < len(ys); k += 4 {
			errs = append(errs, math.Abs(energy(ys[k:k+4])+0.5))
		}
		largest := func(part []float64) float64 {
			e := 0.0
			for _, v := range part {
				e = max(e, v)
			}
			return e
		}
		tenth := len(errs) / 10
		first, last := largest(errs[:tenth]), largest(errs[len(errs)-tenth:])
		t.Logf("%s: energy off by %.3g in the first turns, %.3g in the last, %.3g in all", c.m.Info().Name, first, last, largest(errs))
		if !(largest(errs) <= c.bound) {
			t.Errorf("%s: energy off by up to %.3g, want at most %v", c.m.Info().Name, largest(errs), c.bound)
		}
		// The orbit turns slowly, so that the saved points meet its nearest place not quite alike: a tenth.
		if drifts := !(last <= 1.1*first); drifts == c.kept {
			t.Errorf("%s: energy off by %.3g in the first turns and %.3g in the last; that it does not drift is to be %v", c.m.Info().Name, first, last, c.kept)
		}
	}
}

// TestTimeReversal goes to t = 50 by 1,000 steps, turns the momenta around, and comes back.
func TestTimeReversal(t *testing.T) {
	for _, c := range []struct {
		m         ode.Stepper
		symmetric bool
	}{
		{ode.Leapfrog{}, true}, {ode.PositionVerlet{}, true}, {ode.StormerVerlet{}, true}, {ode.SymplecticEuler{}, false}, {ode.RK4(), false},
	} {
		s := ode.Solve{Stepper: c.m, Steps: 1000}
		there := check.Floats(mustSolve(t, s, pendulum(), ode.Input{Times: []float64{50}, Y0: tensor([]float64{1, 0.25})}).Y)
		back := mustSolve(t, s, pendulum(), ode.Input{Times: []float64{50}, Y0: tensor([]float64{there[0], -there[1]})})
		d := worst(t, back.Y, []float64{1, -0.25})
		t.Logf("%s: comes back to %.3g", c.m.Info().Name, d)
		// Round-off 2e-16 of two thousand steps of one sign; the others are off by their errors.
		if (d <= 4e-13) != c.symmetric {
			t.Errorf("%s: comes back to %.3g, symmetric is to be %v", c.m.Info().Name, d, c.symmetric)
		}
	}
}

func TestMechanicsRefuse(t *testing.T) {
	for _, m := range mechanics() {
		_, err := solved(t, ode.Solve{Stepper: m, Steps: 1}, func(_, y *Node, _ []*Node) *Node { return y }, ode.Input{
			Times: []float64{1}, Y0: tensor([]float64{1, 2, 3}),
		})
		if err == nil || !strings.Contains(err.Error(), "as many momenta") {
			t.Errorf("%s: error %v, want one that asks for as many momenta", m.Info().Name, err)
		}
	}
}

// TestStormerVerletPositions: positions obey the recurrence of two steps.
func TestStormerVerletPositions(t *testing.T) {
	const h = 0.125
	in := ode.Input{Times: []float64{h, 2 * h, 3 * h}, Y0: tensor([]float64{1, 0.25})}
	ys := check.Floats(mustSolve(t, ode.Solve{Stepper: ode.StormerVerlet{}, Steps: 1}, pendulum(), in).Ys)
	q := []float64{1, ys[0], ys[2], ys[4]}
	for i := 1; i <= 2; i++ {
		if d := q[i+1] - 2*q[i] + q[i-1] + h*h*math.Sin(q[i]); !(math.Abs(d) <= 1e-15) { // round-off of numbers of size 2
			t.Errorf("positions %v: q₊ − 2q + q₋ + h² sin q = %.3g at %d", q, d, i)
		}
	}
}

func TestSeparableParts(t *testing.T) {
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		f := ode.Separable(
			func(t, p *Node, args []*Node) *Node { return Add(Mul(args[0], p), t) },
			func(t, q *Node, args []*Node) *Node { return Sub(Mul(args[0], q), t) })
		return []*Node{f(Const(in[0].Graph(), 0.5), in[0], []*Node{Const(in[0].Graph(), 2.0)})}
	}, tensor([]float64{1, 2, 30, 40}))
	if d := worst(t, out[0], []float64{60.5, 80.5, 1.5, 3.5}); d != 0 {
		t.Errorf("y' = %v, want velocities of momenta and forces of positions", check.Floats(out[0]))
	}
}
