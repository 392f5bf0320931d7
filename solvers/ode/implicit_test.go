package ode_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
	"github.com/fieldbook-go/fieldbook/solvers/ode/problems"
)

// exactly solves stages to round-off, for what measures the stepper alone.
func exactly() ode.Newton { return ode.Newton{RTol: 1e-12, ATol: 1e-12, MaxIterations: 100} }

// implicitSteppers are the steppers that solve for stages.
func implicitSteppers() []ode.Stepper {
	return []ode.Stepper{
		ode.BackwardEuler{Newton: exactly()},
		ode.Trapezoid{Newton: exactly()},
		ode.Kvaerno5{Newton: exactly()},
		ode.KenCarp4{Newton: exactly()},
		ode.Rodas5P{},
	}
}

// allStiff gives the whole field to the implicit part.
func allStiff(field ode.VectorField) ode.System {
	return ode.System{Field: func(_, y *Node) *Node { return ZerosLike(y) }, Stiff: field}
}

// curved is y' of (cos t, sin t, e^(−t)), with terms that vanish on it; it is not linear and depends on t.
func curved(t, y *Node) *Node {
	exact := onCircle(t)
	slope := Concatenate([]*Node{Neg(Sin(clock(t))), Cos(clock(t)), Neg(Exp(Neg(clock(t))))}, 1)
	off := Sub(Mul(y, y), Mul(exact, exact))
	mixed := Concatenate([]*Node{Slice(off, AxisRange(), AxisRange(1)), Slice(off, AxisRange(), AxisRange(0, 1))}, 1)
	return Add(slope, Add(Neg(off), Mul(mixed, Cos(clock(t)))))
}

// drift is the part of curved that KenCarp4 takes explicitly.
func drift(t, y *Node) *Node {
	off := Sub(y, onCircle(t))
	return Mul(Square(y), Sin(Add(off, MulScalar(Square(off), 3))))
}

func TestImplicitOrder(t *testing.T) {
	want := []float64{math.Cos(1), math.Sin(1), math.Exp(-1)}
	system := func(*Graph) ode.System { return ode.System{Field: drift, Stiff: curved} }
	for _, m := range implicitSteppers() {
		counts := []int{16, 32, 64, 128}
		if m.Info().Order == 5 {
			counts = []int{8, 16, 32, 64} // beyond them round-off shows
		}
		ys, _ := marcher{m, system, 0}.at(t, tensor([]float64{1, 0, 1}), 1, counts...)
		var errs []float64
		for _, y := range ys {
			errs = append(errs, worst(t, y, want))
		}
		wantSlope(t, m.Info().Name, errs, float64(m.Info().Order))
	}
}

func TestImplicitErrorOrder(t *testing.T) {
	system := func(*Graph) ode.System { return ode.System{Field: drift, Stiff: curved} }
	for _, m := range implicitSteppers() {
		var errs []float64
		march, done := marcher{m, system, 0.3}.compiled(t)
		for _, h := range []float64{1. / 8, 1. / 16, 1. / 32, 1. / 64} {
			_, e := march(tensor([]float64{math.Cos(0.3), math.Sin(0.3), math.Exp(-0.3)}), 0.3+h, 1)
			errs = append(errs, worst(t, e, []float64{0, 0, 0}))
		}
		done()
		wantSlope(t, m.Info().Name, errs, float64(m.Info().ErrorOrder+1))
	}
}

// ratio is a stepper's stability function: y₊/y for y' = λ y and z = λ dt.
func ratio(name string, z complex128) complex128 {
	switch name {
	case "backward Euler":
		return 1 / (1 - z)
	case "trapezoid":
		return (1 + z/2) / (1 - z/2)
	case "Kvaerno5": // six poles 1/γ; the numerator's degree is five and agrees with e^z
		return padeType(z, 0.26, 6, 5)
	case "KenCarp4": // five poles; the numerator's degree is four
		return padeType(z, 0.25, 5, 4)
	}
	table, _ := ode.Rodas5PTable()
	return tableRatio(table, z)
}

// padeType is P(z)/(1 − γz)^poles with P the terms up to a degree of (1 − γz)^poles e^z.
func padeType(z complex128, gamma float64, poles, degree int) complex128 {
	var p complex128
	for j := degree; j >= 0; j-- {
		coefficient, binomial := 0.0, 1.0
		for k := 0; k <= min(j, poles); k++ {
			coefficient += binomial * math.Pow(-gamma, float64(k)) / math.Gamma(float64(j-k+1))
			binomial *= float64(poles-k) / float64(k+1)
		}
		p = p*z + complex(coefficient, 0)
	}
	return p / cmplx.Pow(1-complex(gamma, 0)*z, complex(float64(poles), 0))
}

