package cnn_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/operators/cnn"
)

func TestGradients(t *testing.T) {
	for _, c := range []struct {
		name string
		dims []int
	}{{"1-D", []int{2, 7, 2}}, {"2-D", []int{2, 4, 5, 1}}, {"3-D", []int{1, 3, 4, 3, 1}}} {
		t.Run(c.name, func(t *testing.T) {
			m := cnn.Model{Width: 3, Depth: 3, Kernel: 3, Out: 2}
			check.GradCheck(t, model.NewStore(), func(scope *model.Scope, in []*Node) *Node {
				return ReduceAllSum(Sin(m.Forward(scope, in...)))
			}, check.Random(3, c.dims...))
		})
	}
}

func TestCommutesWithTranslations(t *testing.T) {
	const n = 12
	m := cnn.Model{Width: 6, Depth: 4, Kernel: 5, Out: 1}
	turn := func(x *Node, by int) *Node {
		return Concatenate([]*Node{SliceAxis(x, 1, AxisRange(n-by, n)), SliceAxis(x, 1, AxisRange(0, n-by))}, 1)
	}
	for _, by := range []int{1, 5, 11} {
		out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
			return []*Node{m.Forward(scope, turn(in[0], by)), turn(m.Forward(scope, in[0]), by), m.Forward(scope, in[0])}
		}, check.Random(7, 2, n, 1))
		if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-14) { // sums of 30 products of size 0.1, in another order
			t.Errorf("by %d points: differs by %v", by, d)
		}
		if d := check.MaxDiff(t, out[1], out[2]); !(d > 1e-3) { // the output varies along the circle: equality says something
			t.Errorf("by %d points: the output varies by %v only", by, d)
		}
	}
}
