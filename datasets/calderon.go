package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/chebyshev"
)

// Calderon pairs what is measured at the boundary of a body with the conductivity a inside, as in electrical impedance tomography:
//
//	∇·(a ∇u_l) = 0 in (0, 1)²,  u_l = cos(3 (x cos θ_l + y sin θ_l)) on the boundary,  θ_l = 2π l/Angles,  l = 1 … Angles
//
// with a = exp(Σ_(k=1)^m c_k sin kπx sin kπy), m one of 1 to 4 and c in [-1, 1]. What is measured is the current a ∂u_l/∂n at Side
// points in the middle of equal parts of each side, in the order y = 0, x = 1, y = 1, x = 0, anticlockwise.
//
// Arrays: train_input [Train, Angles, 4 Side, 1], train_output [Train, Grid, Grid, 1], test_input and test_output likewise, with axes sample,
// angle, boundary, x, y, channel; angle [Angles] in radians; x, y [Grid], both ends included.
// Accuracy: 1e-4 by refinement: at the corners the second derivatives of u have logarithms, and collocation converges with a power of
// its points.
//
// Source: Molinaro et al. 2023, arXiv:2301.11167, section 4. bib: molinaro2023nio
type Calderon struct {
	Angles int // boundary conditions, ≥ 1; the paper's: 20
	Side   int // points of a side at which the current is given, ≥ 1
	Grid   int // points of the conductivity along an axis, ≥ 2; the paper's: 70
	Train  int // number of training pairs, ≥ 1
	Test   int // number of test pairs, ≥ 1
	Seed   uint64
	Finest int // Chebyshev points along an axis for the solve; 0 means 33
}

var (
	_ Inverse   = Calderon{}
	_ Sharded   = Calderon{}
	_ Described = Calderon{}
)

// Few is the same recipe with so many test pairs and one training pair.
func (c Calderon) Few(samples int) Recipe {
	c.Train, c.Test = 1, samples
	return c
}

// Refined solves on half as many points again: a power of them is the error.
func (c Calderon) Refined() Recipe {
	c.Finest = c.finest() * 3 / 2
	return c
}

// Solved are the currents.
func (Calderon) Solved() string { return TestInput }

// Describe says what the data are.
func (c Calderon) Describe() Description {
	return Description{
		Title: "Calderón's inverse problem", Equation: `\nabla\cdot(a\,\nabla u_l) = 0`, Domain: "(x, y) in [0, 1]²",
		Conditions: fmt.Sprintf("u_l = cos(3 (x cos θ_l + y sin θ_l)) on the boundary, %d angles; log a is a random sum of up to four waves", c.Angles),
		Method:     "Chebyshev collocation on Finest points along an axis, dense LU",
		Source:     "Molinaro et al. 2023, arXiv:2301.11167, section 4",
	}
}

// Name is "calderon".
func (Calderon) Name() string { return "calderon" }

// Version of the generator, tied to testdata/calderon.json.
func (Calderon) Version() int { return 1 }

func (c Calderon) finest() int {
	if c.Finest == 0 {
		return 33
	}
	return c.Finest
}

// Validate lists all that is wrong with c.
func (c Calderon) Validate() error {
	var errs []error
	if c.Angles < 1 || c.Side < 1 || c.Grid < 2 {
		errs = append(errs, fmt.Errorf("datasets: Calderon.Angles = %d, Side = %d and Grid = %d, want at least 1, 1 and 2", c.Angles, c.Side, c.Grid))
	}
	if n := c.finest(); n < 9 || n > 65 {
		errs = append(errs, fmt.Errorf("datasets: Calderon.Finest = %d, want 9 to 65, or 0 for 33", c.Finest))
	}
	return errors.Join(append(errs, checkCounts("Calderon", c.Train, c.Test))...)
}

// Arrays describes the pairs and the coordinates.
func (c Calderon) Arrays() []Shape {
	in, out := []string{"sample", "angle", "boundary", "channel"}, []string{"sample", "x", "y", "channel"}
	return []Shape{
		{TrainInput, in, []int{c.Train, c.Angles, 4 * c.Side, 1}},
		{TrainOutput, out, []int{c.Train, c.Grid, c.Grid, 1}},
		{TestInput, in, []int{c.Test, c.Angles, 4 * c.Side, 1}},
		{TestOutput, out, []int{c.Test, c.Grid, c.Grid, 1}},
		{"angle", []string{"angle"}, []int{c.Angles}},
		{"x", []string{"x"}, []int{c.Grid}},
		{"y", []string{"y"}, []int{c.Grid}},
	}
}

// Make draws conductivities and solves for the currents.
func (c Calderon) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := c.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, c, report)
}

// Samples is the number of training and test pairs together.
func (c Calderon) Samples() int { return c.Train + c.Test }

