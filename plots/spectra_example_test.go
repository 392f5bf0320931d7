package plots_test

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func TestGoldenSpectra(t *testing.T) {
	golden(t, "banderrors", ExampleBandErrors)
	golden(t, "eigenvalues", ExampleEigenvalues)
	golden(t, "stability", ExampleEigenvalues_stability)
	golden(t, "spectraldensity", ExampleSpectralDensity)
	golden(t, "tangentkernel", ExampleSpectralDensity_log)
	golden(t, "singularvalues", ExampleSingularValues)
}

// Low frequencies are learnt first.
func ExampleBandErrors() {
	steps := linspace(0, 20_000, 101)
	learnt := func(tau, floor float64) []float64 {
		return apply(steps, func(s float64) float64 { return math.Exp(-s/tau) + floor })
	}
	save("banderrors", plots.BandErrors{
		Times:  steps,
		Bands:  []string{"k < 4", "4 ≤ k < 16", "16 ≤ k < 64", "k ≥ 64"},
		Errors: [][]float64{learnt(900, 4e-4), learnt(2200, 2e-3), learnt(6000, 1e-2), learnt(40_000, 0)},
	})
	// Output:
}

// Eigenvalues of a matrix with random entries, and of an orthogonal recurrence.
func ExampleEigenvalues() {
	noise := rand.New(rand.NewPCG(7, 8))
	var circle, disc []complex128
	for range 30 {
		phase := math.Pi * noise.Float64()
		z := cmplx.Rect(1, phase)
		w := cmplx.Rect(1.08*math.Sqrt(noise.Float64()), phase+noise.Float64())
		circle = append(circle, z, cmplx.Conj(z))
		disc = append(disc, w, cmplx.Conj(w))
	}
	save("eigenvalues", plots.Eigenvalues{
		UnitCircle: true,
		Sets:       []plots.ComplexSet{{Name: "orthogonal", Values: circle}, {Name: "free", Values: disc}},
	})
	// Output:
}

// The classical method of order four on upwind advection and on diffusion: the
// step is too long for the second.
func ExampleEigenvalues_stability() {
	var advection, diffusion []complex128
	for k := range 32 {
		theta := 2 * math.Pi * float64(k) / 32
		advection = append(advection, 1.2*(cmplx.Exp(complex(0, -theta))-1))
		diffusion = append(diffusion, complex(-0.8*(2-2*math.Cos(theta)), 0))
	}
	save("stability", plots.Eigenvalues{
		Stability: []float64{1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24},
		Sets:      []plots.ComplexSet{{Name: "advection", Values: advection}, {Name: "diffusion", Values: diffusion}},
	})
	// Output:
}

// A bulk around zero with a few large eigenvalues, before and after training.
func ExampleSpectralDensity() {
	noise := rand.New(rand.NewPCG(9, 10))
	spectrum := func(bulk float64, outliers ...float64) []float64 {
		values := outliers
		for range 400 {
			values = append(values, bulk*noise.NormFloat64())
		}
		return values
	}
	save("spectraldensity", plots.SpectralDensity{
		X:          plots.Axis{Label: "Hessian eigenvalue λ"},
		Y:          plots.Axis{Log: true},
		Broadening: 0.15, Bins: 60,
		Spectra: []plots.EigenSpectrum{
			{Name: "initial", Values: spectrum(0.6, 2.6, 3.1)},
			{Name: "trained", Values: spectrum(0.2, 4.5, 6.2, 9)},
		},
	})
	// Output:
}

// The spectrum of a kernel falls over many decades; two values are lost to
// round-off.
func ExampleSpectralDensity_log() {
	noise := rand.New(rand.NewPCG(11, 12))
	kernel := func(from, decades float64) []float64 {
		var values []float64
		for i := range 200 {
			values = append(values, math.Pow(10, from-decades*float64(i)/200+0.2*noise.NormFloat64()))
		}
		return values
	}
	save("tangentkernel", plots.SpectralDensity{
		X: plots.Axis{Label: "eigenvalue of the tangent kernel", Log: true},
		Spectra: []plots.EigenSpectrum{
			{Name: "coordinates", Values: append(kernel(3, 9), -1e-9, 0)},
			{Name: "Fourier features", Values: kernel(3, 3)},
		},
	})
	// Output:
}

func ExampleSingularValues() {
	values := func(decay float64, n int) []float64 {
		return apply(linspace(0, float64(n-1), n), func(i float64) float64 { return 4 * math.Exp(-i/decay) })
	}
	save("singularvalues", plots.SingularValues{
		Relative: true, Threshold: 1e-3,
		Matrices: []plots.Bar{
			{Name: "lifting", Values: values(3, 32)},
			{Name: "projection", Values: append(values(8, 30), 0, 0)},
		},
	})
	// Output:
}
