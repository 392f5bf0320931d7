package diffusion

import (
	"fmt"
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Denoiser is what a sampler asks: a network, or a closed form, at noisy data x of a level.
type Denoiser struct {
	// Predict is a graph function of x, the level and Args alone, which it gets as args: the bodies of compiled loops see nothing
	// from outside. It keeps x's shape.
	Predict    func(x *Node, at Level, args []*Node) *Node
	Prediction Prediction // what Predict gives
	Args       []*Node
	// Calls is how many networks an evaluation of the denoiser runs, for the total NFE of [Samples]; 0: one.
	Calls int
	// Schedule is the one that the network was trained with, where its answers hold for that alone: samplers refuse another. nil: any, as of
	// closed forms, and of networks of x0 or noise that see x scaled and are told σ/α.
	Schedule Schedule
}

// Knows says whether points of a sampler's schedule are those of the denoiser's at the same times.
//
// Errors: the first that is not.
func (d Denoiser) Knows(points ...Point) error {
	if d.Schedule == nil {
		return nil
	}
	const slack = 1e-6 // times of points come from λ, by inverses
	for _, p := range points {
		own := At(d.Schedule, p.T)
		if !(math.Abs(own.Alpha-p.Alpha) <= slack*(1+p.Alpha)) || !(math.Abs(own.Sigma-p.Sigma) <= slack*(1+p.Sigma)) {
			return fmt.Errorf("diffusion: the sampler's α, σ are %v, %v at t = %v, the denoiser was trained with %v, %v there, of %T: want the sampler to have its schedule",
				p.Alpha, p.Sigma, p.T, own.Alpha, own.Sigma, d.Schedule)
		}
	}
	return nil
}

// Total is how many networks a number of evaluations of the denoiser runs.
func (d Denoiser) Total(nfe int) int { return nfe * max(d.Calls, 1) }

// At is the denoiser's prediction at x as another one.
//
// Panics: without Predict, on an unknown prediction, or if Predict gives another shape than x's.
func (d Denoiser) At(p Prediction, x *Node, at Level) *Node {
	if d.Predict == nil {
		exceptions.Panicf("diffusion: Denoiser.Predict = nil, want a graph function")
	}
	out := d.Predict(x, at, d.Args)
	if !out.Shape().Equal(x.Shape()) {
		exceptions.Panicf("diffusion: Denoiser.Predict gave %s, want %s as x", out.Shape(), x.Shape())
	}
	return Convert(d.Prediction, p, out, x, at)
}

// With is the denoiser with others in place of Args: those of a loop's body.
func (d Denoiser) With(args []*Node) Denoiser {
	d.Args = args
	return d
}

// FromModel is the denoiser of a network in a scope, for use inside compiled loops: its variables and extra are the denoiser's Args. call is
// the network; it is called once on x and at to find the variables that it uses.
//
// Shapes: x and at as call will see them.
func FromModel(
	scope *model.Scope, p Prediction, x *Node, at Level, extra []*Node,
	call func(scope *model.Scope, x *Node, at Level, extra []*Node) *Node,
) Denoiser {
	g := x.Graph()
	call(scope, x, at, extra)
	var used []*model.Variable
	for v := range scope.Store().IterVariables() {
		if v.InUseByGraph(g) {
			used = append(used, v)
		}
	}
	slices.SortFunc(used, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	values := make([]*Node, len(used))
	for i, v := range used {
		values[i] = v.NodeValue(g)
	}
	set := func(nodes []*Node) {
		for i, v := range used {
			v.SetNodeValue(nodes[i])
		}
	}
	return Denoiser{Prediction: p, Args: append(slices.Clone(values), extra...), Predict: func(x *Node, at Level, args []*Node) *Node {
		set(args[:len(used)])
		defer set(values)
		return call(scope, x, at, args[len(used):])
	}}
}
