package difference_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/difference"
)

// TestHelmholtzOrder has f = (Σω² - k²) u on a closed box, real and, in the second sample, imaginary.
func TestHelmholtzOrder(t *testing.T) {
	const k = 1.9
	for _, c := range kinds {
		for d := 1; d <= 3; d++ {
			var hs, errs []float64
			ns := sizes(d)
			if d == 3 {
				ns = []int{4, 6, 8, 10}
			}
			for _, n := range ns {
				b := boxOf(d, n, standing.faces(d, one, c...))
				u := field(t, b, standing.at)
				var f []float64
				for _, v := range u {
					f = append(f, (standing.square(d)-k*k)*v, 0)
				}
				got := last(t)(difference.Helmholtz{Box: b, WaveNumber: []float64{k}}.Solve(t.Context(), f))
				hs, errs = append(hs, 1/float64(n)), append(errs, convergence.Largest(got, states(u, make([]float64, len(u)))))
			}
			wantSecondOrder(t, fmt.Sprintf("%v in %d axes", c, d), hs, errs)
		}
	}
}

// TestHelmholtzLine has a point source on a line between two layers: u = i/(2k) e^(ik|x|), and on an infinite grid exactly
// i h/(2 sin κ) e^(iκ|j|) with cos κ = 1 - (kh)²/2. What is left between that and ours is the reflection of the layers.
func TestHelmholtzLine(t *testing.T) {
	const k = 20.0
	var hs, errs []float64
	for _, c := range []struct {
		n, layer   int
		reflection float64
	}{{100, 10, 1e-2}, {200, 20, 1e-3}, {400, 40, 1e-4}, {800, 80, 1e-5}} {
		b := pde.Box{Low: []float64{-1}, High: []float64{1}, Points: []int{c.n + 1}}
		h := 2 / float64(c.n)
		f := make([]float64, 2*(c.n+1))
		f[c.n] = 1 / h
		p := difference.Helmholtz{
			Box: b, WaveNumber: []float64{k},
			Layer: difference.Layer{Steps: [][2]int{{c.layer, c.layer}}, Reflection: c.reflection},
		}
		got := last(t)(p.Solve(t.Context(), f))
		kappa := math.Acos(1 - k*k*h*h/2)
		var reflected, off float64
		for j := c.layer; j <= c.n-c.layer; j++ {
			away := math.Abs(float64(j - c.n/2))
			u := complex(got[2*j], got[2*j+1])
			infinite := complex(0, h/(2*math.Sin(kappa))) * cmplx.Exp(complex(0, kappa*away))
			exact := complex(0, 1/(2*k)) * cmplx.Exp(complex(0, k*h*away))
			reflected, off = max(reflected, cmplx.Abs(u-infinite)*2*k), max(off, cmplx.Abs(u-exact)*2*k)
		}
		t.Logf("%d points: reflection %.2g, error %.2g", c.n, reflected, off)
		// Where the waves that come back from both ends add up there is twice the Reflection; the grid adds at most a twentieth.
		if math.Abs(reflected/(2*c.reflection)-1) > 0.05 {
			t.Errorf("%d points: %.3g is reflected, want %v", c.n, reflected, 2*c.reflection)
		}
		hs, errs = append(hs, h), append(errs, off)
	}
	wantSecondOrder(t, "Green's function", hs, errs)
}

// TestHelmholtzPlane has a point source in a plane: u = i/4 H_0(kr), with H = J + iY.
func TestHelmholtzPlane(t *testing.T) {
	const k = 12.0
	var hs, errs []float64
	for _, n := range []int{48, 64, 80, 96} {
		layer := n / 6
		b := pde.Box{Low: []float64{-1, -1}, High: []float64{1, 1}, Points: []int{n + 1, n + 1}}
		h := 2 / float64(n)
		f := make([]float64, 2*(n+1)*(n+1))
		f[(n/2)*(n+1)*2+n] = 1 / (h * h)
		p := difference.Helmholtz{
			Box: b, WaveNumber: []float64{k},
			Layer: difference.Layer{Steps: [][2]int{{layer, layer}, {layer, layer}}, Reflection: 1e-4},
		}
		got := last(t)(p.Solve(t.Context(), f))
		var worst float64
		for i := layer; i <= n-layer; i++ {
			for j := layer; j <= n-layer; j++ {
				r := math.Hypot(float64(i-n/2), float64(j-n/2)) * h
				if r < 0.25 { // the grid's logarithm near the source is its own
					continue
				}
				want := complex(-math.Y0(k*r)/4, math.J0(k*r)/4)
				at := i*(n+1) + j
				worst = max(worst, cmplx.Abs(complex(got[2*at], got[2*at+1])-want))
			}
		}
		hs, errs = append(hs, h), append(errs, worst)
	}
	t.Logf("errors %.2g of 0.1", errs)
	wantSecondOrder(t, "Green's function", hs, errs)
}

