package implicit_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/autodiff/implicit"
	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// fixedPoints are the ways to iterate; the fixed points below converge with each.
func fixedPoints() map[string]implicit.FixedPoint {
	return map[string]implicit.FixedPoint{
		"plain":    {Tolerance: 1e-14, Steps: 300, Mixing: 1},
		"damped":   {Tolerance: 1e-14, Steps: 600, Mixing: 0.7},
		"anderson": {Tolerance: 1e-14, Steps: 60, History: 5, Mixing: 1},
		"mixed":    {Tolerance: 1e-14, Steps: 60, History: 3, Mixing: 0.8},
	}
}

// roots are the ways of Newton's method.
func roots() map[string]implicit.Root {
	return map[string]implicit.Root{
		"dense":         {Tolerance: 1e-9, Steps: 30},
		"dense, damped": {Tolerance: 1e-9, Steps: 30, Halvings: 10},
		"krylov":        {Tolerance: 1e-9, Steps: 30, Halvings: 10, Krylov: &implicit.GMRES{Tolerance: 1e-13, Space: 6, Restarts: 3}},
	}
}

// layer is tanh(x·W + b), a contraction for small W.
func layer(x *Node, args []*Node) *Node { return Tanh(Add(MatMul(x, args[0]), args[1])) }

// layerInputs are W [6, 6] of norm below 1 and b [4, 6].
func layerInputs() []*tensors.Tensor {
	w := check.Floats(check.Random(1, 6, 6))
	for i := range w {
		w[i] *= 0.15
	}
	return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(w, 6, 6), check.Random(2, 4, 6)}
}

// bothOrders compares gradients, and gradients of a function of these, with central differences.
func bothOrders(t *testing.T, loss func(in []*Node) *Node, in ...*tensors.Tensor) {
	t.Helper()
	check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
		sum := loss(in)
		for _, g := range Gradient(sum, in...) {
			sum = Add(sum, ReduceAllMean(Sin(g)))
		}
		return sum
	}, in...)
}

func TestFixedPointOfALayer(t *testing.T) {
	for name, s := range fixedPoints() {
		t.Run(name, func(t *testing.T) {
			bothOrders(t, func(in []*Node) *Node {
				x := s.Solve(layer, ZerosLike(in[1]), in).X
				return ReduceAllMean(Sin(MulScalar(x, 2)))
			}, layerInputs()...)
		})
	}
}

func TestKepler(t *testing.T) {
	// E − e·sin E = M: ∂E/∂M = 1/(1 − e cos E), ∂E/∂e = sin E/(1 − e cos E), as a fixed point and as a root.
	anomaly := []float64{0.1, 1, 2, 3, 4.5, 6}
	in := []any{tensors.FromFlatDataAndDimensions(anomaly, 6, 1), 0.6}
	orbit := func(x *Node, args []*Node) *Node { return Add(args[0], Mul(args[1], Sin(x))) }
	excess := func(x *Node, args []*Node) *Node { return Sub(x, orbit(x, args)) }
	verify := func(t *testing.T, solve func(in []*Node) implicit.Solution) {
		t.Helper()
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			s := solve(in)
			e := s.X
			slope := Inverse(OneMinus(Mul(in[1], Cos(e))))
			g := Gradient(ReduceAllSum(e), in...)
			return []*Node{
				excess(e, in), ZerosLike(e), g[0], slope, g[1], ReduceAllSum(Mul(Sin(e), slope)),
				ConvertDType(s.Converged, dtypes.Float64), OnesLike(Squeeze(e, 1)),
			}
		}, in...)
		for i := 0; i < len(out); i += 2 {
			// A tolerance of 1e-14 in steps that shrink by up to 0.6, and slopes up to 2.5 of numbers to 6.
			if d := check.MaxDiff(t, out[i], out[i+1]); !(d < 2e-13) {
				t.Errorf("answer %d is off by %v", i/2, d)
			}
		}
	}
	for name, s := range fixedPoints() {
		t.Run(name, func(t *testing.T) {
			verify(t, func(in []*Node) implicit.Solution { return s.Solve(orbit, in[0], in) })
		})
	}
	for name, s := range roots() {
		t.Run(name, func(t *testing.T) {
			verify(t, func(in []*Node) implicit.Solution { return s.Solve(excess, in[0], in) })
		})
	}
}

