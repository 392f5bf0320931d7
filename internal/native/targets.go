package native

import "fmt"

// CustomCall is a call that [Library.UseInXLA] registers a handler for, as it is written in a program.
type CustomCall struct {
	Target string // the handler's name
	Config string // its attribute, as MLIR text
}

// Product is C = A B for a batch of float64 matrices; tA and tB say that A is stored as [k, m] and B as [n, k].
//
// Shapes: the batch first, all sizes positive: [batch, m, k], [batch, k, n]; returns [batch, m, n]. Axes may be split.
func Product(batch, m, n, k int, tA, tB bool) CustomCall {
	return CustomCall{"fieldbook_product_f64", sizes(batch, m, n, k, flag(tA), flag(tB))}
}

// Cholesky is L with L Lᵀ = A for the lower triangles of a batch; NaN where A is not positive definite.
//
// Shapes: [batch, n, n]; returns the same.
func Cholesky(batch, n int) CustomCall {
	return CustomCall{"fieldbook_cholesky_f64", sizes(batch, n)}
}

// LU is the factors of P A = L U for a batch, packed, and the row of A that each row of P A is.
//
// Shapes: [batch, n, n] and, not read, [batch, n] int32; returns the same.
func LU(batch, n int) CustomCall {
	return CustomCall{"fieldbook_lu_f64", sizes(batch, n)}
}

// Triangular is X with T X = B for a batch of triangles, or with Tᵀ, or with ones for T's diagonal.
//
// Shapes: [batch, n, n], [batch, n, k]; returns [batch, n, k].
func Triangular(batch, n, k int, upper, transposed, unit bool) CustomCall {
	return CustomCall{"fieldbook_triangular_f64", sizes(batch, n, k, flag(upper), flag(transposed), flag(unit))}
}

// Eigen is V and W, ascending, with A V = V diag(W) for the lower triangles of a batch of symmetric matrices; NaN where A is
// not finite.
//
// Shapes: [batch, n, n] and, not read, [batch, n]; returns the same.
func Eigen(batch, n int) CustomCall {
	return CustomCall{"fieldbook_eigen_f64", sizes(batch, n)}
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sizes writes the one attribute that handlers take.
func sizes(values ...int) string {
	text := ""
	for i, v := range values {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(v)
	}
	return "{sizes = array<i64: " + text + ">}"
}