// tableRatio is 1 + z bᵀ (I − z·Chain)⁻¹ 1, forward through the lower triangle.
func tableRatio(table ode.StageTable, z complex128) complex128 {
	out := complex(1, 0)
	k := make([]complex128, len(table.B))
	for i, row := range table.Chain {
		k[i] = 1
		for j := range i {
			k[i] += z * complex(row[j], 0) * k[j]
		}
		k[i] /= 1 - z*complex(row[i], 0)
		out += z * complex(table.B[i], 0) * k[i]
	}
	return out
}

// TestImplicitStability makes one step of length 1 on y' = λ y, for real λ and, by rotations, imaginary ones.
func TestImplicitStability(t *testing.T) {
	real := []float64{-0.1, -1, -7, -100, -1e4, -1e8, 0.2}
	frequency := []float64{0.1, 0.5, 1, 2, 3, 5, 8, 12, 20, 50, 1e3, 1e6}
	// Sums of Rodas5P's coefficients, up to 150, times y = 1. The trapezoid does not damp the round-off of λ dt y, which is half
	// of its sum.
	tolerance := func(z float64) float64 { return 1e-13 + 1e-16*math.Abs(z) }
	for _, m := range implicitSteppers() {
		name := m.Info().Name
		decay := func(*Graph) ode.System {
			return allStiff(func(_, y *Node) *Node { return Mul(Reshape(Const(y.Graph(), real), len(real), 1), y) })
		}
		ys := oneStep(t, m, decay, column(1, len(real)))
		for i, lambda := range real {
			want := ratio(name, complex(lambda, 0))
			if d := cmplx.Abs(complex(ys[i], 0) - want); !(d < tolerance(lambda)) {
				t.Errorf("%s: y₊/y = %v for λ dt = %v, want %v", name, ys[i], lambda, want)
			}
		}
		rotation := func(*Graph) ode.System {
			return allStiff(func(_, y *Node) *Node {
				w := Reshape(Const(y.Graph(), frequency), len(frequency), 1)
				return Concatenate([]*Node{Neg(Mul(w, Slice(y, AxisRange(), AxisRange(1)))), Mul(w, Slice(y, AxisRange(), AxisRange(0, 1)))}, 1)
			})
		}
		ys = oneStep(t, m, rotation, column(1, len(frequency), 0))
		for i, w := range frequency {
			got, want := complex(ys[2*i], ys[2*i+1]), ratio(name, complex(0, w))
			if !(cmplx.Abs(got-want) < tolerance(w)) {
				t.Errorf("%s: y₊/y = %v for λ dt = %vi, want %v", name, got, w, want)
			}
			if !(cmplx.Abs(got) <= 1+tolerance(w)) {
				t.Errorf("%s: |y₊/y| = %v for λ dt = %vi, want at most 1: A-stable", name, cmplx.Abs(got), w)
			}
		}
		if end := cmplx.Abs(ratio(name, -1e12)); name != "trapezoid" && !(end < 1e-10) {
			t.Errorf("%s: |R(−1e12)| = %v, want 0: L-stable", name, end)
		}
	}
}

// column is a batch of rows, each the same.
func column(first float64, rows int, rest ...float64) [][]float64 {
	out := make([][]float64, rows)
	for i := range out {
		out[i] = append([]float64{first}, rest...)
	}
	return out
}

// oneStep is y after a step from 0 to 1.
func oneStep(t *testing.T, m ode.Stepper, system func(g *Graph) ode.System, y0 [][]float64) []float64 {
	t.Helper()
	ys, _ := marcher{m, system, 0}.at(t, tensor(y0...), 1, 1)
	return check.Floats(ys[0])
}

