package volume_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

func TestBadInput(t *testing.T) {
	good := volume.Scheme{Grid: line(0, 1, 8)}
	burgers, u8 := volume.Burgers(1, 0), make([]float64, 8)
	until := pde.Stepping{Until: 1}
	with := func(change func(*volume.Scheme)) volume.Scheme {
		s := good
		change(&s)
		return s
	}
	walls := []volume.Sides{{Low: volume.Boundary{Kind: volume.Wall}, High: volume.Boundary{Kind: volume.Wall}}}
	fixed := func(state ...float64) []volume.Sides {
		return []volume.Sides{{Low: volume.Boundary{Kind: volume.Fixed, State: state}, High: volume.Boundary{Kind: volume.Outflow}}}
	}
	for _, c := range []struct {
		name     string
		scheme   volume.Scheme
		law      volume.Law
		u0       []float64
		stepping pde.Stepping
		want     string
	}{
		{"no grid", volume.Scheme{}, burgers, u8, until, "want one of each for one or two axes"},
		{"box", with(func(s *volume.Scheme) { s.Grid = line(1, 1, 8) }), burgers, u8, until, "Grid.Upper[0] = 1, want a finite one above 1"},
		{"cells", with(func(s *volume.Scheme) { s.Grid = line(0, 1, 2) }), burgers, u8, until, "Grid.Cells[0] = 2, want at least 3"},
		{"sides", with(func(s *volume.Scheme) { s.Sides = make([]volume.Sides, 2) }), burgers, u8, until, "Scheme.Sides has 2 entries"},
		{"reconstruction", with(func(s *volume.Scheme) { s.Reconstruction = 9 }), burgers, u8, until, "Reconstruction(9), want one of"},
		{"limiter", with(func(s *volume.Scheme) { s.Limiter = -1 }), burgers, u8, until, "Limiter(-1), want one of"},
		{"flux", with(func(s *volume.Scheme) { s.Flux = 4 }), burgers, u8, until, "Flux(4), want one of"},
		{"courant", with(func(s *volume.Scheme) { s.Courant = 1.5 }), burgers, u8, until, "Scheme.Courant = 1.5, want a number in (0, 1]"},
		{
			"one period", with(func(s *volume.Scheme) { s.Sides = []volume.Sides{{High: volume.Boundary{Kind: volume.Outflow}}} }), burgers, u8, until,
			"Periodic and Outflow, want both Periodic or none",
		},
		{"wall of a scalar", with(func(s *volume.Scheme) { s.Sides = walls }), volume.Traffic(1, 1), u8, until, "Traffic has no velocity"},
		{"state", with(func(s *volume.Scheme) { s.Sides = fixed(1, 2) }), burgers, u8, until, "the state [1 2], want 1 finite numbers"},
		{
			"density", with(func(s *volume.Scheme) { s.Sides = fixed(-1, 0, 1) }), volume.Euler(1, 1.4), make([]float64, 24), until,
			"the density -1, want it above 0",
		},
		{"HLLC", with(func(s *volume.Scheme) { s.Flux = volume.HLLC }), burgers, u8, until, "Scheme.Flux = HLLC, want another: Burgers"},
		{
			"Godunov", with(func(s *volume.Scheme) { s.Flux = volume.Godunov }), volume.Euler(1, 1.4), make([]float64, 24), until,
			"Scheme.Flux = Godunov, want another: Euler",
		},
		{"axes", good, volume.Burgers(2, 0), u8, until, "Burgers has 2 axes, want the 1 of the grid"},
		{"law", good, volume.Law{Channels: 1}, u8, until, "Law.Flux and Law.Speeds: nil"},
		{"diffusion", good, volume.Burgers(1, -1), u8, until, "Law.Diffusion[0] = -1, want a finite number of at least 0"},
		{"length", good, burgers, make([]float64, 9), until, "9 initial values on [8] cells with 1 channels, want whole samples of 8"},
		{"nothing", good, burgers, nil, until, "0 initial values"},
		{"until", good, burgers, u8, pde.Stepping{}, "Stepping.Until = 0"},
		{"frames", good, burgers, u8, pde.Stepping{Until: 1, Steps: 5, Frames: 2}, "Stepping.Frames = 2, want a divisor of the 5 steps"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.scheme.Solve(t.Context(), []volume.Law{c.law}, c.u0, c.stepping)
			if err == nil || !strings.Contains(err.Error(), c.want) || sol.Last() != nil {
				t.Errorf("error %v, want %q and no values", err, c.want)
			}
		})
	}
	if _, err := good.Solve(t.Context(), nil, u8, until); err == nil || !strings.Contains(err.Error(), "without a law") {
		t.Errorf("no laws: error %v", err)
	}
	if _, err := good.Solve(t.Context(), []volume.Law{burgers, burgers}, u8, until); err == nil || !strings.Contains(err.Error(), "2 laws for 1 samples") {
		t.Errorf("two laws: error %v", err)
	}
}

