package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
	"github.com/fieldbook-go/fieldbook/zoo"
)

const (
	predators     = "lotka-volterra" // group
	neuralODE     = "neural-ode"     // group
	predatorsEnd  = 20.0
	predatorsMost = 100_000 // steps of a solve
)

// predatorsTolerances are relative and absolute, and each is solved for.
func predatorsTolerances() []float64 {
	return []float64{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10}
}

// predatorsRates are those of the prey's growth, of its being eaten, of the predator's death and of its growth.
func predatorsRates() [4]float64 { return [4]float64{1.5, 1, 3, 1} }

// lotkaVolterra solves the equations of prey and predator for a batch with common steps, for eight tolerances.
func lotkaVolterra(batch int) Benchmark {
	return Benchmark{
		Name: fmt.Sprintf("lotka-volterra-%d", batch), Group: predators, Turn: 5,
		Title: fmt.Sprintf("Lotka–Volterra, Tsit5 to t = 20 at rtol = atol = 1e-3 … 1e-10, float64, batch of %d", batch),
		// At the tightest tolerance, 1e-10, errors have grown to some hundreds of it by the end.
		Tolerance: 1e-6,
		Problem: func() (Problem, error) {
			rng := rand.New(rand.NewPCG(7, 8))
			start := make([]float64, 2*batch)
			for i := range start {
				start[i] = 1 + rng.Float64()
			}
			return Problem{
				Sizes: map[string]any{
					"coefficients": predatorsRates(), "end": predatorsEnd, "most": predatorsMost, "tolerances": predatorsTolerances(), "threads": benchCores,
				},
				Arrays: map[string]*tensors.Tensor{"start": tensors.FromFlatDataAndDimensions(start, batch, 2)},
			}, nil
		},
		Ours:  newPredators,
		Peers: []Peer{{"lotka_volterra_diffrax", true}, {"lotka_volterra_torchdiffeq", true}},
	}
}

// predatorsField is the equations.
func predatorsField(_, y *Node, _ []*Node) *Node {
	r := predatorsRates()
	u, v := Slice(y, AxisRange(), AxisRange(0, 1)), Slice(y, AxisRange(), AxisRange(1, 2))
	uv := Mul(u, v)
	return Concatenate([]*Node{
		Sub(MulScalar(u, r[0]), MulScalar(uv, r[1])), Sub(MulScalar(uv, r[3]), MulScalar(v, r[2])),
	}, 1)
}

// predatorsSteps solves for all tolerances a step, one program for all.
type predatorsSteps struct {
	program *ode.Program
	start   *tensors.Tensor
}

func newPredators(_ context.Context, p Problem) (Steps, error) {
	b, err := backend.New()
	if err != nil {
		return nil, err
	}
	program, err := ode.Solve{Stepper: ode.Tsit5(), MaxSteps: predatorsMost}.Compile(b, ode.Problem{Field: predatorsField})
	if err != nil {
		return nil, err
	}
	return predatorsSteps{program, p.Arrays["start"]}, nil
}

func (s predatorsSteps) Advance(_ context.Context, n int) ([]float64, error) {
	var sums []float64
	for range n {
		var end *tensors.Tensor
		for _, tolerance := range predatorsTolerances() {
			sol, err := s.program.Run(ode.Input{Times: []float64{predatorsEnd}, Y0: s.start, RTol: tolerance, ATol: tolerance})
			if err != nil {
				return nil, err
			}
			end = sol.Y
		}
		sum := 0.0
		for _, y := range tensors.MustCopyFlatData[float64](end) {
			sum += y
		}
		sums = append(sums, sum)
	}
	return sums, nil
}

const (
	neuralODEBatch     = 64
	neuralODEWidth     = 64
	neuralODETolerance = 1e-4
	neuralODERate      = 1e-2
	neuralODEMost      = 256 // steps of a solve
)

