package optimizers

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
	"github.com/fieldbook-go/fieldbook/internal/backend"
)

// definite is a symmetric positive definite matrix, factored once to solve with it.
type definite struct{ lower *Node }

// factor is A's Cholesky factorisation; NaN if A is not positive definite. It takes OpenBLAS's routine where it is at hand, since a
// loop over columns is slow at the orders of a Jacobian.
func factor(a *Node) definite {
	if l, ok := backend.Cholesky(ExpandAxes(a, 0)); ok {
		return definite{Reshape(l, a.Shape().Dimensions...)}
	}
	return definite{linalg.Cholesky(a)}
}

// solve is A⁻¹ b of a vector.
func (d definite) solve(b *Node) *Node {
	return Reshape(linalg.SolveCholesky(d.lower, ExpandAxes(b, -1)), b.Shape().Size())
}
