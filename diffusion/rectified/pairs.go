package rectified

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Pairs is a coupling of a source X0 with a target X1: [Independent], [Paired] or [Generated].
type Pairs interface {
	Validate() error
	// Data is what training reads.
	Data() (zoo.Data, error)
	// HeldOut are n pairs that training does not see; of [Generated] ones Z1 is made now.
	HeldOut(ctx context.Context, n int, seed uint64) (x0, x1 datasets.Array, err error)

	draw(s *zoo.Step) (x0, x1 *Node)
	source() datasets.Recipe // whose inputs X0 is; nil: normal
	dims() []int             // of a sample
}

// Independent pairs each X1 with an X0 that knows nothing of it, drawn anew in each step: the first round.
type Independent struct {
	Source datasets.Recipe `json:",omitempty"` // its inputs are X0; nil: standard normal
	Target datasets.Recipe // its inputs are X1
}

// Paired are given pairs: a recipe's inputs are X0, its outputs X1.
type Paired struct{ Recipe datasets.Recipe }

// Generator is a task whose runs make samples: a [Flow] or a diffusion.Denoise.
type Generator interface {
	zoo.Task
	Denoiser(scope *model.Scope, x *Node) diffusion.Denoiser
}

// Generated are pairs of a point Z0 and where the sampler of a finished run leads it: those of [Flow.Reflow], or of a diffusion model that is
// to be distilled.
type Generated struct {
	By      Generator
	Run     zoo.Trained       `json:"-"` // a finished run of By; may be missing where nothing is made
	Sampler diffusion.Sampler // without noise
	Count   int               // pairs to learn from
	Seed    uint64
	Source  datasets.Recipe `json:",omitempty"` // its first training inputs are Z0; nil: standard normal
	Dims    []int           // of a sample
}

var (
	_ Pairs = Independent{}
	_ Pairs = Paired{}
	_ Pairs = Generated{}
)

// Validate returns every problem at once.
func (p Independent) Validate() error {
	if p.Target == nil {
		return errors.New("rectified: Independent.Target = nil, want a recipe")
	}
	if err := p.Target.Validate(); err != nil {
		return err
	}
	if p.Source == nil {
		return nil
	}
	if err := p.Source.Validate(); err != nil {
		return err
	}
	return sameDims("Independent.Source", dimsOf(p.Source, datasets.TrainInput), p.dims())
}

func sameDims(name string, got, want []int) error {
	if !shapes.Make(dtypes.Float64, got...).Equal(shapes.Make(dtypes.Float64, want...)) || len(want) == 0 {
		return fmt.Errorf("rectified: %s has samples of %v, want %v as the target's", name, got, want)
	}
	return nil
}

// dimsOf is the shape of a sample of a recipe's array; nil if it has none.
func dimsOf(r datasets.Recipe, name string) []int {
	for _, a := range r.Arrays() {
		if a.Name == name && len(a.Dims) > 1 {
			return a.Dims[1:]
		}
	}
	return nil
}

// countOf is how many samples a recipe's array has.
func countOf(r datasets.Recipe, name string) int {
	for _, a := range r.Arrays() {
		if a.Name == name {
			return a.Dims[0]
		}
	}
	return 0
}

func (p Independent) source() datasets.Recipe { return p.Source }
func (p Independent) dims() []int             { return dimsOf(p.Target, datasets.TrainInput) }

// Data are the target's training inputs as rows, and the source's as a whole.
func (p Independent) Data() (zoo.Data, error) {
	name, err := key(p)
	if err != nil {
		return zoo.Data{}, err
	}
	data := zoo.Data{Key: name, Rows: []shapes.Shape{arrayShape(p.Target, datasets.TrainInput)}}
	if p.Source != nil {
		data.Whole = []shapes.Shape{arrayShape(p.Source, datasets.TrainInput)}
	}
	data.Load = func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
		x1, err := load(ctx, p.Target, datasets.TrainInput)
		if err != nil || p.Source == nil {
			return []*tensors.Tensor{tensor(x1)}, nil, err
		}
		x0, err := load(ctx, p.Source, datasets.TrainInput)
		return []*tensors.Tensor{tensor(x1)}, []*tensors.Tensor{tensor(x0)}, err
	}
	return data, nil
}

func (p Independent) draw(s *zoo.Step) (x0, x1 *Node) {
	x1 = s.Rows[0]
	if p.Source == nil {
		return s.Normal(x1.Shape()), x1
	}
	n := s.Whole[0].Shape().Dim(0)
	u := s.Uniform(shapes.Make(s.DType, x1.Shape().Dim(0), 1))
	row := MinScalar(Floor(MulScalar(u, float64(n))), float64(n-1))
	return Gather(s.Whole[0], ConvertDType(row, dtypes.Int32)), x1
}

