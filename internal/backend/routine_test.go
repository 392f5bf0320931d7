package backend_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// must gives a routine's result, which there is.
func must[T any](t *testing.T, x T, ok bool) T {
	t.Helper()
	if !ok {
		t.Error("OpenBLAS's routines are missing")
	}
	return x
}

// definite is A Aᵀ + n I.
func definite(a *Node) *Node {
	return Add(Einsum("bij,bkj->bik", a, a), MulScalar(eye(a), float64(a.Shape().Dim(-1))))
}

// small bounds residuals of factorisations of order n ≤ 120: some n ulp of entries of size 2n, 3e-12.
const small = 1e-11

func largest(t *testing.T, x *tensors.Tensor) float64 {
	t.Helper()
	m := 0.0
	for _, v := range check.Floats(x) {
		m = max(m, math.Abs(v)) // NaN stays
	}
	return m
}

func TestRoutines(t *testing.T) {
	b := openNative(t)
	for _, shape := range [][]int{{1, 1, 1}, {3, 2, 2}, {5, 17, 17}, {2, 64, 64}, {1, 120, 120}} {
		t.Run(fmt.Sprint(shape), func(t *testing.T) {
			x := check.Random(7, shape...)
			out := MustExecOnceN(b, func(x *Node) []*Node {
				a := definite(x)
				l, ok := backend.Cholesky(a)
				must(t, l, ok)
				v, w, ok := backend.EigenSym(a)
				must(t, w, ok)
				packed, rows, ok := backend.LU(x)
				must(t, rows, ok)
				return []*Node{
					Sub(Einsum("bij,bkj->bik", l, l), a), TakeUpperTriangular(l, 1),
					Sub(Einsum("bij,bjk->bik", a, v), Mul(v, ExpandAxes(w, 1))),
					w, a, packed, ConvertDType(rows, x.DType()),
				}
			}, x)
			for i, what := range []string{"L Lᵀ − A", "L above its diagonal", "A V − V diag(W)"} {
				if d := largest(t, out[i]); !(d <= small) {
					t.Errorf("%s is %v", what, d)
				}
			}
			wantAscending(t, check.Floats(out[3]), shape[1])
			wantLU(t, check.Floats(x), check.Floats(out[5]), check.Floats(out[6]), shape[0], shape[1])
		})
	}
}

// wantAscending compares eigenvalues' order.
func wantAscending(t *testing.T, w []float64, n int) {
	t.Helper()
	for i := 0; i < len(w); i += n {
		if !slices.IsSorted(w[i : i+n]) {
			t.Errorf("eigenvalues %v do not ascend", w[i:i+n])
		}
	}
}

// wantLU multiplies packed factors and compares with the rows of A that they are of.
func wantLU(t *testing.T, a, packed, rows []float64, batch, n int) {
	t.Helper()
	for b := range batch {
		lu := mat.NewDense(n, n, packed[b*n*n:(b+1)*n*n])
		var product mat.Dense
		l, u := mat.NewTriDense(n, mat.Lower, nil), mat.NewTriDense(n, mat.Upper, nil)
		for i := range n {
			for j := range n {
				switch {
				case j < i:
					l.SetTri(i, j, lu.At(i, j))
					if math.Abs(lu.At(i, j)) > 1 {
						t.Errorf("L[%d, %d] = %v, want at most 1", i, j, lu.At(i, j))
					}
				default:
					u.SetTri(i, j, lu.At(i, j))
				}
			}
			l.SetTri(i, i, 1)
		}
		product.Mul(l, u)
		for i := range n {
			for j := range n {
				if d := product.At(i, j) - a[b*n*n+int(rows[b*n+i])*n+j]; !(math.Abs(d) <= small) {
					t.Fatalf("matrix %d: (L U − P A)[%d, %d] = %v", b, i, j, d)
				}
			}
		}
	}
}

