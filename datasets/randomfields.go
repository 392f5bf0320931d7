package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
)

// FieldKind names what [RandomFields] draws.
type FieldKind string

// The kinds of fields; Describe tells what they are.
const (
	MaternField       FieldKind = "matern"
	TorusField        FieldKind = "matern-torus"
	SmoothField       FieldKind = "squared-exponential"
	TwoPhaseField     FieldKind = "two-phase"
	CheckerboardField FieldKind = "checkers"
	VoronoiField      FieldKind = "voronoi"
	StepField         FieldKind = "steps"
	SineField         FieldKind = "sines"
	BumpField         FieldKind = "bumps"
	WaveField         FieldKind = "plane-waves"
)

// RandomFields are random functions of one to three axes that are seen at a few points: from these to the whole field.
//
// Arrays: train_input [Train, Grid…, channel 2], the value and 1 where it is seen, 0 and 0 elsewhere; train_output [Train, Grid…, channel 1];
// test_input and test_output likewise, with axes sample, x, y, z, channel; x, y, z [Grid].
//
// Source: Rasmussen & Williams 2006, section 4.2.1; Berry 1977. bib: rasmussen2006gaussian, berry1977regular
type RandomFields struct {
	Kind     FieldKind
	Axes     int // of space, 1 to 3
	Grid     int // points along an axis, ≥ 2
	Train    int // number of training fields, ≥ 1
	Test     int // number of test fields, ≥ 1
	Seed     uint64
	Length   float64 // correlation length, width of bumps or wave length in units of the side; 0 means the kind's
	Nu       float64 // smoothness of the Matérn kinds; 0 means the kind's
	Count    int     // of cuts or cells along an axis, of centres, bumps or waves; 0 means the kind's
	Observed float64 // part of the points that are seen; 0 means 0.1
}

var (
	_ Sharded   = RandomFields{}
	_ Described = RandomFields{}
)

// fieldCase is what is fixed of a kind. What is 0 the kind has not.
type fieldCase struct {
	title, equation string
	periodic        bool
	length, nu      float64
	count           int
	method, source  string
	kernel          randomfield.Form
	family          func(f RandomFields) randomfield.Family
}

const (
	rasmussen  = "Rasmussen & Williams 2006, section 4.2.1"
	rasmussenC = `C(r) = \frac{2^{1-\nu}}{\Gamma(\nu)} z^\nu K_\nu(z),\ z = \sqrt{2\nu}\,r/\ell`
)

