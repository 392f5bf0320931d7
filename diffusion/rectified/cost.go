package rectified

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Cost is a convex cost c of a displacement, with its conjugate c*(y) = sup_x x·y - c(x).
type Cost interface {
	Validate() error
	// Of is c(x) of each sample. Graph function, [batch, …] to [batch].
	Of(x *Node) *Node
	// Conjugate is c*(y) of each sample. Graph function, [batch, …] to [batch].
	Conjugate(y *Node) *Node
	// Velocity is ∇c*(y), the displacement whose slope of the cost is y. Graph function, keeps the shape.
	Velocity(y *Node) *Node
}

// Power is the cost c(x) = |x|^p/p, with c*(y) = |y|^q/q and ∇c*(y) = |y|^(q-2) y, 1/p + 1/q = 1. With Separable |x|^p is Σ_i |x_i|^p, and
// likewise the others; with P = 2 that makes no difference.
//
// Differs from the source: |y|² + 1e-8 for |y|² in c* and its gradient alike, since for P > 2 the gradient is steep at 0.
//
// Source: Liu 2022, arXiv:2209.14577, section 2. bib: liu2022rectified
type Power struct {
	P         float64 // above 1
	Separable bool    `json:",omitempty"`
}

var _ Cost = Power{}

// smooth is added to |y|²: displacements of 1e-4 are below what is learned.
const smooth = 1e-8

// Validate says what is wrong.
func (c Power) Validate() error {
	if !(c.P > 1) || math.IsInf(c.P, 0) {
		return fmt.Errorf("rectified: Power.P = %v, want it above 1", c.P)
	}
	return nil
}

// conjugate is q.
func (c Power) conjugate() float64 { return c.P / (c.P - 1) }

// squares is |x|² of each sample, [batch, 1…] or, if Separable, x_i².
func (c Power) squares(x *Node) *Node {
	if c.Separable {
		return Square(x)
	}
	var axes []int
	for a := 1; a < x.Rank(); a++ {
		axes = append(axes, a)
	}
	return ReduceAndKeep(Square(x), ReduceSum, axes...)
}

// perSample sums what is left of each sample.
func perSample(x *Node) *Node { return ReduceSum(Reshape(x, x.Shape().Dim(0), -1), -1) }

// Of is c(x).
func (c Power) Of(x *Node) *Node {
	return perSample(DivScalar(power(c.squares(x), c.P/2), c.P))
}

// Conjugate is c*(y).
func (c Power) Conjugate(y *Node) *Node {
	q := c.conjugate()
	return perSample(DivScalar(AddScalar(power(AddScalar(c.squares(y), smooth), q/2), -math.Pow(smooth, q/2)), q))
}

// Velocity is ∇c*(y).
func (c Power) Velocity(y *Node) *Node {
	if c.P == 2 {
		return y
	}
	return Mul(power(AddScalar(c.squares(y), smooth), c.conjugate()/2-1), y)
}

// power is x^a for x ≥ 0, exact for a = 1.
func power(x *Node, a float64) *Node {
	if a == 1 {
		return x
	}
	return PowScalar(x, a)
}

// gap is Fenchel and Young's: c*(slope) - slope·x + c(x) ≥ 0, of each sample.
func gap(c Cost, slope, x *Node) *Node {
	return Add(Sub(c.Conjugate(slope), perSample(Mul(slope, x))), c.Of(x))
}