// TestProtheroRobinson: y' = λ (y − cos t) − sin t, whose solution is cos t whatever λ is. The error at the worst of many λ
// falls with a lower order than that of each by itself: Runge–Kutta methods lose by the order of their stages, 2; Rodas5P
// loses least.
func TestProtheroRobinson(t *testing.T) {
	var lambda []float64
	var y0 [][]float64
	for e := 0.0; e <= 8; e += 0.25 {
		lambda, y0 = append(lambda, -math.Pow(10, e)), append(y0, []float64{math.Cos(0.2)})
	}
	system := func(*Graph) ode.System {
		return allStiff(func(t, y *Node) *Node {
			at := BroadcastToDims(t, y.Shape().Dimensions...)
			return Sub(Mul(Sub(y, Cos(at)), Reshape(Const(y.Graph(), lambda), len(lambda), 1)), Sin(at))
		})
	}
	uniform := map[string]float64{"backward Euler": 1, "trapezoid": 2, "Kvaerno5": 3, "KenCarp4": 3, "Rodas5P": 4}
	for _, m := range implicitSteppers() {
		ys, _ := marcher{m, system, 0.2}.at(t, tensor(y0...), 1.2, 4, 8, 16, 32, 64, 128)
		var errs []float64
		for _, y := range ys {
			d := 0.0
			for _, v := range check.Floats(y) {
				d = max(d, math.Abs(v-math.Cos(1.2)))
			}
			errs = append(errs, d)
		}
		wantSlope(t, m.Info().Name, errs, uniform[m.Info().Name])
	}
}

// TestNewtonFails: a trajectory whose stage cannot be solved has an infinite error estimate, and the others go on.
func TestNewtonFails(t *testing.T) {
	system := func(*Graph) ode.System { // y' = 1 + e^y, at which a step of 1 from y = 3 has no solution
		return allStiff(func(_, y *Node) *Node { return Add(OnesLike(y), Exp(y)) })
	}
	for _, m := range implicitSteppers() {
		if m.Info().Name == "Rodas5P" {
			continue // it iterates nothing
		}
		ys, errs := marcher{m, system, 0}.at(t, tensor([]float64{-5}, []float64{3}), 1, 1)
		y, e := check.Floats(ys[0]), check.Floats(errs[0])
		if !(math.Abs(e[0]) < 1) || !math.IsInf(e[1], 1) {
			t.Errorf("%s: error estimates %v, want one small and +Inf", m.Info().Name, e)
		}
		// y = −ln(e^(5−t)·(1 + e^(−5)) … ): with s = e^(−y), s' = −s − 1.
		if want := -math.Log((math.Exp(5)+1)*math.Exp(-1) - 1); m.Info().Order > 2 && !(math.Abs(y[0]-want) < 1e-4) {
			t.Errorf("%s: the other trajectory is at %v, want %v", m.Info().Name, y[0], want)
		}
	}
}

func TestImplicitNaN(t *testing.T) {
	system := func(*Graph) ode.System { return allStiff(func(_, y *Node) *Node { return Sqrt(y) }) }
	for _, m := range implicitSteppers() {
		_, errs := marcher{m, system, 0}.at(t, tensor([]float64{-1}), 1, 1)
		if e := check.Floats(errs[0])[0]; !math.IsNaN(e) && !math.IsInf(e, 0) {
			t.Errorf("%s: error estimate %v for a field of NaN, want one that is not finite", m.Info().Name, e)
		}
	}
}

// TestImplicitGradient differentiates a step or two to the start, the step and the weights of a field, which are bound anew in
// Newton's loop, against central differences.
func TestImplicitGradient(t *testing.T) {
	for _, m := range implicitSteppers() {
		if name := m.Info().Name; testing.Short() && name != "backward Euler" && name != "Rodas5P" {
			continue // seconds of compiling for the same code with other tableaux
		}
		check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
			y, dt := in[0], MulScalar(Exp(in[1]), 0.1)
			number := Const(y.Graph(), int32(3)) // an argument that has no gradient
			s := pendulumOf([]*Node{in[2], number})
			now := Const(y.Graph(), 0.5)
			state := m.Init(s, now, y)
			steps := 1
			if order := m.Info().Order; order == 1 || order == 4 {
				steps = 2 // slopes are carried over
			}
			for range steps {
				y, _, state = m.Step(s, now, dt, y, state)
				now = Add(now, dt)
			}
			return Add(ReduceAllSum(Sin(y)), ReduceAllMean(Square(y)))
		}, check.Random(1, 2, 2), check.Random(2, 2, 1), check.Random(3, 2))
	}
}

