package operators

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// RelativeL2 is the relative L2 error of each sample, ‖u - reference‖₂ / ‖reference‖₂ over space and channels.
//
// Shapes: u and reference [batch, space…, channel]; returns [batch].
// DType:  float32 or float64, as u.
// Source: Li et al. 2021, arXiv:2010.08895, section 5. bib: li2021fno
func RelativeL2(u, reference *Node) *Node {
	if !u.Shape().Equal(reference.Shape()) {
		exceptions.Panicf("operators: RelativeL2 of %s against %s, want equal shapes", u.Shape(), reference.Shape())
	}
	batch := u.Shape().Dim(0)
	square := func(x *Node) *Node { return ReduceSum(Square(Reshape(x, batch, x.Shape().Size()/batch)), 1) }
	return Sqrt(Div(square(Sub(u, reference)), square(reference)))
}

// RelativeL2Loss is the mean relative L2 error over the batch, as the one term of a loss.
//
// Shapes: u and reference [batch, space…, channel].
func RelativeL2Loss(u, reference *Node) []zoo.Term {
	return []zoo.Term{{Name: "relative L2", Value: ReduceAllMean(RelativeL2(u, reference)), Weight: 1}}
}
