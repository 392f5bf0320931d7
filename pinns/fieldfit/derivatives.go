package fieldfit

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// local is a network at some points, with its derivatives. What is not used is not computed.
type local struct {
	value     *Node // [n, channel]
	gradient  *Node // [n, d, channel]
	laplacian *Node // [n, channel]
}

func (u local) nodes() []*Node { return []*Node{u.value, u.gradient, u.laplacian} }

// at evaluates a network at points [n, d]: by jets if it is written on them, by nested reverse mode if not.
func at(m zoo.Model, scope *model.Scope, points *Node) local {
	if net, ok := m.(jet.Network); ok {
		u := net.ForwardJet(scope, jet.SeedLaplacian(points))
		return local{u.Value(), TransposeAllAxes(u.Gradient(), 1, 0, 2), u.Laplacian()}
	}
	d := points.Shape().Dim(1)
	first, second := make([][]int, d), make([][]int, d)
	for i := range d {
		first[i], second[i] = make([]int, d), make([]int, d)
		first[i][i], second[i][i] = 1, 2
	}
	set := jet.NewSet(d, append(first, second...)...)
	u := jet.Reverse(set, points, func(x *Node) *Node { return m.Forward(scope, x) })
	out := local{value: u.Value(), laplacian: ZerosLike(u.Value())}
	var slopes []*Node
	for _, v := range set.Variables {
		slopes = append(slopes, InsertAxes(u.D(v), 1))
		out.laplacian = Add(out.laplacian, u.D(v+" "+v))
	}
	out.gradient = Concatenate(slopes, 1)
	return out
}
