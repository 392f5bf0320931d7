package linalg_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// evenly moves matrices [batch, m, n] near diag(1, 2, …): their singular and eigenvalues are about 1 apart, so that
// central differences of the vectors are exact enough.
func evenly(a *Node) *Node {
	steps := OnePlus(ConvertDType(Iota(a.Graph(), a.Shape(), -1), a.DType()))
	rows := ConvertDType(Iota(a.Graph(), a.Shape(), -2), a.DType())
	return Add(Where(Equal(rows, AddScalar(steps, -1)), steps, ZerosLike(a)), MulScalar(a, 0.2))
}

// unitGap is the largest entry of xᵀ·x − 1.
func unitGap(x *mat.Dense) float64 {
	var gram mat.Dense
	gram.Mul(x.T(), x)
	n, _ := gram.Dims()
	for k := range n {
		gram.Set(k, k, gram.At(k, k)-1)
	}
	return mat.Norm(&gram, 1)
}

// scaledColumns is x·diag(s).
func scaledColumns(x *mat.Dense, s []float64) *mat.Dense {
	var out mat.Dense
	out.Mul(x, mat.NewDiagDense(len(s), s))
	return &out
}

func TestSymmetricEigen(t *testing.T) {
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			out := eval(t, func(in []*Node) []*Node {
				a := MulScalar(Add(in[0], Transpose(in[0], 1, 2)), 0.5)
				w, v := linalg.SymmetricEigen(in[0])
				return []*Node{a, w, v}
			}, check.Random(uint64(n), 3, n, n))
			for i := range 3 {
				a, w, v := dense(out[0], i), check.Floats(out[1])[i*n:(i+1)*n], dense(out[2], i)
				var want mat.EigenSym
				if !want.Factorize(mat.NewSymDense(n, a.RawMatrix().Data), false) {
					t.Fatal("gonum finds no eigenvalues")
				}
				for k, x := range want.Values(nil) {
					// Round-off of some thousand rotations of numbers up to 12.
					if !(math.Abs(w[k]-x) < 1e-12) {
						t.Errorf("eigenvalue %d = %v, want %v", k, w[k], x)
					}
				}
				var av mat.Dense
				av.Mul(a, v)
				if d := apart(&av, scaledColumns(v, w)); !(d < 1e-11) || !(unitGap(v) < 1e-11) { // sums of up to 64 such entries
					t.Errorf("A·V differs from V·w by %v, Vᵀ·V from 1 by %v", d, unitGap(v))
				}
			}
		})
	}
}

func TestSymmetricEigenGradient(t *testing.T) {
	gradients(t, func(in []*Node) *Node {
		w, v := linalg.SymmetricEigen(evenly(in[0]))
		weights := ConvertDType(IotaFull(v.Graph(), v.Shape()), v.DType())
		return Add(ReduceAllMean(Sin(w)), ReduceAllMean(Mul(Sin(weights), Square(v)))) // squares: signs are open
	}, check.Random(1, 2, 4, 4))
}

func TestSymmetricEigenDegenerate(t *testing.T) {
	// A function of the spectrum alone, at a matrix with equal eigenvalues: tr sin(A) has the gradient cos(A), here
	// cos 2 times the unit matrix.
	out := eval(t, func(in []*Node) []*Node {
		w, v := linalg.SymmetricEigen(in[0])
		whole := Einsum("ij,kj->ik", Mul(v, ExpandAxes(Sin(w), 0)), v)
		return []*Node{Gradient(ReduceAllSum(Sin(w)), in[0])[0], Gradient(ReduceAllSum(Square(whole)), in[0])[0]}
	}, tensors.FromFlatDataAndDimensions([]float64{2, 0, 0, 0, 2, 0, 0, 0, 2}, 3, 3))
	for i, v := range check.Floats(out[0]) {
		want := 0.0
		if i%4 == 0 {
			want = math.Cos(2)
		}
		if !(math.Abs(v-want) < 1e-15) { // no rotation is made
			t.Errorf("entry %d = %v, want %v", i, v, want)
		}
	}
	for i, v := range check.Floats(out[1]) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("entry %d of the gradient is %v, want a number", i, v)
		}
	}
}

