package samplers

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/diffusion"
)

// Adaptive makes steps of DPM-Solver of two orders at once and chooses their length in λ so that they differ by no more than the
// tolerances: DPM-Solver-12 and -23. The whole batch makes the same steps. It is one compiled loop, without a gradient. Encode makes them
// from data to noise.
//
//	E = rms((x_high - x_low)/δ),  δ = max(ATol, RTol max(|x_low|, |x_before|))
//
// A step with E ≤ 1 is taken, with x_high; the next has the length h min(0.9 E^(-1/Order), Grow).
//
// Differs from the source: E is the root mean square over the batch, not the greatest of its samples; the growth of a step is held.
// Source: Lu et al. 2022, arXiv:2206.00927, appendix C and algorithms 3 and 4. bib: lu2022dpmsolver
type Adaptive struct {
	Order    int // 2 or 3, of the step that is taken
	Schedule diffusion.Schedule
	ATol     float64 // 0.0078 in the source, for data in [-1, 1]
	RTol     float64 // 0.05 in the source
	Step     float64 // length of the first step in λ; 0: 0.05, as in the source
	MaxSteps int     // made and rejected; 0: 1000
	From, To float64 // times of the first and the last step of sampling; both 0: the schedule's ends
	Encode   bool    // from data to noise
	Keep     int     // so many states and the clean data seen there, at equal distances in λ, the last one included; steps end there
}

// grow is the most by which a step is longer than the one before.
const grow = 5.0

// Validate lists what is wrong.
func (a Adaptive) Validate() error {
	if a.Schedule == nil {
		return errors.New("samplers: Adaptive.Schedule = nil, want a schedule")
	}
	errs := []error{a.Schedule.Validate()}
	bad := func(format string, v ...any) { errs = append(errs, fmt.Errorf("samplers: Adaptive."+format, v...)) }
	if a.Order != 2 && a.Order != 3 {
		bad("Order = %d, want 2 or 3", a.Order)
	}
	if !(a.ATol > 0) || !(a.RTol >= 0) || math.IsInf(a.ATol+a.RTol, 0) {
		bad("ATol, RTol = %v, %v, want ATol above 0 and RTol of 0 or more", a.ATol, a.RTol)
	}
	if !(a.Step >= 0) || a.MaxSteps < 0 {
		bad("Step, MaxSteps = %v, %d, want 0 or more", a.Step, a.MaxSteps)
	}
	if a.Keep < 0 {
		bad("Keep = %d, want 0 for none, or more", a.Keep)
	}
	if errors.Join(errs...) != nil {
		return errors.Join(errs...)
	}
	first, last := a.span()
	if a.Encode {
		first, last = last, first
	}
	errs = append(errs, diffusion.Inside(a.Schedule, first, last))
	from, to := diffusion.At(a.Schedule, first).Lambda(), diffusion.At(a.Schedule, last).Lambda()
	if !(from < to) || math.IsInf(from, 0) || math.IsInf(to, 0) {
		bad("From, To = %v, %v, where log α/σ is %v and %v, want it finite and rising, or Encode for the way back", first, last, from, to)
	}
	return errors.Join(errs...)
}

// span is the first and the last time, of encoding if Encode.
func (a Adaptive) span() (first, last float64) {
	first, last = a.From, a.To
	if first == 0 && last == 0 {
		first, last = a.Schedule.Ends()
	}
	if a.Encode {
		return last, first
	}
	return first, last
}

// First is the level at which x starts.
//
// Errors: what Validate says.
func (a Adaptive) First() (diffusion.Point, error) {
	if err := a.Validate(); err != nil {
		return diffusion.Point{}, err
	}
	first, _ := a.span()
	return diffusion.At(a.Schedule, first), nil
}

