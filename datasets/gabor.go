package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Gabor pairs images of waves under Gaussians, which are Gabor's patches, and of discs with their gradient and Laplacian: something to fit
// from values or from derivatives.
//
// An image has 12 patches, of wavelengths of 4 to 20 pixels, and two discs with sharp edges. It is periodic, blurred by a Gaussian of 0.7
// pixels, and scaled to [-1, 1], which it fills. Its derivatives are those of its trigonometric interpolant, exact to round-off.
//
// Arrays: train_input [Train, Grid, Grid, 1]; train_output [Train, Grid, Grid, 3], the channels u_x, u_y and u_xx + u_yy; test_input and
// test_output likewise, with axes sample, x, y, channel; x, y [Grid], the middles of the pixels on [-1, 1].
type Gabor struct {
	Grid  int // pixels along an axis, ≥ 32
	Train int // number of training images, ≥ 1
	Test  int // number of test images, ≥ 1
	Seed  uint64
}

var (
	_ Sharded   = Gabor{}
	_ Described = Gabor{}
)

// What an image has.
const (
	gaborPatches = 12
	gaborDiscs   = 2
	gaborBlur    = 0.7 // standard deviation in pixels
)

// Describe says what the data are.
func (g Gabor) Describe() Description {
	return Description{
		Title: "Gabor patches and discs", Domain: "(x, y) in [-1, 1]², periodic",
		Equation:   `u = \sum_{i=1}^{12} a_i\,e^{-|x-c_i|^2/2s_i^2}\cos(k_i\cdot x+\varphi_i) + \sum_{j=1}^{2} b_j\,[\,|x-d_j|<r_j\,]`,
		Conditions: "wavelengths of 4 to 20 pixels, s of 3 to 7 pixels, r of 0.08 to 0.16 of the width; blurred by 0.7 pixels, scaled to [-1, 1]",
		Method:     fmt.Sprintf("%d × %d pixels; derivatives by Fourier transform, exact to round-off", g.Grid, g.Grid),
		Source:     "package datasets",
	}
}

// Name is "gabor".
func (Gabor) Name() string { return "gabor" }

// Version of the generator, tied to testdata/gabor.json.
func (Gabor) Version() int { return 1 }

// Validate lists all that is wrong with g.
func (g Gabor) Validate() error {
	var errs []error
	if g.Grid < 32 {
		errs = append(errs, fmt.Errorf("datasets: Gabor.Grid = %d, want at least 32, room for the patches", g.Grid))
	}
	return errors.Join(append(errs, checkCounts("Gabor", g.Train, g.Test))...)
}

// Arrays describes the images, their derivatives and the coordinates.
func (g Gabor) Arrays() []Shape {
	axes, n := []string{"x", "y", "channel"}, g.Grid
	return pairShapes(g.Train, g.Test, Shape{Axes: axes, Dims: []int{n, n, 1}}, Shape{Axes: axes, Dims: []int{n, n, 3}}, axis("x", n), axis("y", n))
}

// Make draws the images.
func (g Gabor) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := g.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, g, report)
}

// Samples is the number of training and test images together.
func (g Gabor) Samples() int { return g.Train + g.Test }

// MakeSamples draws some images.
func (g Gabor) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	return eachDrawn(ctx, g.Arrays(), from, to, report, func() (func(int, []float64, []float64) error, error) {
		square := newPeriodicSquare(g.Grid)
		return func(i int, input, output []float64) error {
			drawGabor(sampleStream(g.Seed, i, g.Train), input, g.Grid)
			square.differentiate(input, output)
			return nil
		}, nil
	})
}

// Assemble puts all images into their arrays.
func (g Gabor) Assemble(input, output []float64) Set {
	x := make([]float64, g.Grid)
	for i := range x {
		x[i] = -1 + (2*float64(i)+1)/float64(g.Grid)
	}
	return assemble(g.Arrays(), input, output, x, x)
}

// drawGabor draws patches and discs on n × n pixels; lengths are in pixels.
func drawGabor(rng *rand.Rand, u []float64, n int) {
	width := float64(n)
	sign := func() float64 { return float64(2*rng.IntN(2) - 1) }
	centre := func() (x, y float64) { return width * rng.Float64(), width * rng.Float64() }
	for range gaborPatches {
		cx, cy := centre()
		size, deviation, wavelength := unitRange(rng, 0.5, 1), unitRange(rng, 3, 7), unitRange(rng, 4, 20)
		sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
		phase := 2 * math.Pi * rng.Float64()
		addPeriodic(u, n, func(x, y float64) float64 {
			x, y = x-cx, y-cy
			return size * math.Exp(-(x*x+y*y)/(2*deviation*deviation)) * math.Cos(2*math.Pi*(cos*x+sin*y)/wavelength+phase)
		})
	}
	for range gaborDiscs {
		cx, cy := centre()
		size, radius := sign()*unitRange(rng, 0.5, 1), width*unitRange(rng, 0.08, 0.16)
		addPeriodic(u, n, func(x, y float64) float64 { return size * edge(math.Hypot(x-cx, y-cy)-radius, 1) })
	}
}