func TestSVD(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {4, 2}, {3, 3}, {5, 7}, {33, 12}, {64, 64}} {
		m, n := shape[0], shape[1]
		k := min(m, n)
		t.Run(fmt.Sprint(m, n), func(t *testing.T) {
			a := check.Random(uint64(m), 2, m, n)
			out := eval(t, func(in []*Node) []*Node {
				u, s, v := linalg.SVD(in[0])
				return []*Node{u, s, v}
			}, a)
			for i := range 2 {
				u, s, v := dense(out[0], i), check.Floats(out[1])[i*k:(i+1)*k], dense(out[2], i)
				var want mat.SVD
				if !want.Factorize(dense(a, i), mat.SVDNone) {
					t.Fatal("gonum finds no singular values")
				}
				for j, x := range want.Values(nil) {
					// Round-off of some thousand rotations of numbers up to 16.
					if !(math.Abs(s[j]-x) < 1e-12) {
						t.Errorf("singular value %d = %v, want %v", j, s[j], x)
					}
				}
				var back mat.Dense
				back.Mul(scaledColumns(u, s), v.T())
				if d := apart(&back, dense(a, i)); !(d < 1e-11) || !(unitGap(u) < 1e-11) || !(unitGap(v) < 1e-11) { // sums of up to 64 such entries
					t.Errorf("U·s·Vᵀ differs from A by %v, UᵀU from 1 by %v, VᵀV by %v", d, unitGap(u), unitGap(v))
				}
			}
		})
	}
}

func TestSVDGradient(t *testing.T) {
	for _, shape := range [][]int{{2, 3, 3}, {1, 5, 3}} {
		gradients(t, func(in []*Node) *Node {
			u, s, v := linalg.SVD(evenly(in[0]))
			weights := func(x *Node) *Node { return Sin(ConvertDType(IotaFull(x.Graph(), x.Shape()), x.DType())) }
			// Products of a column of U and one of V: their common sign is open.
			both := Einsum("bik,bjk->bijk", u, v)
			return Add(ReduceAllMean(Sin(s)), ReduceAllMean(Mul(weights(both), both)))
		}, check.Random(1, shape...))
	}
}

func TestSVDOfALowRank(t *testing.T) {
	// One column twice: its singular value is zero, and no iteration runs on in the round-off.
	out := eval(t, func(in []*Node) []*Node {
		a := Concatenate([]*Node{in[0], in[0]}, 2)
		u, s, v := linalg.SVD(a)
		return []*Node{a, s, Einsum("bik,bjk->bij", Mul(u, ExpandAxes(s, 1)), v)}
	}, check.Random(1, 1, 6, 2))
	s := check.Floats(out[1])
	// Round-off of numbers of order 5.
	if !(s[2] < 1e-14) || !(s[3] < 1e-14) || !(s[1] > 0.1) {
		t.Errorf("singular values %v, want two of zero", s)
	}
	if d := check.MaxDiff(t, out[0], out[2]); !(d < 1e-14) {
		t.Errorf("U·s·Vᵀ differs from A by %v", d)
	}
}

func TestPolar(t *testing.T) {
	for _, shape := range [][]int{{2, 3, 3}, {2, 7, 4}} {
		a := check.Random(1, shape...)
		out := eval(t, func(in []*Node) []*Node {
			w, h := linalg.Polar(in[0])
			smallest, _ := linalg.SymmetricEigen(h)
			return []*Node{w, h, smallest, linalg.Cholesky(h)}
		}, a)
		for i := range 2 {
			var back mat.Dense
			w := dense(out[0], i)
			back.Mul(w, dense(out[1], i))
			// Round-off of some hundred rotations of numbers of order 1.
			if d := apart(&back, dense(a, i)); !(d < 1e-13) || !(unitGap(w) < 1e-13) {
				t.Errorf("W·H differs from A by %v, WᵀW from 1 by %v", d, unitGap(w))
			}
		}
		for _, x := range append(check.Floats(out[2]), check.Floats(out[3])...) {
			if math.IsNaN(x) {
				t.Error("H is not positive definite")
			}
		}
	}
	// Equal singular values: a rotation is its own factor W, and the gradient is right there too.
	for _, in := range []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions([]float64{0.6, -0.8, 0.8, 0.6}, 1, 2, 2), check.Random(2, 1, 3, 3), check.Random(3, 1, 4, 2),
	} {
		check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
			w, h := linalg.Polar(in[0])
			weights := Sin(ConvertDType(IotaFull(w.Graph(), w.Shape()), w.DType()))
			return Add(ReduceAllSum(Mul(weights, w)), ReduceAllMean(Sin(h)))
		}, in)
	}
}

