package datasets_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestDynamicsGolden ties the values to Dynamics.Version.
func TestDynamicsGolden(t *testing.T) {
	for _, s := range datasets.Systems() {
		// Two frames of chaos blow round-off up by less than ten, the warm-up of the attractors by exp(10) from 1e-12.
		checkGolden(t, datasets.Dynamics{System: s, Frames: 2, Train: 1, Test: 1, Seed: 1}, 1e-6)
	}
}

func TestDynamicsAreAccurate(t *testing.T) {
	for _, s := range datasets.Systems() {
		t.Run(string(s), func(t *testing.T) {
			got, err := datasets.Accuracy(t.Context(), datasets.Dynamics{System: s, Frames: 40, Train: 1, Test: 2, Seed: 3}, 2)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.2g", got)
			if !(got < 1e-8) { // what the documentation promises
				t.Errorf("error %.3g, want below 1e-8", got)
			}
		})
	}
}

// TestDynamicsKeepEnergy checks the mechanical systems, and Lotka and Volterra's, by what they keep.
func TestDynamicsKeepEnergy(t *testing.T) {
	for system, energy := range map[datasets.System]func(y []float64) float64{
		datasets.Pendulum:      func(y []float64) float64 { return y[1]*y[1]/2 - math.Cos(y[0]) },
		datasets.LotkaVolterra: func(y []float64) float64 { return y[0] - 3*math.Log(y[0]) + y[1] - 1.5*math.Log(y[1]) },
		datasets.DoublePendulum: func(y []float64) float64 {
			return y[2]*y[2] + y[3]*y[3]/2 + y[2]*y[3]*math.Cos(y[0]-y[1]) - 2*math.Cos(y[0]) - math.Cos(y[1])
		},
		datasets.NBody: func(y []float64) (sum float64) {
			for i := range 5 {
				for axis := range 3 {
					sum += y[15+3*i+axis] * y[15+3*i+axis] / 2
				}
				for j := range i {
					r2 := 0.04
					for axis := range 3 {
						r2 += math.Pow(y[3*i+axis]-y[3*j+axis], 2)
					}
					sum -= 1 / math.Sqrt(r2)
				}
			}
			return sum
		},
		datasets.WhiteDwarf: func(y []float64) float64 { return y[2] },
	} {
		set := load(t, datasets.Dynamics{System: system, Frames: 50, Train: 1, Test: 1, Seed: 2})
		first, later := set.Test().Input.Sample(0), set.Test().Output.Sample(0)
		n := len(first)
		want, moved := energy(first), 0.0
		for f := range 50 {
			y := later[f*n : (f+1)*n]
			if diff := math.Abs(energy(y) - want); diff > 1e-9*(1+math.Abs(want)) { // the tolerance, 1e-12 a step over some hundred steps
				t.Errorf("%s: the energy is off by %.2g at frame %d", system, diff, f)
				break
			}
			moved = max(moved, math.Abs(y[0]-first[0]))
		}
		if moved < 0.1 {
			t.Errorf("%s moved by %.2g only", system, moved)
		}
	}
}

// TestWhiteDwarfSurface: for C = 0.01 to 0.1 the surface, φ² = C, lies between η = 4.07 and 5.36. Source: the tables of Chandrasekhar 1939.
func TestWhiteDwarfSurface(t *testing.T) {
	set := load(t, datasets.Dynamics{System: datasets.WhiteDwarf, Frames: 53, Train: 1, Test: 3, Seed: 2})
	for i := range 3 {
		y := set.Test().Output.Sample(i)
		surface := -1
		for f := range 53 {
			if y[3*f]*y[3*f] <= y[3*f+2] {
				surface = f
				break
			}
		}
		if eta := 0.05 + 0.1*float64(surface+1); surface < 0 || eta < 4 || eta > 5.4 {
			t.Errorf("star %d with C = %.3g has its surface at %v", i, y[2], eta)
		}
	}
}

func TestDynamicsErrors(t *testing.T) {
	good := datasets.Dynamics{System: datasets.Pendulum, Frames: 1, Train: 1, Test: 1}
	for _, c := range []struct {
		change func(*datasets.Dynamics)
		want   string
	}{
		{func(d *datasets.Dynamics) { d.System = "clock" }, `Dynamics.System = "clock", want one of lorenz63`},
		{func(d *datasets.Dynamics) { d.Frames = 0 }, "Dynamics.Frames = 0"},
		{func(d *datasets.Dynamics) { d.Test = 0 }, "Dynamics.Test = 0"},
		{func(d *datasets.Dynamics) { d.Interval = math.Inf(1) }, "Dynamics.Interval = +Inf"},
		{func(d *datasets.Dynamics) { d.Tolerance = 1e-20 }, "Dynamics.Tolerance = 1e-20"},
	} {
		d := good
		c.change(&d)
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if good.Validate() != nil {
		t.Error(good.Validate())
	}
}
