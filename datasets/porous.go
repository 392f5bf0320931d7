package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// PorousMedium is the kind of permeability of a [PorousFlow].
type PorousMedium string

// The kinds: two values, or the exponential of a Gaussian field.
const (
	TwoPhaseMedium  PorousMedium = "two-phase"
	LogNormalMedium PorousMedium = "log-normal"
)

// PorousFlow is the flow of [Darcy] through other media: random permeabilities a with the pressures u of
//
//	-∇·(a ∇u) = 1 on the unit square,  u = 0 on its boundary
//
// where a is High where g ≥ 0 and Low elsewhere, or a = exp(Deviation g). The Gaussian field g has, if Length is 0, the covariance
// (-Δ + Tau²)^(-Alpha) with zero normal derivatives and zero mean, scaled such that its variance is 1 in the mean over the square; else
// the covariance exp(-r²/(2 Length²)). Two-phase media of Darcy and of this with the same seed are the same.
//
// Arrays: train_input, train_output [Train, Grid, Grid, 1], test_input, test_output [Test, Grid, Grid, 1] with axes sample, x, y, channel;
// x, y [Grid], both end points included.
// Accuracy: by refinement, at the default Finest: two-phase 3e-3, of first order; log-normal 1e-4.
// Cost: about 0.1 CPU-seconds a pair at the default Finest.
//
// Source: Li et al. 2021, arXiv:2010.08895, section 5.2 and appendix A.3; two-phase with a Length: Zang & Koutsourelakis 2025, arXiv:2502.06250;
// log-normal: Wang et al. 2024, arXiv:2401.09516. bib: li2021fno, zang2025dgenno, wang2024skr
//
// Differs from the source: the scaling of g, which matters for log-normal media alone.
type PorousFlow struct {
	Medium    PorousMedium
	Low       float64 // of two phases, > 0; 0 means 3
	High      float64 // > 0; 0 means 12
	Deviation float64 // of log a; 0 means 1
	Tau       float64 // inverse correlation length, > 0; 0 means 3
	Alpha     float64 // regularity, > 1; 0 means 2
	Length    float64 // 0: the covariance with Tau and Alpha
	Grid      int     // points of the fields given along an axis; Grid-1 divides Finest-1
	Train     int     // number of training pairs, ≥ 1
	Test      int     // number of test pairs, ≥ 1
	Seed      uint64
	Finest    int // points of the grid that is solved on along an axis; 0 means the least above 256
}

var (
	_ Refinable = PorousFlow{}
	_ Sharded   = PorousFlow{}
	_ Described = PorousFlow{}
)

// Few is the same recipe with so many test pairs and one training pair.
func (p PorousFlow) Few(samples int) Recipe {
	p.Train, p.Test = 1, samples
	return p
}

// Refined solves on half the spacing.
func (p PorousFlow) Refined() Recipe {
	p.Finest = 2*p.withDefaults().Finest - 1
	return p
}

// Describe says what the data are.
func (p PorousFlow) Describe() Description {
	full := p.withDefaults()
	medium := fmt.Sprintf("a is %v where g is positive, and %v elsewhere", full.High, full.Low)
	if p.Medium == LogNormalMedium {
		medium = fmt.Sprintf("a = exp(%v g)", full.Deviation)
	}
	field := fmt.Sprintf("covariance (−Δ + %v²)^(−%v)", full.Tau, full.Alpha)
	if p.Length > 0 {
		field = fmt.Sprintf("covariance exp(−r²/(2 · %v²))", p.Length)
	}
	return Description{
		Title: "Flow through porous media", Equation: `-\nabla\cdot(a\,\nabla u) = 1`, Domain: "x, y in [0, 1]",
		Conditions: "u = 0 on the boundary; " + medium + ", g a Gaussian field with " + field,
		Method:     "finite volumes with harmonic means on Finest points along an axis, conjugate gradients with multigrid to a relative residual of 1e-9",
		Source:     "Li et al. 2021, arXiv:2010.08895; Zang & Koutsourelakis 2025, arXiv:2502.06250; Wang et al. 2024, arXiv:2401.09516",
	}
}

// Name is "porous-flow".
func (PorousFlow) Name() string { return "porous-flow" }

// Version of the generator, tied to testdata/porous-flow.json.
func (PorousFlow) Version() int { return 1 }

func (p PorousFlow) withDefaults() PorousFlow {
	for _, d := range []struct {
		field    *float64
		standard float64
	}{{&p.Low, 3}, {&p.High, 12}, {&p.Deviation, 1}, {&p.Tau, 3}, {&p.Alpha, 2}} {
		if *d.field == 0 {
			*d.field = d.standard
		}
	}
	if steps := p.Grid - 1; p.Finest == 0 && steps > 0 {
		p.Finest = (255/steps+1)*steps + 1
	}
	return p
}

