package diffusion

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/philox"
)

// Likelihood is log p(x) of data by the probability flow: x is led to noise, whose density is known, and the flow's divergence is
// summed on the way. With x̃ = x/α,
//
//	dx̃/dλ = -(σ/α) ε,  d log p/dλ = σ tr ∂ε/∂x
//
// by the classical Runge-Kutta method in equal steps of λ. It is the density of data with the noise of the last time.
//
// Source: Song et al. 2021, arXiv:2011.13456, section 4.3 and appendix D.2; Hutchinson's trace as Grathwohl et al. 2019. bib: song2021score, grathwohl2019ffjord
type Likelihood struct {
	Schedule Schedule
	Steps    int     // each of four evaluations and divergences
	Probes   int     // random signs by which the trace is estimated, without bias; 0: the trace itself
	Std      float64 // deviation of the data about 0, for the density of noise N(0, (α² Std² + σ²) I)

	// Prior is the logarithm of the density of noise at the first time, [batch] of x; nil: that of Std. It is called outside the loop.
	Prior func(x *Node) *Node `json:"-"`

	From, To float64 // times of noise and of data; both 0: the schedule's ends
}

// Validate lists what is wrong.
func (l Likelihood) Validate() error {
	if l.Schedule == nil {
		return errors.New("diffusion: Likelihood.Schedule = nil, want a schedule")
	}
	errs := []error{l.Schedule.Validate()}
	if l.Steps < 1 {
		errs = append(errs, fmt.Errorf("diffusion: Likelihood.Steps = %d, want at least 1", l.Steps))
	}
	if l.Probes < 0 {
		errs = append(errs, fmt.Errorf("diffusion: Likelihood.Probes = %d, want 0 for the trace itself, or more", l.Probes))
	}
	if !(l.Std >= 0) || math.IsInf(l.Std, 0) {
		errs = append(errs, fmt.Errorf("diffusion: Likelihood.Std = %v, want 0 or more", l.Std))
	}
	if errors.Join(errs...) != nil {
		return errors.Join(errs...)
	}
	noise, data := l.ends()
	errs = append(errs, Inside(l.Schedule, noise, data))
	if a, b := At(l.Schedule, noise).Lambda(), At(l.Schedule, data).Lambda(); !finite(a) || !finite(b) || !(a < b) {
		errs = append(errs, fmt.Errorf("diffusion: Likelihood from t = %v to %v, where log α/σ is %v and %v, want it finite and rising: times at which neither α nor σ is 0", noise, data, a, b))
	}
	return errors.Join(errs...)
}

func (l Likelihood) ends() (noise, data float64) {
	if l.From == 0 && l.To == 0 {
		return l.Schedule.Ends()
	}
	return l.From, l.To
}

// Of is log p(x) of each sample, in nats.
//
// Shapes: x [batch, …]; seed a scalar uint64, nil where Probes is 0; returns [batch].
// Panics: on settings that Validate refuses, on probes without a seed.
// Cost:   4·Steps evaluations, with a reverse pass for each probe, or for each component of a sample.
func (l Likelihood) Of(d Denoiser, x, seed *Node) *Node {
	if err := l.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	if x.Rank() < 2 || !x.DType().IsFloat() {
		exceptions.Panicf("diffusion: Likelihood: x is %s, want real [batch, …]", x.Shape())
	}
	noise, data := l.ends()
	first, last := At(l.Schedule, noise), At(l.Schedule, data)
	h := (first.Lambda() - last.Lambda()) / float64(l.Steps)
	args := append([]*Node{}, d.Args...)
	own := len(args)
	args = append(args, l.probes(x, seed)...)
	sum := Zeros(x.Graph(), shapes.Make(x.DType(), x.Shape().Dim(0)))
	state := []*Node{DivScalar(x, last.Alpha), sum}
	levels := Const(x.Graph(), l.levels(last.Lambda(), h))
	state, _ = autodiff.Scan{Steps: l.Steps, Memory: autodiff.Checkpoints}.Over(state, args, []*Node{levels},
		func(_ *Node, state, args, row []*Node) (next, y []*Node) {
			return march{d.With(args[:own]), args[own:], row[0], h}.step(state), nil
		})
	end := MulScalar(state[0], first.Alpha)
	size := float64(x.Shape().Size() / x.Shape().Dim(0))
	logP := Sub(l.prior(first, end), state[1])
	return AddScalar(logP, size*(math.Log(first.Alpha)-math.Log(last.Alpha)))
}