// TestHelmholtzMedium: a wave number that jumps from k to 2k on a line lets t = 2/3 of an incoming amplitude through and reflects r = -1/3.
func TestHelmholtzMedium(t *testing.T) {
	const k, n = 10.0, 1600
	b := pde.Box{Low: []float64{-1}, High: []float64{1}, Points: []int{n + 1}}
	p := difference.Helmholtz{
		Box: b, Layer: difference.Layer{Steps: [][2]int{{300, 300}}, Reflection: 1e-5},
		WaveNumber: field(t, b, func(x []float64) float64 {
			switch {
			case x[0] > 0:
				return 2 * k
			case x[0] == 0:
				return math.Sqrt(2.5) * k // the mean of k² over the cell
			}
			return k
		}),
	}
	const source, h = 560, 2.0 / n // at x = -0.3
	f := make([]float64, 2*(n+1))
	f[2*source] = 1 / h
	got := last(t)(p.Solve(t.Context(), f))
	amplitude := func(i int) float64 { return math.Hypot(got[2*i], got[2*i+1]) * 2 * k }
	if a := amplitude(1100); math.Abs(a-2.0/3) > 0.001 { // (kh)² = 6e-4 and the layers
		t.Errorf("%.5f goes through, want 2/3", a)
	}
	// Behind the source the waves from it and from the jump go the same way: |1 - e^(2ik 0.3)/3|.
	want := cmplx.Abs(1 - cmplx.Exp(complex(0, 2*k*0.3))/3)
	if a := amplitude(400); math.Abs(a-want) > 0.003 { // the phase of the wave there and back is off by k³h²·0.6/24 = 4e-5
		t.Errorf("%.5f goes back, want %.5f", a, want)
	}
}

func TestHelmholtzFacts(t *testing.T) {
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{12, 13}}
	p := difference.Helmholtz{
		Box: b, WaveNumber: []float64{9}, Workers: 1,
		Layer: difference.Layer{Steps: [][2]int{{3, 3}, {3, 3}}, Reflection: 0.1},
	}
	f := make([]float64, 5*2*b.Size())
	for i := range f {
		f[i] = math.Sin(float64(i))
	}
	want := last(t)(p.Solve(t.Context(), f))
	p.Workers = 3
	if got := last(t)(p.Solve(t.Context(), f)); !slices.Equal(got, want) {
		t.Error("differs between 1 and 3 workers")
	}
	size := 2 * b.Size()
	if alone := last(t)(p.Solve(t.Context(), f[3*size:4*size])); !slices.Equal(alone, want[3*size:4*size]) {
		t.Error("sample 3 differs when it is solved alone")
	}
	// The matrix is complex symmetric: the field at B of a source at A is that at A of one at B.
	at := func(source, place int) complex128 {
		f := make([]float64, size)
		f[2*source] = 1
		u := last(t)(p.Solve(t.Context(), f))
		return complex(u[2*place], u[2*place+1])
	}
	if a, c := at(5*13+5, 7*13+8), at(7*13+8, 5*13+5); cmplx.Abs(a-c) > 1e-15 { // round-off of values of 1e-3
		t.Errorf("%v there and %v back", a, c)
	}
}

func TestHelmholtzErrors(t *testing.T) {
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{21, 41}}
	f := make([]float64, 2*b.Size())
	nan := slices.Clone(f)
	nan[500] = math.NaN()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		p    difference.Helmholtz
		f    []float64
		want string
	}{
		{"box", t.Context(), difference.Helmholtz{}, f, "one to three axes"},
		{"no wave number", t.Context(), difference.Helmholtz{Box: b}, f, "WaveNumber has 0 values, want 1 or 861"},
		{"wave number", t.Context(), difference.Helmholtz{Box: b, WaveNumber: []float64{-1}}, f, "WaveNumber is -1"},
		{
			"too coarse", t.Context(),
			difference.Helmholtz{Box: b, WaveNumber: []float64{30}},
			f,
			"4.19 points a wavelength along axis 0 for a wave number of 30, want at least 6, which takes 30 points",
		},
		{"length", t.Context(), difference.Helmholtz{Box: b, WaveNumber: []float64{3}}, f[1:], "whole samples of 1722"},
		{"NaN", t.Context(), difference.Helmholtz{Box: b, WaveNumber: []float64{3}}, nan, "sample 0: a value is not finite"},
		{
			"layer", t.Context(),
			difference.Helmholtz{Box: b, WaveNumber: []float64{3}, Layer: difference.Layer{Steps: [][2]int{{0, -1}, {0, 0}}, Reflection: 0.1}},
			f, "Layer.Steps[0] = [0 -1]",
		},
		{"stopped", stopped, difference.Helmholtz{Box: b, WaveNumber: []float64{3}}, f, "canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.p.Solve(c.ctx, c.f)
			if err == nil || !strings.Contains(err.Error(), c.want) || sol.Last() != nil {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
	var coarse *difference.WavelengthError
	if _, err := (difference.Helmholtz{Box: b, WaveNumber: []float64{30}}).Solve(t.Context(), f); !errors.As(err, &coarse) || coarse.Points != 30 {
		t.Errorf("error %v, want a WavelengthError with 30 points", err)
	}
	b.Points = []int{coarse.Points, 41}
	if _, err := (difference.Helmholtz{Box: b, WaveNumber: []float64{30}}).Solve(t.Context(), make([]float64, 2*b.Size())); err != nil {
		t.Errorf("the grid that the error wants is refused: %v", err)
	}
}

func BenchmarkHelmholtz65x65(b *testing.B) {
	box := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{65, 65}}
	p := difference.Helmholtz{
		Box: box, WaveNumber: []float64{40},
		Layer: difference.Layer{Steps: [][2]int{{10, 10}, {10, 10}}, Reflection: 1e-3},
	}
	f := slices.Repeat([]float64{1}, 2*65*65)
	for b.Loop() {
		last(b)(p.Solve(b.Context(), f))
	}
}
