package fieldfit

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Arguments are what the activations of each hidden layer get, at all points of the field, in a run of this task. After a fit of one
// step they are nearly those of the start.
//
// Shapes: returns [layer][point·channel].
// Errors: a model other than [neuralfield.SIREN] and [neuralfield.MLP]; what is wrong with the task or the run.
func (f Field) Arguments(ctx context.Context, run zoo.Trained) ([][]float64, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	var parts []zoo.Model // the network cut off before each activation
	factor := func(int) float64 { return 1 }
	switch m := f.Model.(type) {
	case neuralfield.SIREN:
		for i := 1; i < len(m.Widths); i++ {
			parts = append(parts, neuralfield.SIREN{Widths: m.Widths[:i], First: m.First, Hidden: m.Hidden})
		}
		factor = func(layer int) float64 {
			if layer == 0 {
				return m.First
			}
			return m.Hidden
		}
	case neuralfield.MLP:
		for i := 1; i < len(m.Widths); i++ {
			parts = append(parts, neuralfield.MLP{Widths: m.Widths[:i], Activation: m.Activation, Weights: m.Weights})
		}
	default:
		return nil, fmt.Errorf("fieldfit: Field.Arguments of a %T, want a neuralfield.SIREN or a neuralfield.MLP", m)
	}
	t, err := f.load(ctx)
	if err != nil {
		return nil, err
	}
	return eval(ctx, run, func(scope *model.Scope, in []*Node) []*Node {
		out := make([]*Node, len(parts))
		for i, p := range parts {
			out[i] = MulScalar(p.Forward(scope, in[0]), factor(i))
		}
		return out
	}, tensor(t.points))
}
