package linalg

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/backend"
)

// Triangle says which part of a matrix a triangular solve reads, and how.
type Triangle struct {
	Upper      bool // the part on and above the diagonal; else on and below it
	Unit       bool // the diagonal is taken as ones and not read
	Transposed bool // solve with the transposed matrix
}

// Solve is x with T·x = b, T the triangle of t; the other part of t is not read and gets zero gradients.
//
// Shapes: t [..., n, n], b [..., n, k] with the same leading axes; returns [..., n, k].
// DType:  float32 or float64, the same for both.
// Panics: on other shapes or types.
// A zero on the diagonal gives Inf or NaN.
// Cost:   n steps of n·k multiplications a matrix.
func (tri Triangle) Solve(t, b *Node) *Node {
	wantSquare("Triangle.Solve", "t", t)
	wantRight("Triangle.Solve", t, b)
	return autodiff.CustomVJP([]*Node{t, b},
		func(in []*Node) []*Node {
			return []*Node{unstack(tri.substitute(stack(in[0]), stack(in[1])), in[1])}
		},
		func(in, out, v []*Node) []*Node {
			// T·dx = db − dT·x, so that b̄ = T⁻ᵀ·x̄ and T̄ = −b̄·xᵀ on what is read of t.
			other := tri
			other.Transposed = !tri.Transposed
			bBar := other.Solve(in[0], v[0])
			tBar := Neg(product(bBar, transposed(out[0])))
			if tri.Transposed {
				tBar = transposed(tBar)
			}
			return []*Node{tri.part(tBar), bBar}
		})[0]
}

// part is what is read of a matrix.
func (tri Triangle) part(x *Node) *Node {
	k := 0
	if tri.Unit {
		k = 1
	}
	if tri.Upper {
		return above(x, k)
	}
	return below(x, k)
}

// substitute solves by columns: as soon as row k of x is known, its share is taken from the rows that follow.
func (tri Triangle) substitute(t, b *Node) *Node {
	n := t.Shape().Dimensions[1]
	if n >= leastNative {
		if x, ok := backend.Triangular(t, b, tri.Upper, tri.Transposed, tri.Unit); ok {
			return x
		}
	}
	backward := tri.Upper != tri.Transposed
	axis := 2 // of the numbers that multiply row k: column k of t, or row k of it
	if tri.Transposed {
		axis = 1
	}
	return autodiff.For(n, []*Node{b, t}, func(i *Node, s []*Node) []*Node {
		x, t, k := s[0], s[1], i
		if backward {
			k = Sub(Const(i.Graph(), int32(n-1)), i)
		}
		share := at(t, k, axis)
		row := at(x, k, 1)
		if !tri.Unit {
			row = Div(row, at(share, k, 3-axis))
		}
		if tri.Transposed {
			share = transposed(share)
		}
		rows := index(x, 1)
		follows := GreaterThan(rows, k)
		if backward {
			follows = LessThan(rows, k)
		}
		x = Where(follows, Sub(x, Mul(share, row)), x)
		return []*Node{choose(Equal(rows, k), row, x), t}
	})[0]
}
