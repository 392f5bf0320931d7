package datasets_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestLorenz96TwoScale: central differences of a trajectory fulfil the equations as the source writes them, with the neighbours across the
// blocks of Y; and the energy Σ X² + Σ Y² changes by friction and forcing alone, since h = 1 and b = c.
func TestLorenz96TwoScale(t *testing.T) {
	const k, j, dt = 16, 8, 1e-4
	set := load(t, datasets.Dynamics{System: datasets.Lorenz96TwoScale, Frames: 3, Train: 1, Test: 1, Seed: 5, Interval: dt})
	states := set.Test().Output.Values
	n := k + k*j
	before, now, after := states[:n], states[n:2*n], states[2*n:]
	x := func(i int) float64 { return now[(i+k)%k] }
	y := func(i int) float64 { return now[k+(i+k*j)%(k*j)] }
	var energy, power float64
	for i := range n {
		rate := (after[i] - before[i]) / (2 * dt)
		energy += now[i] * rate
		power -= now[i] * now[i]
		var want float64
		if i < k {
			want = x(i-1)*(x(i+1)-x(i-2)) - x(i) + 18
			for m := range j {
				want -= 1.0 * 10 / 10 * y(i*j+m)
			}
			power += 18 * now[i]
		} else {
			m := i - k
			want = -10*10*y(m+1)*(y(m+2)-y(m-1)) - 10*y(m) + 10.0/10*x(m/j)
			power -= 9 * now[i] * now[i]
		}
		if math.Abs(rate-want) > 1e-3*(10+math.Abs(want)) { // dt² times third derivatives, up to 1e5
			t.Errorf("state %d moves at %v, want %v", i, rate, want)
		}
	}
	if math.Abs(energy-power) > 1e-3*math.Abs(power)+1 { // the same
		t.Errorf("the energy changes at %v, want %v", energy, power)
	}
}

// TestLorenz96TwoScaleIsSettled: after the warm-up X and Y have the means and deviations that they have five units of time later, to sampling.
func TestLorenz96TwoScaleIsSettled(t *testing.T) {
	set := load(t, datasets.Dynamics{System: datasets.Lorenz96TwoScale, Frames: 10, Train: 1, Test: 10, Seed: 6, Interval: 0.5})
	pairs := set.Test()
	// moments of X (0) and Y (1) over all samples, at the start (-1) or a frame.
	moments := func(part, frame int) (mean, deviation float64) {
		var count, squares float64
		for s := range pairs.Len() {
			state := pairs.Input.Sample(s)
			if frame >= 0 {
				state = pairs.Output.Sample(s)[frame*144 : (frame+1)*144]
			}
			values := state[:16]
			if part == 1 {
				values = state[16:]
			}
			for _, v := range values {
				count, mean, squares = count+1, mean+v, squares+v*v
			}
		}
		mean /= count
		return mean, math.Sqrt(squares/count - mean*mean)
	}
	for part := range 2 {
		mean, deviation := moments(part, -1)
		lateMean, lateDeviation := moments(part, 9)
		t.Logf("%.3g ± %.3g, then %.3g ± %.3g", mean, deviation, lateMean, lateDeviation)
		if math.Abs(mean-lateMean) > 0.35*lateDeviation || math.Abs(deviation/lateDeviation-1) > 0.25 { // 160 values of X, correlated
			t.Errorf("part %d: %.3g ± %.3g at the start, %.3g ± %.3g later", part, mean, deviation, lateMean, lateDeviation)
		}
	}
}
