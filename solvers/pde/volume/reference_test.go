package volume_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// reference is testdata/reference.json, written by testdata/reference.py.
type reference struct {
	Euler []struct {
		Heats, Pressure, Velocity float64
		Left, Right               [3]float64
		Rays                      []float64
		States                    [][3]float64
	}
	Shallow []struct {
		Gravity, Depth, Velocity float64
		Left, Right              [2]float64
	}
	Waves    [][4]float64
	Combined []struct {
		Alpha, Beta, Gamma, Until float64
		U                         []float64
	}
	Burgers2 struct {
		Viscosity, Until float64
		U                []float64
	}
}

func readReference(t *testing.T) reference {
	t.Helper()
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Euler) != 4 || len(r.Shallow) != 3 || len(r.Combined) != 3 || len(r.Burgers2.U) != 64 {
		t.Fatalf("%d, %d, %d cases and %d values, want 4, 3, 3 and 64", len(r.Euler), len(r.Shallow), len(r.Combined), len(r.Burgers2.U))
	}
	return r
}

func (r reference) waves() []volume.Wave {
	var out []volume.Wave
	for _, w := range r.Waves {
		out = append(out, volume.Wave{Amplitude: w[0], Frequency: w[1], Mode: int(w[2]), Phase: w[3]})
	}
	return out
}

// near tells whether a is b to within a relative error of 1e-12: both programs go to round-off, times the condition of the problem.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(1, math.Abs(b)) }

func TestRiemannAgainstAnotherProgram(t *testing.T) {
	r := readReference(t)
	for i, c := range r.Euler {
		t.Run(fmt.Sprintf("Euler/%d", i), func(t *testing.T) {
			exact, err := volume.NewEulerRiemann(c.Heats, gasState(c.Left), gasState(c.Right))
			if err != nil {
				t.Fatal(err)
			}
			if p, v := exact.Star(); !near(p, c.Pressure) || !near(v, c.Velocity) {
				t.Errorf("star state %v, %v, want %v, %v", p, v, c.Pressure, c.Velocity)
			}
			for j, ray := range c.Rays {
				got, want := exact.At(ray), c.States[j]
				if !near(got.Density, want[0]) || !near(got.Velocity, want[1]) || !near(got.Pressure, want[2]) {
					t.Errorf("at x/t = %v: %v, want %v", ray, got, want)
				}
			}
		})
	}
	for i, c := range r.Shallow {
		t.Run(fmt.Sprintf("Shallow/%d", i), func(t *testing.T) {
			exact, err := volume.NewShallowRiemann(c.Gravity, volume.ShallowState{Depth: c.Left[0], Velocity: c.Left[1]},
				volume.ShallowState{Depth: c.Right[0], Velocity: c.Right[1]})
			if err != nil {
				t.Fatal(err)
			}
			if s := exact.Star(); !near(s.Depth, c.Depth) || !near(s.Velocity, c.Velocity) {
				t.Errorf("star state %v, want %v, %v", s, c.Depth, c.Velocity)
			}
		})
	}
}

func gasState(s [3]float64) volume.EulerState {
	return volume.EulerState{Density: s[0], Velocity: s[1], Pressure: s[2]}
}

// TestCombinedAgainstAnotherProgram wants the fourth order of the central differences towards a spectral solution.
func TestCombinedAgainstAnotherProgram(t *testing.T) {
	r := readReference(t)
	for _, c := range r.Combined {
		t.Run(fmt.Sprintf("%v,%v,%v", c.Alpha, c.Beta, c.Gamma), func(t *testing.T) {
			law := volume.Combined(c.Alpha, c.Beta, c.Gamma, r.waves())
			var hs, diffs []float64
			for _, n := range []int{128, 192, 256, 384} {
				if c.Gamma > 0 { // the wave is smoother, and the step falls like h³
					n /= 2
				}
				g := line(0, 16, n)
				got := solve(t, volume.Scheme{Grid: g, Reconstruction: volume.WENOZ, Coarse: true}, law, volume.Averaged(r.waves(), g, 0), pde.Stepping{Until: c.Until})
				blocks, err := g.Coarsen(got, 1, []int{n / len(c.U)})
				if err != nil {
					t.Fatal(err)
				}
				hs, diffs = append(hs, 16/float64(n)), append(diffs, meanDiff(blocks, c.U))
			}
			// 4 less the house's bound; a thousandth of fields of size 1 shows that it is the same solution.
			if order := convergence.Order(hs, diffs); order < 3.8 || diffs[3] > 1e-3 {
				t.Errorf("order %.3f from errors %.2g, want at least 4", order, diffs)
			}
		})
	}
}

