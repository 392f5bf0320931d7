package bench

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/operators"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// fnoSize is one training step of the Fourier neural operator: forward, backward and Adam.
type fnoSize struct {
	grid  []int
	batch int
	model fno.Model
}

// fnoRate is Adam's learning rate in the source.
const fnoRate = 1e-3

// fnoTolerance is float32 round-off through different orders of summation, grown by a few steps of Adam (whose first
// steps are signs).
const fnoTolerance = 2e-3

// fnoThreads is what each contestant may use.
const fnoThreads = 2

// Sizes are those of the source: Burgers at 1024 points, Darcy at 85².
func fno1D() Benchmark {
	size := fnoSize{[]int{1024}, 20, fno.Model{Modes: []int{16}, Width: 64, Depth: 4, Out: 1}}
	return size.benchmark("fno-1d", "FNO training step, 1-D, 1024 points, 16 modes, width 64, 4 layers, batch 20", 10)
}

func fno2D() Benchmark {
	size := fnoSize{[]int{85, 85}, 20, fno.Model{Modes: []int{12, 12}, Width: 32, Depth: 4, Out: 1}}
	return size.benchmark("fno-2d", "FNO training step, 2-D, 85² points, 12² modes, width 32, 4 layers, batch 20", 3)
}

func (f fnoSize) benchmark(name, title string, turn int) Benchmark {
	return Benchmark{
		Name: name, Title: title, Turn: turn, Tolerance: fnoTolerance,
		Problem: f.problem, Ours: f.ours,
		Peers: []Peer{{"fno_torch", true}, {"fno_jax_dft", true}, {"fno_jax_rfft", true}, {"fno_neuralop", false}},
	}
}

// fnoProjection is the hidden width that fno.Model stands for by 0.
const fnoProjection = 128

// problem makes smooth periodic fields, their squares' means over a window as outputs, and weights drawn as the source does.
func (f fnoSize) problem() (Problem, error) {
	rng := rand.New(rand.NewPCG(1, 2))
	input, output := f.fields(rng)
	p := Problem{
		Sizes: map[string]any{
			"grid": f.grid, "modes": f.model.Modes, "width": f.model.Width, "depth": f.model.Depth,
			"projection": fnoProjection, "rate": fnoRate, "threads": fnoThreads,
		},
		Arrays: map[string]*tensors.Tensor{"input": input, "output": output},
	}
	draw := func(name string, low, high float64, dims ...int) {
		values := make([]float32, shapes.Make(dtypes.Float32, dims...).Size())
		for i := range values {
			values[i] = float32(low + (high-low)*rng.Float64())
		}
		p.Arrays[name] = tensors.FromFlatDataAndDimensions(values, dims...)
	}
	affine := func(name string, in, out int) {
		bound := 1 / math.Sqrt(float64(in))
		draw(name+"/w", -bound, bound, in, out)
		draw(name+"/b", -bound, bound, out)
	}
	modes, width := 1, f.model.Width
	for i, m := range f.model.Modes {
		modes *= m
		if i > 0 {
			modes *= 2 // two blocks on every axis but the last
		}
	}
	affine("lifting", 1+len(f.grid), width)
	for l := range f.model.Depth {
		draw(fmt.Sprintf("layer%d/spectral/R", l), 0, 1/float64(width*width), modes, width, 2, width)
		affine(fmt.Sprintf("layer%d/pointwise", l), width, width)
	}
	affine("projection/hidden", width, fnoProjection)
	affine("projection/out", fnoProjection, f.model.Out)
	return p, nil
}

// fields are sums of a few waves, and a nonlinear function of them.
func (f fnoSize) fields(rng *rand.Rand) (input, output *tensors.Tensor) {
	points := 1
	for _, n := range f.grid {
		points *= n
	}
	in, out := make([]float32, f.batch*points), make([]float32, f.batch*points)
	for b := range f.batch {
		for range 6 {
			amplitude, phase := rng.NormFloat64(), 2*math.Pi*rng.Float64()
			var k [3]float64
			for a := range f.grid {
				k[a] = float64(rng.IntN(7) - 3)
			}
			for j := range points {
				angle, rest := phase, j
				for a := len(f.grid) - 1; a >= 0; a-- {
					angle += 2 * math.Pi * k[a] * float64(rest%f.grid[a]) / float64(f.grid[a])
					rest /= f.grid[a]
				}
				in[b*points+j] += float32(amplitude * math.Sin(angle))
			}
		}
		for j := range points {
			out[b*points+j] = float32(math.Tanh(float64(in[b*points+j])))
		}
	}
	dims := append(append([]int{f.batch}, f.grid...), 1)
	return tensors.FromFlatDataAndDimensions(in, dims...), tensors.FromFlatDataAndDimensions(out, dims...)
}

// fnoTask learns the problem's pairs, all in every step.
type fnoTask struct {
	model   fno.Model
	problem Problem
}

func (t fnoTask) Validate() error { return t.model.Validate() }

func (t fnoTask) Data() (zoo.Data, error) {
	in, out := t.problem.Arrays["input"], t.problem.Arrays["output"]
	return zoo.Data{
		Key:  "bench",
		Rows: []shapes.Shape{in.Shape(), out.Shape()},
		Load: func(context.Context) (rows, whole []*tensors.Tensor, err error) {
			return []*tensors.Tensor{in, out}, nil, nil
		},
	}, nil
}

func (t fnoTask) Loss(s *zoo.Step) []zoo.Term {
	return operators.RelativeL2Loss(t.model.Forward(s.Scope, s.Rows[0]), s.Rows[1])
}

func (f fnoSize) ours(_ context.Context, p Problem) (Steps, error) {
	weights := maps.Clone(p.Arrays)
	delete(weights, "input")
	delete(weights, "output")
	return newTraining(fnoTask{f.model, p}, "/fno", weights, train.Fit{Rate: fnoRate})
}
