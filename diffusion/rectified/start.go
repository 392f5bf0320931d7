package rectified

import (
	"cmp"
	"context"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// variables are a store's parameters by path.
func variables(scope *model.Scope) []*model.Variable {
	var all []*model.Variable
	for v := range scope.Store().IterVariables() {
		if v.Trainable && v.Name() != model.RNGStateVariableName {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b *model.Variable) int { return cmp.Compare(a.Path(), b.Path()) })
	return all
}

// flat is a run's parameters in one row.
func flat(ctx context.Context, run zoo.Trained) (*tensors.Tensor, error) {
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node {
		var parts []*Node
		for _, v := range variables(scope) {
			parts = append(parts, Reshape(v.NodeValue(in[0].Graph()), -1))
		}
		return []*Node{Concatenate(parts, 0)}
	}, 0.0)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// parameters is their number. A run of a notebook knows it before it is trained.
func parameters(run zoo.Trained) (int, error) {
	if r, ok := run.(interface{ Parameters() int }); ok {
		return r.Parameters(), nil
	}
	values, err := flat(context.Background(), run)
	if err != nil {
		return 0, err
	}
	return values.Size(), nil
}

// AfterStep sets the parameters to those of Start in the first step.
func (f Flow) AfterStep(s *zoo.Step) {
	if f.Start == nil {
		return
	}
	values := s.Whole[len(s.Whole)-1]
	first, from := Equal(s.Index, ZerosLike(s.Index)), 0
	for _, v := range variables(s.Scope) {
		own := v.NodeValue(s.Graph)
		to := from + own.Shape().Size()
		if to > values.Shape().Size() {
			break
		}
		given := Reshape(Slice(values, AxisRange(from, to)), own.Shape().Dimensions...)
		v.SetNodeValue(Where(BroadcastToShape(first, given.Shape()), given, own))
		from = to
	}
	if from != values.Shape().Size() {
		exceptions.Panicf("rectified: Flow.Start has %d parameters, want a run of the same model", values.Shape().Size())
	}
}
