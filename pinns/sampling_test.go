package pinns_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// moved are the points inside the domain, flat: those of the start, and those after each of some steps, or of some refreshments.
func moved(t *testing.T, s pinns.Solver, steps int, refresh bool) [][]float64 {
	t.Helper()
	next, whole := check.Steps(t, s, 5, func(step *zoo.Step) []*Node {
		if refresh {
			s.Refresh(step)
		} else {
			s.Loss(step)
		}
		return []*Node{s.Moved(step.Scope, step.Whole[0])}
	})
	out := [][]float64{check.Floats(whole[0])}
	for range steps {
		out = append(out, check.Floats(next()[0]))
	}
	return out
}

// sized is a solver of u = x on a domain, with the unknown 0, so that |r| is |x|.
func sized(d geometry.Domain, n int, sampling pinns.Sampling) pinns.Solver {
	p := pinns.Problem{Equations: []string{"u = x"}, Coordinates: []string{"x", "y", "z"}[:d.Dims()], Unknowns: []string{"u"}, Domain: d}
	for _, part := range d.Boundary() {
		if !slices.Contains(p.Open, part.Name) {
			p.Open = append(p.Open, part.Name)
		}
	}
	zero := formula{p.Coordinates, []string{"0*x"}}
	return pinns.Solver{Network: zero, Problem: p, Inputs: p.Coordinates, Interior: n, Sampling: sampling, Sampler: geometry.Uniform{Seed: 2}}
}

// kolmogorov is the largest distance of an empirical distribution from another.
func kolmogorov(values []float64, cdf func(x float64) float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	worst, n := 0.0, float64(len(sorted))
	for i, x := range sorted {
		worst = max(worst, math.Abs(cdf(x)-float64(i)/n), math.Abs(cdf(x)-float64(i+1)/n))
	}
	return worst
}

// ksLimit is what a distance of n values exceeds once in 10,000 times: √(ln(2/10⁻⁴)/2n).
func ksLimit(n int) float64 { return math.Sqrt(math.Log(2e4) / (2 * float64(n))) }

func TestEveryStepIsUniform(t *testing.T) {
	t.Run("box", func(t *testing.T) {
		s := sized(geometry.Box{Low: []float64{-1, 2}, High: []float64{3, 2.5}}, 500, pinns.EveryStep{})
		var x, y []float64
		all := moved(t, s, 4, false)
		for k, points := range all[1:] {
			if slices.Equal(points, all[k]) {
				t.Fatalf("step %d has the points of the step before", k+1)
			}
			for p := range slices.Chunk(points, 2) {
				x, y = append(x, (p[0]+1)/4), append(y, (p[1]-2)/0.5)
			}
		}
		for name, v := range map[string][]float64{"x": x, "y": y} {
			if d := kolmogorov(v, func(x float64) float64 { return min(max(x, 0), 1) }); d > ksLimit(len(v)) {
				t.Errorf("%s is %v from uniform, want at most %v", name, d, ksLimit(len(v)))
			}
		}
	})
	t.Run("disc", func(t *testing.T) {
		s := sized(geometry.Disk(1, 0, 2), 500, pinns.EveryStep{})
		var radius, angle []float64
		for _, points := range moved(t, s, 4, false)[1:] {
			for p := range slices.Chunk(points, 2) {
				radius, angle = append(radius, math.Hypot(p[0]-1, p[1])/2), append(angle, math.Atan2(p[1], p[0]-1)/(2*math.Pi)+0.5)
			}
		}
		if d := kolmogorov(radius, func(r float64) float64 { return min(r*r, 1) }); d > ksLimit(len(radius)) {
			t.Errorf("the radius is %v from uniform by area, want at most %v", d, ksLimit(len(radius)))
		}
		if d := kolmogorov(angle, func(a float64) float64 { return a }); d > ksLimit(len(angle)) {
			t.Errorf("the angle is %v from uniform, want at most %v", d, ksLimit(len(angle)))
		}
	})
}

