package samplers

import (
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// Churn adds noise before a step and takes as much more away in it: the level Λ = σ/α goes up to Λ + γ Λ first, with γ the lesser of
// Churn/steps and √2 - 1 where Λ is between Low and High, and 0 elsewhere. The zero value adds none.
//
// At the noise end Λ goes above all levels that a network was trained on, unless High is below it by a factor of √2.
type Churn struct {
	Churn     float64 // S_churn ≥ 0
	Low, High float64 // S_min and S_max; both 0: everywhere
	Noise     float64 // S_noise, the deviation of the noise that is added; 0: 1
}

func (c Churn) validate(name string) error {
	if !(c.Churn >= 0) || !(c.Low >= 0) || !(c.High >= c.Low) || !(c.Noise >= 0) || math.IsInf(c.Churn+c.Noise, 0) {
		return fmt.Errorf("samplers: %s.Churn = %+v, want Churn and Noise of 0 or more and 0 ≤ Low ≤ High", name, c)
	}
	return nil
}

// title is the name of a method with churn.
func (c Churn) title(name string) string {
	if c.Churn == 0 {
		return name
	}
	return fmt.Sprintf("%s, churn %v", name, c.Churn)
}

// raised is the point from which a step from s starts, and the noise that leads there from s.
func (c Churn) raised(sch diffusion.Schedule, s point, steps int) (from point, scale, noise float64) {
	level := s.Ratio()
	if c.Churn == 0 || c.High > 0 && (level < c.Low || level > c.High) {
		return s, 1, 0
	}
	up := level * (1 + min(c.Churn/float64(steps), math.Sqrt2-1))
	from = diffusion.AtLambda(sch, -math.Log(up))
	deviation := c.Noise
	if deviation == 0 {
		deviation = 1
	}
	return from, from.Alpha / s.Alpha, from.Alpha * deviation * math.Sqrt(up*up-level*level)
}

// Heun makes steps of Heun's method on x/α in Λ = σ/α, with churn the stochastic sampler of EDM. A step with one evaluation, as that
// to no noise has, is Euler's.
//
// Differs from the source: for any schedule, on x/α. With churn a noise of its own before each step.
// Source: Karras et al. 2022, arXiv:2206.00364, algorithms 1 and 2. bib: karras2022elucidating
type Heun struct{ Churn Churn }

// Validate says what is wrong.
func (h Heun) Validate() error { return h.Churn.validate("Heun") }

// Info is of order 2.
func (h Heun) Info() Info {
	return Info{Name: h.Churn.title("EDM Heun"), Order: 2, Stochastic: h.Churn.Churn > 0, Least: 1, Bib: "karras2022elucidating"}
}

func (Heun) evaluations(nfe int) []int { return groups(nfe, 2) }

func (h Heun) table(sch diffusion.Schedule, points []point, evaluations []int) diffusion.Table {
	return churned(sch, points, evaluations, h.Churn, func(r *rows, s, t point, last combination) {
		d := t.Alpha * (t.Ratio() - s.Ratio()) / 2
		r.stage(s, overRatio(s, t))
		r.end(t, combination{X: t.Alpha / s.Alpha, D: []float64{d, d}}, last)
	})
}

// DPM2 makes steps of the midpoint method on x/α in Λ = σ/α, with the middle in log Λ, and churn as [Heun] has.
//
// Differs from the source: for any schedule, on x/α; the middle in log Λ is that of the program k-diffusion.
// Source: Karras et al. 2022, arXiv:2206.00364, algorithm 3 and appendix D.2, at α = 1/2. bib: karras2022elucidating
type DPM2 struct{ Churn Churn }

// Validate says what is wrong.
func (d DPM2) Validate() error { return d.Churn.validate("DPM2") }

// Info is of order 2.
func (d DPM2) Info() Info {
	return Info{Name: d.Churn.title("DPM-2"), Order: 2, Stochastic: d.Churn.Churn > 0, Least: 1, Bib: "karras2022elucidating"}
}

func (DPM2) evaluations(nfe int) []int { return groups(nfe, 2) }

func (d DPM2) table(sch diffusion.Schedule, points []point, evaluations []int) diffusion.Table {
	return churned(sch, points, evaluations, d.Churn, func(r *rows, s, t point, last combination) {
		m := diffusion.AtLambda(sch, (s.Lambda()+t.Lambda())/2)
		r.stage(s, overRatio(s, m))
		r.end(m, overRatio(s, t), last)
	})
}

// overRatio is Euler's step on x/α in σ/α.
func overRatio(s, t point) combination {
	return combination{X: t.Alpha / s.Alpha, D: []float64{t.Alpha * (t.Ratio() - s.Ratio())}}
}

// end finishes a step, and scales and adds the noise that the next one starts with.
func (r *rows) end(at point, x, after combination) {
	x.X *= after.X
	for k := range x.D {
		x.D[k] *= after.X
	}
	x.Noise, x.From, x.To = after.Noise, after.From, after.To
	r.finish(at, x)
}

// churned are steps with churn. The noise of a step is added at the end of the one before it, or at the start.
func churned(sch diffusion.Schedule, points []point, evaluations []int, c Churn, two func(r *rows, s, t point, last combination)) diffusion.Table {
	r := newRows(diffusion.Epsilon)
	steps := len(points) - 1
	before := func(i int) (from point, add combination) {
		if i == steps {
			return points[i], combination{X: 1}
		}
		from, scale, noise := c.raised(sch, points[i], steps)
		// The levels between which noise is added may overlap with those of other steps; the steps do not.
		return from, combination{X: scale, Noise: noise, From: points[i].Lambda(), To: points[i+1].Lambda()}
	}
	s, add := before(0)
	r.Start = add
	for i, n := range evaluations {
		t := points[i+1]
		next, add := before(i + 1)
		if n == 1 {
			r.end(s, overRatio(s, t), add)
		} else {
			two(r, s, t, add)
		}
		s = next
	}
	return r.Table
}

// AncestralDPM2 is the midpoint method on x/α to a lower level of noise, then noise up to the wanted one, of a share Eta of the
// ancestral step's.
//
// Differs from the source: a published program, not a paper; for any schedule, on x/α. The levels are those of DDIM with the same η.
// Source: the program k-diffusion, sample_dpm_2_ancestral; levels of Song et al. 2021, arXiv:2010.02502, eq. (16). bib: song2021ddim
type AncestralDPM2 struct {
	Eta float64 // 0 ≤ Eta ≤ 1
}

// Validate says what is wrong.
func (a AncestralDPM2) Validate() error { return wantShare("AncestralDPM2.Eta", a.Eta) }

// Info is of order 2, with noise too: exact steps to the lower level keep the distribution, as does the noise.
func (a AncestralDPM2) Info() Info {
	return Info{Name: withEta("DPM-2 ancestral", a.Eta), Order: 2, Stochastic: a.Eta > 0, Least: 1, Bib: "song2021ddim"}
}

func (AncestralDPM2) evaluations(nfe int) []int { return groups(nfe, 2) }

func (a AncestralDPM2) table(sch diffusion.Schedule, points []point, evaluations []int) diffusion.Table {
	return lowered(diffusion.Epsilon, points, evaluations, a.Eta, func(r *rows, s, down point, up combination) {
		m := diffusion.AtLambda(sch, (s.Lambda()+down.Lambda())/2)
		r.stage(s, overRatio(s, m))
		r.end(m, overRatio(s, down), up)
	})
}

// AncestralDPMSolverPP is a single step of DPM-Solver++ of order 2 to a lower level of noise, then noise as [AncestralDPM2] adds it.
//
// Differs from the source: a published program, not a paper; for any schedule.
// Source: the program k-diffusion, sample_dpmpp_2s_ancestral, on Lu et al. 2022, arXiv:2211.01095, algorithm 1. bib: lu2022dpmsolverpp
type AncestralDPMSolverPP struct {
	Eta float64 // 0 ≤ Eta ≤ 1
}

// Validate says what is wrong.
func (a AncestralDPMSolverPP) Validate() error { return wantShare("AncestralDPMSolverPP.Eta", a.Eta) }

// Info is of order 2, with noise too: exact steps to the lower level keep the distribution, as does the noise.
func (a AncestralDPMSolverPP) Info() Info {
	return Info{Name: withEta("DPM-Solver++-2S ancestral", a.Eta), Order: 2, Stochastic: a.Eta > 0, Least: 1, Bib: "lu2022dpmsolverpp"}
}

func (AncestralDPMSolverPP) evaluations(nfe int) []int { return groups(nfe, 2) }

func (a AncestralDPMSolverPP) table(sch diffusion.Schedule, points []point, evaluations []int) diffusion.Table {
	e := exponential{prediction: diffusion.X0}
	return lowered(diffusion.X0, points, evaluations, a.Eta, func(r *rows, s, down point, up combination) {
		h := down.Lambda() - s.Lambda()
		m := diffusion.AtLambda(sch, s.Lambda()+h/2)
		r.stage(s, e.first(s, m))
		// The data prediction at the middle stands for the whole step.
		r.end(m, e.to(s, down, []float64{e.moments(s, down, 1)[0], 0}), up)
	})
}

// lowered are steps to a lower level of noise, in two evaluations, or in one by Euler's method, followed by noise.
func lowered(p diffusion.Prediction, points []point, evaluations []int, eta float64, two func(r *rows, s, down point, up combination)) diffusion.Table {
	r := newRows(p)
	for i, s := range points[:len(points)-1] {
		t := points[i+1]
		if evaluations[i] == 1 {
			c := exponential{prediction: p}.first(s, t)
			if t.Sigma > 0 && eta > 0 {
				down, up := split(s, t, eta)
				c = exponential{prediction: p}.first(s, down)
				c.Noise, c.From, c.To = up.Noise, up.From, up.To
			}
			r.finish(s, c)
			continue
		}
		down, up := split(s, t, eta)
		two(r, s, down, up)
	}
	return r.Table
}

// split is the lower level of noise of an ancestral step, with t's α, and the noise that leads from it to t.
func split(s, t point, eta float64) (down point, up combination) {
	c := ancestral(s, t, eta, eta)
	down = point{T: t.T, Alpha: t.Alpha, Sigma: math.Sqrt(max(t.Sigma*t.Sigma-c.Noise*c.Noise, 0))}
	return down, combination{X: 1, Noise: c.Noise, From: c.From, To: c.To}
}

// StochasticDPMSolverPP is a step of DPM-Solver++ in two evaluations with noise in both, from one Brownian path.
//
// Differs from the source: a published program, not a paper; for any schedule.
// Source: the program k-diffusion, sample_dpmpp_sde, on Lu et al. 2022, arXiv:2211.01095. bib: lu2022dpmsolverpp
type StochasticDPMSolverPP struct {
	Eta float64 // share of the ancestral step's noise, above 0 and at most 1
}

// Validate lists what is wrong.
func (d StochasticDPMSolverPP) Validate() error {
	err := wantShare("StochasticDPMSolverPP.Eta", d.Eta)
	if d.Eta == 0 {
		err = errors.Join(err, errors.New("samplers: StochasticDPMSolverPP.Eta = 0, want it above 0, or AncestralDPMSolverPP for no noise"))
	}
	return err
}

// Info is of order 2.
func (d StochasticDPMSolverPP) Info() Info {
	return Info{Name: withEta("DPM-Solver++ SDE", d.Eta), Order: 2, Stochastic: true, Least: 1, Bib: "lu2022dpmsolverpp"}
}

func (StochasticDPMSolverPP) alongPath() bool { return true }

func (StochasticDPMSolverPP) evaluations(nfe int) []int { return groups(nfe, 2) }

func (d StochasticDPMSolverPP) table(sch diffusion.Schedule, points []point, evaluations []int) diffusion.Table {
	e := exponential{prediction: diffusion.X0}
	return lowered(diffusion.X0, points, evaluations, d.Eta, func(r *rows, s, down point, up combination) {
		t := point{T: down.T, Alpha: down.Alpha, Sigma: math.Hypot(down.Sigma, up.Noise)}
		m := diffusion.AtLambda(sch, (s.Lambda()+t.Lambda())/2)
		low, noise := split(s, m, d.Eta)
		c := e.first(s, low)
		c.Noise, c.From, c.To = noise.Noise, noise.From, noise.To
		r.stage(s, c)
		r.end(m, e.to(s, down, []float64{e.moments(s, down, 1)[0], 0}), up)
	})
}