// pendulumOf is a damped pendulum, driven, with the weights args[0] and the frequency args[1], and a linear part. Its components
// are picked by products: a slice has no second derivative.
func pendulumOf(args []*Node) ode.System {
	w, number := args[0], args[1]
	field := func(t, y *Node) *Node {
		g := y.Graph()
		angle, speed := Const(g, [][]float64{{1, 0}, {0, 0}}), Const(g, [][]float64{{0, 0}, {0, 1}})
		swap := Const(g, [][]float64{{0, 1}, {1, 0}})
		moved := MatMul(MatMul(y, speed), swap)
		pulled := MatMul(MatMul(Sin(Mul(y, ExpandAxes(w, 0))), angle), swap)
		slowed := MatMul(Tanh(Mul(y, ExpandAxes(Sin(w), 0))), speed)
		driven := MatMul(Cos(Mul(ConvertDType(number, t.DType()), BroadcastToDims(t, y.Shape().Dimensions...))), speed)
		return Add(Sub(moved, pulled), Sub(driven, slowed))
	}
	return ode.System{
		Field: func(t, y *Node) *Node { return MulScalar(field(t, y), 0.25) },
		Stiff: func(t, y *Node) *Node { return MulScalar(field(t, y), 0.75) },
		Args:  args, Bind: pendulumOf,
		Linear: Neg(Exp(w)),
	}
}

func TestImplicitRefuses(t *testing.T) {
	field := func(_, y *Node) *Node { return Neg(y) }
	wide := func(_, y *Node) *Node { return Concatenate([]*Node{y, y}, 1) }
	for name, c := range map[string]struct {
		m      ode.Stepper
		system ode.System
		want   string
	}{
		"no tolerance":       {ode.Kvaerno5{}, allStiff(field), "Newton.RTol, ATol = 0, 0"},
		"negative tolerance": {ode.Trapezoid{Newton: ode.Newton{RTol: -1}}, allStiff(field), "Newton.RTol, ATol = -1, 0"},
		"vectors":            {ode.Kvaerno5{Newton: ode.Newton{RTol: 1, Krylov: -1}}, allStiff(field), "Newton.Krylov = -1"},
		"iterations":         {ode.BackwardEuler{Newton: ode.Newton{RTol: 1, MaxIterations: -1}}, allStiff(field), "MaxIterations = -1"},
		"no implicit part":   {ode.KenCarp4{Newton: exactly()}, ode.System{Field: field}, "want the part that KenCarp4"},
		"not square":         {ode.Kvaerno5{Newton: exactly()}, ode.System{Field: wide}, "want as many equations as unknowns"},
		"not square, Rodas":  {ode.Rodas5P{}, ode.System{Field: wide}, "want as many equations as unknowns"},
		"not square, IMEX":   {ode.KenCarp4{Newton: exactly()}, ode.System{Field: field, Stiff: wide}, "want as many equations"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				now := Const(in[0].Graph(), 0.0)
				y, _, _ := c.m.Step(c.system, now, Const(in[0].Graph(), 0.1), in[0], c.m.Init(c.system, now, in[0]))
				return []*Node{y}
			}, check.Random(1, 1, 2))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestImplicitShapes: each trajectory's own time and step, and state of more axes, give what each trajectory gives alone.
func TestImplicitShapes(t *testing.T) {
	for _, m := range implicitSteppers() {
		got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			g, y := in[0].Graph(), in[0] // [2, 2, 1]
			field := func(t, y *Node) *Node {
				return Sub(Cos(Mul(y, t)), MulScalar(Mul(y, ReduceAndKeep(Square(y), ReduceSum, 1, 2)), 3))
			}
			s := ode.System{Field: func(_, y *Node) *Node { return Neg(y) }, Stiff: field}
			step := func(t, dt, y *Node) []*Node {
				y1, e, _ := m.Step(s, t, dt, y, m.Init(s, t, y))
				return []*Node{y1, e}
			}
			both := step(Const(g, [][][]float64{{{0.5}}, {{2}}}), Const(g, [][][]float64{{{0.1}}, {{0.05}}}), y)
			first := step(Const(g, 0.5), Const(g, 0.1), Slice(y, AxisRange(0, 1)))
			second := step(Const(g, 2.0), Const(g, 0.05), Slice(y, AxisRange(1, 2)))
			for i := range both {
				both = append(both, Concatenate([]*Node{first[i], second[i]}, 0))
			}
			return both
		}, check.Random(3, 2, 2, 1))
		for i, name := range []string{"y", "error estimate"} {
			// The same operations in programs of another shape.
			if d := check.MaxDiff(t, got[i], got[2+i]); !(d < 1e-13) {
				t.Errorf("%s: %s differs by %.2e", m.Info().Name, name, d)
			}
		}
	}
}

