package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// ImageKind names what [Images] draws.
type ImageKind string

// The kinds of images; Describe tells what they are.
const (
	DigitImages   ImageKind = "digits"
	ShapeImages   ImageKind = "shapes"
	TextureImages ImageKind = "textures"
)

// Images are drawn by rules, with values from 0, the background, to 1: from the image to its class. To generate, use the inputs alone, or with the
// outputs as conditions.
//
// Arrays: train_input [Train, Side, Side, channel 1], rows from the top; train_output [Train, class 1]; test_input and test_output likewise, with
// axes sample, y, x, channel. Classes are equally frequent and independent.
type Images struct {
	Kind  ImageKind
	Train int // number of training images, ≥ 1
	Test  int // number of test images, ≥ 1
	Seed  uint64
	Side  int     // pixels along an axis, ≥ 8; 0 means 28
	Noise float64 // standard deviation of normal noise on each pixel, which may take it out of [0, 1]
}

var (
	_ Sharded   = Images{}
	_ Described = Images{}
)

// imageCase is what is fixed of a kind.
type imageCase struct {
	title, equation, domain, conditions string
	classes                             int
	draw                                func(class int, rng *rand.Rand) picture
}

// picture gives the brightness at a place of the unit square, y downwards, where a pixel is so wide.
type picture func(x, y, pixel float64) float64

func imageCases() map[ImageKind]imageCase {
	return map[ImageKind]imageCase{
		DigitImages: {
			title: "Drawn digits", equation: `u(x) = \min\bigl(1, \max(0, \tfrac12 + (w/2 - d(x))/h)\bigr)`,
			domain:     "ten classes; strokes of width w, at the distance d, on pixels of width h",
			conditions: "strokes moved by a smooth warp and a random affine map, width in [0.06, 0.11]",
			classes:    10, draw: drawDigit,
		},
		ShapeImages: {
			title: "Drawn shapes", equation: `u(x) = b\,\min\bigl(1, \max(0, \tfrac12 - d(x)/h)\bigr)`,
			domain:     "disc, square, triangle and bar; the signed distance d on pixels of width h",
			conditions: "circumscribed radius uniform in [0.15, 0.3], centre in [0.3, 0.7]², any angle, brightness b in [0.6, 1]",
			classes:    4, draw: drawShape,
		},
		TextureImages: {
			title: "Drawn textures", equation: `u(x) = \tfrac12 + \tfrac{c}{2}\,g(R_\alpha x)`,
			domain:     "stripes, checks, dots, rings and clouds g in [-1, 1]",
			conditions: "3 to 6 periods, any angle and phase, contrast c in [0.5, 1]",
			classes:    5, draw: drawTexture,
		},
	}
}

// ImageKinds lists all kinds.
func ImageKinds() []ImageKind { return []ImageKind{DigitImages, ShapeImages, TextureImages} }

// Name is the kind's.
func (m Images) Name() string { return string(m.Kind) }

// Version of the generator, tied to testdata/<kind>.json.
func (Images) Version() int { return 1 }

// Describe says what the data are.
func (m Images) Describe() Description {
	c := imageCases()[m.Kind]
	conditions := c.conditions
	if m.Noise > 0 {
		conditions += fmt.Sprintf("; noise of deviation %v", m.Noise)
	}
	return Description{
		Title: c.title, Equation: c.equation, Domain: c.domain, Conditions: conditions,
		Method: fmt.Sprintf("%d × %d pixels, edges smooth over one pixel", m.side(), m.side()), Source: "package datasets",
	}
}

func (m Images) side() int {
	if m.Side == 0 {
		return 28
	}
	return m.Side
}

// Validate lists all that is wrong with m.
func (m Images) Validate() error {
	if err := checkKind("Images.Kind", m.Kind, ImageKinds()); err != nil {
		return err
	}
	errs := []error{checkCounts("Images", m.Train, m.Test)}
	if m.side() < 8 {
		errs = append(errs, fmt.Errorf("datasets: Images.Side = %d, want at least 8, or 0 for 28", m.Side))
	}
	if !(m.Noise >= 0) || math.IsInf(m.Noise, 0) {
		errs = append(errs, fmt.Errorf("datasets: Images.Noise = %v, want at least 0", m.Noise))
	}
	return errors.Join(errs...)
}

