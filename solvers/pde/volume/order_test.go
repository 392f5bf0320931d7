package volume_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// meanDiff is the mean of |a - b|, the L1 distance on a box of volume 1.
func meanDiff(a, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += math.Abs(a[i] - b[i])
	}
	return sum / float64(len(a))
}

func line(lower, upper float64, cells int) volume.Grid {
	return volume.Grid{Lower: []float64{lower}, Upper: []float64{upper}, Cells: []int{cells}}
}

// averages are the cell averages of a scalar field.
func averages(t testing.TB, g volume.Grid, f func(x []float64) float64) []float64 {
	t.Helper()
	return fields(t, g, 1, func(u, x []float64) { u[0] = f(x) })
}

func fields(t testing.TB, g volume.Grid, channels int, f func(u, x []float64)) []float64 {
	t.Helper()
	out, err := g.Averages(channels, f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func solve(t testing.TB, s volume.Scheme, law volume.Law, u0 []float64, stepping pde.Stepping) []float64 {
	t.Helper()
	sol, err := s.Solve(t.Context(), []volume.Law{law}, u0, stepping)
	if err != nil {
		t.Fatal(err)
	}
	if sol.Status != pde.Solved {
		t.Fatalf("status %v, want solved", sol.Status)
	}
	return sol.Last()
}

// finely chooses steps short enough that the error of time, of order 3, falls like h⁵.
func finely(until, h, unit float64) pde.Stepping {
	return pde.Stepping{Until: until, Steps: int(math.Ceil(until / (unit * math.Pow(h, 5.0/3))))}
}

// TestOrderOfWENO moves a wave once around and compares with where it began.
func TestOrderOfWENO(t *testing.T) {
	wave := func(x []float64) float64 { return math.Sin(2 * math.Pi * x[0]) }
	// With ideal weights the error is 2/π (2π)⁶ h⁵/60, 6e-9 on the finest grid; Jiang & Shu's lose some of it at the extrema.
	for r, bound := range map[volume.Reconstruction]float64{volume.WENO5: 1e-7, volume.WENOZ: 1e-8} {
		for _, flux := range []volume.Flux{volume.Rusanov, volume.HLL, volume.Godunov} {
			t.Run(fmt.Sprintf("%v/%v", r, flux), func(t *testing.T) {
				var hs, diffs []float64
				for _, n := range []int{40, 60, 80, 120, 160} {
					g := line(0, 1, n)
					u0 := averages(t, g, wave)
					got := solve(t, volume.Scheme{Grid: g, Reconstruction: r, Flux: flux}, volume.Advection([]float64{1}, 0), u0,
						finely(1, 1/float64(n), 2))
					hs, diffs = append(hs, 1/float64(n)), append(diffs, meanDiff(got, u0))
				}
				if order := convergence.Order(hs, diffs); math.Abs(order-5) > 0.2 || diffs[4] > bound { // the house's bound on a fitted order
					t.Errorf("order %.3f from errors %.2g, want 5", order, diffs)
				}
			})
		}
	}
}

// TestOrderOfMUSCL moves a monotone front, since limiters take the order at extrema: tanh is flat to 1e-12 at the ends.
func TestOrderOfMUSCL(t *testing.T) {
	front := func(at float64) func(x []float64) float64 {
		return func(x []float64) float64 { return math.Tanh(8 * (x[0] - at)) }
	}
	sides := []volume.Sides{{Low: volume.Boundary{Kind: volume.Fixed, State: []float64{-1}}, High: volume.Boundary{Kind: volume.Outflow}}}
	for _, c := range []struct {
		reconstruction volume.Reconstruction
		limiter        volume.Limiter
		want           float64
	}{
		{volume.MUSCL, volume.Minmod, 2},
		{volume.MUSCL, volume.VanLeer, 2},
		{volume.MUSCL, volume.MC, 2},
		{volume.MUSCL, volume.Superbee, 2},
		{volume.Constant, 0, 1},
	} {
		t.Run(fmt.Sprintf("%v/%v", c.reconstruction, c.limiter), func(t *testing.T) {
			var hs, diffs []float64
			for _, n := range []int{400, 800, 1600, 3200} {
				g := line(-2, 3, n)
				s := volume.Scheme{Grid: g, Sides: sides, Reconstruction: c.reconstruction, Limiter: c.limiter}
				got := solve(t, s, volume.Advection([]float64{1}, 0), averages(t, g, front(0)), pde.Stepping{Until: 0.5})
				hs, diffs = append(hs, 5/float64(n)), append(diffs, meanDiff(got, averages(t, g, front(0.5))))
			}
			if order := convergence.Order(hs, diffs); math.Abs(order-c.want) > 0.2 { // the house's bound on a fitted order
				t.Errorf("order %.3f from errors %.2g, want %v", order, diffs, c.want)
			}
		})
	}
}

// TestOrderOfBurgers compares with the characteristics before the shock at t = 1/2π.
func TestOrderOfBurgers(t *testing.T) {
	exact := volume.SmoothBurgers{
		Initial: func(x float64) float64 { return 0.3 + math.Sin(2*math.Pi*x) },
		Slope:   func(x float64) float64 { return 2 * math.Pi * math.Cos(2*math.Pi*x) },
		Largest: 1.3,
	}
	at := func(time float64) func(x []float64) float64 {
		return func(x []float64) float64 {
			u, err := exact.At(x[0], time)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
	}
	for _, flux := range []volume.Flux{volume.Rusanov, volume.HLL, volume.Godunov} {
		t.Run(flux.String(), func(t *testing.T) {
			var hs, diffs []float64
			for _, n := range []int{80, 120, 160, 240, 320} {
				g := line(0, 1, n)
				got := solve(t, volume.Scheme{Grid: g, Flux: flux, Reconstruction: volume.WENOZ}, volume.Burgers(1, 0), averages(t, g, at(0)),
					finely(0.06, 1/float64(n), 1.5))
				hs, diffs = append(hs, 1/float64(n)), append(diffs, meanDiff(got, averages(t, g, at(0.06))))
			}
			if order := convergence.Order(hs, diffs); order < 4.8 || diffs[4] > 1e-8 { // 5 less the house's bound; steep waves gain on finer grids
				t.Errorf("order %.3f from errors %.2g, want 5", order, diffs)
			}
		})
	}
}

// TestOrderOfEuler moves a wave of density with the gas, along both axes where there are two: its velocity and pressure stay constant,
// so that all fluxes are linear and a sweep an axis keeps the order.
func TestOrderOfEuler(t *testing.T) {
	for axes, sizes := range map[int][]int{1: {20, 30, 40, 60, 80}, 2: {10, 13, 16, 20}} {
		for _, flux := range []volume.Flux{volume.Rusanov, volume.HLL, volume.HLLC} {
			t.Run(fmt.Sprintf("%d/%v", axes, flux), func(t *testing.T) {
				var hs, diffs []float64
				for _, n := range sizes {
					g := volume.Grid{Upper: []float64{1, 1}[:axes], Cells: []int{n, n}[:axes]}
					u0 := fields(t, g, axes+2, func(u, x []float64) {
						phase := 0.0
						for _, v := range x {
							phase += 2 * math.Pi * v
						}
						rho := 1 + 0.2*math.Sin(phase)
						u[0], u[axes+1] = rho, 2.5
						for a := range axes {
							u[1+a] = rho
							u[axes+1] += rho / 2
						}
					})
					s := volume.Scheme{Grid: g, Flux: flux, Reconstruction: volume.WENOZ}
					got := solve(t, s, volume.Euler(axes, 1.4), u0, finely(1, 1/float64(n), 0.8/float64(axes)))
					hs, diffs = append(hs, 1/float64(n)), append(diffs, meanDiff(got, u0))
				}
				if order := convergence.Order(hs, diffs); math.Abs(order-5) > 0.2 { // the house's bound on a fitted order
					t.Errorf("order %.3f from errors %.2g, want 5", order, diffs)
				}
			})
		}
	}
}

// TestOrderOfVortex carries an isentropic vortex once around a periodic square: a nonlinear law on two axes, where one flux a face
// leaves order 2 in the end, behind a small constant.
func TestOrderOfVortex(t *testing.T) {
	const side, strength, heats = 10.0, 5.0, 1.4
	var hs, diffs []float64
	for _, n := range []int{20, 26, 32, 40} {
		g := volume.Grid{Lower: []float64{-5, -5}, Upper: []float64{5, 5}, Cells: []int{n, n}}
		u0 := fields(t, g, 4, func(u, x []float64) {
			r2 := x[0]*x[0] + x[1]*x[1]
			swirl := strength / (2 * math.Pi) * math.Exp((1-r2)/2)
			heat := 1 - (heats-1)/(2*heats)*swirl*swirl
			rho, vx, vy := math.Pow(heat, 1/(heats-1)), 1-swirl*x[1], 1+swirl*x[0]
			u[0], u[1], u[2], u[3] = rho, rho*vx, rho*vy, rho*heat/(heats-1)+rho*(vx*vx+vy*vy)/2
		})
		got := solve(t, volume.Scheme{Grid: g, Flux: volume.HLLC, Reconstruction: volume.WENOZ}, volume.Euler(2, heats), u0, pde.Stepping{Until: side})
		hs, diffs = append(hs, side/float64(n)), append(diffs, meanDiff(got, u0))
	}
	if order := convergence.Order(hs, diffs); order < 2 || diffs[3] > 5e-3 { // of a vortex of depth 0.5 and radius 1 on cells of 0.25
		t.Errorf("order %.3f from errors %.2g, want at least 2", order, diffs)
	}
}
