package pde

import (
	"fmt"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Resample moves a batch of real periodic fields u [samples, from] to a grid of to points by Fourier
// interpolation: exact for fields without modes at or above half of the smaller number of points, the
// others lose these modes.
//
// Shapes: returns [samples, to].
// Errors: if a grid is empty or len(u) is no multiple of from.
func Resample(u []float64, from, to int) ([]float64, error) {
	if from < 1 || to < 1 || len(u)%max(from, 1) != 0 {
		return nil, fmt.Errorf("pde: Resample: %d values from %d to %d points, want whole samples and grids of at least 1 point",
			len(u), from, to)
	}
	samples := len(u) / from
	out := make([]float64, samples*to)
	in, back := fourier.NewFFT(from), fourier.NewFFT(to)
	spectrum, target := make([]complex128, from/2+1), make([]complex128, to/2+1)
	shared := (min(from, to) + 1) / 2 // modes below half of the points, the constant included
	scale := complex(1/float64(from), 0)
	for i := range samples {
		in.Coefficients(spectrum, u[i*from:(i+1)*from])
		clear(target)
		for k := range shared {
			target[k] = spectrum[k] * scale
		}
		back.Sequence(out[i*to:(i+1)*to], target)
	}
	return out, nil
}
