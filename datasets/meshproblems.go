package datasets

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

// meshProblem is one problem and the mesh that its solution is given on.
type meshProblem struct {
	mesh        mesh.Mesh
	conditions  []element.Condition
	equation    element.Problem            // of u - lift
	jump        region                     // on whose side a coefficient jumps; nil: none
	lift        func(x, y float64) float64 // nil: zero
	source      func(point int) float64
	coefficient func(xy [2]float64) float64
	parameters  []float64
}

// given tells which points of the mesh have given values, and gives these.
func (p meshProblem) given() (boundary, value []float64) {
	boundary, value = make([]float64, len(p.mesh.Points)), make([]float64, len(p.mesh.Points))
	for _, c := range p.conditions {
		for _, e := range p.mesh.Boundary {
			if c.Markers != nil && !slices.Contains(c.Markers, e.Marker) {
				continue
			}
			for _, i := range [2]int{e.A, e.B} {
				if boundary[i] == 0 && c.Value != nil {
					value[i] = c.Value(p.mesh.Points[i][0], p.mesh.Points[i][1])
				}
				boundary[i] = 1
			}
		}
	}
	return boundary, value
}

// chargeRadius is the radius of the disks of charge.
const chargeRadius = 0.06

// shaped makes a mesh of the shape whose turn it is.
func (m Meshes) shaped(ctx context.Context, rng *rand.Rand, index int) (mesh.Mesh, error) {
	outline := m.Shapes[index%len(m.Shapes)].outline(rng)
	if m.Turned {
		outline = outline.turned(rng)
	}
	return outline.fill(ctx, rng, m.Nodes)
}

func drawCharges(ctx context.Context, m Meshes, rng *rand.Rand, index int) (meshProblem, error) {
	coarse, err := m.shaped(ctx, rng, index)
	if err != nil {
		return meshProblem{}, err
	}
	var inner []int
	for i, on := range coarse.OnBoundary() {
		if !on {
			inner = append(inner, i)
		}
	}
	charges := make([]meshDisk, m.Sources[0]+rng.IntN(m.Sources[1]-m.Sources[0]+1))
	for i := range charges {
		charges[i] = meshDisk{coarse.Points[inner[rng.IntN(len(inner))]], chargeRadius}
	}
	p := meshProblem{mesh: coarse, conditions: []element.Condition{{Kind: element.Dirichlet}}}
	p.lift = func(x, y float64) (sum float64) {
		for _, c := range charges {
			sum += c.potential(x, y)
		}
		return sum
	}
	p.equation = element.Problem{
		Diffusion:  element.Isotropic(element.Constant(1)),
		Conditions: []element.Condition{{Kind: element.Dirichlet, Value: func(x, y float64) float64 { return -p.lift(x, y) }}},
	}
	nodal := nodalDensity(coarse, charges)
	p.source = func(i int) float64 { return nodal[i] }
	return p, nil
}

// chargeDensity is the mean in each triangle of the sum of the disks, each of density one.
func chargeDensity(m mesh.Mesh, disks []meshDisk) []float64 {
	mean := make([]float64, len(m.Triangles))
	for t := range m.Triangles {
		for _, d := range disks {
			mean[t] += d.part(meshCorners(m, t))
		}
	}
	return mean
}

// nodalDensity is ∫fφ/∫φ at each point, f the sum of the disks.
func nodalDensity(m mesh.Mesh, disks []meshDisk) []float64 {
	const times = 3 // each triangle is cut into 64, in which φ is taken as it is in their middles
	fine := m
	for range times {
		fine = fine.Refine()
	}
	charge, lumped := make([]float64, len(m.Points)), make([]float64, len(m.Points))
	areas := fine.Areas()
	for t, f := range chargeDensity(fine, disks) {
		parent := t >> (2 * times)
		weights := m.Weights(parent, fine.Centroid(t))
		for c, i := range m.Triangles[parent] {
			charge[i] += f * areas[t] * weights[c]
			lumped[i] += areas[t] / 3
		}
	}
	for i := range charge {
		charge[i] /= lumped[i]
	}
	return charge
}

func drawHole(ctx context.Context, m Meshes, rng *rand.Rand, _ int) (meshProblem, error) {
	centre, radius := [2]float64{unitRange(rng, 0.3, 0.7), unitRange(rng, 0.3, 0.7)}, unitRange(rng, 0.1, 0.2)
	value, kappa := unitRange(rng, -1, 1), unitRange(rng, 0.5, 2)
	outline := meshOutline(func(longest float64) mesh.Domain {
		return mesh.Domain{Outer: mesh.Box([2]float64{0, 0}, [2]float64{1, 1}), Holes: []mesh.Loop{meshCircle(centre, radius, longest)}}
	})
	coarse, err := outline.fill(ctx, rng, m.Nodes)
	if err != nil {
		return meshProblem{}, err
	}
	const holeMarker = -1 // that of the first hole where none is given
	conditions := []element.Condition{
		{Kind: element.Dirichlet, Markers: []int{holeMarker}, Value: func(float64, float64) float64 { return value }},
		{Kind: element.Dirichlet},
	}
	p := twoPhases(coarse, conditions, halfPlane{[2]float64{1, 0}, 0.5}, kappa, drawGaussians(rng, 2+rng.IntN(3), coarse))
	p.parameters = []float64{centre[0], centre[1], radius, value, kappa}
	return p, nil
}

