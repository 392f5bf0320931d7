package datasets

import (
	"context"
	"errors"
	"fmt"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Darcy pairs random permeabilities a of two values with the pressures u of the flow through them:
//
//	-∇·(a ∇u) = 1 on the unit square,  u = 0 on its boundary,  a = 12 where g ≥ 0 and 3 elsewhere
//
// where g ~ N(0, (-Δ + 9 I)^(-2)) with zero normal derivatives and zero mean. Each sample is solved on the Finest grid and thinned to
// Grid points an axis, so samples on different grids are points of the same solution. Only the thinned ones are kept.
//
// Arrays: train_input, train_output [Train, Grid, Grid, 1], test_input, test_output [Test, Grid, Grid, 1] with axes
// sample, x, y, channel; x, y [Grid], both end points included.
// Cost: about 0.1 CPU-seconds a pair at the default Finest.
//
// Source: Li et al. 2021, arXiv:2010.08895, section 5.2 and appendix A.3. bib: li2021fno
type Darcy struct {
	Grid   int // points of the fields given along an axis; Grid-1 divides Finest-1. The paper's: 85
	Train  int // number of training pairs, ≥ 1
	Test   int // number of test pairs, ≥ 1
	Seed   uint64
	Finest int // points of the grid that is solved on along an axis; 0 means 421
}

var (
	_ Refinable = Darcy{}
	_ Sharded   = Darcy{}
	_ Described = Darcy{}
)

// Few is the same recipe with so many test pairs and one training pair.
func (d Darcy) Few(samples int) Recipe {
	d.Train, d.Test = 1, samples
	return d
}

// Refined solves on half the spacing. The permeability jumps at places that a finer grid finds more closely, so that the error
// is of first order.
func (d Darcy) Refined() Recipe {
	d.Finest = 2*d.finest() - 1
	return d
}

// Describe says what the data are.
func (Darcy) Describe() Description {
	return Description{
		Title:      "Darcy flow",
		Equation:   `-\nabla\cdot(a\,\nabla u) = 1`,
		Domain:     "x, y in [0, 1]",
		Conditions: "u = 0 on the boundary; a is 12 where a Gaussian random field with covariance (−Δ + 9)^(−2) is positive, and 3 elsewhere",
		Method: "finite volumes with harmonic means on Finest points along an axis, conjugate gradients with multigrid to a relative residual of 1e-9; " +
			"the error is that of placing the jumps of a on the grid",
		Source: "Li et al. 2021, arXiv:2010.08895, section 5.2 and appendix A.3",
	}
}

// Name is "darcy".
func (Darcy) Name() string { return "darcy" }

// Version of the generator, tied to testdata/darcy.json.
func (Darcy) Version() int { return 1 }

// At is the same data on another grid.
func (d Darcy) At(grid int) Darcy {
	d.Grid = grid
	return d
}

func (d Darcy) finest() int {
	if d.Finest == 0 {
		return 421
	}
	return d.Finest
}

// Validate lists all that is wrong with d.
func (d Darcy) Validate() error {
	var errs []error
	if d.finest() < 4 {
		errs = append(errs, fmt.Errorf("datasets: Darcy.Finest = %d, want at least 4, or 0 for 421", d.Finest))
	} else if d.Grid < 2 || (d.finest()-1)%(d.Grid-1) != 0 {
		errs = append(errs, fmt.Errorf("datasets: Darcy.Grid = %d, want Grid-1 to divide %d, the intervals of the finest grid",
			d.Grid, d.finest()-1))
	}
	return errors.Join(append(errs, checkCounts("Darcy", d.Train, d.Test))...)
}

// Arrays describes the pairs and the coordinates.
func (d Darcy) Arrays() []Shape {
	axes := []string{"sample", "x", "y", "channel"}
	return []Shape{
		{TrainInput, axes, []int{d.Train, d.Grid, d.Grid, 1}},
		{TrainOutput, axes, []int{d.Train, d.Grid, d.Grid, 1}},
		{TestInput, axes, []int{d.Test, d.Grid, d.Grid, 1}},
		{TestOutput, axes, []int{d.Test, d.Grid, d.Grid, 1}},
		{"x", []string{"x"}, []int{d.Grid}},
		{"y", []string{"y"}, []int{d.Grid}},
	}
}

// Make draws the permeabilities and solves for the pressures.
func (d Darcy) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := d.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, d, report)
}

// Samples is the number of training and test pairs together.
func (d Darcy) Samples() int { return d.Train + d.Test }

// MakeSamples makes some pairs.
func (d Darcy) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	field := GRF{Sigma: 1, Tau: 3, Alpha: 2, Basis: Cosine}
	input, output, err = eachSample(ctx, d.Arrays(), from, to, report, func(i int, input, output []float64) error {
		a, u, err := d.sample(ctx, field, i)
		if err != nil {
			return err
		}
		d.thin(input, a)
		d.thin(output, u)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Darcy: %w", err)
	}
	return input, output, nil
}

// Assemble puts all pairs into their arrays.
func (d Darcy) Assemble(input, output []float64) Set {
	x := closedPoints(d.Grid)
	return assemble(d.Arrays(), input, output, x, x)
}

// sample makes the pair at place i, the training pairs first, on the finest grid.
func (d Darcy) sample(ctx context.Context, field GRF, i int) (a, u []float64, err error) {
	n := d.finest()
	sampler, err := field.Sampler(n, 2)
	if err != nil {
		return nil, nil, err
	}
	a = make([]float64, n*n)
	if err := sampler.Draw(a, sampleStream(d.Seed, i, d.Train)); err != nil {
		return nil, nil, err
	}
	source := make([]float64, n*n)
	for j, g := range a {
		a[j], source[j] = 3, 1
		if g >= 0 {
			a[j] = 12
		}
	}
	// The tolerance is well below the second-order error of the grid, about 1e-5.
	solution, err := pde.Darcy{RTol: 1e-9, Workers: 1}.Solve(ctx, a, source, n)
	if err != nil {
		return nil, nil, err
	}
	return a, solution.Last(), nil
}

// thin takes the points of the grid out of the finest one's.
func (d Darcy) thin(dst, fine []float64) {
	n := d.finest()
	step := (n - 1) / (d.Grid - 1)
	for i := range d.Grid {
		for j := range d.Grid {
			dst[i*d.Grid+j] = fine[i*step*n+j*step]
		}
	}
}

// closedPoints are i/(n-1), both end points included.
func closedPoints(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i) / float64(n-1)
	}
	return x
}
