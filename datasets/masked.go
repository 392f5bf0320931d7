package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/difference"
)

// MaskedPart says which of the data of a [Masked] problem act.
type MaskedPart string

// The problem is linear: the solutions of the two parts add up to that of both.
const (
	BothParts    MaskedPart = ""
	SourcePart   MaskedPart = "source"   // g = 0
	BoundaryPart MaskedPart = "boundary" // f = 0
)

// Masked pairs sources, boundary values and domains with the solutions of
//
//	-Δu = f in Ω,  u = g on ∂Ω
//
// where Ω is the unit square with each corner cut off with a chance of one half. What is cut off is a rectangle; its sides are a random number of
// steps of the Grid. f is Gaussian with unit variance and covariance exp(-r²/(2 Length²)); g is a random Fourier series of four modes in the
// length along ∂Ω, of such a size that the solution for g alone is as large as that for f alone, by the sum of squares over the Grid's points in Ω.
//
// Arrays: train_input [Train, Grid, Grid, 4], with the channels f in Ω, g on ∂Ω, 1 in Ω and 1 on ∂Ω, all 0 elsewhere;
// train_output [Train, Grid, Grid, 1], 0 outside; test_input and test_output likewise, with axes sample, x, y, channel; x, y [Grid], both ends included.
// Recipes that differ in Part alone have the same domains and, where they are not zero, the same f and g.
// Accuracy: 1e-3 by refinement at the default Finest: u is not smooth at the inner corners, which lowers the order to 4/3. With Finest equal
// to Grid u solves the equations of the grid's five-point differences to round-off.
// Cost: 0.05 CPU-seconds a pair at the default Finest.
//
// Source: Wang et al. 2024, arXiv:2401.09323, section 5 (squares without up to four corners). bib: wang2024beno
//
// Differs from the source: sizes of the corners, f and g as above.
type Masked struct {
	Part   MaskedPart
	Grid   int     // points of the fields along an axis, ≥ 5
	Cut    [2]int  // least and most steps of a side of what is cut off; 0, 0 means an eighth and three eighths of Grid-1
	Length float64 // of the correlation of f; 0 means 0.2
	Train  int     // number of training pairs, ≥ 1
	Test   int     // number of test pairs, ≥ 1
	Seed   uint64
	Finest int // points of the grid that is solved on; Finest-1 is a multiple of Grid-1; 0 means the least above 128
}

var (
	_ Refinable = Masked{}
	_ Sharded   = Masked{}
	_ Described = Masked{}
)

// Few is the same recipe with so many test pairs and one training pair.
func (m Masked) Few(samples int) Recipe {
	m.Train, m.Test = 1, samples
	return m
}

// Refined solves on half the spacing.
func (m Masked) Refined() Recipe {
	m.Finest = 2*m.withDefaults().Finest - 1
	return m
}

// Describe says what the data are.
func (m Masked) Describe() Description {
	data := "f a Gaussian field, u = g on the boundary, g a random Fourier series along it"
	switch m.Part {
	case SourcePart:
		data = "f a Gaussian field, u = 0 on the boundary"
	case BoundaryPart:
		data = "f = 0, u = g on the boundary, g a random Fourier series along it"
	}
	return Description{
		Title: "Poisson's equation on squares without corners", Equation: `-\Delta u = f`,
		Domain: "(x, y) in [0, 1]² less random rectangles at its corners", Conditions: data,
		Method: "five-point differences on Finest points along an axis, sparse direct solver",
		Source: "Wang et al. 2024, arXiv:2401.09323, section 5",
	}
}

// Name is "masked".
func (Masked) Name() string { return "masked" }

// Version of the generator, tied to testdata/masked.json.
func (Masked) Version() int { return 1 }

func (m Masked) withDefaults() Masked {
	steps := m.Grid - 1
	if m.Cut == [2]int{} {
		m.Cut = [2]int{(steps + 7) / 8, 3 * steps / 8}
	}
	if m.Length == 0 {
		m.Length = 0.2
	}
	if m.Finest == 0 && steps > 0 {
		m.Finest = (127/steps+1)*steps + 1
	}
	return m
}