// The density of RAD's points is that of its formula: |r|^k/mean(|r|^k) + c, over 1 + c.
func TestRADFollowsItsFormula(t *testing.T) {
	for _, c := range []struct {
		name string
		rad  pinns.RAD
		cdf  func(x float64) float64 // of |r| = x on [0, 1]
	}{
		{"default", pinns.RAD{Period: 1, Pool: 20000}, func(x float64) float64 { return (x*x + x) / 2 }},
		{"exponent", pinns.RAD{Period: 1, Pool: 20000, Exponent: 2, Offset: 0.5}, func(x float64) float64 { return (x*x*x + 0.5*x) / 1.5 }},
		{"nearly even", pinns.RAD{Period: 1, Pool: 20000, Offset: 1000}, func(x float64) float64 { return (x*x + 1000*x) / 1001 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sized(geometry.Interval{Low: 0, High: 1}, 500, c.rad)
			var all []float64
			for _, points := range moved(t, s, 4, true)[1:] {
				all = append(all, points...)
			}
			// Drawn without putting back, 500 of 20,000, the density is a hundredth flatter, below the limit of 0.05.
			if d := kolmogorov(all, c.cdf); d > ksLimit(len(all)) {
				t.Errorf("the points are %v from the formula, want at most %v", d, ksLimit(len(all)))
			}
			if d := kolmogorov(all, func(x float64) float64 { return x }); c.name != "nearly even" && d < ksLimit(len(all)) {
				t.Errorf("the points are only %v from uniform: the test cannot tell", d)
			}
		})
	}
	if got := moved(t, sized(geometry.Interval{Low: 0, High: 1}, 50, pinns.RAD{Period: 7}), 2, false); !slices.Equal(got[0], got[2]) {
		t.Error("RAD moves points in a step, want them to stay between refreshments")
	}
}

// RAR puts the worst candidates in the place of the points with the smallest residuals.
func TestRARExchangesTheRightPoints(t *testing.T) {
	const n, add = 40, 6
	s := sized(geometry.Interval{Low: 0, High: 1}, n, pinns.RAR{Period: 1, Add: add, Pool: 2000})
	all := moved(t, s, 2, true)
	for k := range 2 {
		old := slices.Sorted(slices.Values(all[k]))
		added := slices.DeleteFunc(slices.Clone(all[k+1]), func(x float64) bool { return slices.Contains(old[add:], x) })
		if len(all[k+1]) != n || len(added) != add {
			t.Fatalf("change %d: %d points are new, want %d, with all but the smallest residuals kept", k, len(added), add)
		}
		// The sixth largest of 2000 uniform numbers is below 0.99 once in 10⁴ times.
		if least := slices.Min(added); least < 0.99 {
			t.Errorf("change %d: added points from %v on, want the worst of 2000 candidates", k, least)
		}
	}
	whole := sized(geometry.Interval{Low: 0, High: 1}, 8, pinns.RAR{Period: 1, Add: 8})
	if got := moved(t, whole, 1, true); len(got[1]) != 8 || slices.Min(got[1]) < slices.Min(got[0]) {
		t.Errorf("all points exchanged: %v after %v", got[1], got[0])
	}
}

func TestSlicesAreInOrder(t *testing.T) {
	for _, anew := range []bool{false, true} {
		s := sized(geometry.Cylinder(geometry.Interval{Low: -1, High: 1}, 1, 3), 32, pinns.Slices{Times: 8, Anew: anew})
		s.Problem.Coordinates = []string{"x", "t"}
		s.Problem.Open = []string{"x=-1", "x=1", "initial"}
		s.Network, s.Inputs = formula{[]string{"x", "t"}, []string{"0*x"}}, []string{"x", "t"}
		all := moved(t, s, 2, false)
		if anew == slices.Equal(all[1], all[0]) {
			t.Errorf("Anew = %v: the points after a step are the same: %v", anew, !anew)
		}
		for k, points := range all {
			for i := range 8 {
				low, high := 1+0.25*float64(i), 1+0.25*float64(i+1)
				for j := range 4 {
					x, time := points[8*i+2*j], points[8*i+2*j+1]
					if time != points[8*i+1] || time < low || time > high {
						t.Fatalf("Anew = %v, step %d, slice %d: time %v, want one time between %v and %v", anew, k, i, time, low, high)
					}
					if x < -1 || x > 1 {
						t.Fatalf("Anew = %v, step %d: x = %v, outside", anew, k, x)
					}
				}
			}
		}
	}
}

func TestBadSamplings(t *testing.T) {
	for _, c := range []struct {
		sampling pinns.Sampling
		want     []string
	}{
		{pinns.RAD{Pool: -1, Exponent: -1}, []string{"RAD.Period = 0", "RAD.Pool = -1", "Exponent = -1"}},
		{pinns.RAD{Period: 1, Offset: math.NaN()}, []string{"Offset = NaN"}},
		{pinns.RAR{Period: 1}, []string{"RAR.Add = 0"}},
		{pinns.Slices{}, []string{"Slices.Times = 0"}},
	} {
		err := c.sampling.Validate()
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%#v: error %v, want one with %q", c.sampling, err, want)
			}
		}
	}
	domain := geometry.Cylinder(geometry.Interval{Low: 0, High: 1}, 0, 1)
	if _, err := (pinns.Slices{Times: 3}).Start(domain, 8); err == nil || !strings.Contains(err.Error(), "want a multiple") {
		t.Errorf("8 points in 3 slices: error %v", err)
	}
}
