package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/native"
)

// float64Benchmarks are dense float64 algebra on the host beside SciPy, and a product of matrices and a training step in
// programs beside JAX.
func float64Benchmarks() []Benchmark {
	return []Benchmark{
		hostKernel{"gemm", "product of two matrices of order 1000", 1000, 1000, newGemm}.benchmark(10),
		hostKernel{"cholesky", "Cholesky factor of a matrix of order 1000", 1000, 1000, newCholesky}.benchmark(10),
		hostKernel{"lstsq", "least squares, 2000 equations for 500 unknowns", 2000, 500, newLeastSquares}.benchmark(5),
		hostKernel{"eigen", "eigenvalues and eigenvectors of a symmetric matrix of order 500", 500, 500, newEigen}.benchmark(5),
		hostKernel{"svd", "singular values and vectors of a matrix of order 500", 500, 500, newSVD}.benchmark(5),
		graphProduct(1024),
		pinn64(),
	}
}

// float64Group is the group's name on the command line.
const float64Group = "float64"

// kernelTolerance is the largest relative difference of a kernel's checked value: round-off of order 1000 times its
// condition, which is at most some 10⁴ for the matrices drawn here.
const kernelTolerance = 1e-9

// hostKernel is a routine of dense algebra, called through gonum.
type hostKernel struct {
	name, what string
	rows, cols int
	start      func(a, b *mat.Dense) func() (value float64, err error)
}

func (k hostKernel) benchmark(turn int) Benchmark {
	return Benchmark{
		Name: "float64-" + k.name, Group: float64Group, Title: "float64 on the host: " + k.what,
		Problem: k.problem, Ours: k.ours, Turn: turn, Tolerance: kernelTolerance,
		Peers: []Peer{{"float64_scipy", true}},
	}
}

// problem draws A and B, [rows, cols] of standard normal numbers, and the symmetric positive definite S = AᵀA + cols I.
func (k hostKernel) problem() (Problem, error) {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func() *mat.Dense {
		v := make([]float64, k.rows*k.cols)
		for i := range v {
			v[i] = rng.NormFloat64()
		}
		return mat.NewDense(k.rows, k.cols, v)
	}
	a, b := draw(), draw()
	return Problem{
		Sizes: map[string]any{"kernel": k.name, "threads": benchCores},
		Arrays: map[string]*tensors.Tensor{
			"a": tensors.FromFlatDataAndDimensions(a.RawMatrix().Data, k.rows, k.cols),
			"b": tensors.FromFlatDataAndDimensions(b.RawMatrix().Data, k.rows, k.cols),
		},
	}, nil
}

func (k hostKernel) ours(_ context.Context, p Problem) (Steps, error) {
	library, err := native.Open()
	if err != nil {
		return nil, err
	}
	library.UseInGonum()
	matrix := func(name string) *mat.Dense {
		return mat.NewDense(k.rows, k.cols, tensors.MustCopyFlatData[float64](p.Arrays[name]))
	}
	return repeated{k.start(matrix("a"), matrix("b"))}, nil
}

// repeated does the same work once a step.
type repeated struct {
	step func() (value float64, err error)
}

func (r repeated) Advance(ctx context.Context, n int) (values []float64, err error) {
	for range n {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		value, err := r.step()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// The kernels. What each returns takes a time linear in the order, and does not depend on signs that are free.

func newGemm(a, b *mat.Dense) func() (float64, error) {
	var c mat.Dense
	return func() (float64, error) {
		c.Mul(a, b)
		return mat.Norm(c.RowView(0), 2), nil
	}
}

// definite is AᵀA + n I.
func definite(a *mat.Dense) *mat.SymDense {
	_, n := a.Dims()
	s := mat.NewSymDense(n, nil)
	s.SymOuterK(1, a.T())
	for i := range n {
		s.SetSym(i, i, s.At(i, i)+float64(n))
	}
	return s
}

// newCholesky calls LAPACK's routine, as SciPy does: mat.Cholesky estimates the condition number too, in as much time again.
func newCholesky(a, _ *mat.Dense) func() (float64, error) {
	s := definite(a).RawSymmetric()
	factor := s
	factor.Data = make([]float64, len(s.Data))
	return func() (float64, error) {
		copy(factor.Data, s.Data)
		if _, ok := lapack64.Potrf(factor); !ok {
			return 0, errors.New("bench: the matrix is not positive definite")
		}
		sum := 0.0 // the logarithm of the determinant
		for i := range s.N {
			sum += 2 * math.Log(factor.Data[i*factor.Stride+i])
		}
		return sum, nil
	}
}

func newLeastSquares(a, b *mat.Dense) func() (float64, error) {
	y := b.ColView(0)
	return func() (float64, error) {
		var x mat.VecDense
		if err := x.SolveVec(a, y); err != nil {
			return 0, fmt.Errorf("bench: least squares: %w", err)
		}
		return mat.Norm(&x, 2), nil
	}
}

func newEigen(a, _ *mat.Dense) func() (float64, error) {
	s := definite(a)
	n, _ := s.Dims()
	var e mat.EigenSym
	var v mat.Dense
	w := make([]float64, n)
	return func() (float64, error) {
		if !e.Factorize(s, true) {
			return 0, errors.New("bench: no eigenvalues were found")
		}
		e.Values(w)
		e.VectorsTo(&v)
		sum := 0.0 // (S²)₀₀
		for i, x := range w {
			sum += x * x * v.At(0, i) * v.At(0, i)
		}
		return sum, nil
	}
}

func newSVD(a, _ *mat.Dense) func() (float64, error) {
	_, n := a.Dims()
	var d mat.SVD
	var u, v mat.Dense
	s := make([]float64, n)
	return func() (float64, error) {
		if !d.Factorize(a, mat.SVDThin) {
			return 0, errors.New("bench: no singular values were found")
		}
		d.Values(s)
		d.UTo(&u)
		d.VTo(&v)
		sum := 0.0 // (A Aᵀ A)₀₀
		for i, x := range s {
			sum += x * x * x * u.At(0, i) * v.At(0, i)
		}
		return sum, nil
	}
}

// graphProduct is a product of two matrices of order n in a program, whose mean square is what comes out.
func graphProduct(n int) Benchmark {
	size := hostKernel{"matmul", fmt.Sprintf("product of two matrices of order %d", n), n, n, nil}
	return Benchmark{
		Name: "float64-matmul", Group: float64Group, Title: "float64 in a program: " + size.what,
		Problem: size.problem, Turn: 10, Tolerance: kernelTolerance, Peers: []Peer{{"float64_jax", true}},
		Ours: func(_ context.Context, p Problem) (Steps, error) {
			b, err := backend.New()
			if err != nil {
				return nil, err
			}
			exec, err := NewExec(b, func(x, y *Node) *Node { return ReduceAllMean(Square(MatMul(x, y))) })
			if err != nil {
				return nil, err
			}
			x, y := p.Arrays["a"], p.Arrays["b"]
			return repeated{func() (float64, error) {
				out, err := exec.Call(x, y)
				if err != nil {
					return 0, err
				}
				value := out[0].Value().(float64)
				if math.IsNaN(value) {
					return 0, errors.New("bench: the product is not a number")
				}
				return value, out[0].FinalizeAll()
			}}, nil
		},
	}
}
