package linalg_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// eval runs a graph function without variables.
func eval(t *testing.T, fn func(in []*Node) []*Node, in ...any) []*tensors.Tensor {
	t.Helper()
	return check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return fn(in) }, in...)
}

// dense is matrix i of a batch.
func dense(x *tensors.Tensor, i int) *mat.Dense {
	d := x.Shape().Dimensions
	r, c := d[len(d)-2], d[len(d)-1]
	return mat.NewDense(r, c, check.Floats(x)[i*r*c:(i+1)*r*c])
}

// apart is the largest entry of a−b.
func apart(a, b mat.Matrix) float64 {
	var d mat.Dense
	d.Sub(a, b)
	return mat.Norm(&d, 1)
}

// sizes are those below, at and above a vector register's, and the largest that the package is meant for.
var sizes = []int{1, 2, 3, 8, 33, 64}

func TestSolveAgainstGonum(t *testing.T) {
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			a, b := check.Random(1, 3, n, n), check.Random(2, 3, n, 2)
			x := eval(t, func(in []*Node) []*Node {
				f := linalg.FactorLU(in[0])
				return []*Node{linalg.Solve(in[0], in[1]), f.SolveTransposed(in[1])}
			}, a, b)
			for i := range 3 {
				for k, m := range []mat.Matrix{dense(a, i), dense(a, i).T()} {
					var want mat.Dense
					if err := want.Solve(m, dense(b, i)); err != nil {
						t.Fatal(err)
					}
					// Both are off by the condition number, up to about 1e4 here, times round-off and n.
					if d := apart(dense(x[k], i), &want) / mat.Norm(&want, 1); !(d < 1e-11) {
						t.Errorf("matrix %d, transposed %v: relative difference %v", i, k == 1, d)
					}
				}
			}
		})
	}
}

// regular moves matrices [..., n, n] away from singular ones: with n on the diagonal the condition number is small.
func regular(a *Node) *Node {
	n := a.Shape().Dim(-1)
	return Add(a, BroadcastToShape(ExpandLeftToRank(DiagonalWithValue(Scalar(a.Graph(), a.DType(), n), n), a.Rank()), a.Shape()))
}

func TestSolveGradient(t *testing.T) {
	for name, solve := range map[string]func(a, b *Node) *Node{
		"once":       linalg.Solve,
		"transposed": func(a, b *Node) *Node { return linalg.FactorLU(a).SolveTransposed(b) },
		"twice": func(a, b *Node) *Node {
			f := linalg.FactorLU(a)
			return f.Solve(Sin(f.Solve(b)))
		},
	} {
		for _, n := range []int{1, 4, 10} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
					return ReduceAllSum(Sin(solve(regular(in[0]), in[1])))
				}, check.Random(1, 2, n, n), check.Random(2, 2, n, 3))
			})
		}
	}
}

// curved is a loss whose gradient contains first and second derivatives.
func curved(loss *Node, in []*Node) *Node {
	for _, g := range Gradient(loss, in...) {
		loss = Add(loss, ReduceAllSum(Sin(g)))
	}
	return loss
}

func TestSolveSecondDerivative(t *testing.T) {
	for name, solve := range map[string]func(a, b *Node) *Node{
		"once":       linalg.Solve,
		"transposed": func(a, b *Node) *Node { return linalg.FactorLU(a).SolveTransposed(b) },
		"triangle":   linalg.Triangle{}.Solve,
	} {
		t.Run(name, func(t *testing.T) {
			check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
				return curved(ReduceAllSum(Sin(solve(regular(in[0]), in[1]))), in)
			}, check.Random(1, 2, 4, 4), check.Random(2, 2, 4, 2))
		})
	}
}

