package diffusion

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/zoo"
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
	NFE int   // sequential: evaluations of the denoiser, each of the whole batch and after the one before
	// TotalNFE counts the networks that these evaluations run, which may be side by side: see [Denoiser.Calls].
	TotalNFE int

	// Of a sampler that chooses its steps both are the most; Count is what it needed, a scalar int32 of sequential evaluations, and Done, a scalar boolean, whether it
	// came to the end. Of others both are nil.
	Count, Done *Node

	// States and Previews are x after each evaluation, and the clean data that the denoiser saw in it, [NFE, batch, …]; of a sampler that
	// chooses its steps at as many times as were asked for. They are nil unless asked for.
	States, Previews *Node
}

// Drawn is samples on the host.
type Drawn struct {
	X                *tensors.Tensor
	States, Previews *tensors.Tensor // nil unless asked for
	Notes            []string        // what the sampler has to tell, such as an order that so few evaluations do not reach
	NFE, TotalNFE    int             // sequential and total: see [Samples]
}

// Draw samples in one call of a finished run: build makes the denoiser from the run's variables, x is where sampling starts.
//
// Errors: what s.Validate says; what the graph functions panic with.
func Draw(ctx context.Context, run Evaluator, s Sampler, build func(scope *model.Scope, x *Node) Denoiser, x *tensors.Tensor, seed uint64) (Drawn, error) {
	if err := s.Validate(); err != nil {
		return Drawn{}, err
	}
	return drawn(ctx, run, s, func(scope *model.Scope, in []*Node) Samples {
		return s.Sample(build(scope, in[0]), in[0], in[1])
	}, x, seed)
}

// drawn is what a graph function samples.
func drawn(ctx context.Context, run Evaluator, s Sampler, sample func(scope *model.Scope, in []*Node) Samples, in ...any) (Drawn, error) {
	var got Samples
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node {
		got = sample(scope, in)
		nodes := []*Node{got.X}
		for _, more := range []*Node{got.States, got.Previews, got.Count, got.Done} {
			if more != nil {
				nodes = append(nodes, more)
			}
		}
		return nodes
	}, in...)
	if err != nil {
		return Drawn{}, fmt.Errorf("diffusion: sampling: %w", err)
	}
	d := Drawn{X: out[0], NFE: got.NFE, TotalNFE: got.TotalNFE}
	if n, ok := s.(zoo.Noter); ok {
		d.Notes = n.Notes()
	}
	if got.States != nil {
		d.States, d.Previews = out[1], out[2]
	}
	if at := notFinite(d.X); at >= 0 {
		return d, fmt.Errorf("diffusion: sampling: sample %d is not finite: the denoiser is not finite somewhere, or the sampler is not stable with so few evaluations", at)
	}
	if got.Count != nil {
		count, done := out[len(out)-2], out[len(out)-1]
		each := got.TotalNFE / max(got.NFE, 1)
		d.NFE = int(tensors.ToScalar[int32](count))
		d.TotalNFE = each * d.NFE
		if !tensors.ToScalar[bool](done) {
			return d, fmt.Errorf("diffusion: sampling did not come to the end in %d evaluations, want more steps or looser tolerances", d.NFE)
		}
	}
	return d, nil
}

// DrawExact samples data from a mixture by its exact denoiser, from x on; e is a notebook's lab, or any run.
//
// Shapes: x [batch, axis].
// Errors: as [Draw]; a mixture that its Validate refuses.
func DrawExact(ctx context.Context, e Evaluator, m mixture.Mixture, s Sampler, x *tensors.Tensor, seed uint64) (Drawn, error) {
	if err := m.Validate(); err != nil {
		return Drawn{}, fmt.Errorf("diffusion: DrawExact: %w", err)
	}
	return Draw(ctx, e, s, func(*model.Scope, *Node) Denoiser { return OfMixture(m) }, x, seed)
}

// Values are a tensor's numbers, of float32 or float64; nil of another type.
func Values(t *tensors.Tensor) []float64 {
	switch t.DType() {
	case dtypes.Float64:
		return tensors.MustCopyFlatData[float64](t)
	case dtypes.Float32:
		out := make([]float64, t.Size())
		for i, v := range tensors.MustCopyFlatData[float32](t) {
			out[i] = float64(v)
		}
		return out
	}
	return nil
}

// notFinite is the first sample of x that has an entry which is not finite; -1: none.
func notFinite(x *tensors.Tensor) int {
	v := Values(x)
	at := slices.IndexFunc(v, func(v float64) bool { return !finite(v) })
	if at < 0 {
		return -1
	}
	return at / (len(v) / x.Shape().Dim(0))
}

// Evaluator runs a graph function on trained values; zoo.Trained is one.
type Evaluator interface {
	Eval(ctx context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error)
}