// bratu is −u″ = λ eᵘ on seven points within (0, 1), u = 0 at the ends, plus a coupling that makes J unsymmetric.
func bratu(u *Node, args []*Node) *Node {
	n := float64(u.Shape().Dimensions[1] + 1)
	padded := Pad(u, constantLike(u, 0), PadAxis{}, PadAxis{Start: 1, End: 1})
	left := Slice(padded, AxisRange(), AxisRange(0, -2))
	right := Slice(padded, AxisRange(), AxisRange(2))
	second := MulScalar(Sub(Add(left, right), MulScalar(u, 2)), n*n)
	drift := MulScalar(Mul(u, Sub(right, left)), n/2)
	return Add(Add(second, drift), Mul(args[0], Exp(u)))
}

func constantLike(x *Node, v float64) *Node { return Scalar(x.Graph(), x.DType(), v) }

func TestRootOfASteadyState(t *testing.T) {
	lambda := tensors.FromFlatDataAndDimensions([]float64{0.5, 1, 2}, 3, 1)
	for name, s := range roots() {
		if s.Krylov != nil {
			s.Krylov.Space = 7
		}
		t.Run(name, func(t *testing.T) {
			solve := func(in []*Node) implicit.Solution {
				return s.Solve(bratu, BroadcastToDims(ZerosLike(in[0]), 3, 7), in)
			}
			bothOrders(t, func(in []*Node) *Node { return ReduceAllMean(Square(solve(in).X)) }, lambda)
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				s := solve(in)
				return []*Node{bratu(s.X, in), s.X, ConvertDType(s.Steps, dtypes.Float64)}
			}, lambda)
			for i, r := range check.Floats(out[0]) {
				// Round-off of u″, 64·4 times that of u.
				if !(math.Abs(r) < 1e-12) {
					t.Errorf("the equation is off by %v at %d", r, i)
				}
			}
			if u := check.Floats(out[1])[3]; !(u > 0.05 && u < 0.1) {
				t.Errorf("the middle is %v, want about λ/8", u)
			}
			if n := check.Floats(out[2])[0]; n > 6 {
				t.Errorf("%v steps, want the few of a method that doubles the digits", n)
			}
		})
	}
}

func TestDampingFindsTheRoot(t *testing.T) {
	// arctan x from 3: whole steps diverge, halved ones do not. The second sample starts where whole steps serve.
	arctan := func(x *Node, _ []*Node) *Node { return Atan2(x, OnesLike(x)) }
	for _, halvings := range []int{0, 8} {
		s := implicit.Root{Tolerance: 1e-9, Steps: 20, Halvings: halvings}
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			r := s.Solve(arctan, in[0], nil)
			return []*Node{r.X, ConvertDType(r.Converged, dtypes.Float64)}
		}, tensors.FromFlatDataAndDimensions([]float64{3, 0.5}, 2, 1))
		x, converged := check.Floats(out[0]), check.Floats(out[1])
		if !(math.Abs(x[1]) < 1e-15) || converged[1] != 1 {
			t.Errorf("%d halvings: from 0.5 it ends at %v, converged %v", halvings, x[1], converged[1])
		}
		if found := math.Abs(x[0]) < 1e-15; found != (halvings > 0) || converged[0] == 1 != found {
			t.Errorf("%d halvings: from 3 it ends at %v, converged %v", halvings, x[0], converged[0])
		}
	}
}

