package chebyshev_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/chebyshev"
)

func apply(matrix, u []float64) []float64 {
	out := make([]float64, len(matrix)/len(u))
	for i := range out {
		for j, v := range u {
			out[i] += matrix[i*len(u)+j] * v
		}
	}
	return out
}

func sampled(x []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = f(v)
	}
	return out
}

// TestAxisIsExactForPolynomials differentiates, integrates, interpolates and expands x⁵ - 2x² + 3 on [-1, 2].
func TestAxisIsExactForPolynomials(t *testing.T) {
	p := func(x float64) float64 { return math.Pow(x, 5) - 2*x*x + 3 }
	for _, n := range []int{6, 7, 12, 33} {
		a := chebyshev.Axis{N: n, Low: -1, High: 2}
		x := a.Points()
		u := sampled(x, p)
		first, second := a.Derivatives()
		d1 := sampled(x, func(x float64) float64 { return 5*math.Pow(x, 4) - 4*x })
		d2 := sampled(x, func(x float64) float64 { return 20*x*x*x - 4 })
		// Round-off of values of size 27 grows as n² in the first and as n⁴ in the second derivative.
		grow := float64(n * n)
		if e := convergence.Largest(apply(first, u), d1); e > 27e-16*grow {
			t.Errorf("%d points: first derivative off by %.2g", n, e)
		}
		if e := convergence.Largest(apply(second, u), d2); e > 27e-16*grow*grow {
			t.Errorf("%d points: second derivative off by %.2g", n, e)
		}
		integral := apply(a.Weights(), u)[0]
		if want := (64.0-1)/6 - 2.0/3*(8+1) + 9; math.Abs(integral-want) > 1e-13 { // round-off of a sum of size 14
			t.Errorf("%d points: integral %v, want %v", n, integral, want)
		}
		at := []float64{-1, -0.3, x[2], 1.234, 2}
		if e := convergence.Largest(apply(a.Interpolation(at), u), sampled(at, p)); e > 1e-13 { // round-off of values of size 27
			t.Errorf("%d points: interpolation off by %.2g", n, e)
		}
	}
	// x² = (T_0 + T_2)/2 on [-1, 1].
	a := chebyshev.Axis{N: 5, Low: -1, High: 1}
	got := apply(a.Coefficients(), sampled(a.Points(), func(x float64) float64 { return x * x }))
	if e := convergence.Largest(got, []float64{0.5, 0, 0.5, 0, 0}); e > 1e-15 { // round-off
		t.Errorf("coefficients %v", got)
	}
}

// TestAxisConverges: 1/(1+16x²) has poles at ±i/4, so errors fall as ρ^-n with ρ = 1/4 + √(1+1/16) = 1.28.
func TestAxisConverges(t *testing.T) {
	f := func(x float64) float64 { return 1 / (1 + 16*x*x) }
	var integral, interpolation []float64
	sizes := []float64{21, 41, 61, 81, 101}
	for _, n := range sizes {
		a := chebyshev.Axis{N: int(n), Low: -1, High: 1}
		u := sampled(a.Points(), f)
		integral = append(integral, math.Abs(apply(a.Weights(), u)[0]-math.Atan(4)/2))
		var at []float64
		for i := range 1001 {
			at = append(at, -1+float64(i)/500)
		}
		interpolation = append(interpolation, convergence.Largest(apply(a.Interpolation(at), u), sampled(at, f)))
	}
	rate := math.Log(0.25 + math.Sqrt(1+1.0/16))
	for i := range sizes[1:] {
		got := math.Log(interpolation[i]/interpolation[i+1]) / 20
		if math.Abs(got/rate-1) > 0.05 { // the constant before ρ^-n is the same for all n
			t.Errorf("interpolation: rate %.4f, want %.4f (errors %.2g)", got, rate, interpolation)
		}
	}
	// While n is small Clenshaw–Curtis has the rate of Gauss, ρ^-2n (Trefethen 2008): 5e-9 at 41 points, 3e-13 at 61.
	if integral[1] > 1e-8 || integral[2] > 1e-11 || integral[4] > 1e-14 {
		t.Errorf("integrals: errors %.2g", integral)
	}
}

func TestBoxHelpers(t *testing.T) {
	b := pde.Box{Low: []float64{0, -1}, High: []float64{2, 1}, Points: []int{9, 12}}
	f := func(x []float64) float64 { return x[0]*x[0]*x[1] + 1 }
	u, err := chebyshev.At(b, f)
	if err != nil {
		t.Fatal(err)
	}
	twice := slices.Concat(u, u)
	sum, err := chebyshev.Integrate(b, twice)
	if err != nil || len(sum) != 2 || math.Abs(sum[1]-4) > 1e-14 { // round-off: the area of the box
		t.Errorf("integrals %v, %v", sum, err)
	}
	at := [][]float64{{0, 0.7, 1.1, 2}, {-0.5, 0.25}}
	got, err := chebyshev.Interpolate(b, twice, 1, at)
	if err != nil {
		t.Fatal(err)
	}
	for s := range 2 {
		for i, x := range at[0] {
			for j, y := range at[1] {
				if e := math.Abs(got[s*8+i*2+j] - f([]float64{x, y})); e > 1e-14 { // round-off
					t.Errorf("sample %d at (%v, %v) is off by %.2g", s, x, y, e)
				}
			}
		}
	}
	channels := make([]float64, 2*len(u))
	for i, v := range u {
		channels[2*i], channels[2*i+1] = v, -v
	}
	both, err := chebyshev.Interpolate(b, channels, 2, at)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if math.Abs(both[2*i]-got[i]) > 1e-14 || math.Abs(both[2*i+1]+got[i]) > 1e-14 { // round-off
			t.Errorf("channels at %d are %v, want ±%v", i, both[2*i:2*i+2], got[i])
		}
	}
}

func TestBoxErrors(t *testing.T) {
	good := pde.Box{Low: []float64{0}, High: []float64{1}, Points: []int{5}}
	periodic, reversed := good, good
	periodic.Faces = pde.Sides(1, pde.Boundary{Kind: pde.Periodic})
	reversed.High = []float64{-1}
	u := make([]float64, 5)
	for i, c := range []struct {
		call func() error
		want string
	}{
		{func() error { _, err := chebyshev.At(periodic, nil); return err }, "periodic"},
		{func() error { _, err := chebyshev.At(reversed, nil); return err }, "from Low[0] = 0 to High[0] = -1"},
		{func() error { _, err := chebyshev.At(pde.Box{}, nil); return err }, "one to three axes"},
		{func() error { _, err := chebyshev.Integrate(good, u[:4]); return err }, "whole samples of 5"},
		{func() error { _, err := chebyshev.Interpolate(good, u, 1, [][]float64{{1.5}}); return err }, "at 1.5 on axis 0"},
		{func() error { _, err := chebyshev.Interpolate(good, u, 1, nil); return err }, "places for 0 axes"},
		{func() error { return chebyshev.Axis{N: 1, High: 1}.Validate() }, "Axis of 1 points"},
	} {
		if err := c.call(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("case %d: error %v, want %q in it", i, err, c.want)
		}
	}
}

// ExampleAxis integrates e^x over [0, 1] with nine values.
func ExampleAxis() {
	a := chebyshev.Axis{N: 9, Low: 0, High: 1}
	var sum float64
	for j, w := range a.Weights() {
		sum += w * math.Exp(a.Points()[j])
	}
	fmt.Printf("%.10f\n", sum)
	// Output: 1.7182818285
}
