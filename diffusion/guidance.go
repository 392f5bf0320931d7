package diffusion

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ClassifierFree guides by a denoiser that knows the condition against one that does not: ε = ε_u + scale (ε_c - ε_u). Scale 0 is
// without the condition, 1 is the condition alone, above 1 stresses it.
//
// Differs from the source: its w is scale - 1.
// Panics: without either denoiser; if they were trained with different schedules.
// Cost:   both denoisers: the total NFE is the sum of theirs, twice the sequential NFE for two networks.
// Source: Ho & Salimans 2022, arXiv:2207.12598, eq. (6). bib: ho2022classifierfree
func ClassifierFree(conditional, unconditional Denoiser, scale float64) Denoiser {
	if conditional.Predict == nil {
		exceptions.Panicf("diffusion: ClassifierFree without a condition: conditional.Predict = nil, want the denoiser that knows the condition")
	}
	if unconditional.Predict == nil {
		exceptions.Panicf("diffusion: ClassifierFree: unconditional.Predict = nil, want the denoiser without the condition")
	}
	wantScale("ClassifierFree", scale)
	n := len(conditional.Args)
	args := append(append([]*Node{}, conditional.Args...), unconditional.Args...)
	// The predictions are affine in each other with what x adds alike for both, so that the rule holds for each; both are brought to
	// that of the conditional one.
	out := Denoiser{Prediction: conditional.Prediction, Args: args, Calls: conditional.Total(1) + unconditional.Total(1), Schedule: conditional.Schedule}
	if out.Schedule == nil {
		out.Schedule = unconditional.Schedule
	} else if err := unconditional.Knows(someOf(out.Schedule)...); err != nil {
		exceptions.Panicf("%v", err)
	}
	out.Predict = func(x *Node, at Level, args []*Node) *Node {
		c := conditional.With(args[:n]).At(conditional.Prediction, x, at)
		u := unconditional.With(args[n:]).At(conditional.Prediction, x, at)
		return Add(u, MulScalar(Sub(c, u), scale))
	}
	return out
}

// someOf are points of a schedule, its ends among them.
func someOf(s Schedule) []Point {
	noise, data := s.Ends()
	var points []Point
	for _, part := range []float64{0, 0.3, 0.7, 1} {
		points = append(points, At(s, noise+(data-noise)*part))
	}
	return points
}

// Classifier guides by the gradient of log p(y|x) of noisy data: score + scale ∇ log p(y|x).
//
// Shapes: logP returns [batch], of the x, level and its args.
// Panics: without a denoiser or logP.
// Cost:   the denoiser, and logP with its gradient. NFE, sequential and total, is the denoiser's: logP does not count.
// Source: Dhariwal & Nichol 2021, arXiv:2105.05233, section 4. bib: dhariwal2021beat
func Classifier(d Denoiser, logP func(x *Node, at Level, args []*Node) *Node, args []*Node, scale float64) Denoiser {
	if logP == nil {
		exceptions.Panicf("diffusion: Classifier without a condition: logP = nil, want log p(y|x) of each sample")
	}
	return guided("Classifier", d, args, scale, func(d Denoiser, x *Node, at Level, args []*Node) (epsilon, log *Node) {
		return d.At(Epsilon, x, at), logP(x, at, args)
	})
}

// Posterior guides by the likelihood of clean data, at what the denoiser makes of x: score + scale ∇_x log p(y|E[x0|x]). It is exact
// as the noise vanishes alone; before, the mean stands for all that x0 may be.
//
// Shapes: logP returns [batch], of clean data, the level and its args.
// Panics: without a denoiser or logP.
// Cost:   the denoiser and logP with their gradients. NFE, sequential and total, is the denoiser's: the reverse pass through it, of about
// twice the work of an evaluation, does not count, nor does logP.
// Differs from the source: scale multiplies the gradient of a log-likelihood, not of the residual's norm.
// Source: Chung et al. 2023, arXiv:2209.14687, section 3. bib: chung2023posterior
func Posterior(d Denoiser, logP func(x0 *Node, at Level, args []*Node) *Node, args []*Node, scale float64) Denoiser {
	if logP == nil {
		exceptions.Panicf("diffusion: Posterior without a condition: logP = nil, want log p(y|x0) of each sample")
	}
	return guided("Posterior", d, args, scale, func(d Denoiser, x *Node, at Level, args []*Node) (epsilon, log *Node) {
		x0 := d.At(X0, x, at)
		return Convert(X0, Epsilon, x0, x, at), logP(x0, at, args)
	})
}

// guided is a denoiser of ε - scale σ ∇ log.
func guided(name string, d Denoiser, args []*Node, scale float64,
	of func(d Denoiser, x *Node, at Level, args []*Node) (epsilon, log *Node),
) Denoiser {
	if d.Predict == nil {
		exceptions.Panicf("diffusion: %s: Denoiser.Predict = nil, want the denoiser to guide", name)
	}
	wantScale(name, scale)
	n := len(d.Args)
	all := append(append([]*Node{}, d.Args...), args...)
	return Denoiser{Prediction: Epsilon, Args: all, Calls: d.Calls, Schedule: d.Schedule, Predict: func(x *Node, at Level, args []*Node) *Node {
		epsilon, log := of(d.With(args[:n]), x, at, args[n:])
		if log.Rank() != 1 || log.Shape().Dim(0) != x.Shape().Dim(0) {
			exceptions.Panicf("diffusion: %s: logP gave %s, want [%d], one number a sample", name, log.Shape(), x.Shape().Dim(0))
		}
		pull := Gradient(ReduceAllSum(log), x)[0]
		return Sub(epsilon, MulScalar(Mul(at.Sigma, pull), scale))
	}}
}

func wantScale(name string, scale float64) {
	if math.IsNaN(scale) || math.IsInf(scale, 0) {
		exceptions.Panicf("diffusion: %s: scale = %v, want a finite number", name, scale)
	}
}
