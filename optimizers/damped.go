package optimizers

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
	"github.com/fieldbook-go/fieldbook/internal/backend"
)

// Factorisation says how a linear least-squares problem is solved.
type Factorisation int

// The ways to solve it.
const (
	// ByCholesky factors the smaller of JᵀJ + λ and JJᵀ + λ, and corrects the answer once by the residual that J itself gives, which
	// restores most of the digits that squaring J costs. λ is at least what the factorisation needs, 4 ε tr JᵀJ with ε round-off. In
	// float64 on the CPU the work is OpenBLAS's. The default.
	ByCholesky Factorisation = iota
	// ByQR factors J itself, by loops over its columns: any λ, but slow from some hundred rows and columns on.
	ByQR
)

// ridge is the problem of the x that minimises ‖J·x − b‖² + λ‖x‖², for one J [m, p], one b [m] and one λ after another.
type ridge struct {
	way    Factorisation
	shared []*Node // what all λ share: J and b, or another J and b of the same answers; JᵀJ or JJᵀ. Loops carry it
}

func newRidge(way Factorisation, j, b *Node) ridge {
	tall := j.Shape().Dim(0) > j.Shape().Dim(1)
	switch {
	case way == ByQR && tall:
		q, upper := linalg.QR(j)
		return ridge{way, []*Node{upper, timesTransposed(q, b)}}
	case way == ByQR:
		return ridge{way, []*Node{j, b}}
	case tall:
		return ridge{way, []*Node{j, b, Einsum("ki,kj->ij", j, j)}}
	default:
		return ridge{way, []*Node{j, b, Einsum("ik,jk->ij", j, j)}}
	}
}

// solve is x for one λ, a scalar.
func (r ridge) solve(lambda *Node) *Node {
	j, b := r.shared[0], r.shared[1]
	m, p := j.Shape().Dim(0), j.Shape().Dim(1)
	if r.way == ByQR {
		return r.byQR(lambda)
	}
	a := r.shared[2]
	trace := inner(j, j)
	lambda = Max(lambda, MulScalar(trace, 4*roundOff(j)))
	l := factor(Add(a, scaledEye(a, lambda)))
	if m > p { // (JᵀJ + λ) x = Jᵀb
		x := l.solve(timesTransposed(j, b))
		return Add(x, l.solve(Sub(timesTransposed(j, Sub(b, times(j, x))), Mul(x, lambda))))
	}
	y := l.solve(b) // (JJᵀ + λ) y = b, x = Jᵀy
	y = Add(y, l.solve(Sub(Sub(b, times(j, timesTransposed(j, y))), Mul(y, lambda))))
	return timesTransposed(j, y)
}

// byQR solves by R of J with √λ below it, or of Jᵀ.
func (r ridge) byQR(lambda *Node) *Node {
	j, b := r.shared[0], r.shared[1]
	m, p := j.Shape().Dim(0), j.Shape().Dim(1)
	g, dtype := j.Graph(), j.DType()
	if m < p {
		_, upper := linalg.QR(Concatenate([]*Node{Transpose(j, 0, 1), Mul(eye(g, dtype, m), Sqrt(lambda))}, 0))
		return timesTransposed(j, cholesky{Transpose(upper, 0, 1)}.solve(b))
	}
	a := Concatenate([]*Node{j, Mul(eye(g, dtype, p), Sqrt(lambda))}, 0)
	b = Concatenate([]*Node{b, Zeros(g, shapes.Make(dtype, p))}, 0)
	return Reshape(linalg.LeastSquares(a, ExpandAxes(b, -1)), p)
}

// scaledEye is λ times the unit matrix of a's size.
func scaledEye(a, lambda *Node) *Node {
	return Mul(eye(a.Graph(), a.DType(), a.Shape().Dim(0)), lambda)
}

// cholesky is the lower factor of a symmetric positive definite matrix.
type cholesky struct{ lower *Node }

// factor is A's; NaN if A is not positive definite. It takes OpenBLAS's routine where that is at hand, since a loop over columns
// is slow at a Jacobian's size.
func factor(a *Node) cholesky {
	if l, ok := backend.Cholesky(ExpandAxes(a, 0)); ok {
		return cholesky{Reshape(l, a.Shape().Dimensions...)}
	}
	return cholesky{linalg.Cholesky(a)}
}

// solve is A⁻¹ b of a vector.
func (c cholesky) solve(b *Node) *Node {
	return Reshape(linalg.SolveCholesky(c.lower, ExpandAxes(b, -1)), b.Shape().Size())
}
