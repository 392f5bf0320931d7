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
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// residualStep is a training step of a physics-informed network on an equation's residual alone: forward, derivatives in
// the coordinates, backward, and plain gradient descent.
type residualStep struct {
	equation string // as peers know it
	linear   []jet.Term
	points   int
	chunk    int // points at a time
	widths   []int
	rate     float64
}

// residualTolerance is float32 round-off of fourth derivatives (1e-4) through a few steps of gradient descent.
const residualTolerance = 1e-3

// pinn2nd is Burgers' equation, u_t + u u_x = ν u_xx.
func pinn2nd() Benchmark {
	r := residualStep{
		equation: "burgers", linear: []jet.Term{{Derivative: "t", Weight: 1}, {Derivative: "xx", Weight: -pinnViscosity}},
		points: 10000, chunk: 2000, widths: []int{128, 128, 128, 128, 1}, rate: 1e-3,
	}
	return r.benchmark("pinn-2nd", "PINN step of second order, Burgers' equation, 10,000 points, 4×128 tanh, with the weights' gradient", 10)
}

// pinn4th is the Kuramoto–Sivashinsky equation, u_t + u u_x + u_xx + u_xxxx = 0.
func pinn4th() Benchmark {
	r := residualStep{
		equation: "kuramoto-sivashinsky",
		linear:   []jet.Term{{Derivative: "t", Weight: 1}, {Derivative: "xx", Weight: 1}, {Derivative: "xxxx", Weight: 1}},
		points:   10000, chunk: 2000, widths: []int{128, 128, 128, 128, 1}, rate: 1e-4,
	}
	return r.benchmark("pinn-4th", "PINN step of fourth order, Kuramoto–Sivashinsky equation, 10,000 points, 4×128 tanh, with the weights' gradient", 5)
}

func (r residualStep) benchmark(name, title string, turn int) Benchmark {
	return Benchmark{
		Name: name, Title: title, Turn: turn, Tolerance: residualTolerance,
		Problem: r.problem, Ours: r.by((*residualTask).operator, r.chunk),
		Variants: []Variant{
			{"single-derivatives", r.by((*residualTask).jets, r.chunk)},
			{"all-points", r.by((*residualTask).operator, r.points)},
			{"nested-reverse", r.by((*residualTask).reverse, r.points)},
		},
		Peers: []Peer{{"pinn_jax_grad", true}, {"pinn_jax_jvp", true}, {"pinn_jax_jet", true}, {"pinn_jax_jvp_grad", true}},
	}
}

// problem draws points in [0, 1] × [-1, 1] and weights of Glorot's variance.
func (r residualStep) problem() (Problem, error) {
	rng := rand.New(rand.NewPCG(5, 6))
	p := Problem{
		Sizes:  map[string]any{"equation": r.equation, "layers": len(r.widths), "rate": r.rate, "viscosity": pinnViscosity},
		Arrays: map[string]*tensors.Tensor{},
	}
	draw := func(name string, value func(i int) float64, dims ...int) {
		v := make([]float32, shapes.Make(dtypes.Float32, dims...).Size())
		for i := range v {
			v[i] = float32(value(i))
		}
		p.Arrays[name] = tensors.FromFlatDataAndDimensions(v, dims...)
	}
	draw("points", func(i int) float64 {
		if i%2 == 0 {
			return rng.Float64()
		}
		return 2*rng.Float64() - 1
	}, r.points, 2)
	in := 2
	for i, out := range r.widths {
		scale := math.Sqrt(2 / float64(in+out))
		draw(fmt.Sprintf("dense%d/w", i), func(int) float64 { return scale * rng.NormFloat64() }, in, out)
		draw(fmt.Sprintf("dense%d/b", i), func(int) float64 { return 0 }, out)
		in = out
	}
	return p, nil
}

// by solves with residuals made in one of the ways below, in chunks of points.
func (r residualStep) by(residual func(t *residualTask, scope *model.Scope, points *Node) *Node, chunk int) func(context.Context, Problem) (Steps, error) {
	return func(_ context.Context, p Problem) (Steps, error) {
		weights := map[string]*tensors.Tensor{}
		for name, value := range p.Arrays {
			if name != "points" {
				weights[name] = value
			}
		}
		task := &residualTask{step: r, chunk: chunk, points: p.Arrays["points"], residual: residual}
		return newTraining(task, "/mlp", weights, train.Fit{Rate: r.rate, Optimizer: optimizers.SGD{}})
	}
}

// residualTask is the mean square of a residual.
type residualTask struct {
	step     residualStep
	chunk    int
	points   *tensors.Tensor
	residual func(t *residualTask, scope *model.Scope, points *Node) *Node
}

func (*residualTask) Validate() error { return nil }

func (t *residualTask) Data() (zoo.Data, error) {
	return zoo.Data{
		Key: "bench", Whole: []shapes.Shape{t.points.Shape()},
		Load: func(context.Context) (rows, whole []*tensors.Tensor, err error) {
			return nil, []*tensors.Tensor{t.points}, nil
		},
	}, nil
}

func (t *residualTask) Loss(s *zoo.Step) []zoo.Term {
	loss := func(rows []*Node) *Node { return ReduceAllMean(Square(t.residual(t, s.Scope, rows[0]))) }
	if t.chunk < t.step.points {
		return []zoo.Term{{Name: "residual", Value: jet.MeanInChunks(s.Scope, t.chunk, s.Whole, loss), Weight: 1}}
	}
	return []zoo.Term{{Name: "residual", Value: loss(s.Whole), Weight: 1}}
}

// network is the same for all.
func (t *residualTask) network() neuralfield.MLP {
	return neuralfield.MLP{Widths: t.step.widths, Activation: layers.TanhUnit}
}

// set has the variables of both equations.
func (t *residualTask) set(derivatives ...string) jet.Set {
	return jet.Set{Variables: []string{"t", "x"}, Derivatives: derivatives}
}

// operator carries the linear part of the equation as one.
func (t *residualTask) operator(scope *model.Scope, points *Node) *Node {
	set := t.set("x")
	set.Operators = []jet.Operator{{Name: "linear", Terms: t.step.linear}}
	u := t.network().ForwardJet(scope, jet.Seed(set, points))
	return Add(Mul(u.Value(), u.D("x")), u.Operator("linear"))
}

// jets carries each derivative.
func (t *residualTask) jets(scope *model.Scope, points *Node) *Node {
	set := t.set("x")
	for _, term := range t.step.linear {
		set.Derivatives = append(set.Derivatives, term.Derivative)
	}
	return t.sum(t.network().ForwardJet(scope, jet.Seed(set, points)))
}

// reverse takes gradients of gradients.
func (t *residualTask) reverse(scope *model.Scope, points *Node) *Node {
	return t.sum(jet.Reverse(t.set(), points, func(x *Node) *Node { return t.network().Forward(scope, x) }))
}

// sum is the residual out of single derivatives.
func (t *residualTask) sum(u jet.Field) *Node {
	residual := Mul(u.Value(), u.D("x"))
	for _, term := range t.step.linear {
		residual = Add(residual, MulScalar(u.D(term.Derivative), term.Weight))
	}
	return residual
}
