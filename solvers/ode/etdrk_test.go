package ode_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// phiReference is testdata/phi_reference.json.
type phiReference struct {
	Numbers        []float64
	Phi            [][]float64 // [k][number]
	Complex        [][2]float64
	ComplexPhi     [][][2]float64
	Matrix         [][]float64
	MatrixPhi      [][]float64 // [k], of the matrix times 1 … 6
	SmallMatrixPhi [][]float64
}

func readPhi(t *testing.T) phiReference {
	t.Helper()
	text, err := os.ReadFile("testdata/phi_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref phiReference
	if err := json.Unmarshal(text, &ref); err != nil {
		t.Fatal(err)
	}
	return ref
}

// phiByStep is φ_k(linear)·v, k from 0 to 3, by one step of length one: of y' = L y from v for k = 0, and of
// y' = L y + t^(k−1)·v from zero, which is (k−1)! φ_k v, exact for ETDRK of order k.
func phiByStep(k int, linear, v *Node) *Node {
	g := v.Graph()
	one := ConvertDType(Const(g, 1.0), Abs(v).DType())
	from, order := ZerosLike(v), max(k, 1)
	s := ode.System{Linear: linear, Field: func(t, _ *Node) *Node {
		return Mul(v, ConvertDType(PowScalar(t, float64(order-1)), v.DType()))
	}}
	if k == 0 {
		from = v
		s.Field = func(_, y *Node) *Node { return ZerosLike(y) }
	}
	m := ode.ETDRK{Order: order}
	y, _, _ := m.Step(s, ZerosLike(one), one, from, m.Init(s, ZerosLike(one), from))
	return MulScalar(y, 1/math.Gamma(float64(order)))
}

func TestETDRKPhi(t *testing.T) {
	ref := readPhi(t)
	z := tensors.FromFlatDataAndDimensions(ref.Numbers, len(ref.Numbers))
	matrix := tensor(ref.Matrix...)
	vector := tensor([]float64{1, 2, 3, 4, 5, 6})
	got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		var out []*Node
		for k := range 4 {
			out = append(out, phiByStep(k, in[0], OnesLike(ExpandAxes(in[0], 0))),
				phiByStep(k, in[1], in[2]), phiByStep(k, MulScalar(in[1], 1e-3), in[2]))
		}
		return out
	}, z, matrix, vector)
	for k := range 4 {
		for i, want := range ref.Phi[k] {
			// φ_0 is XLA's exponential. The others are of one sign and lose a few units in the last place by the recurrence and
			// the sum over stages.
			if got := check.Floats(got[3*k])[i]; !(math.Abs(got-want) <= 1e-14*want) && !(want < 1e-300) {
				t.Errorf("φ_%d(%v) = %v, want %v, off by %.1e of it", k, ref.Numbers[i], got, want, math.Abs(got-want)/want)
			}
		}
		// Round-off of entries of the matrix (norm 160) is 160·1e-16·|v| in z·v; eight doublings.
		if d := worst(t, got[3*k+1], ref.MatrixPhi[k]); !(d < 1e-13) {
			t.Errorf("φ_%d of a matrix is off by %.2e", k, d)
		}
		// No doublings: round-off of sums of numbers of size 6.
		if d := worst(t, got[3*k+2], ref.SmallMatrixPhi[k]); !(d < 1e-14) {
			t.Errorf("φ_%d of a small matrix is off by %.2e", k, d)
		}
	}
}

func TestETDRKComplexSymbols(t *testing.T) {
	ref := readPhi(t)
	z := make([]complex128, len(ref.Complex))
	for i, c := range ref.Complex {
		z[i] = complex(c[0], c[1])
	}
	got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		var out []*Node
		for k := range 4 {
			phi := phiByStep(k, in[0], OnesLike(ExpandAxes(in[0], 0)))
			out = append(out, Real(phi), Imag(phi))
		}
		return out
	}, tensors.FromFlatDataAndDimensions(z, len(z)))
	for k := range 4 {
		re, im := check.Floats(got[2*k]), check.Floats(got[2*k+1])
		for i, want := range ref.ComplexPhi[k] {
			// As above, with sums of a few terms of size 1 that may cancel.
			if d := math.Hypot(re[i]-want[0], im[i]-want[1]); !(d < 2e-15) {
				t.Errorf("φ_%d(%v) is off by %.2e", k, z[i], d)
			}
		}
	}
}

