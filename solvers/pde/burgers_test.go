package pde_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// coleHopf is an exact solution of Burgers' equation: u = -2ν (log φ)_x where φ solves the heat equation,
// φ = 1 + Σ_j c_j exp(-ν (2πj)² t) cos(2πj x). Source: Cole 1951; Hopf 1950.
func coleHopf(n int, viscosity, t float64, c ...float64) []float64 {
	u := make([]float64, n)
	for i := range u {
		x := float64(i) / float64(n)
		phi, phiX := 1.0, 0.0
		for j, cj := range c {
			k := 2 * math.Pi * float64(j+1)
			decay := cj * math.Exp(-viscosity*k*k*t)
			phi += decay * math.Cos(k*x)
			phiX -= k * decay * math.Sin(k*x)
		}
		u[i] = -2 * viscosity * phiX / phi
	}
	return u
}

// smoothRandom is a batch of zero-mean random fields with Fourier amplitudes as in the FNO experiments.
func smoothRandom(samples, n int) []float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	u := make([]float64, samples*n)
	for s := range samples {
		for k := 1; k < n/2; k++ {
			w := 2 * math.Pi * float64(k)
			a, b := rng.NormFloat64(), rng.NormFloat64()
			for i := range n {
				x := float64(i) / float64(n)
				u[s*n+i] += math.Sqrt2 * 25 / (w*w + 25) * (a*math.Cos(w*x) + b*math.Sin(w*x))
			}
		}
	}
	return u
}

func solve(t *testing.T, e pde.Semilinear, u0 []float64, grid int, s pde.Stepping) []float64 {
	t.Helper()
	sol, err := e.Solve(t.Context(), u0, []int{grid}, s)
	if err != nil {
		t.Fatal(err)
	}
	return sol.Last()
}

func TestBurgersColeHopf(t *testing.T) {
	for _, c := range []struct {
		viscosity, until float64
		grid, steps      int
		phi              []float64
		tolerance        float64
	}{
		// The time step's error at 400 steps is about 1e-11 here and round-off 1e-14; a wrong factor
		// anywhere gives 1e-2.
		{0.1, 1, 128, 400, []float64{0.7}, 1e-10},
		{0.1, 0.3, 128, 400, []float64{0.4, -0.2, 0.1}, 1e-8},
		{0.01, 1, 512, 800, []float64{0.9}, 1e-8},
	} {
		t.Run(fmt.Sprintf("nu=%v,grid=%d", c.viscosity, c.grid), func(t *testing.T) {
			u0 := coleHopf(c.grid, c.viscosity, 0, c.phi...)
			got := solve(t, pde.Burgers(c.viscosity), u0, c.grid, pde.Stepping{Until: c.until, Steps: c.steps})
			want := coleHopf(c.grid, c.viscosity, c.until, c.phi...)
			if diff := convergence.Largest(got, want); diff > c.tolerance || convergence.Largest(u0, want) < 0.01 {
				t.Errorf("error %.2g, want at most %g (the solution moved by %.2g)", diff, c.tolerance, convergence.Largest(u0, want))
			}
		})
	}
}

func TestBurgersOrderInTime(t *testing.T) {
	const viscosity, until, grid = 0.01, 0.5, 256
	phi := []float64{0.6, 0.2}
	u0 := coleHopf(grid, viscosity, 0, phi...)
	for i := range u0 {
		u0[i] *= 20 // strong advection, so that the error of the step stands well above round-off
	}
	want := solve(t, pde.Burgers(viscosity), u0, grid, pde.Stepping{Until: until, Steps: 6400})
	var dts, diffs []float64
	for _, steps := range []int{100, 200, 400, 800} {
		got := solve(t, pde.Burgers(viscosity), u0, grid, pde.Stepping{Until: until, Steps: steps})
		dts, diffs = append(dts, until/float64(steps)), append(diffs, convergence.Largest(got, want))
	}
	if order := convergence.Order(dts, diffs); math.Abs(order-4) > 0.2 { // the house's bound on a fitted order
		t.Errorf("order %.3f from errors %.2g, want 4", order, diffs)
	}
}

// TestBurgersSpectralInSpace wants the error to fall geometrically with the number of points.
func TestBurgersSpectralInSpace(t *testing.T) {
	const viscosity, until = 0.02, 0.5
	phi := []float64{0.8}
	var diffs []float64
	for _, grid := range []int{16, 32, 64, 128} {
		got := solve(t, pde.Burgers(viscosity), coleHopf(grid, viscosity, 0, phi...), grid,
			pde.Stepping{Until: until, Steps: 400})
		diffs = append(diffs, convergence.Largest(got, coleHopf(grid, viscosity, until, phi...)))
	}
	// φ has its nearest zero at Im x = arccosh(1/0.8)/2π at t = 0, so modes decay at least as exp(-0.69 k): each
	// doubling from 32 points on (10 to 21 to 42 modes) must win far more than any fixed order up to 8 would.
	if !(diffs[1] < diffs[0]/20 && diffs[2] < diffs[1]/256 && diffs[3] < 1e-11) {
		t.Errorf("errors %.2g at 16, 32, 64, 128 points fall too slowly", diffs)
	}
}

