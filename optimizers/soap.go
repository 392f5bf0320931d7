package optimizers

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// SOAP is Adam in the basis in which a matrix's gradients are least correlated: the eigenvectors of the running means of GGᵀ
// and GᵀG, followed by one step of orthogonal iteration every few steps.
//
//	L = β2 L + (1−β2) G Gᵀ,  R = β2 R + (1−β2) Gᵀ G,  M = β1 M + (1−β1) G
//	G' = Q_Lᵀ G Q_R,  M' = Q_Lᵀ M Q_R,  V = β2 V + (1−β2) G'²,  W = W − rate · Q_L (M̂' / (√V̂ + ε)) Q_Rᵀ
//	every few steps:  Q_L = QR(L Q_L),  Q_R = QR(R Q_R)
//
// Axes before the last are one for it. Vectors and scalars are updated by Adam, as is a side of more than Largest entries.
//
// DType: as the parameters.
// Cost:  per matrix [m, n], four products of m·n·(m+n) multiplications a step, and two QR decompositions every few.
// Differs from the source: the bases begin as unit matrices, so that the first step is Adam's; the source takes the first
// gradient's eigenvectors and skips that step.
// Source: Vyas et al. 2024, arXiv:2409.11321, algorithms 3 and 4. bib: vyas2024soap
type SOAP struct {
	Beta1   float64 // decay of the mean; 0: 0.95
	Beta2   float64 // decay of the mean squares; 0: 0.95
	Epsilon float64 // added to the root; 0: 1e-8
	Decay   float64 // of the weights, apart from the gradient
	Every   int     // steps between two changes of basis; 0: 10
	Largest int     // longest side that gets a basis; 0: 512
}

func (s SOAP) withDefaults() SOAP {
	for _, f := range []struct {
		field   *float64
		without float64
	}{{&s.Beta1, 0.95}, {&s.Beta2, 0.95}, {&s.Epsilon, 1e-8}} {
		if *f.field == 0 {
			*f.field = f.without
		}
	}
	if s.Every == 0 {
		s.Every = 10
	}
	if s.Largest == 0 {
		s.Largest = 512
	}
	return s
}

// Validate returns every problem at once.
func (s SOAP) Validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		value float64
	}{{"Beta1", s.Beta1}, {"Beta2", s.Beta2}} {
		if !(f.value >= 0 && f.value < 1) {
			errs = append(errs, fmt.Errorf("optimizers: SOAP.%s = %v, want 0 ≤ %s < 1", f.name, f.value, f.name))
		}
	}
	if !(s.Epsilon >= 0) {
		errs = append(errs, fmt.Errorf("optimizers: SOAP.Epsilon = %v, want above 0", s.Epsilon))
	}
	if !(s.Decay >= 0) {
		errs = append(errs, fmt.Errorf("optimizers: SOAP.Decay = %v, want at least 0", s.Decay))
	}
	if s.Every < 0 {
		errs = append(errs, fmt.Errorf("optimizers: SOAP.Every = %d, want at least 1", s.Every))
	}
	if s.Largest < 0 {
		errs = append(errs, fmt.Errorf("optimizers: SOAP.Largest = %d, want at least 1", s.Largest))
	}
	return errors.Join(errs...)
}

// sides are the lengths of a parameter's two sides as a matrix, 0 for one without a basis.
func (s SOAP) sides(p *Node) (sides [2]int) {
	if p.Rank() < 2 {
		return sides
	}
	last := p.Shape().Dim(-1)
	for i, n := range []int{p.Shape().Size() / last, last} {
		if n > 1 && n <= s.Largest {
			sides[i] = n
		}
	}
	return sides
}