func TestNoConvergence(t *testing.T) {
	plain := implicit.FixedPoint{Tolerance: 1e-6, Steps: 9, Mixing: 1}
	newton := implicit.Root{Tolerance: 1e-6, Steps: 9, Halvings: 3}
	for name, c := range map[string]struct {
		solve func(x *Node) implicit.Solution
		steps float64
	}{
		"a fixed point that repels": {func(x *Node) implicit.Solution {
			return plain.Solve(func(x *Node, _ []*Node) *Node { return AddScalar(MulScalar(x, 2), 1) }, x, nil)
		}, 9},
		"no root": {func(x *Node) implicit.Solution {
			return newton.Solve(func(x *Node, _ []*Node) *Node { return OnePlus(Square(x)) }, x, nil)
		}, 9},
		"a singular Jacobian": {func(x *Node) implicit.Solution {
			return newton.Solve(func(x *Node, _ []*Node) *Node { return AddScalar(MulScalar(x, 0), 1) }, x, nil)
		}, 2}, // the first step is infinite, the second is NaN
		"NaN": {func(x *Node) implicit.Solution {
			return plain.Solve(func(x *Node, _ []*Node) *Node { return Log(Neg(Square(x))) }, x, nil)
		}, 1},
		"a space that is too small": {func(x *Node) implicit.Solution {
			shift := func(x *Node, _ []*Node) *Node { // needs the whole space
				return Concatenate([]*Node{Slice(x, AxisRange(), AxisRange(1)), Slice(x, AxisRange(), AxisRange(0, 1))}, 1)
			}
			first := OneHot(ZerosLike(ConvertDType(Squeeze(x, 1), dtypes.Int32)), 6, dtypes.Float64)
			return implicit.GMRES{Tolerance: 1e-6, Space: 3, Restarts: 4}.Solve(shift, nil, first)
		}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				s := c.solve(in[0])
				return []*Node{ConvertDType(s.Converged, dtypes.Float64), ConvertDType(s.Steps, dtypes.Float64)}
			}, tensors.FromFlatDataAndDimensions([]float64{0.3, 0.7}, 2, 1))
			if got := check.Floats(out[0]); got[0] != 0 || got[1] != 0 {
				t.Errorf("converged %v, want neither", got)
			}
			if got := check.Floats(out[1])[0]; got != c.steps {
				t.Errorf("%v steps, want %v", got, c.steps)
			}
		})
	}
}

func TestGradientThatDoesNotConverge(t *testing.T) {
	// x = 2x + θ from its fixed point −θ: nothing moves, but w = v + 2w does. On linear equations Anderson's steps find −1.
	twice := func(x *Node, args []*Node) *Node { return Add(MulScalar(x, 2), args[0]) }
	for history, want := range map[int]float64{0: math.NaN(), 2: -1} {
		s := implicit.FixedPoint{Tolerance: 1e-9, Steps: 30, History: history, Mixing: 1}
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			x := s.Solve(twice, Neg(in[0]), in)
			return []*Node{Gradient(ReduceAllSum(x.X), in[0])[0], ConvertDType(x.Converged, dtypes.Float64)}
		}, tensors.FromFlatDataAndDimensions([]float64{0.3}, 1, 1))
		got := check.Floats(out[0])[0]
		// The tolerance.
		if math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > 1e-8 {
			t.Errorf("history %d: gradient %v, want %v", history, got, want)
		}
		if check.Floats(out[1])[0] != 1 {
			t.Errorf("history %d: the start is not taken for the fixed point", history)
		}
	}
}

// laplacian is −x″ + c·x′ + d·x on n points.
func laplacian(x *Node, args []*Node) *Node {
	padded := Pad(x, constantLike(x, 0), PadAxis{}, PadAxis{Start: 1, End: 1})
	left := Slice(padded, AxisRange(), AxisRange(0, -2))
	right := Slice(padded, AxisRange(), AxisRange(2))
	return Add(Sub(MulScalar(x, 2), Add(left, right)), Add(Mul(args[0], Sub(right, left)), Mul(args[1], x)))
}

