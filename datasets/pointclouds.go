package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// CloudKind names a surface that [PointClouds] are on.
type CloudKind string

// The surfaces; Describe tells what they are.
const (
	SphereClouds  CloudKind = "spheres"
	TorusClouds   CloudKind = "tori"
	SurfaceClouds CloudKind = "surfaces"
)

// PointClouds are random points of a surface in space, uniform by area: from the points to the surface's unit normals.
//
// Arrays: train_input [Train, Points, axis 3], train_output [Train, Points, axis 3], test_input and test_output likewise, with axes sample, point,
// axis. Each cloud is turned at random.
type PointClouds struct {
	Kind   CloudKind
	Points int // of a cloud, ≥ 1
	Train  int // number of training clouds, ≥ 1
	Test   int // number of test clouds, ≥ 1
	Seed   uint64
	Noise  float64 // standard deviation of normal noise along each axis
}

var (
	_ Sharded   = PointClouds{}
	_ Described = PointClouds{}
)

// cloudCase is what is fixed of a kind.
type cloudCase struct {
	title, equation, conditions string
	surface                     func(rng *rand.Rand) func() (point, normal vector)
}

// vector is a place or a direction in space.
type vector [3]float64

func cloudCases() map[CloudKind]cloudCase {
	return map[CloudKind]cloudCase{
		SphereClouds: {
			title: "Spheres", equation: `|x| = R`, conditions: "R uniform in [0.5, 1]; normals outwards", surface: sphere,
		},
		TorusClouds: {
			title: "Tori", equation: `(\sqrt{x^2 + y^2} - 1)^2 + z^2 = r^2`, conditions: "r uniform in [0.2, 0.5]; normals outwards", surface: torus,
		},
		SurfaceClouds: {
			title: "Surfaces", equation: `z = \sum_{j=1}^3 a_j \sin(k_j\cdot(x, y) + \varphi_j),\ (x, y) \in [-1, 1]^2`,
			conditions: "a uniform in [0, 0.3], k uniform in [-3, 3]²; normals to the side of rising z", surface: graphSurface,
		},
	}
}

// CloudKinds lists all kinds.
func CloudKinds() []CloudKind { return []CloudKind{SphereClouds, TorusClouds, SurfaceClouds} }

// Name is the kind's.
func (c PointClouds) Name() string { return string(c.Kind) }

// Version of the generator, tied to testdata/<kind>.json.
func (PointClouds) Version() int { return 1 }

// Describe says what the data are.
func (c PointClouds) Describe() Description {
	k := cloudCases()[c.Kind]
	return Description{
		Title: k.title, Equation: k.equation, Domain: fmt.Sprintf("%d points in space, noise of deviation %v", c.Points, c.Noise),
		Conditions: k.conditions + "; turned at random", Method: "uniform by area, by rejection", Source: "package datasets",
	}
}

// Validate lists all that is wrong with c.
func (c PointClouds) Validate() error {
	if err := checkKind("PointClouds.Kind", c.Kind, CloudKinds()); err != nil {
		return err
	}
	errs := []error{checkCounts("PointClouds", c.Train, c.Test)}
	if c.Points < 1 {
		errs = append(errs, fmt.Errorf("datasets: PointClouds.Points = %d, want at least 1", c.Points))
	}
	if !(c.Noise >= 0) || math.IsInf(c.Noise, 0) {
		errs = append(errs, fmt.Errorf("datasets: PointClouds.Noise = %v, want at least 0", c.Noise))
	}
	return errors.Join(errs...)
}

// Arrays describes the points and the normals.
func (c PointClouds) Arrays() []Shape {
	s := Shape{Axes: []string{"point", "axis"}, Dims: []int{c.Points, 3}}
	return pairShapes(c.Train, c.Test, s, s)
}

// Make draws the clouds.
func (c PointClouds) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := c.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, c, report)
}

// Samples is the number of training and test clouds together.
func (c PointClouds) Samples() int { return c.Train + c.Test }