// TestTriangularRoutine solves in all ways, inside a loop inside a loop.
func TestTriangularRoutine(t *testing.T) {
	b := openNative(t)
	const batch, n, k = 3, 20, 5
	x, y := check.Random(3, batch, n, n), check.Random(4, batch, n, k)
	for way := range 8 {
		upper, transposed, unit := way&1 > 0, way&2 > 0, way&4 > 0
		solve := func(x, y *Node) *Node {
			once := func(s []*Node) *Node { return LessThan(s[0], Const(s[0].Graph(), int32(1))) }
			zero := func(g *Graph) *Node { return Const(g, int32(0)) }
			return backend.While([]*Node{zero(x.Graph()), x, y}, once, func(s []*Node) []*Node {
				in := backend.While([]*Node{zero(s[0].Graph()), s[1], s[2]}, once, func(s []*Node) []*Node {
					out, ok := backend.Triangular(s[1], s[2], upper, transposed, unit)
					return []*Node{AddScalar(s[0], 1), s[1], must(t, out, ok)}
				})
				return []*Node{AddScalar(s[0], 1), in[1], in[2]}
			})[2]
		}
		residual := func(x, y *Node) *Node {
			a := definite(x) // a matrix whose triangles have a large diagonal
			s := solve(a, y)
			part := TakeLowerTriangular(a, 0)
			if upper {
				part = TakeUpperTriangular(a, 0)
			}
			if unit {
				part = Add(Mul(part, OneMinus(eye(part))), eye(part))
			}
			if transposed {
				part = Transpose(part, 1, 2)
			}
			// Relative to the solution, which grows along a triangle with ones on its diagonal.
			return Div(Sub(Einsum("bij,bjk->bik", part, s), y), ReduceAllMax(AddScalar(Abs(s), 1)))
		}
		if d := largest(t, MustExecOnce(b, residual, x, y)); !(d <= small) {
			t.Errorf("upper %v, transposed %v, unit %v: T X − B is %v", upper, transposed, unit, d)
		}
	}
}

// eye is unit matrices of a stack's shape.
func eye(x *Node) *Node {
	g, s := x.Graph(), x.Shape()
	return ConvertDType(Equal(Iota(g, s, 1), Iota(g, s, 2)), x.DType())
}

// TestRoutinesOfBadMatrices expects NaN for what has no factors, and for no other matrix of the batch.
func TestRoutinesOfBadMatrices(t *testing.T) {
	b := openNative(t)
	const n = 8
	v := make([]float64, 3*n*n)
	for i := range n {
		v[i*n+i], v[n*n+i*n+i], v[2*n*n+i*n+i] = 2, -1, 3
	}
	v[n*n+n] = math.NaN() // of the lower triangle of the second one
	out := MustExecOnceN(b, func(x *Node) []*Node {
		l, ok := backend.Cholesky(x)
		must(t, l, ok)
		vectors, w, ok := backend.EigenSym(x)
		return []*Node{l, must(t, vectors, ok), w}
	}, tensors.FromFlatDataAndDimensions(v, 3, n, n))
	for i, o := range out {
		f := check.Floats(o)
		third := len(f) / 3
		for j, x := range f {
			if math.IsNaN(x) != (j/third == 1) {
				t.Fatalf("result %d: element %d = %v, want NaN for the second matrix alone", i, j, x)
			}
		}
	}
}

// TestRoutinesAreForFloat64 expects none for float32, and a program that shows the calls for float64.
func TestRoutinesAreForFloat64(t *testing.T) {
	b := openNative(t)
	text, err := b.Text("routines", func(g *Graph) []*Node {
		x := Parameter(g, "x", check.Random(1, 2, 3, 3).Shape())
		single := ConvertDType(x, dtypes.Float32)
		if _, ok := backend.Cholesky(single); ok {
			t.Error("there is a float32 Cholesky factorisation")
		}
		l, ok := backend.Cholesky(x)
		return []*Node{must(t, l, ok)}
	})
	if err != nil || !strings.Contains(string(text), "fieldbook_cholesky_f64") || strings.Contains(string(text), "stablehlo.while") {
		t.Errorf("the program has no call (%v):\n%s", err, text)
	}
}
