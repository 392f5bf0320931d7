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

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Sizes of the physics-informed network's training step: Burgers' equation at its usual viscosity.
const (
	pinnPoints    = 2000
	pinnWidth     = 50
	pinnDepth     = 4 // hidden layers
	pinnRate      = 1e-3
	pinnViscosity = 0.01 / math.Pi
)

// pinn64 is a training step in float64: forward, two derivatives in space and one in time, backward and Adam.
func pinn64() Benchmark {
	return Benchmark{
		Name: "float64-pinn", Group: float64Group, Turn: 10,
		Title:   fmt.Sprintf("float64 PINN training step, Burgers' equation, %d points, %d×%d tanh", pinnPoints, pinnDepth, pinnWidth),
		Problem: pinn64Problem, Peers: []Peer{{"float64_pinn_jax", true}, {"float64_pinn_jax_batched", true}},
		// Round-off through a few steps of Adam, whose first ones are signs: gradients near zero may change theirs.
		Tolerance: 1e-6,
		Ours: func(_ context.Context, p Problem) (Steps, error) {
			weights := map[string]*tensors.Tensor{}
			for name, value := range p.Arrays {
				if name != "x" && name != "t" {
					weights[name] = value
				}
			}
			return newTraining(pinnTask{p}, "/mlp", weights, train.Fit{Rate: pinnRate, Precision: train.Float64})
		},
	}
}

// pinn64Problem draws points in [-1, 1] × [0, 1] and weights of Glorot's variance.
func pinn64Problem() (Problem, error) {
	rng := rand.New(rand.NewPCG(3, 4))
	p := Problem{
		Sizes:  map[string]any{"layers": pinnDepth + 1, "rate": pinnRate, "viscosity": pinnViscosity, "threads": benchCores},
		Arrays: map[string]*tensors.Tensor{},
	}
	draw := func(name string, value func() float64, dims ...int) {
		v := make([]float64, shapes.Make(dtypes.Float64, dims...).Size())
		for i := range v {
			v[i] = value()
		}
		p.Arrays[name] = tensors.FromFlatDataAndDimensions(v, dims...)
	}
	draw("x", func() float64 { return 2*rng.Float64() - 1 }, pinnPoints, 1)
	draw("t", rng.Float64, pinnPoints, 1)
	in := 2
	for i, out := range pinnWidths() {
		scale := math.Sqrt(2 / float64(in+out))
		draw(fmt.Sprintf("dense%d/w", i), func() float64 { return scale * rng.NormFloat64() }, in, out)
		draw(fmt.Sprintf("dense%d/b", i), func() float64 { return 0 }, out)
		in = out
	}
	return p, nil
}

// pinnWidths are the channels after each layer.
func pinnWidths() []int {
	var widths []int
	for range pinnDepth {
		widths = append(widths, pinnWidth)
	}
	return append(widths, 1)
}

// pinnTask is the mean square of the residual u_t + u u_x − ν u_xx and of the misfit to the initial values −sin(πx).
type pinnTask struct{ problem Problem }

func (pinnTask) Validate() error { return nil }

func (t pinnTask) Data() (zoo.Data, error) {
	x, y := t.problem.Arrays["x"], t.problem.Arrays["t"]
	return zoo.Data{
		Key: "bench", Rows: []shapes.Shape{x.Shape(), y.Shape()},
		Load: func(context.Context) (rows, whole []*tensors.Tensor, err error) {
			return []*tensors.Tensor{x, y}, nil, nil
		},
	}, nil
}

func (pinnTask) Loss(s *zoo.Step) []zoo.Term {
	net := layers.MLP{Widths: pinnWidths(), Activation: layers.TanhUnit}
	x, t := s.Rows[0], s.Rows[1]
	u := net.Forward(s.Scope, x, t)
	first := Gradient(ReduceAllSum(u), x, t)
	uxx := Gradient(ReduceAllSum(first[0]), x)[0]
	residual := Sub(Add(first[1], Mul(u, first[0])), MulScalar(uxx, pinnViscosity))
	misfit := Add(net.Forward(s.Scope, x, ZerosLike(t)), Sin(MulScalar(x, math.Pi)))
	return []zoo.Term{{Name: "loss", Value: Add(ReduceAllMean(Square(residual)), ReduceAllMean(Square(misfit))), Weight: 1}}
}