// TestImplicitFloat32 makes a step in float32, which comes close to the one in float64.
func TestImplicitFloat32(t *testing.T) {
	coarse := ode.Newton{RTol: 1e-5, ATol: 1e-5}
	for _, m := range []ode.Stepper{ode.Kvaerno5{Newton: coarse}, ode.KenCarp4{Newton: coarse}, ode.Rodas5P{}} {
		got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			s := allStiff(func(t, y *Node) *Node { return Sub(Cos(t), MulScalar(Mul(y, Square(y)), 30)) })
			step := func(y *Node) *Node {
				t, dt := ConvertDType(Const(y.Graph(), 0.5), y.DType()), ConvertDType(Const(y.Graph(), 0.1), y.DType())
				y1, _, _ := m.Step(s, t, dt, y, m.Init(s, t, y))
				return y1
			}
			single := step(ConvertDType(in[0], dtypes.Float32))
			if single.DType() != dtypes.Float32 {
				t.Errorf("%s: y is %s, want float32", m.Info().Name, single.DType())
			}
			return []*Node{ConvertDType(single, dtypes.Float64), step(in[0])}
		}, check.Random(4, 3, 2))
		// A hundredth of Newton's tolerance, and round-off 6e-8 times Rodas5P's coefficients up to 150.
		if d := check.MaxDiff(t, got[0], got[1]); !(d < 1e-5) {
			t.Errorf("%s: float32 differs by %.2e", m.Info().Name, d)
		}
	}
}

func TestTolerancesOfTheSolve(t *testing.T) {
	own := ode.Newton{RTol: 1e-9}
	for _, m := range []struct{ none, own ode.Tolerant }{
		{ode.BackwardEuler{}, ode.BackwardEuler{Newton: own}},
		{ode.Trapezoid{}, ode.Trapezoid{Newton: own}},
		{ode.Kvaerno5{}, ode.Kvaerno5{Newton: own}},
		{ode.KenCarp4{}, ode.KenCarp4{Newton: own}},
	} {
		if got := m.none.WithTolerances(1e-9, 0); got != ode.Stepper(m.own) {
			t.Errorf("%s: %+v, want the tolerances given", m.none.Info().Name, got)
		}
		if got := m.own.WithTolerances(1e-3, 1e-3); got != ode.Stepper(m.own) {
			t.Errorf("%s: %+v, want its own tolerances kept", m.none.Info().Name, got)
		}
	}
}

// BenchmarkStiffStep is the time of one step on HIRES, eight equations, in a compiled loop of a hundred.
func BenchmarkStiffStep(b *testing.B) {
	hires := problems.HIRES()
	newton := ode.Newton{RTol: 1e-6, ATol: 1e-10}
	for _, m := range []ode.Stepper{
		ode.BackwardEuler{Newton: newton},
		ode.Trapezoid{Newton: newton},
		ode.Kvaerno5{Newton: newton},
		ode.KenCarp4{Newton: newton},
		ode.Rodas5P{},
	} {
		b.Run(strings.ReplaceAll(m.Info().Name, " ", "-"), func(b *testing.B) {
			march, done := marcher{m, func(*Graph) ode.System { return allStiff(hires.Field) }, 0}.compiled(b)
			defer done()
			y0 := tensor(hires.Start)
			march(y0, 0.1, 1)
			b.ResetTimer()
			for b.Loop() {
				march(y0, 0.1, 100)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/step")
		})
	}
}

// BenchmarkETDRKStep is the time of one step for a diagonal of 64, and for a matrix [16, 16].
func BenchmarkETDRKStep(b *testing.B) {
	for order := 1; order <= 4; order++ {
		for name, n := range map[string]int{"diagonal": 64, "matrix": 16} {
			b.Run(fmt.Sprintf("%d-%s", order, name), func(b *testing.B) {
				march, done := marcher{ode.ETDRK{Order: order}, func(g *Graph) ode.System {
					linear := Neg(IotaFull(g, shapes.Make(dtypes.Float64, n)))
					if name == "matrix" {
						linear = Neg(DiagonalWithValue(Const(g, 100.0), n))
					}
					return ode.System{Linear: linear, Field: func(_, y *Node) *Node { return Sin(y) }}
				}, 0}.compiled(b)
				defer done()
				y0 := check.Random(1, 1, n)
				march(y0, 1, 1)
				b.ResetTimer()
				for b.Loop() {
					march(y0, 1, 100)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/step")
			})
		}
	}
}
