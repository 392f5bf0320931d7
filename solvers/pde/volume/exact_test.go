package volume_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// TestToroTable compares with the values printed in Toro's table 4.3 for Sod's tube and for the blast.
func TestToroTable(t *testing.T) {
	for _, c := range []struct {
		left, right        volume.EulerState
		pressure, velocity float64
	}{
		{volume.EulerState{Density: 1, Pressure: 1}, volume.EulerState{Density: 0.125, Pressure: 0.1}, 0.30313, 0.92745},
		{volume.EulerState{Density: 1, Velocity: -2, Pressure: 0.4}, volume.EulerState{Density: 1, Velocity: 2, Pressure: 0.4}, 0.00189, 0},
		{volume.EulerState{Density: 1, Pressure: 1000}, volume.EulerState{Density: 1, Pressure: 0.01}, 460.894, 19.5975},
	} {
		exact, err := volume.NewEulerRiemann(1.4, c.left, c.right)
		if err != nil {
			t.Fatal(err)
		}
		p, v := exact.Star()
		if math.Abs(p/c.pressure-1) > 3e-3 && c.pressure < 0.01 || math.Abs(p/c.pressure-1) > 2e-5 && c.pressure > 0.01 || math.Abs(v-c.velocity) > 1e-4 {
			t.Errorf("star state %v, %v, want %v, %v to the digits printed", p, v, c.pressure, c.velocity)
		}
	}
}

// TestRankineHugoniot wants mass, momentum and energy conserved across the shocks: the jump of the flux is the speed times the jump.
func TestRankineHugoniot(t *testing.T) {
	exact, err := volume.NewEulerRiemann(1.4, volume.EulerState{Density: 1, Velocity: 2, Pressure: 1}, volume.EulerState{Density: 2, Velocity: -1, Pressure: 1.5})
	if err != nil {
		t.Fatal(err)
	}
	law := volume.Euler(1, 1.4)
	for _, side := range []float64{-1, 1} {
		low, high := 0.0, 10.0 // the shock, by bisection on the state ahead
		_, v := exact.Star()
		ahead := exact.At(10 * side)
		for range 60 {
			mid := (low + high) / 2
			if exact.At(v+side*mid) == ahead {
				high = mid
			} else {
				low = mid
			}
		}
		speed := v + side*high
		var u, f [2][]float64
		for i, s := range []volume.EulerState{exact.At(v + side*low*0.999), ahead} {
			if u[i], err = volume.EulerConserved(1, 1.4, []float64{s.Density, s.Velocity, s.Pressure}); err != nil {
				t.Fatal(err)
			}
			f[i] = make([]float64, 3)
			law.Flux(f[i], u[i], 0)
		}
		for c := range 3 {
			if diff := f[1][c] - f[0][c] - speed*(u[1][c]-u[0][c]); math.Abs(diff) > 1e-12 { // round-off of numbers of size 20
				t.Errorf("side %v, channel %d: %.2g off", side, c, diff)
			}
		}
	}
}

func TestEulerPrimitiveAndBack(t *testing.T) {
	w := []float64{1, 0.5, -0.25, 2, 0.5, -3, 1, 0.125}
	u, err := volume.EulerConserved(2, 1.4, w)
	if err != nil {
		t.Fatal(err)
	}
	back, err := volume.EulerPrimitive(2, 1.4, u)
	if err != nil {
		t.Fatal(err)
	}
	if diff := meanDiff(back, w); diff > 1e-15 { // round-off
		t.Errorf("%v comes back as %v", w, back)
	}
	if want := 2/0.4 + 0.5*(0.25+0.0625); math.Abs(u[3]-want) > 1e-15 {
		t.Errorf("energy %v, want %v", u[3], want)
	}
	if _, err := volume.EulerPrimitive(3, 1.4, w); err == nil {
		t.Error("three axes pass")
	}
}

// TestColeHopfOfShock: two constants joined by a viscous shock stay one.
func TestColeHopfOfShock(t *testing.T) {
	const viscosity = 0.1
	exact := volume.ColeHopf{ // u₀ = -tanh(x/2ν), whose integral is -2ν log cosh
		Viscosity: viscosity, Largest: 1,
		Potential: func(x float64) float64 {
			y := math.Abs(x) / (2 * viscosity)
			return -2 * viscosity * (y + math.Log1p(math.Exp(-2*y)) - math.Ln2)
		},
	}
	for _, x := range []float64{-1, -0.1, 0, 0.03, 0.5} {
		got, err := exact.At(x, 2)
		if err != nil {
			t.Fatal(err)
		}
		if want := -math.Tanh(x / (2 * viscosity)); math.Abs(got-want) > 1e-11 { // the rule's tolerance, ten times
			t.Errorf("u(%v) = %v, want %v", x, got, want)
		}
	}
}

func TestSmoothBurgersSolvesItsEquation(t *testing.T) {
	exact := volume.SmoothBurgers{Initial: math.Sin, Slope: math.Cos, Largest: 1}
	for _, x := range []float64{0, 0.7, 2, 3.1, 5} {
		u, err := exact.At(x, 0.8)
		if err != nil {
			t.Fatal(err)
		}
		if diff := math.Abs(u - math.Sin(x-0.8*u)); diff > 1e-14 { // round-off of the foot, x of size 5
			t.Errorf("u(%v) = %v misses its characteristic by %.2g", x, u, diff)
		}
	}
}

func TestExactRefuses(t *testing.T) {
	gas := volume.EulerState{Density: 1, Pressure: 1}
	fast, slow := gas, gas
	fast.Velocity, slow.Velocity = 10, -10
	water := volume.ShallowState{Depth: 1}
	for _, c := range []struct {
		name string
		err  func() error
		want string
	}{
		{"density", func() error { _, err := volume.NewEulerRiemann(1.4, volume.EulerState{Pressure: 1}, gas); return err }, "density and pressure above 0"},
		{"heats", func() error { _, err := volume.NewEulerRiemann(1, gas, gas); return err }, "a ratio above 1"},
		{"vacuum", func() error { _, err := volume.NewEulerRiemann(1.4, slow, fast); return err }, "part by 20, want less than 11.8"},
		{"depth", func() error { _, err := volume.NewShallowRiemann(1, water, volume.ShallowState{}); return err }, "depth and gravity above 0"},
		{"dry", func() error {
			_, err := volume.NewShallowRiemann(1, volume.ShallowState{Depth: 1, Velocity: -3}, volume.ShallowState{Depth: 1, Velocity: 3})
			return err
		}, "part by 6, want less than 4"},
		{"shock", func() error {
			_, err := volume.SmoothBurgers{Initial: math.Sin, Slope: math.Cos, Largest: 1}.At(math.Pi, 1.5)
			return err
		}, "want one before the shock"},
		{"time", func() error { _, err := volume.SmoothBurgers{}.At(0, -1); return err }, "t = -1, want at least 0"},
		{"viscosity", func() error { _, err := volume.ColeHopf{Potential: math.Sin, Largest: 1}.At(0, 1); return err }, "all above 0"},
		{"sharp", func() error {
			_, err := volume.ColeHopf{Potential: math.Sin, Largest: 1, Viscosity: 1e-14}.At(1, 1)
			return err
		}, "more than 2²⁰ points"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.err(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