// addPeriodic adds a function of a place in pixels, summed over the periods in which it is not small.
func addPeriodic(u []float64, n int, f func(x, y float64) float64) {
	for i := range u {
		for _, a := range []int{-n, 0, n} {
			for _, b := range []int{-n, 0, n} {
				u[i] += f(float64(i/n+a)+0.5, float64(i%n+b)+0.5)
			}
		}
	}
}

// FromLaplacian is the image, but for its mean, from its Laplacian, by Fourier transform: the periodic solution of Poisson's equation, of mean zero.
//
// Shapes: laplacian [Grid·Grid], as one channel of an output; returns the same.
// Errors: another length.
func (g Gabor) FromLaplacian(laplacian []float64) ([]float64, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if len(laplacian) != g.Grid*g.Grid {
		return nil, fmt.Errorf("datasets: a Laplacian of %d values for an image of %d × %d pixels", len(laplacian), g.Grid, g.Grid)
	}
	t := newPeriodicSquare(g.Grid)
	for i, v := range laplacian {
		t.spectrum[i] = complex(v, 0)
	}
	t.transform(t.spectrum, t.fft.Coefficients)
	t.spectrum[0] = 0
	for i := 1; i < len(t.spectrum); i++ {
		kx, ky := t.wave(i/t.n), t.wave(i%t.n)
		t.spectrum[i] *= complex(-1/((kx*kx+ky*ky)*float64(t.n*t.n)), 0)
	}
	t.transform(t.spectrum, t.fft.Sequence)
	u := make([]float64, len(laplacian))
	for i, v := range t.spectrum {
		u[i] = real(v)
	}
	return u, nil
}

// periodicSquare differentiates periodic fields on n × n points of [-1, 1]². It keeps scratch memory: use one a goroutine.
type periodicSquare struct {
	n                int
	fft              *fourier.CmplxFFT
	line             []complex128
	spectrum, values []complex128
}

func newPeriodicSquare(n int) *periodicSquare {
	return &periodicSquare{n, fourier.NewCmplxFFT(n), make([]complex128, n), make([]complex128, n*n), make([]complex128, n*n)}
}

// differentiate blurs u, scales it to [-1, 1] and writes its derivatives u_x, u_y and u_xx + u_yy, point by point.
func (t *periodicSquare) differentiate(u, derivatives []float64) {
	for i, v := range u {
		t.spectrum[i] = complex(v, 0)
	}
	t.transform(t.spectrum, t.fft.Coefficients)
	t.write(u, 1, func(kx, ky float64) complex128 { return 1 })
	low, high := u[0], u[0]
	for _, v := range u {
		low, high = min(low, v), max(high, v)
	}
	scale := 2 / (high - low)
	for i, v := range u {
		u[i] = min(1, max(-1, scale*(v-low)-1)) // round-off must not leave the range
	}
	for channel, symbol := range []func(kx, ky float64) complex128{
		func(kx, _ float64) complex128 { return complex(0, scale*t.odd(kx)) },
		func(_, ky float64) complex128 { return complex(0, scale*t.odd(ky)) },
		func(kx, ky float64) complex128 { return complex(-scale*(kx*kx+ky*ky), 0) },
	} {
		t.write(derivatives[channel:], 3, symbol)
	}
}

// odd is k, and 0 for the highest wave, whose slope is zero at all points.
func (t *periodicSquare) odd(k float64) float64 {
	if math.Abs(k) >= math.Pi*float64(t.n)/2 {
		return 0
	}
	return k
}

// write is every stride-th value of out: the blurred field with its waves multiplied by a symbol.
func (t *periodicSquare) write(out []float64, stride int, symbol func(kx, ky float64) complex128) {
	blur := 2 * gaborBlur / float64(t.n) // of [-1, 1]
	for i, v := range t.spectrum {
		kx, ky := t.wave(i/t.n), t.wave(i%t.n)
		t.values[i] = v * symbol(kx, ky) * complex(math.Exp(-blur*blur*(kx*kx+ky*ky)/2)/float64(t.n*t.n), 0)
	}
	t.transform(t.values, t.fft.Sequence)
	for i, v := range t.values {
		out[i*stride] = real(v)
	}
}

// wave is the wave number of a coefficient, on an interval of length 2.
func (t *periodicSquare) wave(i int) float64 {
	if 2*i > t.n {
		i -= t.n
	}
	return math.Pi * float64(i)
}

// transform applies a transform of one axis to both, in place.
func (t *periodicSquare) transform(x []complex128, along func(dst, seq []complex128) []complex128) {
	for row := 0; row < len(x); row += t.n {
		copy(x[row:row+t.n], along(t.line, x[row:row+t.n]))
	}
	column := make([]complex128, t.n)
	for j := range t.n {
		for i := range column {
			column[i] = x[i*t.n+j]
		}
		for i, v := range along(t.line, column) {
			x[i*t.n+j] = v
		}
	}
}