// Sample samples; its answer has the number of evaluations as a node.
//
// Shapes: x [batch, …]; seed is not used.
// Panics: on settings that Validate refuses; on a schedule that is not the denoiser's.
// Cost:   Order evaluations a step, made or rejected, and one for each state that is kept.
func (a Adaptive) Sample(d diffusion.Denoiser, x, _ *Node) diffusion.Samples {
	if err := a.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	first, last := a.span()
	wantKnown(d, a.Schedule, first, last)
	from, to := diffusion.At(a.Schedule, first), diffusion.At(a.Schedule, last)
	h, most := a.Step, a.MaxSteps
	if h == 0 {
		h = 0.05
	}
	if most == 0 {
		most = 1000
	}
	g := x.Graph()
	number := func(v float64) *Node { return Scalar(g, dtypes.Float64, v) }
	zero := func() *Node { return Scalar(g, dtypes.Int32, 0) }
	stops := levels(from.Lambda(), to.Lambda(), max(a.Keep, 1))
	state := []*Node{x, x, number(from.Lambda()), number(h), zero(), zero()}
	out, rows := autodiff.Scan{Steps: len(stops)}.Over(state, d.Args, []*Node{Const(g, stops)}, func(_ *Node, state, args, row []*Node) (next, kept []*Node) {
		next = a.march(d.With(args), state, row[0], most)
		if a.Keep > 0 {
			kept = []*Node{next[0], d.With(args).At(diffusion.X0, next[0], a.level(next[2], x.DType()))}
		}
		return next, kept
	})
	nfe := most*a.Order + a.Keep
	got := diffusion.Samples{
		X: out[0], NFE: nfe, TotalNFE: d.Total(nfe), Done: Equal(out[2], number(to.Lambda())),
		Count: AddScalar(MulScalar(Add(out[4], out[5]), float64(a.Order)), float64(a.Keep)),
	}
	if a.Keep > 0 {
		got.States, got.Previews = rows[0], rows[1]
	}
	return got
}

// wantKnown panics if a schedule is not that of the denoiser between times.
func wantKnown(d diffusion.Denoiser, s diffusion.Schedule, first, last float64) {
	for _, part := range []float64{0, 0.3, 0.7, 1} {
		if err := d.Knows(diffusion.At(s, first+(last-first)*part)); err != nil {
			exceptions.Panicf("%v", err)
		}
	}
}

// levels are the ends of n equal parts, the last one exactly.
func levels(from, to float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = from + (to-from)*float64(i+1)/float64(n)
	}
	out[n-1] = to
	return out
}

var _ diffusion.Sampler = Adaptive{}

// march makes steps until λ is at the end, or there have been too many.
func (a Adaptive) march(d diffusion.Denoiser, state []*Node, end *Node, most int) []*Node {
	loop := append(append(slices.Clone(state), end), d.Args...)
	own := len(state)
	out := autodiff.While(loop, func(s []*Node) *Node {
		before := LessThan
		if a.Encode {
			before = GreaterThan // both are false of what is not a number, which ends the loop
		}
		made := Add(s[4], s[5])
		return LogicalAnd(before(s[2], s[own]), LessThan(made, Scalar(made.Graph(), dtypes.Int32, float64(most))))
	}, func(s []*Node) []*Node {
		return append(a.step(d.With(s[own+1:]), s[:own], s[own]), s[own:]...)
	})
	return out[:own]
}

