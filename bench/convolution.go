package bench

import (
	"context"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

const convolution = "convolution" // group

// convolutionTolerance is float32's round-off in means of some million squares.
const convolutionTolerance = 1e-4

// convolutionBenchmarks are one layer of the U-Net's finest level alone, without and with its gradients.
func convolutionBenchmarks() []Benchmark {
	of := func(name, title string, gradient bool) Benchmark {
		return Benchmark{
			Name: convolution + "-" + name, Group: convolution, Turn: 5, Tolerance: convolutionTolerance,
			Title:   "3×3 convolution of 32 channels to 32 on 32² points, batch 64, " + title,
			Problem: func() (Problem, error) { return convolutionProblem(gradient), nil },
			Ours:    func(_ context.Context, p Problem) (Steps, error) { return convolved(p, gradient) },
			Peers:   []Peer{{"convolution_jax", true}, {"convolution_torch", true}},
		}
	}
	return []Benchmark{of("forward", "forward", false), of("gradient", "with the gradients of input and kernel", true)}
}

func convolutionProblem(gradient bool) Problem {
	rng := rand.New(rand.NewPCG(15, 16))
	p := Problem{
		Sizes:  map[string]any{"gradient": gradient, "threads": benchCores},
		Arrays: map[string]*tensors.Tensor{"x": normals(rng, 64, 32, 32, 32), "b": normals(rng, 32)},
	}
	w := tensors.MustCopyFlatData[float32](normals(rng, 3, 3, 32, 32))
	for i := range w {
		w[i] /= float32(math.Sqrt(9 * 32))
	}
	p.Arrays["w"] = tensors.FromFlatDataAndDimensions(w, 3, 3, 32, 32)
	return p
}

// convolved is the mean square of the layer's answer, or of the answer's gradients with respect to x and w, both added.
func convolved(p Problem, gradient bool) (Steps, error) {
	b, err := backend.New()
	if err != nil {
		return nil, err
	}
	store := model.NewStore()
	for _, name := range []string{"w", "b"} {
		if _, err := store.CreateVariable("/conv/"+name, p.Arrays[name]); err != nil {
			return nil, err
		}
	}
	size := func(x *Node) *Node { return ReduceAllMean(Square(x)) }
	exec, err := model.NewExec(b, store, zoo.GraphFn(convolution, func(scope *model.Scope, in []*Node) []*Node {
		y := size(layers.Conv(scope.At("conv"), in[0], 3, 32, layers.ZeroPadding))
		if !gradient {
			return []*Node{y}
		}
		g := Gradient(MulScalar(y, float64(in[0].Shape().Size())), in[0], store.GetVariable("/conv/w").NodeValue(y.Graph()))
		return []*Node{Add(size(g[0]), size(g[1]))}
	}))
	if err != nil {
		return nil, err
	}
	return repeated{func() (float64, error) {
		out, err := exec.Exec(p.Arrays["x"])
		if err != nil {
			return 0, err
		}
		defer out[0].MustFinalizeAll()
		return float64(tensors.ToScalar[float32](out[0])), nil
	}}, nil
}