// Validate lists all that is wrong with m.
func (m Masked) Validate() error {
	errs := []error{checkKind("Masked.Part", m.Part, []MaskedPart{BothParts, SourcePart, BoundaryPart})}
	full := m.withDefaults()
	switch {
	case m.Grid < 5:
		errs = append(errs, fmt.Errorf("datasets: Masked.Grid = %d, want at least 5", m.Grid))
	case full.Cut[0] < 1 || full.Cut[1] < full.Cut[0] || 2*full.Cut[1] >= m.Grid-1:
		errs = append(errs, fmt.Errorf("datasets: Masked.Cut = %v, want from 1 to below %v, half of Grid-1, the least first", m.Cut, float64(m.Grid-1)/2))
	case full.Finest < m.Grid || (full.Finest-1)%(m.Grid-1) != 0:
		errs = append(errs, fmt.Errorf("datasets: Masked.Finest = %d, want one more than a multiple of Grid-1, %d, or 0", m.Finest, m.Grid-1))
	}
	if !(full.Length >= 0.02 && full.Length <= 0.25) { // the torus of side 2 repeats it; the grid sees it
		errs = append(errs, fmt.Errorf("datasets: Masked.Length = %v, want it from 0.02 to 0.25, or 0 for 0.2", m.Length))
	}
	return errors.Join(append(errs, checkCounts("Masked", m.Train, m.Test))...)
}

// Arrays describes the pairs and the coordinates.
func (m Masked) Arrays() []Shape {
	axes := []string{"x", "y", "channel"}
	return pairShapes(m.Train, m.Test, Shape{Axes: axes, Dims: []int{m.Grid, m.Grid, 4}}, Shape{Axes: axes, Dims: []int{m.Grid, m.Grid, 1}},
		axis("x", m.Grid), axis("y", m.Grid))
}

// Make draws domains, sources and boundary values and solves for all of them.
func (m Masked) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := m.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, m, report)
}

// Samples is the number of training and test pairs together.
func (m Masked) Samples() int { return m.Train + m.Test }

// MakeSamples makes some pairs.
func (m Masked) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := m.withDefaults()
	input, output, err = eachDrawn(ctx, m.Arrays(), from, to, report, func() (func(i int, input, output []float64) error, error) {
		draw, err := smoothField(full.Length, full.Finest)
		return func(i int, input, output []float64) error {
			rng := sampleStream(m.Seed, i, m.Train)
			p := full.draw(rng)
			if p.source, err = draw(rng); err != nil {
				return err
			}
			return full.solve(ctx, p, input, output)
		}, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Masked with Finest = %d: %w", full.Finest, err)
	}
	return input, output, nil
}

// smoothField prepares for drawing fields of unit variance and covariance exp(-r²/(2 length²)) on n by n points of the unit square, both ends
// included; one stream gives the same field on every grid. They are of a torus of side 2, whose repetition changes the covariance by
// exp(-1/(2 length²)) at most: 3e-4 for a length of 1/4, 4e-6 for 1/5. What it returns keeps scratch memory: use one a goroutine.
func smoothField(length float64, n int) (func(rng *rand.Rand) ([]float64, error), error) {
	kernel := randomfield.Kernel{Form: randomfield.SquaredExponential, Length: length / 2, Variance: 1}
	sampler, err := kernel.Periodic(2*(n-1), 2)
	if err != nil {
		return nil, err
	}
	torus := make([]float64, sampler.Size())
	return func(rng *rand.Rand) ([]float64, error) {
		if err := sampler.Draw(torus, rng); err != nil {
			return nil, err
		}
		var field []float64
		for x := range n {
			field = append(field, torus[x*2*(n-1):x*2*(n-1)+n]...)
		}
		return field, nil
	}, nil
}

// Assemble puts all pairs into their arrays.
func (m Masked) Assemble(input, output []float64) Set {
	x := closedPoints(m.Grid)
	return assemble(m.Arrays(), input, output, x, x)
}

