package diffusion

import (
	"context"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Sampler turns noise into samples by a denoiser, in one graph; those of diffusion/samplers are.
type Sampler interface {
	Validate() error
	// First is the level at which x starts.
	First() (Point, error)
	// Sample moves x from the first time to the last. seed is a scalar uint64, of which samplers without noise take no notice.
	Sample(d Denoiser, x, seed *Node) Samples
}

// Samples is what a sampler gives, as nodes.
type Samples struct {
	X   *Node // [batch, …]
	NFE int   // evaluations of the denoiser, each of the whole batch and after the one before

	// Of a sampler that chooses its steps NFE is the most; Count is what it needed, a scalar int32, and Done, a scalar boolean, whether it
	// came to the end. Of others both are nil.
	Count, Done *Node

	// States and Previews are x after each evaluation, and the clean data that the denoiser saw in it, [NFE, batch, …]; nil unless
	// asked for.
	States, Previews *Node
}

// Drawn is samples on the host.
type Drawn struct {
	X                *tensors.Tensor
	States, Previews *tensors.Tensor // nil unless asked for
	NFE              int
}

// Draw samples in one call of a finished run: build makes the denoiser from the run's variables, x is where sampling starts.
//
// Errors: what s.Validate says; what the graph functions panic with.
func Draw(ctx context.Context, run Evaluator, s Sampler, build func(scope *model.Scope, x *Node) Denoiser, x *tensors.Tensor, seed uint64) (Drawn, error) {
	if err := s.Validate(); err != nil {
		return Drawn{}, err
	}
	var got Samples
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node {
		got = s.Sample(build(scope, in[0]), in[0], in[1])
		nodes := []*Node{got.X}
		for _, more := range []*Node{got.States, got.Previews, got.Count, got.Done} {
			if more != nil {
				nodes = append(nodes, more)
			}
		}
		return nodes
	}, x, seed)
	if err != nil {
		return Drawn{}, fmt.Errorf("diffusion: sampling: %w", err)
	}
	d := Drawn{X: out[0], NFE: got.NFE}
	if got.States != nil {
		d.States, d.Previews = out[1], out[2]
	}
	if at := notFinite(d.X); at >= 0 {
		return d, fmt.Errorf("diffusion: sampling: sample %d is not finite: the denoiser is not finite somewhere, or the sampler is not stable with so few evaluations", at)
	}
	if got.Count != nil {
		count, done := out[len(out)-2], out[len(out)-1]
		d.NFE = int(tensors.ToScalar[int32](count))
		if !tensors.ToScalar[bool](done) {
			return d, fmt.Errorf("diffusion: sampling did not come to the end in %d evaluations, want more steps or looser tolerances", d.NFE)
		}
	}
	return d, nil
}

// notFinite is the first sample of x that has an entry which is not finite; -1: none.
func notFinite(x *tensors.Tensor) int {
	at := -1
	look := func(i, n int, v float64) {
		if at < 0 && !finite(v) {
			at = i / (n / max(x.Shape().Dim(0), 1))
		}
	}
	switch x.DType() {
	case dtypes.Float32:
		v := tensors.MustCopyFlatData[float32](x)
		for i := range v {
			look(i, len(v), float64(v[i]))
		}
	case dtypes.Float64:
		v := tensors.MustCopyFlatData[float64](x)
		for i := range v {
			look(i, len(v), v[i])
		}
	}
	return at
}

// Evaluator runs a graph function on trained values; zoo.Trained is one.
type Evaluator interface {
	Eval(ctx context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error)
}