// TestBurgersOnTwoAxesAgainstAnotherProgram compares block averages with a spectral solution.
func TestBurgersOnTwoAxesAgainstAnotherProgram(t *testing.T) {
	c := readReference(t).Burgers2
	var hs, diffs []float64
	for _, n := range []int{16, 24, 32, 48, 64} {
		g := volume.Grid{Upper: []float64{1, 1}, Cells: []int{n, n}}
		u0 := averages(t, g, func(x []float64) float64 {
			a, b := 2*math.Pi*x[0], 2*math.Pi*x[1]
			return math.Sin(a)*math.Cos(b)/2 + math.Sin(a+b+1)/4 + 0.2
		})
		got := solve(t, volume.Scheme{Grid: g}, volume.Burgers(2, c.Viscosity), u0, pde.Stepping{Until: c.Until})
		blocks, err := g.Coarsen(got, 1, []int{n / 8, n / 8})
		if err != nil {
			t.Fatal(err)
		}
		hs, diffs = append(hs, 1/float64(n)), append(diffs, meanDiff(blocks, c.U))
	}
	if order := convergence.Order(hs, diffs); order < 2 { // a nonlinear law on two axes
		t.Errorf("order %.3f from errors %.2g, want at least 2", order, diffs)
	}
}

// spectralAverages gives the averages over cells of the trigonometric polynomial through the points u.
func spectralAverages(u []float64, cells int) []float64 {
	n := len(u)
	out := make([]float64, cells)
	for k := range n / 2 {
		var re, im float64
		for i, v := range u {
			sin, cos := math.Sincos(2 * math.Pi * float64(k*i%n) / float64(n))
			re, im = re+v*cos, im+v*sin
		}
		scale, half := 2/float64(n), math.Pi*float64(k)/float64(cells)
		if k == 0 {
			scale, half = 1/float64(n), 1e-9
		}
		scale *= math.Sin(half) / half
		for i := range out {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) * (float64(i) + 0.5) / float64(cells))
			out[i] += scale * (re*cos + im*sin)
		}
	}
	return out
}

// TestCombinedAgainstSpectral compares with pde.BurgersIn, for the diffusions of the setting E2 of the message-passing solvers.
func TestCombinedAgainstSpectral(t *testing.T) {
	const points = 1024
	waves := readReference(t).waves()
	start := make([]float64, points)
	for i := range start {
		for _, w := range waves {
			start[i] += w.Amplitude * math.Sin(2*math.Pi*float64(w.Mode)*float64(i)/points+w.Phase)
		}
	}
	for _, beta := range []float64{0.05, 0.1, 0.2} {
		t.Run(fmt.Sprint(beta), func(t *testing.T) {
			sol, err := pde.BurgersIn([]float64{16}, beta).Solve(t.Context(), start, []int{points}, pde.Stepping{Until: 4, Steps: 2000})
			if err != nil {
				t.Fatal(err)
			}
			want := spectralAverages(sol.Last(), 64)
			var hs, diffs []float64
			for _, n := range []int{128, 192, 256, 384} {
				g := line(0, 16, n)
				got := solve(t, volume.Scheme{Grid: g, Reconstruction: volume.WENOZ, Coarse: true}, volume.Combined(0.5, beta, 0, nil),
					volume.Averaged(waves, g, 0), pde.Stepping{Until: 4})
				blocks, err := g.Coarsen(got, 1, []int{n / 64})
				if err != nil {
					t.Fatal(err)
				}
				hs, diffs = append(hs, 16/float64(n)), append(diffs, meanDiff(blocks, want))
			}
			// 4 less the house's bound; the finest grid has some six cells within ±2β/A of the thinnest shock.
			if order := convergence.Order(hs, diffs); order < 3.8 || diffs[3] > 5e-6 {
				t.Errorf("order %.3f from errors %.2g, want at least 4", order, diffs)
			}
		})
	}
}

// TestColeHopfAgainstSpectral compares with pde.Burgers at points.
func TestColeHopfAgainstSpectral(t *testing.T) {
	const points, viscosity, until = 512, 0.01, 0.4
	start := make([]float64, points)
	for i := range start {
		start[i] = math.Sin(2 * math.Pi * float64(i) / points)
	}
	sol, err := pde.Burgers(viscosity).Solve(t.Context(), start, []int{points}, pde.Stepping{Until: until, Steps: 2000})
	if err != nil {
		t.Fatal(err)
	}
	exact := volume.ColeHopf{
		Viscosity: viscosity, Largest: 1,
		Potential: func(x float64) float64 { return (1 - math.Cos(2*math.Pi*x)) / (2 * math.Pi) },
	}
	for i := 0; i < points; i += 16 {
		want, err := exact.At(float64(i)/points, until)
		if err != nil {
			t.Fatal(err)
		}
		if diff := math.Abs(sol.Last()[i] - want); diff > 1e-9 { // ETDRK4's error at this step
			t.Errorf("u(%v) differs by %.2g", float64(i)/points, diff)
		}
	}
}
