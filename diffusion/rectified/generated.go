package rectified

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Validate returns every problem at once.
func (p Generated) Validate() error {
	if p.By == nil || p.Sampler == nil {
		return errors.New("rectified: Generated.By or Sampler = nil, want both")
	}
	errs := []error{p.By.Validate(), p.Sampler.Validate()}
	if p.Count < 1 {
		errs = append(errs, fmt.Errorf("rectified: Generated.Count = %d, want at least 1", p.Count))
	}
	if len(p.Dims) == 0 || shapes.Make(dtypes.Float64, p.Dims...).Size() < 1 {
		errs = append(errs, fmt.Errorf("rectified: Generated.Dims = %v, want the axes of a sample", p.Dims))
	}
	if p.Source != nil {
		if err := p.Source.Validate(); err != nil {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, sameDims("Generated.Source", dimsOf(p.Source, datasets.TrainInput), p.Dims))
		if n := countOf(p.Source, datasets.TrainInput); p.Count > n {
			errs = append(errs, fmt.Errorf("rectified: Generated.Count = %d, want at most the source's %d training samples", p.Count, n))
		}
	}
	return errors.Join(errs...)
}

func (p Generated) source() datasets.Recipe { return p.Source }
func (p Generated) dims() []int             { return p.Dims }

// Data are the pairs as rows, made when they are loaded.
func (p Generated) Data() (zoo.Data, error) {
	if p.Run == nil {
		return zoo.Data{}, errors.New("rectified: Generated.Run = nil, want a finished run of By")
	}
	name, err := key(p)
	if err != nil {
		return zoo.Data{}, err
	}
	pairs := shapes.Make(dtypes.Float64, append([]int{p.Count}, p.Dims...)...)
	return zoo.Data{Key: name + " of " + p.Run.Key(), Rows: []shapes.Shape{pairs, pairs}, Load: p.load}, nil
}

func (p Generated) load(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
	x0, err := Normal(p.Count, p.Dims, p.Seed)
	if p.Source != nil {
		x0, err = some(ctx, p.Source, datasets.TrainInput, p.Count)
	}
	if err != nil {
		return nil, nil, err
	}
	made, err := Sample(ctx, p.Run, p.By, p.Sampler, x0)
	return []*tensors.Tensor{tensor(x0), tensor(made.X)}, nil, err
}

func (Generated) draw(s *zoo.Step) (x0, x1 *Node) { return s.Rows[0], s.Rows[1] }

// HeldOut starts at held-out points of the source, and samples.
func (p Generated) HeldOut(ctx context.Context, n int, seed uint64) (x0, x1 datasets.Array, err error) {
	if p.Run == nil {
		return x0, x1, errors.New("rectified: Generated.Run = nil, want a finished run of By")
	}
	if x0, err = starts(ctx, p.Source, p.Dims, n, seed); err != nil {
		return x0, x1, err
	}
	made, err := Sample(ctx, p.Run, p.By, p.Sampler, x0)
	return x0, made.X, err
}

// Samples are points that a sampler led somewhere.
type Samples struct {
	X      datasets.Array // [sample, …]
	NFE    int            // evaluations of the velocity
	States datasets.Array // [evaluation, sample, …], after each; none unless the sampler keeps them
}

// Sample leads points from where they are with the sampler of a finished run. The whole array is one batch.
//
// Errors: what s.Validate says; what the graph functions panic with; a sample that is not finite.
func Sample(ctx context.Context, run diffusion.Evaluator, by Generator, s diffusion.Sampler, x0 datasets.Array) (Samples, error) {
	if err := x0.Validate(); err != nil {
		return Samples{}, err
	}
	drawn, err := diffusion.Draw(ctx, run, s, by.Denoiser, tensor(x0), 0)
	if err != nil {
		return Samples{}, err
	}
	out := Samples{NFE: drawn.NFE}
	if out.X, err = array("x1", drawn.X, x0.Axes); err != nil || drawn.States == nil {
		return out, err
	}
	out.States, err = array("states", drawn.States, append([]string{"evaluation"}, x0.Axes...))
	return out, err
}

// array is a tensor's values.
func array(name string, x *tensors.Tensor, axes []string) (datasets.Array, error) {
	values, err := train.Floats(x)
	return datasets.Array{Name: name, Axes: axes, Dims: x.Shape().Dimensions, Values: values}, err
}