func TestSpectralFloat32(t *testing.T) {
	out := eval(t, func(in []*Node) []*Node {
		w, _ := linalg.SymmetricEigen(in[0])
		_, s, _ := linalg.SVD(in[0])
		low := ConvertDType(in[0], dtypes.Float32)
		w32, _ := linalg.SymmetricEigen(low)
		_, s32, _ := linalg.SVD(low)
		return []*Node{w, s, ConvertDType(w32, dtypes.Float64), ConvertDType(s32, dtypes.Float64)}
	}, check.Random(1, 2, 10, 10))
	for i := range 2 {
		// Round-off 6e-8 of some hundred rotations of numbers up to 6.
		if d := check.MaxDiff(t, out[i], out[2+i]); !(d < 1e-5) {
			t.Errorf("float32 differs from float64 by %v", d)
		}
	}
}

// TestSpectralScales has matrices whose squares overflow or vanish.
func TestSpectralScales(t *testing.T) {
	for _, size := range []float64{1e150, 1e-150} {
		out := eval(t, func(in []*Node) []*Node {
			w, v := linalg.SymmetricEigen(in[0])
			_, s, _ := linalg.SVD(in[0])
			big := MulScalar(in[0], size)
			w2, v2 := linalg.SymmetricEigen(big)
			_, s2, _ := linalg.SVD(big)
			return []*Node{w, v, s, MulScalar(w2, 1/size), v2, MulScalar(s2, 1/size)}
		}, check.Random(1, 2, 5, 5))
		for i, name := range []string{"eigenvalues", "eigenvectors", "singular values"} {
			// Round-off of some hundred rotations of numbers up to 3.
			if d := check.MaxDiff(t, out[i], out[3+i]); !(d < 1e-13) {
				t.Errorf("%s times %v differ by %v", name, size, d)
			}
		}
	}
}

// TestSpectralOfNaN has one matrix with NaN, one with Inf and a good one in a batch.
func TestSpectralOfNaN(t *testing.T) {
	a := []float64{1, 2, 2, math.NaN(), 1, 2, 2, math.Inf(1), 2, 1, 1, 2}
	out := eval(t, func(in []*Node) []*Node {
		w, _ := linalg.SymmetricEigen(in[0])
		_, s, _ := linalg.SVD(in[0])
		return []*Node{w, s}
	}, tensors.FromFlatDataAndDimensions(a, 3, 2, 2))
	for i, want := range [][]float64{{1, 3}, {3, 1}} {
		got := check.Floats(out[i])
		for k, x := range got[:4] {
			if !math.IsNaN(x) {
				t.Errorf("output %d, value %d = %v, want NaN", i, k, x)
			}
		}
		for k, x := range got[4:] {
			if !(math.Abs(x-want[k]) < 1e-14) { // a rotation of numbers up to 3
				t.Errorf("output %d: %v, want %v", i, got[4:], want)
			}
		}
	}
}

func TestSpectralRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		fn   func(a *Node) *Node
		want string
	}{
		"eigen": {func(a *Node) *Node { w, _ := linalg.SymmetricEigen(a); return w }, "linalg: SymmetricEigen: a is (Float64)[2, 3], want square"},
		"svd":   {func(a *Node) *Node { _, s, _ := linalg.SVD(Reshape(a, 6)); return s }, "linalg: SVD: a is (Float64)[6], want matrices"},
		"polar": {func(a *Node) *Node { w, _ := linalg.Polar(a); return w }, "linalg: Polar: a is (Float64)[2, 3], want at least as many rows"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{c.fn(in[0])} }, check.Random(1, 2, 3))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
