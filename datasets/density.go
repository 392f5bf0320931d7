package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
)

// DensityKind names a density that [Density] draws from.
type DensityKind string

// The densities; Describe tells what they are.
const (
	Moons          DensityKind = "moons"
	Rings          DensityKind = "rings"
	Checkerboard   DensityKind = "checkerboard"
	Pinwheel       DensityKind = "pinwheel"
	TwoSpirals     DensityKind = "two-spirals"
	EightGaussians DensityKind = "eight-gaussians"
	Ring8          DensityKind = "ring8"
	Mix16          DensityKind = "mix16"
)

// Density are points drawn from a density of known parts: from the point to the number of its part. To generate, use the inputs alone.
//
// Arrays: train_input [Train, axis], train_output [Train, class 1], test_input and test_output likewise; two axes, sixteen of [Mix16].
//
// Differs from the source: scales and noise, which Describe tells; spirals without the source's second noise.
// Source: Grathwohl et al. 2019, arXiv:1810.01367. bib: grathwohl2019ffjord
type Density struct {
	Kind  DensityKind
	Train int // number of training points, ≥ 1
	Test  int // number of test points, ≥ 1
	Seed  uint64
	Noise float64 // standard deviation of normal noise about moons, rings and spirals; 0 means the kind's
}

var (
	_ Sharded   = Density{}
	_ Described = Density{}
)

// densityCase is what is fixed of a kind.
type densityCase struct {
	title, equation, domain string
	noise                   float64 // 0: the kind has none to set
	draw                    func(x []float64, noise float64, rng *rand.Rand) (class int)
	mixture                 func() mixture.Mixture
}

const densitySource = "Grathwohl et al. 2019, arXiv:1810.01367"

func densityCases() map[DensityKind]densityCase {
	return map[DensityKind]densityCase{
		Moons: {
			title: "Two moons", equation: `(\cos\theta, \sin\theta) - (\tfrac12, \tfrac14)\ \text{and its mirror image},\ \theta \sim U[0, \pi]`,
			domain: "two half circles of radius 1 that grip each other", noise: 0.1, draw: drawMoons,
		},
		Rings: {
			title: "Four rings", equation: `R(\cos\theta, \sin\theta),\ R \in \{\tfrac34, \tfrac32, \tfrac94, 3\}`,
			domain: "circles of equal probability", noise: 0.08, draw: drawRings,
		},
		Checkerboard: {
			title: "Checkerboard", equation: `p = \tfrac18\ \text{where}\ \lfloor x\rfloor + \lfloor y\rfloor\ \text{is even}`,
			domain: "eight of the sixteen unit squares of [-2, 2]²; the class is the square's column", draw: drawCheckerboard,
		},
		Pinwheel: {
			title: "Pinwheel", equation: `2\,Q(2\pi j/5 + e^{r}/4)\,(r, s),\ r \sim N(1, 0.3^2),\ s \sim N(0, 0.1^2)`,
			domain: "five arms", draw: drawPinwheel,
		},
		TwoSpirals: {
			title: "Two spirals", equation: `\pm\tfrac{\theta}{3}(-\cos\theta, \sin\theta),\ \theta = 3\pi\sqrt{U[0, 1]}`,
			domain: "two arms of one and a half turns", noise: 0.1, draw: drawSpirals,
		},
		EightGaussians: {
			title: "Eight Gaussians", equation: `\tfrac18\sum_k N\bigl(m_k, (0.5/1.414)^2 I\bigr),\ |m_k| = 4/1.414`,
			domain: "eight equal Gaussians on a circle", mixture: eightGaussians,
		},
		Ring8: {
			title: "RING8", equation: `\tfrac18\sum_k N(m_k, 0.12^2 I),\ |m_k| = 1.5`,
			domain: "eight equal Gaussians on a circle", mixture: mixture.Ring8,
		},
		Mix16: {
			title: "MIX16", equation: `\sum_k w_k N(m_k, 0.25^2 I),\ w = (0.3, 0.2, 0.15, 0.15, 0.1, 0.1)`,
			domain: "six Gaussians with 16 axes, means once drawn from N(0, I)", mixture: mixture.Mix16,
		},
	}
}

// DensityKinds lists all kinds.
func DensityKinds() []DensityKind {
	return []DensityKind{Moons, Rings, Checkerboard, Pinwheel, TwoSpirals, EightGaussians, Ring8, Mix16}
}

// eightGaussians have the radius and the deviation of the source, which scales 4 and 0.5 by 1.414.
func eightGaussians() mixture.Mixture {
	m := mixture.Ring8()
	for k, mean := range m.Means {
		m.Std[k] = 0.5 / 1.414
		for a := range mean {
			mean[a] *= 4 / 1.414 / 1.5
		}
	}
	return m
}

// Name is the kind's.
func (d Density) Name() string { return string(d.Kind) }

