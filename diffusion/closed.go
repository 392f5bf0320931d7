package diffusion

import (
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
)

// OfMixture is the exact denoiser of data from a mixture of isotropic Gaussians, by which samplers are measured without training:
//
//	E[x0|x] = Σ_k p(k|x) (m_k + α s_k²/v_k (x - α m_k)),  v_k = α² s_k² + σ²
//
// with p(k|x) in proportion to w_k N(x; α m_k, v_k I).
//
// Shapes: x [batch, axis].
// Panics: on a mixture that its Validate refuses; if x has not as many axes.
func OfMixture(m mixture.Mixture) Denoiser {
	if err := m.Validate(); err != nil {
		exceptions.Panicf("diffusion: OfMixture: %v", err)
	}
	return Denoiser{Prediction: X0, Predict: func(x *Node, at Level, _ []*Node) *Node { return mixtureX0(m, x, at) }}
}

// OfGaussian is the exact denoiser of data from N(mean, std² I).
func OfGaussian(mean []float64, std float64) Denoiser {
	return OfMixture(mixture.Mixture{Weights: []float64{1}, Means: [][]float64{mean}, Std: []float64{std}})
}

func mixtureX0(m mixture.Mixture, x *Node, at Level) *Node {
	if x.Rank() != 2 || x.Shape().Dim(-1) != m.Dim() {
		exceptions.Panicf("diffusion: OfMixture: x is %s, want [batch, %d]", x.Shape(), m.Dim())
	}
	g, dtype, batch, n := x.Graph(), x.DType(), x.Shape().Dim(0), len(m.Weights)
	variance, logWeight := make([]float64, n), make([]float64, n)
	for k, s := range m.Std {
		variance[k], logWeight[k] = s*s, math.Log(max(m.Weights[k], math.SmallestNonzeroFloat64))
	}
	row := func(v []float64) *Node { return Reshape(ConvertDType(Const(g, v), dtype), 1, n) }
	alpha, sigma := column(at.Alpha), column(at.Sigma)
	s2 := row(variance)
	v := Add(Mul(Square(alpha), s2), Square(sigma)) // [1 or batch, n]
	means := InsertAxes(ConvertDType(Const(g, m.Means), dtype), 0)
	away := Sub(InsertAxes(x, 1), Mul(InsertAxes(alpha, -1), means)) // [batch, n, axis]
	logP := Sub(row(logWeight), Add(Div(ReduceSum(Square(away), -1), MulScalar(v, 2)), MulScalar(Log(v), float64(m.Dim())/2)))
	p := softmax(logP)
	shrink := BroadcastToDims(Div(Mul(alpha, s2), v), batch, n)
	each := Add(BroadcastToDims(means, batch, n, m.Dim()), Mul(InsertAxes(shrink, -1), away))
	return ReduceSum(Mul(InsertAxes(p, -1), each), 1)
}

// column is a level's number as [1, 1] or [batch, 1].
func column(x *Node) *Node { return Reshape(x, -1, 1) }

// softmax is over the last axis.
func softmax(x *Node) *Node {
	e := Exp(Sub(x, InsertAxes(ReduceMax(x, -1), -1)))
	return Div(e, InsertAxes(ReduceSum(e, -1), -1))
}

// OfPoints is the exact denoiser of finite data: the mean of the points, each weighted by how likely x is from it:
//
//	E[x0|x] = Σ_i p_i x_i,  p_i ∝ exp(-|x - α x_i|²/(2σ²))
//
// Sampling with it gives back the points.
//
// Shapes: points [n, …]; x [batch, …] with the same axes.
// Cost:   two products of [batch, size] and [size, n]. Distances are differences of squares: about eps·|x|²/σ² is lost of the exponents.
func OfPoints(points *Node) Denoiser {
	if points.Rank() < 2 {
		exceptions.Panicf("diffusion: OfPoints: points are %s, want [n, …]", points.Shape())
	}
	return Denoiser{Prediction: X0, Args: []*Node{points}, Predict: func(x *Node, at Level, args []*Node) *Node {
		p := args[0]
		want := shapes.Make(x.DType(), append([]int{p.Shape().Dim(0)}, x.Shape().Dimensions[1:]...)...)
		if !p.Shape().Equal(want) {
			exceptions.Panicf("diffusion: OfPoints: x is %s, points %s, want %s", x.Shape(), p.Shape(), want)
		}
		n, batch := p.Shape().Dim(0), x.Shape().Dim(0)
		p = Reshape(p, n, -1)
		alpha, sigma := column(at.Alpha), column(at.Sigma)
		square := Reshape(ReduceSum(Square(p), -1), 1, n)
		away := Sub(Mul(Square(alpha), square), Mul(MulScalar(alpha, 2), MatMul(Reshape(x, batch, -1), Transpose(p, 0, 1))))
		weight := softmax(Neg(Div(away, MulScalar(Square(sigma), 2))))
		return Reshape(MatMul(weight, p), x.Shape().Dimensions...)
	}}
}