// fieldCases lists the kinds.
func fieldCases() map[FieldKind]fieldCase {
	return map[FieldKind]fieldCase{
		MaternField: {
			title: "Matérn fields", equation: rasmussenC, length: 0.2, nu: 1.5, kernel: randomfield.Matern,
			method: "circulant embedding, exact to 1e-10", source: rasmussen,
		},
		TorusField: {
			title: "Matérn fields on the torus", equation: rasmussenC, periodic: true, length: 0.2, nu: 1.5, kernel: randomfield.Matern,
			method: "sum of the modes that the grid holds", source: rasmussen,
		},
		SmoothField: {
			title: "Fields with a squared exponential covariance", equation: `C(r) = e^{-r^2/(2\ell^2)}`, length: 0.2,
			kernel: randomfield.SquaredExponential, method: "circulant embedding, exact to 1e-10", source: rasmussen,
		},
		TwoPhaseField: {
			title: "Two phases", equation: `a = 12\ \text{where a Matérn field is above zero, else}\ 3`, length: 0.2, nu: 1.5, kernel: randomfield.Matern,
			method: "circulant embedding, then a threshold", source: "values as of Li et al. 2021, arXiv:2010.08895, appendix A.3",
		},
		CheckerboardField: {
			title: "Checkerboards", equation: `a \in \{1, 10\}\ \text{in turns}`, count: 4, method: "cells of equal size at a random place", source: "classical",
			family: func(f RandomFields) randomfield.Family {
				return randomfield.Checkerboard{Count: f.Count, Low: 1, High: 10}
			},
		},
		VoronoiField: {
			title: "Voronoi cells", equation: `a(x) = a_j,\ j = \arg\min_j |x - c_j|,\ a_j \sim U[1, 10]`, count: 12,
			method: "uniform centres, the nearest by a k-d tree", source: "classical",
			family: func(f RandomFields) randomfield.Family { return randomfield.Voronoi{Count: f.Count, Low: 1, High: 10} },
		},
		StepField: {
			title: "Step functions", equation: `u\ \text{constant on bricks, values}\ \sim U[-1, 1]`, count: 3,
			method: "uniform cuts along each axis", source: "classical",
			family: func(f RandomFields) randomfield.Family { return randomfield.Steps{Count: f.Count, Low: -1, High: 1} },
		},
		SineField: {
			title: "Sums of sines", equation: `u(x) = \sum_j A_j \sin(2\pi k_j\cdot x + \varphi_j),\ A_j \sim U[-\tfrac12, \tfrac12],\ |k_{ja}| \le 3`,
			periodic: true, count: 5, method: "closed form", source: "as Brandstetter et al. 2022, arXiv:2202.03376",
			family: func(f RandomFields) randomfield.Family {
				return randomfield.Sines{Count: f.Count, Highest: 3, Size: 0.5}
			},
		},
		BumpField: {
			title: "Gaussian bumps", equation: `u(x) = \sum_j A_j e^{-|x - c_j|^2/(2 w_j^2)},\ A_j \sim U[-1, 1],\ w_j \sim U[\ell/2, \ell]`, periodic: true,
			length: 0.1, count: 4, method: "closed form, uniform centres", source: "classical",
			family: func(f RandomFields) randomfield.Family {
				return randomfield.Bumps{Count: f.Count, Width: f.Length, Size: 1}
			},
		},
		WaveField: {
			title: "Random plane waves", equation: `u(x) = \sqrt{2/n} \sum_j \sin(\kappa_j\cdot x + \varphi_j),\ |\kappa_j| = 2\pi/\ell`, length: 0.25, count: 30,
			method: "closed form, uniform directions", source: "Berry 1977",
			family: func(f RandomFields) randomfield.Family {
				return randomfield.Waves{Count: f.Count, Number: 1 / f.Length, Size: 1}
			},
		},
	}
}

// FieldKinds lists all kinds.
func FieldKinds() []FieldKind {
	return []FieldKind{
		MaternField, TorusField, SmoothField, TwoPhaseField, CheckerboardField, VoronoiField, StepField, SineField, BumpField, WaveField,
	}
}

// Name is the kind's.
func (f RandomFields) Name() string { return string(f.Kind) }

// Version of the generator, tied to testdata/<kind>.json.
func (RandomFields) Version() int { return 1 }

// Describe says what the data are.
func (f RandomFields) Describe() Description {
	c, full := fieldCases()[f.Kind], f.withDefaults()
	parameters := ""
	if c.length > 0 {
		parameters += fmt.Sprintf(", Length %v", full.Length)
	}
	if c.nu > 0 {
		parameters += fmt.Sprintf(", Nu %v", full.Nu)
	}
	if c.count > 0 {
		parameters += fmt.Sprintf(", Count %v", full.Count)
	}
	conditions := "not periodic; both ends of an axis are points"
	if c.periodic {
		conditions = "periodic; the right end is no point"
	}
	return Description{
		Title: c.title, Equation: c.equation,
		Domain:     fmt.Sprintf("the unit box over %d axes%s", f.Axes, parameters),
		Conditions: fmt.Sprintf("%s; a part of %v of the points is seen", conditions, full.Observed),
		Method:     c.method, Source: c.source,
	}
}

func (f RandomFields) withDefaults() RandomFields {
	c := fieldCases()[f.Kind]
	if f.Length == 0 {
		f.Length = c.length
	}
	if f.Nu == 0 {
		f.Nu = c.nu
	}
	if f.Count == 0 {
		f.Count = c.count
	}
	if f.Observed == 0 {
		f.Observed = 0.1
	}
	return f
}

