package deeponet_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/operators/deeponet"
)

func TestGradients(t *testing.T) {
	for _, c := range []struct {
		name string
		dims []int
	}{{"1-D", []int{3, 8, 2}}, {"2-D", []int{2, 4, 8, 1}}} {
		t.Run(c.name, func(t *testing.T) {
			m := deeponet.Model{Sensors: 4, Basis: 3, Branch: []int{5}, Trunk: []int{4}, Out: 2}
			check.GradCheck(t, model.NewStore(), func(scope *model.Scope, in []*Node) *Node {
				return ReduceAllSum(Sin(m.Forward(scope, in...)))
			}, check.Random(3, c.dims...))
		})
	}
}