func drawPhases(ctx context.Context, m Meshes, rng *rand.Rand, index int) (meshProblem, error) {
	coarse, err := m.shaped(ctx, rng, index)
	if err != nil {
		return meshProblem{}, err
	}
	// A region whose side comes close to the boundary would leave a thin layer that takes very fine meshes.
	deep, distance := deepPoint(rng, coarse)
	sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
	disk := meshDisk{deep, distance * unitRange(rng, 0.4, 0.7)}
	var r region = halfPlane{[2]float64{cos, sin}, cos*deep[0] + sin*deep[1]}
	if rng.IntN(2) == 1 {
		r = disk
	}
	return twoPhases(coarse, []element.Condition{{Kind: element.Dirichlet}}, r, 1, drawGaussians(rng, 2, coarse)), nil
}

// deepPoint draws one of the points at least half as far from those of the boundary as the farthest, and gives that distance too.
func deepPoint(rng *rand.Rand, m mesh.Mesh) (point [2]float64, distance float64) {
	gaps := make([]float64, len(m.Points))
	for i, p := range m.Points {
		gaps[i] = math.Inf(1)
		for _, e := range m.Boundary {
			q := m.Points[e.A]
			gaps[i] = min(gaps[i], math.Hypot(p[0]-q[0], p[1]-q[1]))
		}
	}
	var deep []int
	farthest := slices.Max(gaps)
	for i, gap := range gaps {
		if gap >= farthest/2 {
			deep = append(deep, i)
		}
	}
	i := deep[rng.IntN(len(deep))]
	return m.Points[i], gaps[i]
}

// phaseContrast is the ratio of the coefficients of two phases.
const phaseContrast = 10

// twoPhases has the coefficient outside, and phaseContrast times that in a region.
func twoPhases(coarse mesh.Mesh, conditions []element.Condition, r region, outside float64, f []meshGaussian) meshProblem {
	source := func(x, y float64) (sum float64) {
		for _, g := range f {
			sum += g.at(x, y)
		}
		return sum
	}
	coefficient := func(xy [2]float64) float64 {
		if r.depth(xy) >= 0 {
			return phaseContrast * outside
		}
		return outside
	}
	return meshProblem{
		mesh: coarse, conditions: conditions, jump: r,
		equation: element.Problem{
			Diffusion: element.Isotropic(element.Func(func(x, y float64) float64 { return coefficient([2]float64{x, y}) })),
			Source:    element.Func(source), Conditions: conditions,
		},
		source:      func(i int) float64 { return source(coarse.Points[i][0], coarse.Points[i][1]) },
		coefficient: coefficient,
	}
}

// meshGaussian is height · exp(-|x - centre|²/(2 width²)).
type meshGaussian struct {
	centre        [2]float64
	width, height float64
}

func (g meshGaussian) at(x, y float64) float64 {
	dx, dy := (x-g.centre[0])/g.width, (y-g.centre[1])/g.width
	return g.height * math.Exp(-(dx*dx+dy*dy)/2)
}

// drawGaussians draws sources about points of the mesh; widths are uniform in [0.1, 0.2] times the side of a square as large as the domain, heights in
// [5, 20].
func drawGaussians(rng *rand.Rand, n int, m mesh.Mesh) []meshGaussian {
	side := math.Sqrt(m.Area())
	list := make([]meshGaussian, n)
	for i := range list {
		list[i] = meshGaussian{m.Points[rng.IntN(len(m.Points))], side * unitRange(rng, 0.1, 0.2), unitRange(rng, 5, 20)}
	}
	return list
}

// What is fixed of the layers.
const (
	layerDiffusion = 2e-3
	inflowWidth    = 0.02 // as wide as the layer from a jump is after 0.05
)

func drawLayer(_ context.Context, m Meshes, rng *rand.Rand, _ int) (meshProblem, error) {
	slope, place := unitRange(rng, -0.2, 0.2), unitRange(rng, 0.4, 0.55)
	p := meshProblem{parameters: []float64{slope, place}}
	for k := 1; k <= 4; k++ {
		p.parameters = append(p.parameters, unitRange(rng, -0.1, 0.1)/float64(k))
	}
	waves := p.parameters[2:]
	cells := int(math.Sqrt(float64(m.Nodes))) - 1
	grid, err := mesh.Rectangle([2]float64{0, 0}, [2]float64{1, 1}, cells, cells)
	if err != nil {
		return meshProblem{}, err
	}
	p.mesh, err = grid.Map(func(xy [2]float64) [2]float64 {
		top := 1.0
		for k, a := range waves {
			top += a * math.Sin(float64(k+1)*math.Pi*xy[0])
		}
		return [2]float64{xy[0], xy[1] * top}
	})
	if err != nil {
		return meshProblem{}, err
	}
	p.conditions = []element.Condition{
		{Kind: element.Dirichlet, Markers: []int{mesh.Left}, Value: func(_, y float64) float64 { return math.Erfc((y-place)/inflowWidth) / 2 }},
		{Kind: element.Dirichlet, Markers: []int{mesh.Bottom}, Value: func(float64, float64) float64 { return 1 }},
		{Kind: element.Dirichlet, Markers: []int{mesh.Top}},
	}
	p.equation = element.Problem{
		Diffusion: element.Isotropic(element.Constant(layerDiffusion)),
		Velocity:  [2]element.Field{element.Constant(1), element.Constant(slope)}, Conditions: p.conditions,
	}
	return p, nil
}
