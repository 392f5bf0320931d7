package randomfield

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fieldbook-go/fieldbook/datasets/neighbour"
)

// Function is a function on the unit box. x has as many axes as the function was drawn over. It is safe for concurrent use.
type Function func(x []float64) float64

// OnGrid writes the values of f to dst [len(x), …] at the points of a grid with the coordinates x along each of some axes.
//
// Errors: if dst has another length.
func (f Function) OnGrid(dst, x []float64, axes int) error {
	n := len(x)
	if len(dst) != power(n, axes) {
		return fmt.Errorf("randomfield: Function.OnGrid: dst has %d values, want %d along each of %d axes", len(dst), n, axes)
	}
	point := make([]float64, axes)
	for i := range dst {
		rest := i
		for axis := axes - 1; axis >= 0; axis-- {
			point[axis], rest = x[rest%n], rest/n
		}
		dst[i] = f(point)
	}
	return nil
}

// Family is a family of functions with random parameters.
type Family interface {
	// Validate lists all that is wrong with the family over some axes.
	Validate(axes int) error
	// Draw draws a function over some axes. The family is valid.
	Draw(axes int, rng *rand.Rand) Function
}

var (
	_ Family = Sines{}
	_ Family = Bumps{}
	_ Family = Waves{}
	_ Family = Steps{}
	_ Family = Checkerboard{}
	_ Family = Voronoi{}
)

// problems of fields that families share.
func problems(name string, axes, count int, sizes ...float64) error {
	var errs []error
	if axes < 1 || axes > 3 {
		errs = append(errs, fmt.Errorf("randomfield: %s over %d axes, want 1 to 3", name, axes))
	}
	if count < 1 {
		errs = append(errs, fmt.Errorf("randomfield: %s of %d parts, want at least 1", name, count))
	}
	for _, s := range sizes {
		if !(s > 0) || math.IsInf(s, 0) {
			errs = append(errs, fmt.Errorf("randomfield: %s with a size of %v, want sizes above 0", name, s))
		}
	}
	return errors.Join(errs...)
}

// problemsBetween is the error of a range of values.
func problemsBetween(name string, low, high float64) error {
	if !(low < high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		return fmt.Errorf("randomfield: %s from %v to %v, want Low below High", name, low, high)
	}
	return nil
}

// Sines are periodic:
//
//	u(x) = Σ_j A_j sin(2π k_j·x + φ_j)
//
// with Count terms, A_j uniform in [-Size, Size], the entries of k_j uniform integers of 1 to Highest with random signs, φ_j uniform.
// The mean is zero and the variance Count Size²/6.
type Sines struct {
	Count   int
	Highest int // most periods along an axis
	Size    float64
}

// Validate lists all that is wrong with s.
func (s Sines) Validate(axes int) error {
	err := problems("Sines", axes, s.Count, s.Size)
	if s.Highest < 1 {
		err = errors.Join(err, fmt.Errorf("randomfield: Sines.Highest = %d, want at least 1", s.Highest))
	}
	return err
}

// Draw draws a sum of sines.
func (s Sines) Draw(axes int, rng *rand.Rand) Function {
	terms := make([]wave, s.Count)
	for j := range terms {
		terms[j] = wave{size: s.Size * (2*rng.Float64() - 1), phase: 2 * math.Pi * rng.Float64(), k: make([]float64, axes)}
		for a := range axes {
			terms[j].k[a] = 2 * math.Pi * float64((1+rng.IntN(s.Highest))*(1-2*rng.IntN(2)))
		}
	}
	return sumWaves(terms)
}

// wave is size sin(k·x + phase).
type wave struct {
	size, phase float64
	k           []float64
}

func sumWaves(terms []wave) Function {
	return func(x []float64) float64 {
		var sum float64
		for _, w := range terms {
			angle := w.phase
			for a, k := range w.k {
				angle += k * x[a]
			}
			sum += w.size * math.Sin(angle)
		}
		return sum
	}
}

// Waves are plane waves of one wave number in random directions, as of a wave that was scattered often:
//
//	u(x) = Size √(2/Count) Σ_j sin(κ_j·x + φ_j), |κ_j| = 2π Number
//
// They are not periodic. Their variance is Size² and their covariance at the distance r, with ω = 2π Number,
// Size² cos(ωr), J₀(ωr) and sin(ωr)/(ωr) times with one, two and three axes.
//
// Source: Berry 1977. bib: berry1977regular
type Waves struct {
	Count  int
	Number float64 // waves along a side
	Size   float64 // standard deviation
}

// Validate lists all that is wrong with w.
func (w Waves) Validate(axes int) error { return problems("Waves", axes, w.Count, w.Number, w.Size) }