// Validate lists all that is wrong with p.
func (p PorousFlow) Validate() error {
	errs := []error{checkKind("PorousFlow.Medium", p.Medium, []PorousMedium{TwoPhaseMedium, LogNormalMedium}), checkCounts("PorousFlow", p.Train, p.Test)}
	full := p.withDefaults()
	if !(full.Low > 0 && full.High > 0) || math.IsInf(full.Low+full.High, 0) {
		errs = append(errs, fmt.Errorf("datasets: PorousFlow.Low = %v and High = %v, want both above 0, or 0 for 3 and 12", p.Low, p.High))
	}
	if !(full.Deviation > 0 && full.Deviation <= 3) {
		errs = append(errs, fmt.Errorf("datasets: PorousFlow.Deviation = %v, want it above 0 and at most 3, or 0 for 1", p.Deviation))
	}
	if !(full.Tau > 0 && full.Alpha > 1) || math.IsInf(full.Tau+full.Alpha, 0) {
		errs = append(errs, fmt.Errorf("datasets: PorousFlow.Tau = %v and Alpha = %v, want them above 0 and above 1, or 0 for 3 and 2", p.Tau, p.Alpha))
	}
	if !(p.Length == 0 || p.Length >= 0.02 && p.Length <= 0.25) {
		errs = append(errs, fmt.Errorf("datasets: PorousFlow.Length = %v, want it from 0.02 to 0.25, or 0 for Tau and Alpha", p.Length))
	}
	if p.Grid < 2 || full.Finest < 4 || (full.Finest-1)%(p.Grid-1) != 0 {
		errs = append(errs, fmt.Errorf("datasets: PorousFlow.Grid = %d and Finest = %d, want at least 2 and 4, and Grid-1 to divide Finest-1", p.Grid, p.Finest))
	}
	return errors.Join(errs...)
}

// Arrays describes the pairs and the coordinates.
func (p PorousFlow) Arrays() []Shape {
	field := Shape{Axes: []string{"x", "y", "channel"}, Dims: []int{p.Grid, p.Grid, 1}}
	return pairShapes(p.Train, p.Test, field, field, axis("x", p.Grid), axis("y", p.Grid))
}

// Make draws the permeabilities and solves for the pressures.
func (p PorousFlow) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := p.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, p, report)
}

// Samples is the number of training and test pairs together.
func (p PorousFlow) Samples() int { return p.Train + p.Test }

// MakeSamples makes some pairs.
func (p PorousFlow) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := p.withDefaults()
	n, thin := full.Finest, Darcy{Grid: p.Grid, Finest: full.Finest}.thin
	source := make([]float64, n*n)
	for i := range source {
		source[i] = 1
	}
	scale := full.scale()
	input, output, err = eachDrawn(ctx, p.Arrays(), from, to, report, func() (func(i int, input, output []float64) error, error) {
		draw, err := full.field(n)
		return func(i int, input, output []float64) error {
			a, err := draw(sampleStream(p.Seed, i, p.Train))
			if err != nil {
				return err
			}
			full.medium(a, scale)
			solution, err := pde.Darcy{RTol: 1e-9, Workers: 1}.Solve(ctx, a, source, n) // as in Darcy
			if err != nil {
				return err
			}
			thin(input, a)
			thin(output, solution.Last())
			return nil
		}, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: PorousFlow: %w", err)
	}
	return input, output, nil
}

// field prepares for drawing g, not yet scaled, on n by n points.
func (p PorousFlow) field(n int) (func(rng *rand.Rand) ([]float64, error), error) {
	if p.Length > 0 {
		return smoothField(p.Length, n)
	}
	sampler, err := GRF{Sigma: 1, Tau: p.Tau, Alpha: p.Alpha, Basis: Cosine}.Sampler(n, 2)
	return func(rng *rand.Rand) ([]float64, error) {
		g := make([]float64, n*n)
		return g, sampler.Draw(g, rng)
	}, err
}

// scale is what g is multiplied by: one over the root of Σ (|κ|² + Tau²)^(-Alpha), all modes within the corner of 300 by 300.
func (p PorousFlow) scale() float64 {
	if p.Length > 0 {
		return 1
	}
	var variance float64
	for i := range 300 {
		for j := range 300 {
			if i+j > 0 {
				variance += math.Pow(math.Pi*math.Pi*float64(i*i+j*j)+p.Tau*p.Tau, -p.Alpha)
			}
		}
	}
	return 1 / math.Sqrt(variance)
}

// medium turns g into a.
func (p PorousFlow) medium(g []float64, scale float64) {
	for i, v := range g {
		switch {
		case p.Medium == LogNormalMedium:
			g[i] = math.Exp(p.Deviation * scale * v)
		case v >= 0:
			g[i] = p.High
		default:
			g[i] = p.Low
		}
	}
}

// Assemble puts all pairs into their arrays.
func (p PorousFlow) Assemble(input, output []float64) Set {
	x := closedPoints(p.Grid)
	return assemble(p.Arrays(), input, output, x, x)
}