// step tries a step. The state is x, x before, λ, the length of the step, the steps made and those rejected.
func (a Adaptive) step(d diffusion.Denoiser, s []*Node, end *Node) []*Node {
	x, before, lambda := s[0], s[1], s[2]
	left := Abs(Sub(end, lambda))
	last := GreaterOrEqual(s[3], left)
	length := Min(s[3], left)
	h := length
	if a.Encode {
		h = Neg(length)
	}
	low, high := a.pair(d, x, lambda, h)
	scale := MaxScalar(MulScalar(Max(Abs(low), Abs(before)), a.RTol), a.ATol)
	e := ConvertDType(Sqrt(ReduceAllMean(Square(Div(Sub(high, low), scale)))), dtypes.Float64)
	good := LogicalNot(GreaterThan(e, ScalarOne(e.Graph(), dtypes.Float64))) // what is not a number is taken, and ends the loop
	factor := MinScalar(MulScalar(Exp(MulScalar(Log(MaxScalar(e, 1e-10)), -1/float64(a.Order))), 0.9), grow)
	one := Scalar(x.Graph(), dtypes.Int32, 1)
	none := Scalar(x.Graph(), dtypes.Int32, 0)
	wide := func(b, like *Node) *Node {
		return BroadcastToShape(b, shapes.Make(dtypes.Bool, like.Shape().Dimensions...))
	}
	next := Where(last, end, Add(lambda, h))
	onward := Mul(length, factor)
	onward = Where(LogicalAnd(last, good), Max(onward, s[3]), onward) // a step that was cut short says nothing against longer ones
	return []*Node{
		Where(wide(good, x), high, x), Where(wide(good, x), low, before), Where(good, next, lambda), onward,
		Add(s[4], Where(good, one, none)), Add(s[5], Where(good, none, one)),
	}
}

// pair is a step of the lower and of the higher order, from the same evaluations.
func (a Adaptive) pair(d diffusion.Denoiser, x, lambda, h *Node) (low, high *Node) {
	at := func(lambda *Node) diffusion.Level { return a.level(lambda, dtypes.Float64) }
	as := func(l diffusion.Level) diffusion.Level { return levelIn(l, x.DType()) }
	s, t := at(lambda), at(Add(lambda, h))
	from := func(to diffusion.Level, h *Node, epsilon *Node, more ...*Node) *Node { // α_t/α_s x - σ_t (e^h - 1) ε - …
		y := Sub(Mul(ConvertDType(Div(to.Alpha, s.Alpha), x.DType()), x), Mul(ConvertDType(Mul(to.Sigma, Expm1(h)), x.DType()), epsilon))
		for i := 0; i < len(more); i += 2 {
			y = Sub(y, Mul(ConvertDType(Mul(to.Sigma, more[i]), x.DType()), more[i+1]))
		}
		return y
	}
	e0 := d.At(diffusion.Epsilon, x, as(s))
	slope := func(h *Node) *Node { return AddScalar(Div(Expm1(h), h), -1) } // h φ_2(h)
	if a.Order == 2 {
		m := at(Add(lambda, MulScalar(h, 0.5)))
		e1 := d.At(diffusion.Epsilon, from(m, MulScalar(h, 0.5), e0), as(m))
		return from(t, h, e0), from(t, h, e0, Expm1(h), Sub(e1, e0))
	}
	h1, h2 := MulScalar(h, 1./3), MulScalar(h, 2./3)
	m1, m2 := at(Add(lambda, h1)), at(Add(lambda, h2))
	e1 := d.At(diffusion.Epsilon, from(m1, h1, e0), as(m1))
	d1 := Sub(e1, e0)
	e2 := d.At(diffusion.Epsilon, from(m2, h2, e0, MulScalar(slope(h2), 2), d1), as(m2))
	low = from(t, h, e0, MulScalar(Expm1(h), 1.5), d1)
	return low, from(t, h, e0, MulScalar(slope(h), 1.5), Sub(e2, e0))
}

// level is that of λ, in a type.
func (a Adaptive) level(lambda *Node, dtype dtypes.DType) diffusion.Level {
	return levelIn(diffusion.LevelAt(a.Schedule, diffusion.TimeNodes(a.Schedule, lambda)), dtype)
}

func levelIn(l diffusion.Level, dtype dtypes.DType) diffusion.Level {
	c := func(v *Node) *Node { return ConvertDType(v, dtype) }
	return diffusion.Level{T: c(l.T), Alpha: c(l.Alpha), Sigma: c(l.Sigma), DAlpha: c(l.DAlpha), DSigma: c(l.DSigma)}
}
