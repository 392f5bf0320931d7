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
