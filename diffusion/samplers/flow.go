package samplers

import (
	"fmt"
	"math"
	"slices"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// Tableau names an explicit Runge-Kutta method. The zero value is [Euler].
type Tableau string

// The methods. Source: Hairer et al. 1993, section II.1. bib: hairer1993nonstiff
const (
	Euler         Tableau = "" // of order 1
	Midpoint      Tableau = "midpoint"
	HeunTwo       Tableau = "heun"
	Kutta3        Tableau = "kutta3"
	RungeKutta4   Tableau = "rk4"
	ThreeEighths4 Tableau = "three-eighths"
)

// butcher is a tableau.
type butcher struct {
	c     []float64
	a     [][]float64
	b     []float64
	order int
}

func (t Tableau) butcher() (butcher, bool) {
	b, ok := map[Tableau]butcher{
		Euler:         {[]float64{0}, [][]float64{{}}, []float64{1}, 1},
		Midpoint:      {[]float64{0, .5}, [][]float64{{}, {.5}}, []float64{0, 1}, 2},
		HeunTwo:       {[]float64{0, 1}, [][]float64{{}, {1}}, []float64{.5, .5}, 2},
		Kutta3:        {[]float64{0, .5, 1}, [][]float64{{}, {.5}, {-1, 2}}, []float64{1. / 6, 4. / 6, 1. / 6}, 3},
		RungeKutta4:   {[]float64{0, .5, .5, 1}, [][]float64{{}, {.5}, {0, .5}, {0, 0, 1}}, []float64{1. / 6, 2. / 6, 2. / 6, 1. / 6}, 4},
		ThreeEighths4: {[]float64{0, 1. / 3, 2. / 3, 1}, [][]float64{{}, {1. / 3}, {-1. / 3, 1}, {1, -1, 1}}, []float64{1. / 8, 3. / 8, 3. / 8, 1. / 8}, 4},
	}[t]
	return b, ok
}

// Flow follows the velocity dx/dt with an explicit Runge-Kutta method in t: the samplers of flow matching and rectified flows. Steps
// are of equal evaluations; of those that are left the last step is Euler's, once for each.
//
// Source: Hairer et al. 1993, section II.1, on Liu et al. 2023, arXiv:2209.03003, section 2. bib: hairer1993nonstiff, liu2023flow
type Flow struct{ Tableau Tableau }

// Validate says what is wrong.
func (f Flow) Validate() error {
	if _, ok := f.Tableau.butcher(); !ok {
		return fmt.Errorf("samplers: Flow.Tableau = %q, want empty, %q, %q, %q, %q or %q", string(f.Tableau), Midpoint, HeunTwo, Kutta3, RungeKutta4, ThreeEighths4)
	}
	return nil
}

// Info is of the tableau's order.
func (f Flow) Info() Info {
	b, _ := f.Tableau.butcher()
	name := string(f.Tableau)
	if f.Tableau == Euler {
		name = "euler"
	}
	return Info{Name: "flow " + name, Order: b.order, Least: 1, Bib: "liu2023flow"}
}

func (f Flow) evaluations(nfe int) []int {
	b, _ := f.Tableau.butcher()
	n := slices.Repeat([]int{len(b.b)}, nfe/len(b.b))
	return append(n, ones(nfe%len(b.b))...)
}

func (f Flow) table(sch diffusion.Schedule, points []point, evaluations []int) diffusion.Table {
	r := newRows(diffusion.Velocity)
	full, _ := f.Tableau.butcher()
	for i, s := range points[:len(points)-1] {
		t, b := points[i+1], full
		if t.Sigma == 0 && math.Abs(t.T-s.T) == 0 { // the step of ToZero, which no time belongs to
			r.finish(s, toData(s))
			continue
		}
		if evaluations[i] == 1 {
			b, _ = Euler.butcher()
		}
		dt := t.T - s.T
		at := func(k int) point {
			if b.c[k] == 0 {
				return s
			}
			return diffusion.At(sch, s.T+b.c[k]*dt)
		}
		times := func(a []float64, k int) []float64 { // a of evaluations 0 … k-1, the latest first
			d := make([]float64, k)
			for j, v := range a {
				d[k-1-j] = v * dt
			}
			return d
		}
		last := len(b.b) - 1
		for k := range last {
			r.stage(at(k), combination{X: 1, D: times(b.a[k+1], k+1)})
		}
		r.finish(at(last), combination{X: 1, D: times(b.b, last+1)})
	}
	return r.Table
}

// toData is x0 of the velocity u: (σ' x - σ u)/(α σ' - σ α').
func toData(s point) combination {
	w := s.Alpha*s.DSigma - s.Sigma*s.DAlpha
	return combination{X: s.DSigma / w, D: []float64{-s.Sigma / w}}
}