// TestStepsTooLong follows the advice of the error, which then holds.
func TestStepsTooLong(t *testing.T) {
	g := line(0, 1, 50)
	u0 := averages(t, g, func(x []float64) float64 { return 2 * math.Sin(2*math.Pi*x[0]) })
	s := volume.Scheme{Grid: g}
	stepping := pde.Stepping{Until: 0.5, Steps: 50, Frames: 5}
	sol, err := s.Solve(t.Context(), []volume.Law{volume.Burgers(1, 0)}, slices.Concat(make([]float64, 50), u0), stepping)
	var long *volume.CourantError
	if !errors.As(err, &long) || sol.Status != pde.Failed {
		t.Fatalf("error %v and status %v, want a CourantError", err, sol.Status)
	}
	// The fastest wave of the averages is a little below 2: 2·50/100 = 1.
	if long.Sample != 1 || long.Step != 1 || math.Abs(long.Courant-1) > 0.01 || long.Limit != 0.5 || long.Want < 99 || long.Want > 100 {
		t.Errorf("%+v", long)
	}
	if want := "take 100 steps, or 0 to have them chosen"; !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
	stepping.Steps = long.Want
	if _, err := s.Solve(t.Context(), []volume.Law{volume.Burgers(1, 0)}, u0, stepping); err != nil {
		t.Error(err)
	}
}

func TestStateWithoutMeaning(t *testing.T) {
	for _, c := range []struct {
		name     string
		law      volume.Law
		channel  int
		value    float64
		quantity string
		cell     []int
	}{
		{"density", volume.Euler(1, 1.4), 0, -0.25, "density", []int{5}},
		{"pressure", volume.Euler(2, 1.4), 3, 0, "pressure", []int{0, 5}},
		{"depth", volume.ShallowWater(2, 1), 0, 0, "depth", []int{0, 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := gridFor(c.law.Axes, 8)
			u0 := rough(c.law, 2, g.Points(), 8)
			u0[(g.Points()+5)*c.law.Channels+c.channel] = c.value
			sol, err := volume.Scheme{Grid: g}.Solve(t.Context(), []volume.Law{c.law}, u0, pde.Stepping{Until: 1})
			var bad *volume.StateError
			if !errors.As(err, &bad) || sol.Status != pde.Failed || sol.Last() != nil {
				t.Fatalf("error %v and status %v, want a StateError", err, sol.Status)
			}
			if bad.Sample != 1 || bad.Quantity != c.quantity || !slices.Equal(bad.Cell, c.cell) || bad.Step != 0 || bad.Time != 0 {
				t.Errorf("%+v", bad)
			}
			if !strings.Contains(err.Error(), "sample 1 has the "+c.quantity) || !strings.Contains(err.Error(), "want initial values above 0") {
				t.Error(err)
			}
		})
	}
	// A gas that is torn apart leaves a vacuum, which no scheme here can hold.
	g := line(-1, 1, 100)
	u0 := fields(t, g, 3, func(u, x []float64) {
		u[0], u[1], u[2] = 1, math.Copysign(20, x[0]), 200.1
	})
	s := volume.Scheme{Grid: g, Sides: open, Flux: volume.Rusanov, Courant: 1}
	_, err := s.Solve(t.Context(), []volume.Law{volume.Euler(1, 1.4)}, u0, pde.Stepping{Until: 0.02})
	var bad *volume.StateError
	if !errors.As(err, &bad) || bad.Step < 1 || bad.Time <= 0 || !strings.Contains(err.Error(), "a smaller Courant number") {
		t.Errorf("error %v, want a StateError after the start", err)
	}
}