// MakeSamples draws some clouds.
func (c PointClouds) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	surface := cloudCases()[c.Kind].surface
	return eachSample(ctx, c.Arrays(), from, to, report, func(i int, input, output []float64) error {
		rng := sampleStream(c.Seed, i, c.Train)
		turn := turning(rng)
		draw := surface(rng)
		for p := range c.Points {
			x, n := draw()
			x, n = turn(x), turn(n)
			for a := range 3 {
				input[3*p+a], output[3*p+a] = x[a], n[a]
				if c.Noise > 0 {
					input[3*p+a] += c.Noise * rng.NormFloat64()
				}
			}
		}
		return nil
	})
}

// Assemble puts all clouds into their arrays.
func (c PointClouds) Assemble(input, output []float64) Set {
	return assemble(c.Arrays(), input, output)
}

// turning is a uniformly random rotation: of a normal vector of four parts as a quaternion.
func turning(rng *rand.Rand) func(vector) vector {
	var q [4]float64
	norm := 0.0
	for i := range q {
		q[i] = rng.NormFloat64()
		norm += q[i] * q[i]
	}
	for i := range q {
		q[i] /= math.Sqrt(norm)
	}
	w, x, y, z := q[0], q[1], q[2], q[3]
	rows := [3]vector{
		{1 - 2*(y*y+z*z), 2 * (x*y - w*z), 2 * (x*z + w*y)},
		{2 * (x*y + w*z), 1 - 2*(x*x+z*z), 2 * (y*z - w*x)},
		{2 * (x*z - w*y), 2 * (y*z + w*x), 1 - 2*(x*x+y*y)},
	}
	return func(v vector) (out vector) {
		for i, r := range rows {
			out[i] = r[0]*v[0] + r[1]*v[1] + r[2]*v[2]
		}
		return out
	}
}

func sphere(rng *rand.Rand) func() (point, normal vector) {
	radius := unitRange(rng, 0.5, 1)
	return func() (point, normal vector) {
		z := unitRange(rng, -1, 1) // uniform by area, as Archimedes found
		sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
		r := math.Sqrt(1 - z*z)
		normal = vector{r * cos, r * sin, z}
		return vector{radius * normal[0], radius * normal[1], radius * normal[2]}, normal
	}
}

// torus accepts a point with the ratio of its distance from the axis to the greatest.
func torus(rng *rand.Rand) func() (point, normal vector) {
	r := unitRange(rng, 0.2, 0.5)
	return func() (point, normal vector) {
		for {
			sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
			if rng.Float64() > (1+r*cos)/(1+r) {
				continue
			}
			y, x := math.Sincos(2 * math.Pi * rng.Float64())
			return vector{(1 + r*cos) * x, (1 + r*cos) * y, r * sin}, vector{cos * x, cos * y, sin}
		}
	}
}

// graphSurface accepts a point with the ratio of its area element to a bound of it.
func graphSurface(rng *rand.Rand) func() (point, normal vector) {
	var size, kx, ky, phase [3]float64
	steepest := 0.0
	for j := range size {
		size[j], kx[j], ky[j] = unitRange(rng, 0, 0.3), unitRange(rng, -3, 3), unitRange(rng, -3, 3)
		phase[j] = 2 * math.Pi * rng.Float64()
		steepest += size[j] * math.Hypot(kx[j], ky[j])
	}
	return func() (point, normal vector) {
		for {
			x, y := unitRange(rng, -1, 1), unitRange(rng, -1, 1)
			var z, zx, zy float64
			for j := range size {
				sin, cos := math.Sincos(kx[j]*x + ky[j]*y + phase[j])
				z += size[j] * sin
				zx += size[j] * kx[j] * cos
				zy += size[j] * ky[j] * cos
			}
			area := math.Sqrt(1 + zx*zx + zy*zy)
			if rng.Float64() > area/math.Hypot(1, steepest) {
				continue
			}
			return vector{x, y, z}, vector{-zx / area, -zy / area, 1 / area}
		}
	}
}