// driven is y' = −λ (y − cos t) and the like: linear in y with λ of several sizes, plus a coupling that is not linear and
// depends on t. Its solution y = (cos t, sin t, e^(−t)) is known.
func driven(linear func(g *Graph) *Node) func(g *Graph) ode.System {
	return func(g *Graph) ode.System {
		s := ode.System{Linear: linear(g)}
		full := func(y *Node) *Node {
			if s.Linear.Rank() == 1 {
				return Mul(y, ExpandAxes(s.Linear, 0))
			}
			return MatMul(y, Transpose(s.Linear, 0, 1))
		}
		s.Field = func(t, y *Node) *Node {
			// y' of the solution, less L times the solution, plus terms that vanish on it.
			exact := onCircle(t)
			slope := Concatenate([]*Node{Neg(Sin(clock(t))), Cos(clock(t)), Neg(Exp(Neg(clock(t))))}, 1)
			off := Sub(Mul(y, y), Mul(exact, exact))
			return Add(Sub(slope, full(exact)), Add(off, Mul(off, Cos(clock(t)))))
		}
		return s
	}
}

// clock is t as [1, 1].
func clock(t *Node) *Node { return Reshape(t, 1, 1) }

// onCircle is (cos t, sin t, e^(−t)) [1, 3].
func onCircle(t *Node) *Node {
	return Concatenate([]*Node{Cos(clock(t)), Sin(clock(t)), Exp(Neg(clock(t)))}, 1)
}

func TestETDRKOrder(t *testing.T) {
	diagonal := driven(func(g *Graph) *Node { return Const(g, []float64{-1, -3, -0.5}) })
	matrix := driven(func(g *Graph) *Node { return Const(g, [][]float64{{-2, 1, 0}, {0.5, -3, 1}, {0, 0.5, -1}}) })
	want := []float64{math.Cos(1), math.Sin(1), math.Exp(-1)}
	for order := 1; order <= 4; order++ {
		m := ode.ETDRK{Order: order}
		for name, system := range map[string]func(g *Graph) ode.System{"diagonal": diagonal, "matrix": matrix} {
			counts := []int{16, 32, 64, 128}
			ys, _ := marcher{m, system, 0}.at(t, tensor([]float64{1, 0, 1}), 1, counts...)
			var errs []float64
			for _, y := range ys {
				errs = append(errs, worst(t, y, want))
			}
			wantSlope(t, m.Info().Name+" "+name, errs, float64(order))
		}
	}
}

// TestETDRKErrorOrder: the estimate of the first step falls as h^(ErrorOrder+1).
func TestETDRKErrorOrder(t *testing.T) {
	system := driven(func(g *Graph) *Node { return Const(g, []float64{-1, -3, -0.5}) })
	for order := 2; order <= 4; order++ {
		m := ode.ETDRK{Order: order}
		var errs []float64
		march, done := marcher{m, system, 0}.compiled(t)
		for _, h := range []float64{1. / 16, 1. / 32, 1. / 64, 1. / 128} {
			_, e := march(tensor([]float64{1, 0, 1}), h, 1)
			errs = append(errs, worst(t, e, []float64{0, 0, 0}))
		}
		done()
		wantSlope(t, m.Info().Name, errs, float64(m.Info().ErrorOrder+1))
	}
}

