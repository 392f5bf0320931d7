package diffusion

import (
	"fmt"
	"math"
)

// Grid says where steps end.
type Grid interface {
	Validate() error
	// Times are the n+1 times of n steps of a schedule, from the first to the last, which are among them.
	//
	// Errors: where the grid has no such times for the schedule.
	Times(s Schedule, first, last float64, n int) ([]float64, error)
}

// UniformLambda has steps of equal length in λ: the grid on which samplers keep their order best.
//
// Source: Lu et al. 2022, arXiv:2206.00927. bib: lu2022dpmsolver
type UniformLambda struct{}

// Validate finds nothing wrong.
func (UniformLambda) Validate() error { return nil }

// Times are equally spaced in λ.
func (UniformLambda) Times(s Schedule, first, last float64, n int) ([]float64, error) {
	return spaced(s, first, last, n, "UniformLambda", func(lambda float64) float64 { return lambda }, func(v float64) float64 { return v })
}

// Karras has steps of equal length in (σ/α)^(1/ρ); large ρ has more of them where there is little noise.
//
// Source: Karras et al. 2022, arXiv:2206.00364, eq. (5). bib: karras2022elucidating
type Karras struct {
	Rho float64 // above 0; 7 in the source
}

// Validate says what is wrong.
func (k Karras) Validate() error { return wantExponent("Karras.Rho", k.Rho) }

func wantExponent(name string, v float64) error {
	if !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("diffusion: %s = %v, want it above 0", name, v)
	}
	return nil
}

// Times are equally spaced in (σ/α)^(1/ρ).
func (k Karras) Times(s Schedule, first, last float64, n int) ([]float64, error) {
	return spaced(s, first, last, n, "Karras",
		func(lambda float64) float64 { return math.Exp(-lambda / k.Rho) }, func(v float64) float64 { return -k.Rho * math.Log(v) })
}

// spaced are times equally spaced in a function of λ.
func spaced(s Schedule, first, last float64, n int, name string, of, inverse func(float64) float64) ([]float64, error) {
	from, to := At(s, first).Lambda(), At(s, last).Lambda()
	if !finite(from) || !finite(to) {
		return nil, fmt.Errorf("diffusion: %s from t = %v to %v, where log α/σ is %v and %v: want times at which neither α nor σ is 0, or a grid in time", name, first, last, from, to)
	}
	a, b := of(from), of(to)
	return between(first, last, n, func(part float64) float64 { return s.Time(inverse(a + (b-a)*part)) }), nil
}

// between are n+1 times, the ends as they are given.
func between(first, last float64, n int, at func(part float64) float64) []float64 {
	ts := make([]float64, n+1)
	for i := range ts {
		ts[i] = at(float64(i) / float64(n))
	}
	ts[0], ts[n] = first, last
	return ts
}

// UniformTime has steps of equal length in t.
type UniformTime struct{}

// Validate finds nothing wrong.
func (UniformTime) Validate() error { return nil }

// Times are equally spaced.
func (UniformTime) Times(_ Schedule, first, last float64, n int) ([]float64, error) {
	return between(first, last, n, func(part float64) float64 { return first + (last-first)*part }), nil
}

// PowerTime has steps of equal length in t^(1/p); p = 2 is the quadratic grid of DDIM, with short steps where t is small.
//
// Source: Song et al. 2021, arXiv:2010.02502, appendix D. bib: song2021ddim
type PowerTime struct {
	Power float64 // p above 0
}

// Validate says what is wrong.
func (p PowerTime) Validate() error { return wantExponent("PowerTime.Power", p.Power) }

// Times are equally spaced in t^(1/p).
func (p PowerTime) Times(_ Schedule, first, last float64, n int) ([]float64, error) {
	if first < 0 || last < 0 {
		return nil, fmt.Errorf("diffusion: PowerTime from t = %v to %v, want times of 0 or more", first, last)
	}
	a, b := math.Pow(first, 1/p.Power), math.Pow(last, 1/p.Power)
	return between(first, last, n, func(part float64) float64 { return math.Pow(a+(b-a)*part, p.Power) }), nil
}

// Listed are the times themselves.
type Listed []float64

// Validate says what is wrong.
func (l Listed) Validate() error {
	if len(l) < 2 {
		return fmt.Errorf("diffusion: Listed has %d times, want at least 2", len(l))
	}
	return nil
}

// Times are the times, if there are n+1 of them.
func (l Listed) Times(s Schedule, _, _ float64, n int) ([]float64, error) {
	if len(l) != n+1 {
		return nil, fmt.Errorf("diffusion: Listed has %d times, want %d for the sampler's %d steps", len(l), n+1, n)
	}
	return l, Inside(s, l...)
}