// MakeSamples makes some pairs.
func (c Calderon) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	input, output, err = eachSample(ctx, c.Arrays(), from, to, report, func(i int, input, output []float64) error {
		a := drawConductivity(sampleStream(c.Seed, i, c.Train))
		for j := range output {
			v, _ := a.at([]float64{float64(j/c.Grid) / float64(c.Grid-1), float64(j%c.Grid) / float64(c.Grid-1)})
			output[j] = v
		}
		return c.currents(ctx, input, a)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Calderon with Finest = %d: %w", c.finest(), err)
	}
	return input, output, nil
}

// Assemble puts all pairs into their arrays.
func (c Calderon) Assemble(input, output []float64) Set {
	x, angles := make([]float64, c.Grid), make([]float64, c.Angles)
	for i := range x {
		x[i] = float64(i) / float64(c.Grid-1)
	}
	for l := range angles {
		angles[l] = c.angle(l)
	}
	return assemble(c.Arrays(), input, output, angles, x, x)
}

func (c Calderon) angle(l int) float64 { return 2 * math.Pi * float64(l+1) / float64(c.Angles) }

// conductivity is a = exp(Σ c_k sin kπx sin kπy).
type conductivity []float64

func drawConductivity(rng *rand.Rand) conductivity {
	a := make(conductivity, 1+rng.IntN(4))
	for k := range a {
		a[k] = 2*rng.Float64() - 1
	}
	return a
}

// at is a and its gradient.
func (a conductivity) at(x []float64) (value float64, gradient [2]float64) {
	var g, gx, gy float64
	for i, c := range a {
		k := math.Pi * float64(i+1)
		sx, cx := math.Sincos(k * x[0])
		sy, cy := math.Sincos(k * x[1])
		g, gx, gy = g+c*sx*sy, gx+c*k*cx*sy, gy+c*k*sx*cy
	}
	value = math.Exp(g)
	return value, [2]float64{value * gx, value * gy}
}

// plane is φ = cos(3 (x cos θ + y sin θ)) and its gradient; Δφ = -9 φ.
func plane(x []float64, theta float64) (value float64, gradient [2]float64) {
	const frequency = 3
	sin, cos := math.Sincos(theta)
	s, value := math.Sincos(frequency * (x[0]*cos + x[1]*sin))
	return value, [2]float64{-frequency * cos * s, -frequency * sin * s}
}

// currents writes a ∂u_l/∂n [Angles, 4 Side]. With u = φ + w, w is 0 on the boundary and -∇·(a ∇w) = ∇·(a ∇φ), so that one factorisation
// serves all l.
func (c Calderon) currents(ctx context.Context, dst []float64, a conductivity) error {
	n := c.finest()
	box := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{n, n}}
	var sources []float64
	for l := range c.Angles {
		source, err := chebyshev.At(box, func(x []float64) float64 {
			value, slope := a.at(x)
			phi, wave := plane(x, c.angle(l))
			return -9*value*phi + slope[0]*wave[0] + slope[1]*wave[1]
		})
		if err != nil {
			return err
		}
		sources = append(sources, source...)
	}
	equation := chebyshev.Elliptic{Box: box, Workers: 1, Diffusion: func(x []float64) float64 {
		value, _ := a.at(x)
		return value
	}}
	solution, err := equation.Solve(ctx, sources)
	if err != nil {
		return err
	}
	axis := chebyshev.Axis{N: n, Low: 0, High: 1}
	for l := range c.Angles {
		w := solution.Last()[l*n*n : (l+1)*n*n]
		c.boundary(dst[l*4*c.Side:(l+1)*4*c.Side], axis, w, a, c.angle(l))
	}
	return nil
}

// boundary writes a ∂u/∂n along the four sides.
func (c Calderon) boundary(dst []float64, axis chebyshev.Axis, w []float64, a conductivity, theta float64) {
	n := axis.N
	first, _ := axis.Derivatives()
	middles := make([]float64, c.Side)
	for i := range middles {
		middles[i] = (float64(i) + 0.5) / float64(c.Side)
	}
	along := axis.Interpolation(middles)
	// slope is ∂w/∂x (across 0) or ∂w/∂y (across 1) at point j along a side; end is the face at 0 or 1.
	slope := func(across, end, j int) (sum float64) {
		row := end * (n - 1)
		for i := range n {
			at := i*n + j
			if across == 1 {
				at = j*n + i
			}
			sum += first[row*n+i] * w[at]
		}
		return sum
	}
	for side, face := range [4][2]int{{1, 0}, {0, 1}, {1, 1}, {0, 0}} { // axis across, end
		across, end := face[0], face[1]
		outward := float64(2*end - 1)
		line := make([]float64, n)
		for j := range line {
			line[j] = slope(across, end, j)
		}
		for i, s := range middles {
			place := []float64{float64(end), s}
			if across == 1 {
				place = []float64{s, float64(end)}
			}
			var dw float64
			for j, v := range line {
				dw += along[i*n+j] * v
			}
			value, _ := a.at(place)
			_, wave := plane(place, theta)
			at := i
			if side >= 2 { // back along the upper side and down the left one
				at = c.Side - 1 - i
			}
			dst[side*c.Side+at] = outward * value * (wave[across] + dw)
		}
	}
}