// TestETDRKStiff: with L of size 1e6 steps of 0.1 stay stable and accurate, since L is solved exactly.
func TestETDRKStiff(t *testing.T) {
	system := func(g *Graph) ode.System {
		return ode.System{
			Linear: Const(g, []float64{-1e6, -1, 0}),
			Field:  func(_, y *Node) *Node { return Neg(Mul(y, Square(y))) },
		}
	}
	// y' = λ y − y³: y² = λ e^(2λt) / (λ/y0² − 1 + e^(2λt)), and y0²/(1 + 2 t y0²) for λ = 0.
	bernoulli := math.Exp(-1) / math.Sqrt(1+(1-math.Exp(-2)))
	want := []float64{0, bernoulli, 1 / math.Sqrt(3)}
	ys, _ := marcher{ode.ETDRK{Order: 4}, system, 0}.at(t, tensor([]float64{1, 1, 1}), 1, 10)
	// The error of RK4 on y' = −y³ with ten steps is 1e-6 to 1e-5.
	if d := worst(t, ys[0], want); !(d < 2e-5) {
		t.Errorf("ten steps are off by %.2e", d)
	}
}

// TestETDRKBatchedSteps: steps of each trajectory's own give what each gives alone, diagonal and matrix.
func TestETDRKBatchedSteps(t *testing.T) {
	for name, linear := range map[string]any{"diagonal": []float64{-1, -30}, "matrix": [][]float64{{-1, 5}, {-20, -30}}} {
		for order := 1; order <= 4; order++ {
			got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				g := in[0].Graph()
				s := ode.System{Linear: Const(g, linear), Field: func(t, y *Node) *Node { return Sin(Add(y, t)) }}
				m := ode.ETDRK{Order: order}
				step := func(t, dt, y *Node) *Node {
					y1, _, _ := m.Step(s, t, dt, y, m.Init(s, t, y))
					return y1
				}
				y := in[0]
				both := step(Const(g, [][]float64{{0.5}, {2}}), Const(g, [][]float64{{0.1}, {0.7}}), y)
				first := step(Const(g, 0.5), Const(g, 0.1), Slice(y, AxisRange(0, 1)))
				second := step(Const(g, 2.0), Const(g, 0.7), Slice(y, AxisRange(1, 2)))
				return []*Node{both, Concatenate([]*Node{first, second}, 0)}
			}, check.Random(3, 2, 2))
			// Only the number of doublings may differ.
			if d := check.MaxDiff(t, got[0], got[1]); !(d < 1e-14) {
				t.Errorf("%s, order %d: differs by %.2e", name, order, d)
			}
		}
	}
}

func TestETDRKRefuses(t *testing.T) {
	field := func(_, y *Node) *Node { return y }
	for name, c := range map[string]struct {
		order  int
		linear func(g *Graph) *Node
		want   string
	}{
		"order":   {5, func(g *Graph) *Node { return Const(g, []float64{1, 1}) }, "ETDRK.Order = 5"},
		"linear":  {2, func(*Graph) *Node { return nil }, "System.Linear is nil"},
		"shape":   {2, func(g *Graph) *Node { return Const(g, []float64{1, 1, 1}) }, "want a diagonal of y's shape"},
		"matrix":  {2, func(g *Graph) *Node { return Const(g, [][]float64{{1, 1}}) }, "square matrix"},
		"another": {2, func(g *Graph) *Node { return Const(g, 1.0) }, "System.Linear is"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				g := in[0].Graph()
				s := ode.System{Field: field, Linear: c.linear(g)}
				m, now := ode.ETDRK{Order: c.order}, Const(g, 0.0)
				y, _, _ := m.Step(s, now, Const(g, 0.1), in[0], m.Init(s, now, in[0]))
				return []*Node{y}
			}, check.Random(1, 1, 2))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestETDRKGradient differentiates two steps to the start, a diagonal linear part and the step.
func TestETDRKGradient(t *testing.T) {
	for order := 1; order <= 4; order++ {
		m := ode.ETDRK{Order: order}
		check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
			y, dt := in[0], MulScalar(Exp(in[2]), 0.2)
			s := ode.System{Linear: MulScalar(Exp(in[1]), -2), Field: func(t, y *Node) *Node { return Sin(Add(y, t)) }}
			now := Const(y.Graph(), 0.5)
			state := m.Init(s, now, y)
			for range 2 {
				y, _, state = m.Step(s, now, dt, y, state)
				now = Add(now, dt)
			}
			return Add(ReduceAllSum(Sin(y)), ReduceAllMean(Square(y)))
		}, check.Random(1, 2, 3), check.Random(2, 3), check.Random(3, 2, 1))
	}
}
