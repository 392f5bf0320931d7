package layers

import (
	"hash/fnv"
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// SeedParam names the parameter (uint64) of the store's root scope that initial values are drawn with; 0 if it is not set.
const SeedParam = "seed"

// Initializer makes initial values of a shape out of the state of a random generator. It is a graph function.
type Initializer func(state *Node, shape shapes.Shape) *Node

// Uniform draws from [low, high).
func Uniform(low, high float64) Initializer {
	return func(state *Node, shape shapes.Shape) *Node {
		_, v := RandomUniform(state, shape)
		return AddScalar(MulScalar(v, high-low), low)
	}
}

// FanIn draws from [-1/√n, 1/√n), n being the number of inputs of each output: the usual start of a linear map.
//
// Source: He et al. 2015, arXiv:1502.01852, with gain √(1/3) as in PyTorch's Linear and Conv.
func FanIn(n int) Initializer {
	bound := 1 / math.Sqrt(float64(max(n, 1)))
	return Uniform(-bound, bound)
}

// Glorot draws from [-b, b) with b = √(6/(in+out)).
//
// Source: Glorot & Bengio 2010, eq. (16).
func Glorot(in, out int) Initializer {
	bound := math.Sqrt(6 / float64(max(in+out, 1)))
	return Uniform(-bound, bound)
}

// Normal draws from the normal distribution of mean 0 and the given standard deviation.
func Normal(std float64) Initializer {
	return func(state *Node, shape shapes.Shape) *Node {
		_, v := RandomNormal(state, shape)
		return MulScalar(v, std)
	}
}

// Constant sets every element to value.
func Constant(value float64) Initializer {
	return func(state *Node, shape shapes.Shape) *Node {
		return AddScalar(Zeros(state.Graph(), shape), value)
	}
}

// Weight returns the node of a trainable variable, made on first use.
//
// Its initial values are a pure function of [SeedParam] and of the variable's path: neither the order in which variables
// are made nor other layers matter.
// Panics: if the variable exists in another shape.
func Weight(scope *model.Scope, g *Graph, name string, shape shapes.Shape, init Initializer) *Node {
	seed := model.GetRootParamOr(scope.Store(), SeedParam, uint64(0))
	path := model.JoinPath(scope.Scope(), name)
	start := func(g *Graph, shape shapes.Shape) *Node {
		return init(Const(g, []uint64{seed, 0, pathHash(path)}), shape)
	}
	v := scope.WithInitializer(start).VariableWithShape(name, shape)
	if !v.Shape().Equal(shape) {
		exceptions.Panicf("layers: variable %s has shape %s, want %s", path, v.Shape(), shape)
	}
	return v.NodeValue(g)
}

// pathHash is the third word of the Philox state; XLA counts up in the second, so that streams of two paths never meet.
func pathHash(path string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(path)) // a hash never fails
	return h.Sum64()
}