// HeldOut are the first test inputs, of the source too, or normal points of the seed, paired in an order of the seed: two recipes may
// draw their samples from the same numbers.
func (p Independent) HeldOut(ctx context.Context, n int, seed uint64) (x0, x1 datasets.Array, err error) {
	if x0, err = starts(ctx, p.Source, p.dims(), n, seed); err != nil {
		return x0, x1, err
	}
	if x1, err = some(ctx, p.Target, datasets.TestInput, n); err != nil {
		return x0, x1, err
	}
	shuffled := x1
	shuffled.Values = make([]float64, 0, len(x1.Values))
	for _, i := range rand.New(rand.NewPCG(seed, normalStream)).Perm(n) {
		shuffled.Values = append(shuffled.Values, x1.Sample(i)...)
	}
	return x0, shuffled, nil
}

// heldOutSeed keeps held-out points apart from those that pairs to learn from start at.
const heldOutSeed = 1 << 32

// starts are held-out points of a source: the same ones for all couplings of it.
func starts(ctx context.Context, source datasets.Recipe, dims []int, n int, seed uint64) (datasets.Array, error) {
	if source != nil {
		return some(ctx, source, datasets.TestInput, n)
	}
	return Normal(n, dims, seed+heldOutSeed)
}

// normalStream keeps these numbers apart from others of the same seed.
const normalStream = 0x5265637469666965

// Normal are n standard normal samples. Each is a function of the seed and of its number.
//
// Errors: n below 1; no axes.
func Normal(n int, dims []int, seed uint64) (datasets.Array, error) {
	if n < 1 || len(dims) < 1 {
		return datasets.Array{}, fmt.Errorf("rectified: Normal of %d samples of %v, want at least 1 sample and 1 axis", n, dims)
	}
	a := datasets.Array{Name: "x0", Dims: append([]int{n}, dims...)}
	a.Axes = datasets.SampleAxes(len(a.Dims))
	rng := rand.New(rand.NewPCG(seed, normalStream))
	a.Values = make([]float64, a.Shape().Size())
	for i := range a.Values {
		a.Values[i] = rng.NormFloat64()
	}
	return a, nil
}

// Validate returns every problem at once.
func (p Paired) Validate() error {
	if p.Recipe == nil {
		return errors.New("rectified: Paired.Recipe = nil, want a recipe")
	}
	if err := p.Recipe.Validate(); err != nil {
		return err
	}
	return sameDims("Paired.Recipe's input", p.dims(), dimsOf(p.Recipe, datasets.TrainOutput))
}

func (p Paired) source() datasets.Recipe { return p.Recipe }
func (p Paired) dims() []int             { return dimsOf(p.Recipe, datasets.TrainInput) }

// Data are the training pairs as rows.
func (p Paired) Data() (zoo.Data, error) {
	name, err := key(p)
	if err != nil {
		return zoo.Data{}, err
	}
	names := []string{datasets.TrainInput, datasets.TrainOutput}
	data := zoo.Data{Key: name}
	for _, name := range names {
		data.Rows = append(data.Rows, arrayShape(p.Recipe, name))
	}
	data.Load = func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
		for _, name := range names {
			a, err := load(ctx, p.Recipe, name)
			if err != nil {
				return nil, nil, err
			}
			rows = append(rows, tensor(a))
		}
		return rows, nil, nil
	}
	return data, nil
}

func (Paired) draw(s *zoo.Step) (x0, x1 *Node) { return s.Rows[0], s.Rows[1] }

// HeldOut are the first test pairs.
func (p Paired) HeldOut(ctx context.Context, n int, _ uint64) (x0, x1 datasets.Array, err error) {
	if x0, err = some(ctx, p.Recipe, datasets.TestInput, n); err != nil {
		return x0, x1, err
	}
	x1, err = some(ctx, p.Recipe, datasets.TestOutput, n)
	return x0, x1, err
}

// arrayShape is that of a recipe's array; no axes if it has none.
func arrayShape(r datasets.Recipe, name string) shapes.Shape {
	return shapes.Make(dtypes.Float64, append([]int{countOf(r, name)}, dimsOf(r, name)...)...)
}

// load is an array of a recipe.
func load(ctx context.Context, r datasets.Recipe, name string) (datasets.Array, error) {
	set, err := datasets.Load(ctx, r)
	if err != nil {
		return datasets.Array{}, err
	}
	a, ok := set.Array(name)
	if !ok {
		return a, fmt.Errorf("rectified: recipe %s has no array %s, want one", r.Name(), name)
	}
	return a, nil
}

// some are the first n samples of an array of a recipe.
func some(ctx context.Context, r datasets.Recipe, name string, n int) (datasets.Array, error) {
	a, err := load(ctx, r, name)
	if err != nil {
		return a, err
	}
	if n < 1 || n > a.Samples() {
		return a, fmt.Errorf("rectified: %d samples of %s of recipe %s, want 1 to %d", n, name, r.Name(), a.Samples())
	}
	a.Values = a.Values[:n*len(a.Values)/a.Samples()]
	a.Dims = append([]int{n}, a.Dims[1:]...)
	return a, nil
}

func tensor(a datasets.Array) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(a.Values, a.Dims...)
}
