package autodiff

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// JVP is the derivative of y along tangents of x: J·t with J = ∂y/∂x. As the graph has reverse rules alone, it is the derivative of
// Jᵀu with respect to u, in which u takes no part: two reverse passes, of which the compiler keeps what J·t needs.
//
// It works for all operations whose reverse rule has a reverse rule: all that this project registers, [Scan], [If], [Sort],
// what is made by [CustomVJP] from such operations, but not [While] and [For], nor the maximum over windows.
//
// Shapes: one tangent an x, of its shape; returns one array a y, of its shape.
// DType:  real or complex; x and y differentiable.
// Panics: if the numbers or shapes of x and tangents differ.
// Cost:   that of one gradient of a dense network of the same size.
func JVP(y, x, tangents []*graph.Node) []*graph.Node {
	wantAlike("JVP", x, tangents)
	u := apart(zerosLike(y))
	return Pullback(Pullback(y, u, x), tangents, u)
}

// HVP is the product of a loss's second derivatives with v: H·v with H = ∂²loss/∂x².
//
// Shapes: loss a scalar; one v an x, of its shape; returns as many.
// Panics: if the numbers or shapes of x and v differ.
// Cost:   2.5 gradients, of a dense network.
func HVP(loss *graph.Node, x, v []*graph.Node) []*graph.Node {
	wantAlike("HVP", x, v)
	return Pullback(graph.Gradient(loss, x...), v, x)
}

// GaussNewtonProduct is Jᵀ·H·J·v with J = ∂y/∂x and H the second derivatives of a loss of y, which is positive where H is. With
// hessian nil H is the identity, as for half a sum of squares of y.
//
// Shapes: one v an x, of its shape; returns as many. hessian multiplies by H: it takes and returns arrays of y's shapes.
// Panics: if the numbers or shapes of x and v differ.
// Cost:   1.5 gradients, of a dense network.
// Source: Schraudolph 2002, section 3. bib: schraudolph2002fast
func GaussNewtonProduct(y, x, v []*graph.Node, hessian func(dy []*graph.Node) []*graph.Node) []*graph.Node {
	dy := JVP(y, x, v)
	if hessian != nil {
		dy = hessian(dy)
		wantAlike("GaussNewtonProduct", y, dy)
	}
	return Pullback(y, dy, x)
}

// Jacobian is each sample's ∂y/∂x. Samples must not depend on each other.
//
// Shapes: y [batch, m…], x [batch, n…]; returns [batch, m…, n…].
// DType:  real.
// Panics: on other shapes or types.
// Cost:   a reverse pass for each entry of a sample of y, or two for each entry of a sample of x where x has less than half
// as many; they are in the graph one by one, so that it is meant for up to about a hundred.
func Jacobian(y, x *graph.Node) *graph.Node {
	if !y.DType().IsFloat() || !x.DType().IsFloat() {
		exceptions.Panicf("autodiff: Jacobian: y is %s and x %s, want real numbers", y.Shape(), x.Shape())
	}
	if y.Rank() == 0 || x.Rank() == 0 || y.Shape().Dimensions[0] != x.Shape().Dimensions[0] {
		exceptions.Panicf("autodiff: Jacobian: y is %s and x %s, want one batch axis first", y.Shape(), x.Shape())
	}
	batch := y.Shape().Dimensions[0]
	dims := append(append([]int{batch}, y.Shape().Dimensions[1:]...), x.Shape().Dimensions[1:]...)
	m, n := y.Shape().Size()/batch, x.Shape().Size()/batch
	if 2*n < m {
		u := apart([]*graph.Node{graph.ZerosLike(y)})[0]
		g := Pullback([]*graph.Node{y}, []*graph.Node{u}, []*graph.Node{x})[0]
		return graph.Reshape(graph.Transpose(passes(g, u, n), 1, 2), dims...) // [batch, n, m] before
	}
	return graph.Reshape(passes(y, x, m), dims...)
}

// passes is the gradients of each of the m entries of samples of y with respect to x: [batch, m, n].
func passes(y, x *graph.Node, m int) *graph.Node {
	batch := y.Shape().Dimensions[0]
	flat := graph.Reshape(y, batch, m)
	number := graph.Iota(y.Graph(), shapes.Make(dtypes.Int32, batch, m), 1)
	rows := make([]*graph.Node, m)
	for i := range rows {
		isI := graph.ConvertDType(graph.Equal(number, graph.Const(y.Graph(), int32(i))), y.DType())
		rows[i] = graph.Reshape(graph.Gradient(graph.ReduceAllSum(graph.Mul(flat, isI)), x)[0], batch, -1)
	}
	return graph.Stack(rows, 1)
}

// wantAlike panics unless two lists have the same shapes.
func wantAlike(fn string, x, v []*graph.Node) {
	if len(x) != len(v) {
		exceptions.Panicf("autodiff: %s: %d arrays for %d, want one each", fn, len(v), len(x))
	}
	for i := range x {
		if !x[i].Shape().Equal(v[i].Shape()) {
			exceptions.Panicf("autodiff: %s: array %d is %s, want %s", fn, i, v[i].Shape(), x[i].Shape())
		}
	}
}