func TestLUMatrices(t *testing.T) {
	for _, n := range sizes {
		a := check.Random(1, 2, 2, n, n)
		out := eval(t, func(in []*Node) []*Node {
			p, l, u := linalg.FactorLU(in[0]).Matrices()
			return []*Node{p, l, u}
		}, a)
		for i := range 4 {
			var pa, lu mat.Dense
			p, l, u := dense(out[0], i), dense(out[1], i), dense(out[2], i)
			pa.Mul(p, dense(a, i))
			lu.Mul(l, u)
			// Round-off of n additions of numbers of order 10.
			if d := apart(&pa, &lu); !(d < 1e-12) {
				t.Errorf("n = %d: P·A and L·U differ by %v", n, d)
			}
			for r := range n {
				for c := range n {
					if c > r && l.At(r, c) != 0 || c < r && u.At(r, c) != 0 || math.Abs(l.At(r, c)) > 1 {
						t.Errorf("n = %d: L[%d, %d] = %v, U there %v: not triangles, or L is above 1", n, r, c, l.At(r, c), u.At(r, c))
					}
				}
			}
		}
	}
}

func TestLUInALoop(t *testing.T) {
	// Powers of the inverse: factored once, solved in a loop that carries the factors.
	a, b := check.Random(1, 2, 5, 5), check.Random(2, 2, 5)
	out := eval(t, func(in []*Node) []*Node {
		f := linalg.FactorLU(regular(in[0]))
		s := autodiff.For(3, append(f.State(), in[1]), func(_ *Node, s []*Node) []*Node {
			f := linalg.LUFromState(s[:3])
			return append(f.State(), f.SolveVector(s[3]))
		})
		return []*Node{s[3], f.SolveVector(f.SolveVector(f.SolveVector(in[1])))}
	}, a, b)
	// The same operations in the same order: at most a rounding apart.
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-16) {
		t.Errorf("in a loop and out of it differ by %v", d)
	}
}

func TestSolveFloat32(t *testing.T) {
	out := eval(t, func(in []*Node) []*Node {
		a, b := ConvertDType(regular(in[0]), dtypes.Float32), ConvertDType(in[1], dtypes.Float32)
		return []*Node{linalg.Solve(regular(in[0]), in[1]), ConvertDType(linalg.Solve(a, b), dtypes.Float64)}
	}, check.Random(1, 4, 20, 20), check.Random(2, 4, 20, 1))
	// Round-off 6e-8 times a condition number below 10, on numbers of order 0.1.
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-6) {
		t.Errorf("float32 differs from float64 by %v", d)
	}
}

func TestSolveSingular(t *testing.T) {
	a := tensors.FromFlatDataAndDimensions([]float64{1, 2, 2, 4}, 2, 2)
	x := eval(t, func(in []*Node) []*Node { return []*Node{linalg.Solve(in[0], in[1])} }, a, check.Random(1, 2, 1))
	for _, v := range check.Floats(x[0]) {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			t.Errorf("a singular system gives %v, want Inf or NaN", v)
		}
	}
}

func TestRefuses(t *testing.T) {
	zeros := func(dtype dtypes.DType, dims ...int) func(g *Graph) *Node {
		return func(g *Graph) *Node { return Zeros(g, shapes.Make(dtype, dims...)) }
	}
	for name, c := range map[string]struct {
		a, b func(g *Graph) *Node
		want string
	}{
		"not square":     {zeros(dtypes.Float64, 2, 3), zeros(dtypes.Float64, 2, 1), "linalg: Solve: a is (Float64)[2, 3], want square matrices"},
		"a vector":       {zeros(dtypes.Float64, 2), zeros(dtypes.Float64, 2, 1), "want matrices"},
		"integers":       {zeros(dtypes.Int32, 2, 2), zeros(dtypes.Int32, 2, 1), "floating-point"},
		"empty":          {zeros(dtypes.Float64, 0, 0), zeros(dtypes.Float64, 0, 1), "want square matrices"},
		"mixed types":    {zeros(dtypes.Float64, 2, 2), zeros(dtypes.Float32, 2, 1), "b is Float32, want Float64"},
		"other rows":     {zeros(dtypes.Float64, 2, 2), zeros(dtypes.Float64, 3, 1), "want a's leading axes and rows"},
		"other batch":    {zeros(dtypes.Float64, 5, 2, 2), zeros(dtypes.Float64, 4, 2, 1), "want a's leading axes and rows"},
		"a vector right": {zeros(dtypes.Float64, 2, 2), zeros(dtypes.Float64, 2), "b is (Float64)[2], want matrices"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				g := in[0].Graph()
				return []*Node{linalg.Solve(c.a(g), c.b(g))}
			}, check.Random(1, 1))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