// TestBurgersAsInFNO compares the setting of the FNO data with twice the points and eight times the steps.
func TestBurgersAsInFNO(t *testing.T) {
	const grid, samples = 1024, 3
	u0 := smoothRandom(samples, grid)
	got := solve(t, pde.Burgers(0.1), u0, grid, pde.Stepping{Until: 1, Steps: 200})
	fine, err := pde.Resample(u0, grid, 2*grid)
	if err != nil {
		t.Fatal(err)
	}
	want := solve(t, pde.Burgers(0.1), fine, 2*grid, pde.Stepping{Until: 1, Steps: 1600})
	for i := range got {
		if diff := math.Abs(got[i] - want[2*i]); diff > 1e-8 { // the accuracy that the data set promises
			t.Fatalf("value %d differs by %.2g", i, diff)
		}
	}
}

func TestBurgersConservesTheMean(t *testing.T) {
	const grid = 128
	u0 := smoothRandom(1, grid)
	for i := range u0 {
		u0[i] += 0.3
	}
	got := solve(t, pde.Burgers(0.05), u0, grid, pde.Stepping{Until: 1, Steps: 100})
	var before, after float64
	for i := range u0 {
		before, after = before+u0[i]/grid, after+got[i]/grid
	}
	if math.Abs(before-after) > 1e-14 { // round-off of the two sums
		t.Errorf("the mean moved from %v to %v", before, after)
	}
}

// TestLinearTermIsExact advects and damps with one large step: u = exp(-νk²t) cos(k (x - ct)).
func TestLinearTermIsExact(t *testing.T) {
	const grid, c, nu, until = 32, 0.7, 0.05, 0.9
	e := pde.Semilinear{
		Name: "advection and diffusion", Lengths: []float64{2}, Degree: 1,
		Linear: []pde.Symbol{func(k []float64) complex128 { return complex(-nu*k[0]*k[0], -c*k[0]) }},
	}
	const k = 2 * math.Pi * 3 / 2
	u0, want := make([]float64, grid), make([]float64, grid)
	for i := range u0 {
		x := 2 * float64(i) / grid
		u0[i] = math.Cos(k * x)
		want[i] = math.Exp(-nu*k*k*until) * math.Cos(k*(x-c*until))
	}
	got := solve(t, e, u0, grid, pde.Stepping{Until: until, Steps: 1})
	if diff := convergence.Largest(got, want); diff > 1e-14 { // round-off of two FFTs
		t.Errorf("error %.2g", diff)
	}
}

// TestReactionOrder is fourth order also where the whole right-hand side is nonlinear: u_t = -u², with the
// exact solution u0/(1 + u0 t). Here the coefficients are taken at c h = 0.
func TestReactionOrder(t *testing.T) {
	e := pde.Semilinear{
		Name: "reaction", Lengths: []float64{1}, Degree: 2,
		Linear: []pde.Symbol{func([]float64) complex128 { return 0 }},
		Taps:   []pde.Tap{{}},
		Terms:  []pde.Tap{{Symbol: func([]float64) complex128 { return -1 }}},
		Inner: func(g, w [][]float64) {
			for i, v := range w[0] {
				g[0][i] = v * v
			}
		},
	}
	const grid, u0 = 8, 1.5
	field := slices.Repeat([]float64{u0}, grid)
	var dts, diffs []float64
	for _, steps := range []int{10, 20, 40, 80} {
		got := solve(t, e, field, grid, pde.Stepping{Until: 1, Steps: steps})
		dts, diffs = append(dts, 1/float64(steps)), append(diffs, math.Abs(got[3]-u0/(1+u0)))
	}
	if order := convergence.Order(dts, diffs); math.Abs(order-4) > 0.2 { // the house's bound on a fitted order
		t.Errorf("order %.3f from errors %.2g, want 4", order, diffs)
	}
}

func TestSolveDoesNotDependOnWorkersOrBatch(t *testing.T) {
	const grid, samples = 64, 7
	u0 := smoothRandom(samples, grid)
	s := pde.Stepping{Until: 0.5, Steps: 20, Frames: 4, Workers: 1}
	want, err := pde.Burgers(0.1).Solve(t.Context(), u0, []int{grid}, s)
	if err != nil {
		t.Fatal(err)
	}
	var calls int
	s.Workers, s.Report = 3, func(done, total int) {
		calls++
		if done != calls || total != samples {
			t.Errorf("reported %d of %d at call %d", done, total, calls)
		}
	}
	got, err := pde.Burgers(0.1).Solve(t.Context(), u0, []int{grid}, s)
	if err != nil {
		t.Fatal(err)
	}
	if calls != samples {
		t.Errorf("%d reports, want %d", calls, samples)
	}
	for f := range want.Ys {
		if !slices.Equal(got.Ys[f], want.Ys[f]) {
			t.Errorf("frame %d differs between 1 and 3 workers", f)
		}
	}
	alone := solve(t, pde.Burgers(0.1), u0[5*grid:6*grid], grid, pde.Stepping{Until: 0.5, Steps: 20})
	if !slices.Equal(alone, want.Last()[5*grid:6*grid]) {
		t.Error("sample 5 differs when it is solved alone")
	}
	if want.Status != pde.Solved || want.Stats.Steps != 20 || want.Stats.NFE != 80 || want.Stats.Samples != samples ||
		want.Stats.PerSample <= 0 || want.Stats.Runtime < want.Stats.PerSample {
		t.Errorf("facts %+v %v", want.Stats, want.Status)
	}
	if !slices.Equal(want.Ts, []float64{0.125, 0.25, 0.375, 0.5}) {
		t.Errorf("times %v", want.Ts)
	}
	half := solve(t, pde.Burgers(0.1), u0, grid, pde.Stepping{Until: 0.25, Steps: 10})
	if !slices.Equal(half, want.Ys[1]) {
		t.Error("the frame at t = 0.25 is not the solution at t = 0.25")
	}
}

