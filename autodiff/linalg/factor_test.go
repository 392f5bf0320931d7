package linalg_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// definite is a·aᵀ/n + 1: positive definite, of a small condition number.
func definite(a *Node) *Node {
	n := float64(a.Shape().Dim(-1))
	return Add(DivScalar(Einsum("bij,bkj->bik", a, a), n), DivScalar(Sub(regular(a), a), n))
}

// gradients checks first and second derivatives.
func gradients(t *testing.T, loss func(in []*Node) *Node, in ...*tensors.Tensor) {
	t.Helper()
	check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node { return curved(loss(in), in) }, in...)
}

func TestCholesky(t *testing.T) {
	for _, n := range sizes {
		out := eval(t, func(in []*Node) []*Node {
			a := definite(in[0])
			l := linalg.Cholesky(a)
			return []*Node{a, l, linalg.SolveCholesky(l, in[1])}
		}, check.Random(1, 3, n, n), check.Random(2, 3, n, 2))
		b := check.Random(2, 3, n, 2)
		for i := range 3 {
			a := dense(out[0], i)
			var want mat.Cholesky
			if !want.Factorize(mat.NewSymDense(n, a.RawMatrix().Data)) {
				t.Fatal("gonum finds no factor")
			}
			var l mat.TriDense
			want.LTo(&l)
			// Round-off of n additions of numbers of order 1, times a condition number below 10.
			if d := apart(dense(out[1], i), &l); !(d < 1e-12) {
				t.Errorf("n = %d: L differs from gonum's by %v", n, d)
			}
			var back mat.Dense
			back.Mul(a, dense(out[2], i))
			if d := apart(&back, dense(b, i)); !(d < 1e-12) {
				t.Errorf("n = %d: A·x differs from b by %v", n, d)
			}
		}
	}
	gradients(t, func(in []*Node) *Node {
		return ReduceAllSum(Sin(linalg.Cholesky(definite(in[0]))))
	}, check.Random(1, 2, 4, 4))
	gradients(t, func(in []*Node) *Node {
		return ReduceAllSum(Sin(linalg.SolveCholesky(linalg.Cholesky(definite(in[0])), in[1])))
	}, check.Random(1, 2, 3, 3), check.Random(2, 2, 3, 2))
}

func TestCholeskyOfAnIndefiniteMatrix(t *testing.T) {
	l := eval(t, func(in []*Node) []*Node { return []*Node{linalg.Cholesky(in[0])} },
		tensors.FromFlatDataAndDimensions([]float64{1, 2, 2, 1}, 2, 2))
	if v := check.Floats(l[0])[3]; !math.IsNaN(v) {
		t.Errorf("an indefinite matrix gives %v, want NaN", v)
	}
}

func TestDeterminant(t *testing.T) {
	for _, n := range []int{1, 2, 3, 8, 20} {
		a := check.Random(uint64(n), 6, n, n)
		out := eval(t, func(in []*Node) []*Node {
			f := linalg.FactorLU(in[0])
			logAbs, sign := f.LogDet()
			return []*Node{f.Det(), logAbs, sign, linalg.FactorLU(in[0]).Inverse()}
		}, a)
		for i := range 6 {
			want, sign := mat.LogDet(dense(a, i))
			det, logAbs := check.Floats(out[0])[i], check.Floats(out[1])[i]
			// n products of pivots, each off by a condition number's worth of round-off.
			if !(math.Abs(logAbs-want) < 1e-11) || check.Floats(out[2])[i] != sign || !(math.Abs(det/(sign*math.Exp(want))-1) < 1e-11) {
				t.Errorf("n = %d: det %v, log %v, sign %v, want log %v and sign %v", n, det, logAbs, check.Floats(out[2])[i], want, sign)
			}
			var one mat.Dense
			one.Mul(dense(a, i), dense(out[3], i))
			unit := mat.NewDense(n, n, nil)
			for k := range n {
				unit.Set(k, k, 1)
			}
			// Round-off times a condition number up to about 1e3.
			if d := apart(&one, unit); !(d < 1e-11) {
				t.Errorf("n = %d: A·A⁻¹ differs from 1 by %v", n, d)
			}
		}
	}
	gradients(t, func(in []*Node) *Node { return ReduceAllSum(Sin(linalg.FactorLU(in[0]).Det())) }, check.Random(1, 2, 3, 3))
	gradients(t, func(in []*Node) *Node {
		logAbs, sign := linalg.FactorLU(regular(in[0])).LogDet()
		return ReduceAllSum(Mul(sign, Sin(logAbs)))
	}, check.Random(2, 2, 3, 3))
	gradients(t, func(in []*Node) *Node { return ReduceAllSum(Sin(linalg.FactorLU(regular(in[0])).Inverse())) }, check.Random(3, 2, 3, 3))
}