// maskedProblem is one domain with its data. Corners are counted anticlockwise from the origin.
type maskedProblem struct {
	n      int       // intervals of the finest grid along an axis
	cuts   [4][2]int // sides of what is cut off at each corner, along the way out of it and against the way into it
	values series    // of the way along the boundary, in [0, 1)
	source []float64 // on the finest grid
}

func (m Masked) draw(rng *rand.Rand) maskedProblem {
	p := maskedProblem{n: m.Finest - 1}
	factor := p.n / (m.Grid - 1)
	for c := range p.cuts {
		cut := rng.Float64() < 0.5
		for side := range 2 {
			if steps := m.Cut[0] + rng.IntN(m.Cut[1]-m.Cut[0]+1); cut {
				p.cuts[c][side] = factor * steps
			}
		}
	}
	p.values = drawSeries(rng, 4, 0)
	return p
}

// corner is that of the quarter of a point, with the distances from it along the way out of the corner and against the way into it.
func (p maskedProblem) corner(x, y int) (c, along, against int) {
	right, upper := 2*x > p.n, 2*y > p.n
	switch {
	case !right && !upper:
		return 0, x, y
	case right && !upper:
		return 1, y, p.n - x
	case right:
		return 2, p.n - x, p.n - y
	}
	return 3, p.n - y, x
}

// place tells whether a point is in the domain, or on its boundary; if neither, it is outside.
func (p maskedProblem) place(x, y int) (inside, boundary bool) {
	c, along, against := p.corner(x, y)
	cut := p.cuts[c]
	if along < cut[0] && against < cut[1] {
		return false, false
	}
	edge := x == 0 || y == 0 || x == p.n || y == p.n || along <= cut[0] && against <= cut[1] && cut[0] > 0
	return !edge, edge
}

// value is g at a point of the boundary. The way around what is cut off at a corner is as long as that around the corner.
func (p maskedProblem) value(x, y int) float64 {
	c, along, against := p.corner(x, y)
	return p.values.at(float64(c*p.n+along-against) / float64(4*p.n))
}

// solve writes a pair. One factorisation gives the solution for f and g and that for g alone, which are weighted by linearity.
func (m Masked) solve(ctx context.Context, p maskedProblem, input, output []float64) error {
	n := p.n + 1
	inside := make([]bool, n*n)
	for i := range inside {
		inside[i], _ = p.place(i/n, i%n)
	}
	wall := pde.Boundary{Value: func(_ float64, x []float64) float64 {
		return p.value(int(math.Round(x[0]*float64(p.n))), int(math.Round(x[1]*float64(p.n))))
	}}
	equation := difference.Poisson{
		Box:  pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{n, n}, Faces: pde.Sides(2, wall)},
		Mask: &difference.Mask{Inside: inside, Wall: wall}, Workers: 1,
	}
	solution, err := equation.Solve(ctx, nil, append(p.source, make([]float64, n*n)...))
	if err != nil {
		return err
	}
	both, ofG := solution.Last()[:n*n], solution.Last()[n*n:]
	step := p.n / (m.Grid - 1)
	var sizeF, sizeG float64
	for x := 0; x < n; x += step {
		for y := 0; y < n; y += step {
			if i := x*n + y; inside[i] {
				sizeF, sizeG = sizeF+(both[i]-ofG[i])*(both[i]-ofG[i]), sizeG+ofG[i]*ofG[i]
			}
		}
	}
	f, g := 1.0, math.Sqrt(sizeF/sizeG)
	switch m.Part {
	case SourcePart:
		g = 0
	case BoundaryPart:
		f = 0
	}
	for i := range output {
		x, y := i/m.Grid*step, i%m.Grid*step
		in, edge := p.place(x, y)
		at := x*n + y
		switch row := input[4*i : 4*i+4]; {
		case in:
			row[0], row[2] = f*p.source[at], 1
			output[i] = f*(both[at]-ofG[at]) + g*ofG[at]
		case edge:
			row[1], row[3] = g*p.value(x, y), 1
			output[i] = row[1]
		}
	}
	return nil
}