func TestGMRES(t *testing.T) {
	const n = 12
	for _, s := range []implicit.GMRES{
		{Tolerance: 1e-13, Space: n, Restarts: 2},
		{Tolerance: 1e-13, Space: 5, Restarts: 60},
		{Tolerance: 1e-13, Space: 30, Restarts: 2}, // more than there is
	} {
		t.Run(fmt.Sprintf("space %d", s.Space), func(t *testing.T) {
			args := []any{check.Random(1, 3, 1), tensors.FromFlatDataAndDimensions([]float64{0.5, 1, 2}, 3, 1), check.Random(3, 3, n)}
			loss := func(x *Node) *Node { return ReduceAllSum(Sin(x)) }
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				x := s.Solve(laplacian, in[:2], in[2]).X
				// The matrix of the same function.
				at := ZerosLike(in[2])
				matrix := autodiff.Jacobian(laplacian(at, in[:2]), at)
				want := Squeeze(linalg.Solve(matrix, ExpandAxes(in[2], -1)), 2)
				var all []*Node
				for _, x := range []*Node{x, want} {
					g := Gradient(loss(x), in...)
					again := Const(x.Graph(), 0.0)
					for _, g := range g {
						again = Add(again, ReduceAllSum(Sin(g)))
					}
					all = append(append(append(all, x), g...), Gradient(again, in...)...)
				}
				return all
			}, args...)
			m := len(out) / 2
			for i := range m {
				// The tolerance times the condition, about 10, and as much again for each derivative.
				if d := check.MaxDiff(t, out[i], out[m+i]); !(d < 1e-10) {
					t.Errorf("answer %d differs from the dense solve's by %v", i, d)
				}
			}
		})
	}
}

func TestFloat32(t *testing.T) {
	in := layerInputs()
	solvers := map[string]func(start *Node, args []*Node) *Node{
		"anderson": func(start *Node, args []*Node) *Node {
			return implicit.FixedPoint{Tolerance: 1e-6, Steps: 60, History: 4, Mixing: 1}.Solve(layer, start, args).X
		},
		"root": func(start *Node, args []*Node) *Node {
			rest := func(x *Node, args []*Node) *Node { return Sub(layer(x, args), x) }
			return implicit.Root{Tolerance: 1e-4, Steps: 20, Krylov: &implicit.GMRES{Tolerance: 1e-6, Space: 6, Restarts: 3}}.Solve(rest, start, args).X
		},
	}
	for name, solve := range solvers {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				single := []*Node{ConvertDType(in[0], dtypes.Float32), ConvertDType(in[1], dtypes.Float32)}
				got := Gradient(ConvertDType(ReduceAllSum(Sin(solve(ZerosLike(single[1]), single))), dtypes.Float64), in...)
				exact := implicit.FixedPoint{Tolerance: 1e-14, Steps: 300, Mixing: 1}.Solve(layer, ZerosLike(in[1]), in).X
				return append(got, Gradient(ReduceAllSum(Sin(exact)), in...)...)
			}, in[0], in[1])
			for i := range 2 {
				// The tolerance, over the distance of the contraction from 1, on sums of four.
				if d := check.MaxDiff(t, out[i], out[2+i]); !(d < 1e-4) {
					t.Errorf("gradient %d differs from float64 by %v", i, d)
				}
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	good := implicit.FixedPoint{Tolerance: 1e-6, Steps: 5, Mixing: 1}
	for name, c := range map[string]struct {
		fn   func(x *Node) implicit.Solution
		want string
	}{
		"tolerance": {func(x *Node) implicit.Solution { return implicit.FixedPoint{Steps: 5, Mixing: 1}.Solve(layer, x, nil) }, "FixedPoint.Tolerance = 0"},
		"steps":     {func(x *Node) implicit.Solution { return implicit.Root{Tolerance: 1}.Solve(layer, x, nil) }, "Root.Steps = 0"},
		"krylov": {func(x *Node) implicit.Solution {
			return implicit.Root{Tolerance: 1, Steps: 1, Krylov: &implicit.GMRES{}}.Solve(layer, x, nil)
		}, "GMRES.Space = 0"},
		"mixing": {func(x *Node) implicit.Solution {
			return implicit.FixedPoint{Tolerance: 1, Steps: 1, Mixing: 2}.Solve(layer, x, nil)
		}, "FixedPoint.Mixing = 2"},
		"history": {func(x *Node) implicit.Solution {
			return implicit.FixedPoint{Tolerance: 1, Steps: 1, Mixing: 1, History: -1}.Solve(layer, x, nil)
		}, "FixedPoint.History = -1"},
		"rank": {func(x *Node) implicit.Solution { return good.Solve(layer, ReduceAllSum(x), nil) }, "want real numbers [batch, n…]"},
		"shape": {func(x *Node) implicit.Solution {
			return good.Solve(func(x *Node, _ []*Node) *Node { return ReduceSum(x, 1) }, x, nil)
		}, "want the same"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{c.fn(in[0]).X} }, check.Random(1, 2, 3))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
