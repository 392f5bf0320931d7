package rectified

import (
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
)

// Between is the exact velocity of the first round between two mixtures of isotropic Gaussians, independent of each other. Given that X0 is
// of part j and X1 of part k, all is normal, with m = (1-t) a_j + t b_k and v = (1-t)² s_j² + t² r_k²:
//
//	E[X1 - X0|X_t = x, j, k] = b_k - a_j + (t r_k² - (1-t) s_j²)/v (x - m)
//
// and the velocity is the mean of these, each as likely as x is from it.
//
// Shapes: x [batch, axis].
// Panics: on a mixture that its Validate refuses; if x has not as many axes as both.
func Between(source, target mixture.Mixture) diffusion.Denoiser {
	for _, m := range []mixture.Mixture{source, target} {
		if err := m.Validate(); err != nil {
			exceptions.Panicf("rectified: Between: %v", err)
		}
	}
	return diffusion.Denoiser{Prediction: diffusion.Velocity, Schedule: diffusion.ConditionalOT{}, Predict: func(x *Node, at diffusion.Level, _ []*Node) *Node {
		return between(source, target, x, Reshape(at.T, -1, 1))
	}}
}

// between is the velocity at times [1 or batch, 1].
func between(source, target mixture.Mixture, x, t *Node) *Node {
	d := source.Dim()
	if x.Rank() != 2 || x.Shape().Dim(1) != d || target.Dim() != d {
		exceptions.Panicf("rectified: Between: x is %s, source of %d axes, target of %d, want [batch, axis] with as many", x.Shape(), d, target.Dim())
	}
	rest := OneMinus(t)
	var each, likely []*Node
	for j, s := range source.Std {
		for k, r := range target.Std {
			a, b := row(x, source.Means[j]), row(x, target.Means[k])
			v := Add(MulScalar(Square(rest), s*s), MulScalar(Square(t), r*r))
			away := Sub(x, Add(Mul(rest, a), Mul(t, b)))
			scale := Div(Sub(MulScalar(t, r*r), MulScalar(rest, s*s)), v)
			each = append(each, InsertAxes(Add(Sub(b, a), Mul(scale, away)), 1))
			weight := math.Log(max(source.Weights[j]*target.Weights[k], math.SmallestNonzeroFloat64))
			logP := Neg(Add(Div(ReduceAndKeep(Square(away), ReduceSum, 1), MulScalar(v, 2)), MulScalar(Log(v), float64(d)/2)))
			likely = append(likely, AddScalar(logP, weight))
		}
	}
	p := softmax(Concatenate(likely, 1))
	return ReduceSum(Mul(InsertAxes(p, -1), Concatenate(each, 1)), 1)
}

// row is a point as [1, axis] of x's type.
func row(x *Node, point []float64) *Node {
	return InsertAxes(ConvertDType(Const(x.Graph(), point), x.DType()), 0)
}

// softmax is over the last axis.
func softmax(x *Node) *Node {
	e := Exp(Sub(x, ReduceAndKeep(x, ReduceMax, -1)))
	return Div(e, ReduceAndKeep(e, ReduceSum, -1))
}

// OfPairs is the velocity of pairs without a network, for t below 1: each leads straight to its X1, weighted by how near x its line is,
//
//	v(x, t) = Σ_i w_i (x1_i - x)/(1 - t),  w_i ∝ exp(-|x - t x1_i - (1-t) x0_i|²/(2h²))
//
// Shapes: pairs [n, axis]; x [batch, axis].
// Cost:   O(batch n axis).
// Source: Liu, Gong & Liu 2023, arXiv:2209.03003, section 2.1. bib: liu2023flow
func OfPairs(x0, x1 *Node, width float64) diffusion.Denoiser {
	if x0.Rank() != 2 || !x0.Shape().Equal(x1.Shape()) || !(width > 0) {
		exceptions.Panicf("rectified: OfPairs of %s and %s with width %v, want pairs [n, axis] and a width above 0", x0.Shape(), x1.Shape(), width)
	}
	predict := func(x *Node, at diffusion.Level, args []*Node) *Node {
		x0, x1 := args[0], args[1]
		if want := shapes.Make(x0.DType(), x.Shape().Dim(0), x0.Shape().Dim(1)); !x.Shape().Equal(want) {
			exceptions.Panicf("rectified: OfPairs: x is %s, want %s", x.Shape(), want)
		}
		t := Reshape(at.T, -1, 1, 1)
		line := Add(Mul(t, InsertAxes(x1, 0)), Mul(OneMinus(t), InsertAxes(x0, 0))) // [1 or batch, n, axis]
		away := ReduceSum(Square(Sub(InsertAxes(x, 1), line)), -1)
		w := softmax(MulScalar(away, -1/(2*width*width)))
		return Div(Sub(MatMul(w, x1), x), OneMinus(Reshape(at.T, -1, 1)))
	}
	return diffusion.Denoiser{Prediction: diffusion.Velocity, Args: []*Node{x0, x1}, Schedule: diffusion.ConditionalOT{}, Predict: predict}
}