// Validate lists all that is wrong with f.
func (f RandomFields) Validate() error {
	if err := checkKind("RandomFields.Kind", f.Kind, FieldKinds()); err != nil {
		return err
	}
	c, full := fieldCases()[f.Kind], f.withDefaults()
	var errs []error
	if f.Axes < 1 || f.Axes > 3 {
		errs = append(errs, fmt.Errorf("datasets: RandomFields.Axes = %d, want 1, 2 or 3", f.Axes))
	}
	if f.Grid < 2 {
		errs = append(errs, fmt.Errorf("datasets: RandomFields.Grid = %d, want at least 2", f.Grid))
	}
	errs = append(errs, checkCounts("RandomFields", f.Train, f.Test))
	none := func(name string, value float64, has bool) {
		switch {
		case !has && value != 0:
			errs = append(errs, fmt.Errorf("datasets: RandomFields.%s = %v, want 0, since %s have none", name, value, f.Kind))
		case !(value >= 0) || math.IsInf(value, 0):
			errs = append(errs, fmt.Errorf("datasets: RandomFields.%s = %v, want it above 0, or 0 for the kind's", name, value))
		}
	}
	none("Length", f.Length, c.length > 0)
	none("Nu", f.Nu, c.nu > 0)
	none("Count", float64(f.Count), c.count > 0)
	if !(full.Observed > 0 && full.Observed <= 1) {
		errs = append(errs, fmt.Errorf("datasets: RandomFields.Observed = %v, want it above 0 and at most 1, or 0 for 0.1", f.Observed))
	}
	if full.Nu > 50 {
		errs = append(errs, fmt.Errorf("datasets: RandomFields.Nu = %v, want at most 50; %s for smoother fields", f.Nu, SmoothField))
	}
	return errors.Join(errs...)
}

// Arrays describes the fields and the coordinates.
func (f RandomFields) Arrays() []Shape {
	space, points := []string{"x", "y", "z"}[:f.Axes], slices.Repeat([]int{f.Grid}, f.Axes)
	with := func(channels int) Shape {
		return Shape{Axes: slices.Concat(space, []string{"channel"}), Dims: slices.Concat(points, []int{channels})}
	}
	var rest []Shape
	for _, name := range space {
		rest = append(rest, axis(name, f.Grid))
	}
	return pairShapes(f.Train, f.Test, with(2), with(1), rest...)
}

// Make draws the fields and the points where they are seen.
func (f RandomFields) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := f.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, f, report)
}

// Samples is the number of training and test fields together.
func (f RandomFields) Samples() int { return f.Train + f.Test }

// MakeSamples makes some fields.
func (f RandomFields) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := f.withDefaults()
	input, output, err = eachDrawn(ctx, f.Arrays(), from, to, report, func() (func(i int, input, output []float64) error, error) {
		draw, err := full.drawer()
		return func(i int, input, output []float64) error {
			rng := sampleStream(f.Seed, i, f.Train)
			if err := draw(output, rng); err != nil {
				return err
			}
			seen := int(math.Ceil(full.Observed * float64(len(output))))
			for _, p := range rng.Perm(len(output))[:seen] {
				input[2*p], input[2*p+1] = output[p], 1
			}
			return nil
		}, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: RandomFields: %w", err)
	}
	return input, output, nil
}

// drawer is the function that draws a field; use one a goroutine.
func (f RandomFields) drawer() (func(dst []float64, rng *rand.Rand) error, error) {
	c := fieldCases()[f.Kind]
	if c.family != nil {
		family, x := c.family(f), f.points()
		return func(dst []float64, rng *rand.Rand) error { return family.Draw(f.Axes, rng).OnGrid(dst, x, f.Axes) }, family.Validate(f.Axes)
	}
	kernel := randomfield.Kernel{Form: c.kernel, Nu: f.Nu, Length: f.Length, Variance: 1}
	prepare := kernel.Embedded
	if c.periodic {
		prepare = kernel.Periodic
	}
	sampler, err := prepare(f.Grid, f.Axes)
	if err != nil {
		return nil, err
	}
	if f.Kind != TwoPhaseField {
		return sampler.Draw, nil
	}
	return func(dst []float64, rng *rand.Rand) error {
		err := sampler.Draw(dst, rng)
		randomfield.Threshold(dst, 0, 3, 12)
		return err
	}, nil
}

// points are the coordinates along an axis.
func (f RandomFields) points() []float64 {
	if fieldCases()[f.Kind].periodic {
		return periodicPoints(f.Grid)
	}
	x := periodicPoints(f.Grid)
	for i := range x {
		x[i] = float64(i) / float64(f.Grid-1)
	}
	return x
}

// Assemble puts all fields into their arrays.
func (f RandomFields) Assemble(input, output []float64) Set {
	return assemble(f.Arrays(), input, output, slices.Repeat([][]float64{f.points()}, f.Axes)...)
}
