package operators

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Autoregressive predicts frames of time one after another: Model maps the past frames to the next one, which then
// is the latest of the past. The frames are the channels.
//
// It is itself a model, so that it trains through the whole roll-out, each step with the same weights. The graph holds every step,
// so its compile time grows with Frames.
//
// Source: Li et al. 2021, arXiv:2010.08895, section 5.3 (FNO-2D). bib: li2021fno
type Autoregressive struct {
	Model  zoo.Model // from the past frames to one
	Frames int       // number of frames predicted
}

var _ zoo.Model = Autoregressive{}

// Validate returns every problem at once.
func (a Autoregressive) Validate() error {
	var errs []error
	if a.Model == nil {
		errs = append(errs, errors.New("operators: Autoregressive.Model is nil, want a model"))
	} else {
		errs = append(errs, a.Model.Validate())
	}
	if a.Frames < 1 {
		errs = append(errs, fmt.Errorf("operators: Autoregressive.Frames = %d, want at least 1", a.Frames))
	}
	return errors.Join(errs...)
}

// Forward rolls the model out.
//
// Shapes: in[0] [batch, space…, past frame]; returns [batch, space…, Frames].
// Panics: if Model gives more or less than one channel.
func (a Autoregressive) Forward(scope *model.Scope, in ...*Node) *Node {
	if len(in) != 1 {
		exceptions.Panicf("operators: Autoregressive.Forward of %d arrays, want the past frames in one", len(in))
	}
	past := in[0]
	frames := make([]*Node, a.Frames)
	for i := range frames {
		next := a.Model.Forward(scope, past)
		if next.Shape().Dim(-1) != 1 {
			exceptions.Panicf("operators: Autoregressive.Model gives %s, want one channel", next.Shape())
		}
		frames[i] = next
		past = Concatenate([]*Node{SliceAxis(past, -1, AxisRange(1)), next}, -1)
	}
	return Concatenate(frames, -1)
}