func TestQR(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {4, 1}, {3, 3}, {9, 4}, {33, 33}, {64, 40}} {
		m, n := shape[0], shape[1]
		t.Run(fmt.Sprint(m, n), func(t *testing.T) {
			a := check.Random(1, 2, m, n)
			out := eval(t, func(in []*Node) []*Node {
				q, r := linalg.QR(in[0])
				return []*Node{q, r}
			}, a)
			for i := range 2 {
				q, r := dense(out[0], i), dense(out[1], i)
				var back, gram mat.Dense
				back.Mul(q, r)
				gram.Mul(q.T(), q)
				for k := range n {
					gram.Set(k, k, gram.At(k, k)-1)
				}
				// Round-off of m·n additions of numbers of order 10.
				if d := apart(&back, dense(a, i)); !(d < 1e-12) || !(mat.Norm(&gram, 1) < 1e-12) {
					t.Errorf("Q·R differs from A by %v, Qᵀ·Q from 1 by %v", d, mat.Norm(&gram, 1))
				}
				for row := range n {
					for column := range row {
						if r.At(row, column) != 0 {
							t.Errorf("R[%d, %d] = %v, want 0", row, column, r.At(row, column))
						}
					}
					if !(r.At(row, row) >= 0) {
						t.Errorf("R[%d, %d] = %v, want no negative number", row, row, r.At(row, row))
					}
				}
			}
		})
	}
	for _, in := range []*tensors.Tensor{check.Random(1, 2, 3, 3), check.Random(2, 1, 5, 3)} {
		gradients(t, func(in []*Node) *Node {
			q, r := linalg.QR(in[0])
			return Add(ReduceAllMean(Sin(q)), ReduceAllMean(Sin(r)))
		}, in)
	}
}

func TestLeastSquares(t *testing.T) {
	a, b := check.Random(1, 2, 12, 5), check.Random(2, 2, 12, 3)
	out := eval(t, func(in []*Node) []*Node { return []*Node{linalg.LeastSquares(in[0], in[1])} }, a, b)
	for i := range 2 {
		var want mat.Dense
		if err := want.Solve(dense(a, i), dense(b, i)); err != nil {
			t.Fatal(err)
		}
		// Round-off times a condition number below 10.
		if d := apart(dense(out[0], i), &want); !(d < 1e-12) {
			t.Errorf("differs from gonum's by %v", d)
		}
	}
	gradients(t, func(in []*Node) *Node { return ReduceAllMean(Sin(linalg.LeastSquares(in[0], in[1]))) },
		check.Random(1, 1, 6, 3), check.Random(2, 1, 6, 2))
}

func TestFactorsRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		fn   func(a, b *Node) *Node
		want string
	}{
		"cholesky": {func(a, _ *Node) *Node { return linalg.Cholesky(a) }, "linalg: Cholesky: a is (Float64)[2, 3], want square"},
		"wide qr":  {func(a, _ *Node) *Node { q, _ := linalg.QR(a); return q }, "linalg: QR: a is (Float64)[2, 3], want at least as many rows"},
		"rows":     {linalg.LeastSquares, "linalg: LeastSquares: b is (Float64)[3, 1], want a's leading axes and rows"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{c.fn(in[0], in[1])} },
				check.Random(1, 2, 3), check.Random(2, 3, 1))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