// Draw draws a sum of waves.
func (w Waves) Draw(axes int, rng *rand.Rand) Function {
	terms := make([]wave, w.Count)
	for j := range terms {
		k, norm := make([]float64, axes), 0.0
		for a := range k { // a normal vector has no direction that it prefers
			k[a] = rng.NormFloat64()
			norm = math.Hypot(norm, k[a])
		}
		for a := range k {
			k[a] *= 2 * math.Pi * w.Number / norm
		}
		terms[j] = wave{size: w.Size * math.Sqrt(2/float64(w.Count)), phase: 2 * math.Pi * rng.Float64(), k: k}
	}
	return sumWaves(terms)
}

// Bumps are Count Gaussians with uniform centres in the periodic box, widths uniform in [Width/2, Width] and heights in [-Size, Size]:
//
//	u(x) = Σ_j A_j exp(-|x - c_j|²/(2 w_j²))
//
// with the nearest image of each centre along each axis; a Width of at most 0.1 keeps the kink half a side from a centre below 4e-6 Size.
type Bumps struct {
	Count int
	Width float64
	Size  float64
}

// Validate lists all that is wrong with b.
func (b Bumps) Validate(axes int) error { return problems("Bumps", axes, b.Count, b.Width, b.Size) }

// Draw draws a sum of bumps.
func (b Bumps) Draw(axes int, rng *rand.Rand) Function {
	centres, widths, heights := make([][]float64, b.Count), make([]float64, b.Count), make([]float64, b.Count)
	for j := range centres {
		centres[j] = uniform(axes, rng)
		widths[j] = b.Width * (1 + rng.Float64()) / 2
		heights[j] = b.Size * (2*rng.Float64() - 1)
	}
	return func(x []float64) float64 {
		var sum float64
		for j, c := range centres {
			var r2 float64
			for a := range c {
				d := x[a] - c[a]
				d -= math.Round(d)
				r2 += d * d
			}
			sum += heights[j] * math.Exp(-r2/(2*widths[j]*widths[j]))
		}
		return sum
	}
}

func uniform(n int, rng *rand.Rand) []float64 {
	u := make([]float64, n)
	for i := range u {
		u[i] = rng.Float64()
	}
	return u
}

// between draws values uniform in [low, high).
func between(n int, low, high float64, rng *rand.Rand) []float64 {
	u := uniform(n, rng)
	for i := range u {
		u[i] = low + (high-low)*u[i]
	}
	return u
}

// Steps are constant on the bricks between Count cuts at uniform places along each axis, with independent values uniform in [Low, High].
// They are not periodic.
type Steps struct {
	Count     int // of cuts along an axis
	Low, High float64
}

// Validate lists all that is wrong with s.
func (s Steps) Validate(axes int) error {
	return errors.Join(problems("Steps", axes, s.Count), problemsBetween("Steps", s.Low, s.High))
}

// Draw draws a step function.
func (s Steps) Draw(axes int, rng *rand.Rand) Function {
	cuts := make([][]float64, axes)
	for a := range cuts {
		cuts[a] = uniform(s.Count, rng)
		slices.Sort(cuts[a])
	}
	values := between(power(s.Count+1, axes), s.Low, s.High, rng)
	return func(x []float64) float64 {
		brick := 0
		for a, c := range cuts {
			at, _ := slices.BinarySearch(c, x[a])
			brick = brick*(s.Count+1) + at
		}
		return values[brick]
	}
}

// Checkerboard has Count cells along an axis, which take High and Low in turns, from a uniformly random place on. It is periodic if Count is
// even.
type Checkerboard struct {
	Count     int
	Low, High float64
}

// Validate lists all that is wrong with c.
func (c Checkerboard) Validate(axes int) error {
	return errors.Join(problems("Checkerboard", axes, c.Count), problemsBetween("Checkerboard", c.Low, c.High))
}

// Draw draws the place of the cells.
func (c Checkerboard) Draw(axes int, rng *rand.Rand) Function {
	shift := uniform(axes, rng)
	return func(x []float64) float64 {
		cell := 0
		for a, s := range shift {
			cell += int(math.Floor(float64(c.Count)*x[a] + 2*s))
		}
		if cell%2 == 0 {
			return c.High
		}
		return c.Low
	}
}

// Voronoi is constant on the cells of Count uniform points: each point of the box has the value of the nearest of these, uniform in [Low, High].
type Voronoi struct {
	Count     int
	Low, High float64
}

// Validate lists all that is wrong with v.
func (v Voronoi) Validate(axes int) error {
	return errors.Join(problems("Voronoi", axes, v.Count), problemsBetween("Voronoi", v.Low, v.High))
}

// Draw draws cells and values.
func (v Voronoi) Draw(axes int, rng *rand.Rand) Function {
	tree, err := neighbour.New(uniform(v.Count*axes, rng), axes, nil)
	values := between(v.Count, v.Low, v.High, rng)
	if err != nil { // not of a valid family: the points are finite
		return func([]float64) float64 { return math.NaN() }
	}
	return func(x []float64) float64 {
		nearest, err := tree.Nearest(x, 1)
		if err != nil { // x is not finite
			return math.NaN()
		}
		return values[nearest[0].Index]
	}
}