// prior is the density of noise.
func (l Likelihood) prior(first Point, x *Node) *Node {
	if l.Prior != nil {
		return l.Prior(x)
	}
	batch := x.Shape().Dim(0)
	size := float64(x.Shape().Size() / batch)
	deviation := math.Hypot(first.Alpha*l.Std, first.Sigma)
	square := ReduceSum(Square(Reshape(x, batch, -1)), 1)
	return AddScalar(MulScalar(square, -1/(2*deviation*deviation)), -size*(math.Log(deviation)+math.Log(2*math.Pi)/2))
}

// levels are the numbers of the start, the middle and the end of each step: [step, 3·5].
func (l Likelihood) levels(lambda, h float64) [][]float64 {
	rows := make([][]float64, l.Steps)
	for i := range rows {
		for _, part := range []float64{0, 0.5, 1} {
			p := AtLambda(l.Schedule, lambda+h*(float64(i)+part))
			rows[i] = append(rows[i], p.T, p.Alpha, p.Sigma, p.DAlpha, p.DSigma)
		}
	}
	return rows
}

// probes are arrays of random signs of x's shape.
func (l Likelihood) probes(x, seed *Node) []*Node {
	if l.Probes == 0 {
		return nil
	}
	if seed == nil || seed.DType() != dtypes.Uint64 || !seed.IsScalar() {
		exceptions.Panicf("diffusion: Likelihood.Probes = %d without a seed, want a scalar uint64", l.Probes)
	}
	g := x.Graph()
	stream := Iota(g, shapes.Make(dtypes.Uint64, x.Shape().Size()), 0)
	out := make([]*Node, l.Probes)
	for i := range out {
		z, _ := philox.Normals(seed, stream, Const(g, uint64(i)))
		sign := Where(LessThan(z, ZerosLike(z)), MulScalar(OnesLike(z), -1), OnesLike(z))
		out[i] = ConvertDType(Reshape(sign, x.Shape().Dimensions...), x.DType())
	}
	return out
}

// march is a step of a likelihood. Its state is x/α and the sum of the divergence.
type march struct {
	denoiser Denoiser
	probes   []*Node
	row      *Node
	h        float64
}

func (m march) step(state []*Node) []*Node {
	plus := func(k [2]*Node, part float64) *Node { return Add(state[0], MulScalar(k[0], part*m.h)) }
	k1 := m.field(0, state[0])
	k2 := m.field(1, plus(k1, 0.5))
	k3 := m.field(1, plus(k2, 0.5))
	k4 := m.field(2, plus(k3, 1))
	next := make([]*Node, 2)
	for i := range next {
		inner := MulScalar(Add(k2[i], k3[i]), 2)
		next[i] = Add(state[i], MulScalar(Add(Add(k1[i], k4[i]), inner), m.h/6))
	}
	return next
}

// field is d/dλ of x/α and of the divergence's sum, at part number part of the row.
func (m march) field(part int, scaled *Node) [2]*Node {
	number := func(i int) *Node {
		return ConvertDType(Reshape(Slice(m.row, AxisElem(part*5+i))), scaled.DType())
	}
	at := Level{T: number(0), Alpha: number(1), Sigma: number(2), DAlpha: number(3), DSigma: number(4)}
	x := Mul(scaled, at.Alpha)
	epsilon := m.denoiser.At(Epsilon, x, at)
	return [2]*Node{Neg(Mul(Div(at.Sigma, at.Alpha), epsilon)), Mul(at.Sigma, m.trace(epsilon, x))}
}

// trace is tr ∂ε/∂x of each sample, or its estimate.
func (m march) trace(epsilon, x *Node) *Node {
	batch := x.Shape().Dim(0)
	size := x.Shape().Size() / batch
	if len(m.probes) == 0 {
		j := autodiff.Jacobian(Reshape(epsilon, batch, size), x)
		j = Reshape(j, batch, size, size)
		row := Iota(x.Graph(), shapes.Make(dtypes.Int32, size, size), 0)
		column := Iota(x.Graph(), shapes.Make(dtypes.Int32, size, size), 1)
		diagonal := InsertAxes(ConvertDType(Equal(row, column), x.DType()), 0)
		return ReduceSum(Mul(j, diagonal), 1, 2)
	}
	var sum *Node
	for _, v := range m.probes {
		g := Gradient(ReduceAllSum(Mul(epsilon, v)), x)[0]
		t := ReduceSum(Reshape(Mul(g, v), batch, size), 1)
		if sum == nil {
			sum = t
			continue
		}
		sum = Add(sum, t)
	}
	return DivScalar(sum, float64(len(m.probes)))
}
