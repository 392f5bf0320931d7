package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/pinns/problems"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

// pinnSolve is a whole training step of a physics-informed network as a user states it: the equation, the initial state and the boundary, by Adam, on
// fixed points and the raw coordinates x and t.
type pinnSolve struct {
	name, title string
	problem     pinns.Problem
	interior    int
	boundary    int // of each condition
	widths      []int
	weights     map[string]float64
}

// pinnSolveTolerance is what float32 leaves of Adam's first steps, in which the gradient's smallest components decide on whole steps of the rate.
const pinnSolveTolerance = 1e-2

// pinnBurgers has the network and the numbers of points of DeepXDE's example for this equation.
func pinnBurgers() Benchmark {
	return pinnSolve{
		name: "pinn-burgers", title: "PINN step, Burgers' equation with its conditions, 2,540 points inside, 160 for each condition, 3×20 tanh, Adam",
		problem: problems.Burgers(0.01 / math.Pi), interior: 2540, boundary: 160, widths: []int{20, 20, 20, 1},
	}.benchmark(40, Peer{"pinn_solve_deepxde_jax", true})
}

// pinnAllenCahn is a network as large as is usual for this equation.
func pinnAllenCahn() Benchmark {
	return pinnSolve{
		name: "pinn-allen-cahn", title: "PINN step, Allen–Cahn equation with its conditions, 8,192 points inside, 512 for each condition, 4×128 tanh, Adam",
		problem: problems.AllenCahn(), interior: 8192, boundary: 512, widths: []int{128, 128, 128, 128, 1}, weights: map[string]float64{"initial": 100},
	}.benchmark(8)
}

// benchmark has the peers that know every problem, and those of this one.
func (s pinnSolve) benchmark(turn int, peers ...Peer) Benchmark {
	every := []Peer{{"pinn_solve_jax_grad", true}, {"pinn_solve_jax_jvp_grad", true}, {"pinn_solve_deepxde", true}}
	return Benchmark{
		Name: s.name, Title: s.title, Turn: turn, Tolerance: pinnSolveTolerance, Problem: s.draw, Ours: s.steps,
		Peers: append(every, peers...),
	}
}

// solver is the task.
func (s pinnSolve) solver() pinns.Solver {
	return pinns.Solver{
		Network: neuralfield.MLP{Widths: s.widths, Activation: layers.TanhUnit}, Problem: s.problem, Inputs: s.problem.Coordinates,
		Interior: s.interior, Boundary: s.boundary, Sampler: geometry.LatinHypercube{Seed: 1}, Weights: s.weights,
	}
}

// draw takes the solver's points, and draws weights of Glorot's variance.
func (s pinnSolve) draw() (Problem, error) {
	task := s.solver()
	data, err := task.Data()
	if err != nil {
		return Problem{}, err
	}
	_, whole, err := data.Load(context.Background())
	if err != nil {
		return Problem{}, err
	}
	p := Problem{
		Sizes:  map[string]any{"problem": s.name, "layers": len(s.widths), "viscosity": pinnViscosity, "rate": 1e-3, "threads": benchCores},
		Arrays: map[string]*tensors.Tensor{},
	}
	for i, name := range []string{"interior", "initial", "normals", "boundary"} { // the last one is normals too, or no more
		if p.Arrays[name], err = single(whole[i]); err != nil {
			return Problem{}, err
		}
	}
	delete(p.Arrays, "normals")
	rng := rand.New(rand.NewPCG(7, 8))
	in := len(s.problem.Coordinates)
	for i, out := range s.widths {
		scale := math.Sqrt(2 / float64(in+out))
		w := make([]float32, in*out)
		for k := range w {
			w[k] = float32(scale * rng.NormFloat64())
		}
		p.Arrays[fmt.Sprintf("dense%d/w", i)] = tensors.FromFlatDataAndDimensions(w, in, out)
		p.Arrays[fmt.Sprintf("dense%d/b", i)] = tensors.FromShape(shapes.Make(dtypes.Float32, out))
		in = out
	}
	return p, nil
}

// single is a tensor in float32.
func single(t *tensors.Tensor) (*tensors.Tensor, error) {
	values, err := tensors.CopyFlatData[float64](t)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(out, t.Shape().Dimensions...), nil
}

func (s pinnSolve) steps(_ context.Context, p Problem) (Steps, error) {
	weights := map[string]*tensors.Tensor{}
	for name, value := range p.Arrays {
		if name != "interior" && name != "initial" && name != "boundary" {
			weights[name] = value
		}
	}
	task := s.solver()
	task.Problem.Exact, task.Problem.Reference = nil, nil // nothing is validated
	return newTraining(task, "/mlp", weights, train.Fit{Rate: 1e-3})
}