// Arrays describes the images and their classes.
func (m Images) Arrays() []Shape {
	n := m.side()
	return pairShapes(
		m.Train, m.Test, Shape{Axes: []string{"y", "x", "channel"}, Dims: []int{n, n, 1}}, Shape{Axes: []string{"class"}, Dims: []int{1}},
	)
}

// Make draws the images.
func (m Images) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := m.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, m, report)
}

// Samples is the number of training and test images together.
func (m Images) Samples() int { return m.Train + m.Test }

// MakeSamples draws some images.
func (m Images) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	c, n := imageCases()[m.Kind], m.side()
	return eachSample(ctx, m.Arrays(), from, to, report, func(i int, input, output []float64) error {
		rng := sampleStream(m.Seed, i, m.Train)
		class := rng.IntN(c.classes)
		u, pixel := c.draw(class, rng), 1/float64(n)
		for j := range input {
			input[j] = u((float64(j%n)+0.5)*pixel, (float64(j/n)+0.5)*pixel, pixel)
			if m.Noise > 0 {
				input[j] += m.Noise * rng.NormFloat64()
			}
		}
		output[0] = float64(class)
		return nil
	})
}

// Assemble puts all images into their arrays.
func (m Images) Assemble(input, output []float64) Set { return assemble(m.Arrays(), input, output) }

// unitRange is a uniform number in [low, high).
func unitRange(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }

// edge is the part of a pixel that is inside, of the signed distance of its centre from a straight edge.
func edge(distance, pixel float64) float64 { return min(1, max(0, 0.5-distance/pixel)) }

// drawShape draws a disc, a square, an equilateral triangle or a bar inside a circle.
func drawShape(class int, rng *rand.Rand) picture {
	radius := unitRange(rng, 0.15, 0.3)
	cx, cy := unitRange(rng, 0.3, 0.7), unitRange(rng, 0.3, 0.7)
	sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
	brightness := unitRange(rng, 0.6, 1)
	box := func(x, y, a, b float64) float64 { // half the sides
		dx, dy := math.Abs(x)-a, math.Abs(y)-b
		return math.Hypot(max(dx, 0), max(dy, 0)) + min(0, max(dx, dy))
	}
	distance := map[int]func(x, y float64) float64{
		0: func(x, y float64) float64 { return math.Hypot(x, y) - radius },
		1: func(x, y float64) float64 { return box(x, y, radius/math.Sqrt2, radius/math.Sqrt2) },
		2: func(x, y float64) float64 { // three half planes; beyond the corners it is too small
			return max(-y, y/2+math.Sqrt(3)/2*math.Abs(x)) - radius/2
		},
		3: func(x, y float64) float64 { return box(x, y, 4*radius/math.Sqrt(17), radius/math.Sqrt(17)) },
	}[class]
	return func(x, y, pixel float64) float64 {
		x, y = x-cx, y-cy
		return brightness * edge(distance(cos*x+sin*y, cos*y-sin*x), pixel)
	}
}

// drawTexture draws stripes, checks, dots, rings or clouds.
func drawTexture(class int, rng *rand.Rand) picture {
	k := 2 * math.Pi * unitRange(rng, 3, 6)
	sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
	p, q := 2*math.Pi*rng.Float64(), 2*math.Pi*rng.Float64()
	contrast := unitRange(rng, 0.5, 1)
	var phases, angles [8]float64
	for i := range phases {
		phases[i], angles[i] = 2*math.Pi*rng.Float64(), 2*math.Pi*rng.Float64()
	}
	cx, cy := rng.Float64(), rng.Float64()
	g := map[int]func(x, y float64) float64{
		0: func(x, _ float64) float64 { return math.Sin(k*x + p) },
		1: func(x, y float64) float64 { return math.Tanh(4 * math.Sin(k/2*x+p) * math.Sin(k/2*y+q)) },
		2: func(x, y float64) float64 { // narrow maxima
			return 2*math.Pow((2+math.Cos(k*x+p)+math.Cos(k*y+q))/4, 4) - 1
		},
		3: func(x, y float64) float64 { return math.Sin(k*math.Hypot(x-cx*cos-cy*sin, y-cy*cos+cx*sin) + p) },
		4: func(x, y float64) float64 {
			sum := 0.0
			for i, a := range angles {
				sum += math.Sin(k/2*(x*math.Cos(a)+y*math.Sin(a)) + phases[i])
			}
			return math.Tanh(sum / 2)
		},
	}[class]
	return func(x, y, _ float64) float64 { return 0.5 + contrast/2*g(cos*x+sin*y, cos*y-sin*x) }
}