// Version of the generator, tied to testdata/<kind>.json.
func (Density) Version() int { return 1 }

// Describe says what the data are.
func (d Density) Describe() Description {
	c := densityCases()[d.Kind]
	conditions, source := "none", densitySource
	if c.noise > 0 {
		conditions = fmt.Sprintf("normal noise of deviation %v", d.withDefaults().Noise)
	}
	if d.Kind == Ring8 || d.Kind == Mix16 {
		source = "package datasets/mixture, with density and score in closed form"
	}
	return Description{Title: c.title, Equation: c.equation, Domain: c.domain, Conditions: conditions, Method: "independent points", Source: source}
}

// Mixture is the density in closed form, of the kinds that are mixtures of Gaussians.
func (d Density) Mixture() (m mixture.Mixture, is bool) {
	c := densityCases()[d.Kind]
	if c.mixture == nil {
		return mixture.Mixture{}, false
	}
	return c.mixture(), true
}

func (d Density) withDefaults() Density {
	if d.Noise == 0 {
		d.Noise = densityCases()[d.Kind].noise
	}
	return d
}

// Validate lists all that is wrong with d.
func (d Density) Validate() error {
	if err := checkKind("Density.Kind", d.Kind, DensityKinds()); err != nil {
		return err
	}
	errs := []error{checkCounts("Density", d.Train, d.Test)}
	switch {
	case densityCases()[d.Kind].noise == 0 && d.Noise != 0:
		errs = append(errs, fmt.Errorf("datasets: Density.Noise = %v, want 0, since %s has none to set", d.Noise, d.Kind))
	case !(d.Noise >= 0) || math.IsInf(d.Noise, 0):
		errs = append(errs, fmt.Errorf("datasets: Density.Noise = %v, want it above 0, or 0 for the kind's", d.Noise))
	}
	return errors.Join(errs...)
}

// Arrays describes the points and their classes.
func (d Density) Arrays() []Shape {
	axes := 2
	if m, is := d.Mixture(); is {
		axes = m.Dim()
	}
	return pairShapes(d.Train, d.Test, Shape{Axes: []string{"axis"}, Dims: []int{axes}}, Shape{Axes: []string{"class"}, Dims: []int{1}})
}

// Make draws the points.
func (d Density) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := d.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, d, report)
}

// Samples is the number of training and test points together.
func (d Density) Samples() int { return d.Train + d.Test }

// MakeSamples draws some points.
func (d Density) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := d.withDefaults()
	draw := densityCases()[d.Kind].draw
	if m, is := d.Mixture(); is {
		draw = func(x []float64, _ float64, rng *rand.Rand) int { return m.Draw(x, rng) }
	}
	return eachSample(ctx, d.Arrays(), from, to, report, func(i int, input, output []float64) error {
		output[0] = float64(draw(input, full.Noise, sampleStream(d.Seed, i, d.Train)))
		return nil
	})
}

// Assemble puts all points into their arrays.
func (d Density) Assemble(input, output []float64) Set { return assemble(d.Arrays(), input, output) }

// around writes a point with normal noise.
func around(dst []float64, x, y, noise float64, rng *rand.Rand) {
	dst[0], dst[1] = x+noise*rng.NormFloat64(), y+noise*rng.NormFloat64()
}

func drawMoons(dst []float64, noise float64, rng *rand.Rand) int {
	class := rng.IntN(2)
	sign := float64(1 - 2*class)
	sin, cos := math.Sincos(math.Pi * rng.Float64())
	around(dst, sign*(cos-0.5), sign*(sin-0.25), noise, rng)
	return class
}

func drawRings(dst []float64, noise float64, rng *rand.Rand) int {
	class := rng.IntN(4)
	radius := 0.75 * float64(class+1)
	sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
	around(dst, radius*cos, radius*sin, noise, rng)
	return class
}

func drawCheckerboard(dst []float64, _ float64, rng *rand.Rand) int {
	column := rng.IntN(4)
	row := 2*rng.IntN(2) + column%2
	dst[0], dst[1] = float64(column)-2+rng.Float64(), float64(row)-2+rng.Float64()
	return column
}

func drawPinwheel(dst []float64, _ float64, rng *rand.Rand) int {
	arm := rng.IntN(5)
	r, s := 1+0.3*rng.NormFloat64(), 0.1*rng.NormFloat64()
	sin, cos := math.Sincos(2*math.Pi*float64(arm)/5 + 0.25*math.Exp(r))
	dst[0], dst[1] = 2*(r*cos-s*sin), 2*(r*sin+s*cos)
	return arm
}

func drawSpirals(dst []float64, noise float64, rng *rand.Rand) int {
	class := rng.IntN(2)
	theta := 3 * math.Pi * math.Sqrt(rng.Float64())
	sin, cos := math.Sincos(theta)
	r := float64(1-2*class) * theta / 3
	around(dst, -r*cos, r*sin, noise, rng)
	return class
}