// neuralODEStep is a training step of a neural ODE: forward, the gradient through the steps made, and plain gradient descent.
func neuralODEStep(end float64) Benchmark {
	return Benchmark{
		Name: fmt.Sprintf("neural-ode-%.0f", end), Group: neuralODE, Turn: 20,
		Title: fmt.Sprintf("neural ODE, Tsit5 to t = %.0f at rtol = atol = 1e-4, 2×64 tanh, batch of %d, training step", end, neuralODEBatch),
		// Programs choose other first steps, so that the ends differ by about the tolerance.
		Tolerance: 1e-3,
		Problem:   func() (Problem, error) { return neuralODEProblem(end), nil },
		Ours: func(_ context.Context, p Problem) (Steps, error) {
			weights := map[string]*tensors.Tensor{}
			for name, value := range p.Arrays {
				if name != "input" && name != "output" {
					weights[name] = value
				}
			}
			return newTraining(neuralODETask{p, end}, "/field", weights, train.Fit{Rate: neuralODERate, Optimizer: optimizers.SGD{}})
		},
		Peers: []Peer{{"neural_ode_diffrax", true}, {"neural_ode_torchdiffeq", true}},
	}
}

// neuralODEProblem is points of the plane, of which each goes to itself turned by a radian and shrunk by half, and weights of
// Glorot's variance.
func neuralODEProblem(end float64) Problem {
	rng := rand.New(rand.NewPCG(9, 10))
	p := Problem{
		Sizes:  map[string]any{"end": end, "most": neuralODEMost, "tolerance": neuralODETolerance, "rate": neuralODERate, "threads": benchCores},
		Arrays: map[string]*tensors.Tensor{},
	}
	draw := func(name string, scale float64, dims ...int) []float32 {
		v := make([]float32, shapes.Make(dtypes.Float32, dims...).Size())
		for i := range v {
			v[i] = float32(scale * rng.NormFloat64())
		}
		p.Arrays[name] = tensors.FromFlatDataAndDimensions(v, dims...)
		return v
	}
	x := draw("input", 1, neuralODEBatch, 2)
	out := make([]float32, len(x))
	sin, cos := float32(math.Sin(1)/2), float32(math.Cos(1)/2)
	for i := 0; i < len(x); i += 2 {
		out[i], out[i+1] = cos*x[i]-sin*x[i+1], sin*x[i]+cos*x[i+1]
	}
	p.Arrays["output"] = tensors.FromFlatDataAndDimensions(out, neuralODEBatch, 2)
	widths := []int{2, neuralODEWidth, neuralODEWidth, 2}
	for i := range 3 {
		draw(fmt.Sprintf("w%d", i), math.Sqrt(2/float64(widths[i]+widths[i+1])), widths[i], widths[i+1])
		draw(fmt.Sprintf("b%d", i), 0, widths[i+1])
	}
	return p
}

// neuralODETask is the mean square of what the solve misses.
type neuralODETask struct {
	problem Problem
	end     float64
}

func (neuralODETask) Validate() error { return nil }

func (t neuralODETask) Data() (zoo.Data, error) {
	x, y := t.problem.Arrays["input"], t.problem.Arrays["output"]
	return zoo.Data{
		Key: "bench", Whole: []shapes.Shape{x.Shape(), y.Shape()},
		Load: func(context.Context) (rows, whole []*tensors.Tensor, err error) {
			return nil, []*tensors.Tensor{x, y}, nil
		},
	}, nil
}

func (t neuralODETask) Loss(s *zoo.Step) []zoo.Term {
	x, target := s.Whole[0], s.Whole[1]
	g := x.Graph()
	var weights []*Node
	scope := s.Scope.At("field")
	for i := range 3 {
		for _, kind := range []string{"w", "b"} {
			name := fmt.Sprintf("%s%d", kind, i)
			weights = append(weights, layers.Weight(scope, g, name, t.problem.Arrays[name].Shape(), layers.FanIn(neuralODEWidth)))
		}
	}
	number := func(v float64) *Node { return Const(g, float32(v)) }
	end := ode.Solve{Stepper: ode.Tsit5(), MaxSteps: neuralODEMost, Gradient: ode.ThroughSteps}.Solve(ode.Problem{
		Field: func(_, y *Node, w []*Node) *Node {
			for i := 0; i < len(w); i += 2 {
				y = Add(MatMul(y, w[i]), ExpandAxes(w[i+1], 0))
				if i < len(w)-2 {
					y = Tanh(y)
				}
			}
			return y
		},
		Args: weights, Y0: x, T0: number(0), Times: Const(g, []float32{float32(t.end)}),
		RTol: number(neuralODETolerance), ATol: number(neuralODETolerance),
	}).Y
	return []zoo.Term{{Name: "loss", Value: ReduceAllMean(Square(Sub(end, target))), Weight: 1}}
}