func TestNotFinite(t *testing.T) {
	s := volume.Scheme{Grid: line(0, 1, 8)}
	u0 := make([]float64, 16)
	u0[11] = math.NaN()
	sol, err := s.Solve(t.Context(), []volume.Law{volume.Burgers(1, 0)}, u0, pde.Stepping{Until: 1})
	var bad *pde.NotFiniteError
	if !errors.As(err, &bad) || bad.Sample != 1 || bad.Step != 0 || sol.Status != pde.NotFinite {
		t.Errorf("error %v, status %v", err, sol.Status)
	}
	law := volume.Burgers(1, 0)
	law.Source = func(volume.Grid) func(s, u []float64, t float64) {
		return func(s, u []float64, t float64) {
			for i := range s {
				s[i] += 1 / (0.5 - t) * 1e306 // grows past all numbers
			}
		}
	}
	sol, err = s.Solve(t.Context(), []volume.Law{law}, u0[:8], pde.Stepping{Until: 1})
	if err == nil || sol.Last() != nil {
		t.Errorf("error %v, want one", err)
	}
}

// TestTooCoarse follows the advice of the error, which then holds.
func TestTooCoarse(t *testing.T) {
	run := func(n int, until float64, s volume.Scheme) (pde.Solution, error) {
		s.Grid = line(0, 1, n)
		u0 := averages(t, s.Grid, func(x []float64) float64 { return math.Sin(2 * math.Pi * x[0]) })
		return s.Solve(t.Context(), []volume.Law{volume.Burgers(1, 2e-3)}, u0, pde.Stepping{Until: until})
	}
	sol, err := run(40, 0.3, volume.Scheme{})
	var bad *volume.CoarseError
	if !errors.As(err, &bad) || sol.Status != pde.Unresolved || bad.Time != 0.3 || !slices.Equal(bad.Cells, []int{40}) {
		t.Fatalf("error %v and status %v, want a CoarseError", err, sol.Status)
	}
	if _, err := run(40, 0.08, volume.Scheme{}); err != nil {
		t.Errorf("before the shock: %v", err)
	}
	if _, err := run(40, 0.3, volume.Scheme{Coarse: true}); err != nil {
		t.Errorf("coarse: %v", err)
	}
	if _, err := run(bad.Want[0], 0.3, volume.Scheme{}); err != nil {
		t.Errorf("with the %d cells that were asked for: %v", bad.Want[0], err)
	}
	if bad.Want[0] > 400 { // cells of ν/A
		t.Errorf("%d cells asked for, want at most 400", bad.Want[0])
	}
}

func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sol, err := volume.Scheme{Grid: line(0, 1, 8)}.Solve(ctx, []volume.Law{volume.Burgers(1, 0)}, make([]float64, 8), pde.Stepping{Until: 1})
	if !errors.Is(err, context.Canceled) || sol.Status != pde.Stopped {
		t.Errorf("error %v and status %v, want a stop", err, sol.Status)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{volume.WENO5.String(), "WENO5"},
		{volume.Constant.String(), "Constant"},
		{volume.Superbee.String(), "Superbee"},
		{volume.Godunov.String(), "Godunov"},
		{volume.Fixed.String(), "Fixed"},
		{volume.Kind(7).String(), "Kind(7)"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