func TestSolveErrors(t *testing.T) {
	good := pde.Stepping{Until: 1, Steps: 10}
	rough := smoothRandom(3, 64)
	for i := range rough[64:] {
		rough[64+i] *= 1e4
	}
	nan := smoothRandom(2, 64)
	nan[64] = math.NaN()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		e      pde.Semilinear
		u0     []float64
		grid   int
		s      pde.Stepping
		want   string
		status pde.Status
	}{
		{"empty equation", t.Context(), pde.Semilinear{}, rough, 64, good, "Semilinear.Lengths = []", pde.Unsolved},
		{"no time", t.Context(), pde.Burgers(1), rough, 64, pde.Stepping{Steps: 1}, "Stepping.Until = 0", pde.Unsolved},
		{"no steps", t.Context(), pde.Burgers(1), rough, 64, pde.Stepping{Until: 1}, "Stepping.Steps = 0", pde.Unsolved},
		{
			"frames", t.Context(), pde.Burgers(1), rough, 64,
			pde.Stepping{Until: 1, Steps: 10, Frames: 3},
			"Stepping.Frames = 3, want a divisor of the 10 steps", pde.Unsolved,
		},
		{"ragged", t.Context(), pde.Burgers(1), rough, 100, good, "192 initial values on a grid of [100]", pde.Unsolved},
		{
			"too large a step", t.Context(), pde.Burgers(0.1), rough, 64, good,
			"Burgers: sample 1 is not finite at step", pde.NotFinite,
		},
		{
			"NaN at the start", t.Context(), pde.Burgers(1), nan, 64, good,
			"sample 1 has a value that is not finite at t = 0", pde.NotFinite,
		},
		{"cancelled", stopped, pde.Burgers(1), rough, 64, good, context.Canceled.Error(), pde.Stopped},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.e.Solve(c.ctx, c.u0, []int{c.grid}, c.s)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want one with %q", err, c.want)
			}
			if sol.Status != c.status || sol.Last() != nil {
				t.Errorf("status %v, want %v; values %v, want none", sol.Status, c.status, sol.Last())
			}
			var at *pde.NotFiniteError
			if c.status == pde.NotFinite && (!errors.As(err, &at) || at.Sample != 1) {
				t.Errorf("error %v does not name sample 1", err)
			}
		})
	}
}

func TestSolveStopsWithinAStep(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var calls int
	e := pde.Burgers(0.1)
	square := e.Inner
	e.Inner = func(dst, u [][]float64) {
		if calls++; calls == 21 { // in the sixth step
			cancel()
		}
		square(dst, u)
	}
	_, err := e.Solve(ctx, smoothRandom(1, 64), []int{64}, pde.Stepping{Until: 1, Steps: 1000, Workers: 1})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped at step 7") || calls != 24 {
		t.Errorf("error %v after %d evaluations, want a stop before step 7, after 24", err, calls)
	}
}

func TestResample(t *testing.T) {
	field := func(n int) []float64 {
		u := make([]float64, n)
		for i := range u {
			x := 2 * math.Pi * float64(i) / float64(n)
			u[i] = 0.5 + math.Sin(x) - 2*math.Cos(3*x)
		}
		return u
	}
	for _, c := range [][2]int{{8, 32}, {32, 8}, {7, 9}, {16, 16}, {9, 8}} {
		got, err := pde.Resample(slices.Concat(field(c[0]), field(c[0])), c[0], c[1])
		if err != nil {
			t.Fatal(err)
		}
		if diff := convergence.Largest(got, slices.Concat(field(c[1]), field(c[1]))); diff > 1e-14 { // round-off
			t.Errorf("%d to %d points: error %.2g", c[0], c[1], diff)
		}
	}
	if _, err := pde.Resample(make([]float64, 10), 4, 8); err == nil {
		t.Error("10 values on 4 points were accepted")
	}
}

func BenchmarkBurgers1024(b *testing.B) {
	u0 := smoothRandom(8, 1024)
	b.ResetTimer()
	for range b.N {
		if _, err := pde.Burgers(0.1).Solve(b.Context(), u0, []int{1024}, pde.Stepping{Until: 1, Steps: 200}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/8*1200, "s/1200-pairs")
}