// Init gives the number of steps, and for a parameter two zeros, and a zero matrix and a basis for each of its sides.
func (s SOAP) Init(params []*Node) []*Node {
	s = s.withDefaults()
	g := params[0].Graph()
	state := []*Node{Const(g, int32(0))}
	for _, p := range params {
		state = append(state, ZerosLike(p), ZerosLike(p))
		for _, n := range s.sides(p) {
			if n > 0 {
				state = append(state, Zeros(g, shapes.Make(p.DType(), n, n)), eye(g, p.DType(), n))
			}
		}
	}
	return state
}

// Update is one step of the algorithm.
func (s SOAP) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	s = s.withDefaults()
	grads := o.Grad()
	count := AddScalar(state[0], 1)
	quotient := Div(state[0], Const(count.Graph(), int32(s.Every)))
	turn := Equal(MulScalar(quotient, float64(s.Every)), state[0])
	nextState, state = append(nextState, count), state[1:]
	for i, p := range params {
		size := 2
		for _, n := range s.sides(p) {
			size += 2 * min(n, 1)
		}
		step, kept := s.updateOne(p, grads[i], count, turn, state[:size])
		if s.Decay > 0 {
			step = Add(step, MulScalar(p, s.Decay))
		}
		next = append(next, Sub(p, Mul(step, o.Rate())))
		nextState, state = append(nextState, kept...), state[size:]
	}
	return next, nextState
}

// updateOne is one parameter's step and state.
func (s SOAP) updateOne(p, grad, count, turn *Node, state []*Node) (step *Node, next []*Node) {
	dims := p.Shape().Dimensions
	sides := s.sides(p)
	matrix := func(x *Node) *Node { return x }
	if p.Rank() >= 2 {
		last := p.Shape().Dim(-1)
		matrix = func(x *Node) *Node { return Reshape(x, -1, last) }
	}
	mean := Add(MulScalar(state[0], s.Beta1), MulScalar(grad, 1-s.Beta1))
	g, m := matrix(grad), matrix(mean)
	bases := state[2:]
	rotated := func(x *Node, back bool) *Node { return s.rotate(x, sides, bases, back) }
	square := Add(MulScalar(matrix(state[1]), s.Beta2), MulScalar(Square(rotated(g, false)), 1-s.Beta2))
	correct := func(beta float64) *Node {
		b := Scalar(p.Graph(), p.DType(), beta)
		return OneMinus(Pow(b, ConvertDType(count, p.DType())))
	}
	scaled := Div(Div(rotated(m, false), correct(s.Beta1)), AddScalar(Sqrt(Div(square, correct(s.Beta2))), s.Epsilon))
	next = []*Node{mean, Reshape(square, dims...)}
	return Reshape(rotated(scaled, true), dims...), append(next, s.turned(g, turn, sides, bases)...)
}

// rotate is Q_Lᵀ x Q_R, or back Q_L x Q_Rᵀ; a side without a basis stays.
func (s SOAP) rotate(x *Node, sides [2]int, bases []*Node, back bool) *Node {
	from, to := "ji,jk->ik", "ij,jk->ik"
	if back {
		from, to = "ij,jk->ik", "ij,kj->ik"
	}
	if sides[0] > 0 {
		x, bases = Einsum(from, bases[1], x), bases[2:]
	}
	if sides[1] > 0 {
		x = Einsum(to, x, bases[1])
	}
	return x
}

// turned is the mean products and bases after a step.
func (s SOAP) turned(g, turn *Node, sides [2]int, bases []*Node) []*Node {
	var next []*Node
	for i, products := range []string{"ik,jk->ij", "ki,kj->ij"} {
		if sides[i] == 0 {
			continue
		}
		mean := Add(MulScalar(bases[0], s.Beta2), MulScalar(Einsum(products, g, g), 1-s.Beta2))
		basis := autodiff.If(turn, []*Node{mean, bases[1]},
			func(in []*Node) []*Node {
				q, _ := linalg.QR(Einsum("ij,jk->ik", in[0], in[1]))
				return []*Node{q}
			},
			func(in []*Node) []*Node { return []*Node{in[1]} })[0]
		next, bases = append(next, mean, basis), bases[2:]
	}
	return next
}
