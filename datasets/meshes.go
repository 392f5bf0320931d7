package datasets

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

// MeshKind names the problems that [Meshes] solve.
type MeshKind string

// The problems; Describe tells what they are.
const (
	MeshSources MeshKind = "mesh-sources"
	MeshHoles   MeshKind = "mesh-holes"
	MeshPhases  MeshKind = "mesh-phases"
	MeshLayers  MeshKind = "mesh-layers"
)

// Meshes are boundary value problems on triangle meshes, each on a domain of its own: from sources, coefficients and values on the
// boundary to the solution at the points of the mesh.
//
// Every mesh has a random number of points, up to Nodes, and of triangles, up to 2 Nodes; the rest of its row is filled up. The problem
// is solved by linear elements on the mesh with each triangle cut into 4^Refine, so that what is given is far closer to the
// solution than linear elements on the mesh itself would be. The domain is the polygon that the mesh fills.
//
// Arrays: train_input [Train, node Nodes, channel], train_output [Train, node Nodes, channel], zero beyond a mesh's points; test_input and
// test_output likewise; train_points [Train, node, axis 2]; train_mask [Train, node], 1 for a point of the mesh, 0 beyond;
// train_triangles [Train, triangle 2 Nodes, corner 3], the corners counter-clockwise, -1 beyond; train_parameters [Train, parameter] for
// the kinds that have any; test_points and so on likewise.
//
//   - MeshSources: input source and boundary; output u, and the two parts of ∇u as a function linear in the mesh's triangles, averaged to
//     the points by area. A point's source is ∫fφ/∫φ, φ the linear function that is 1 there, so that the sum over φ is the charge.
//   - MeshHoles: input source, coefficient, boundary and value; parameters are the hole's centre (two), its radius, its value, κ.
//   - MeshPhases: input source, coefficient and boundary.
//   - MeshLayers: input boundary and value; parameters are b's second part, the jump's place, the four amplitudes of the upper side. All
//     meshes have the same triangles: those of a grid.
//
// Boundary is 1 at points where u is given, else 0; value is what it is there, else 0.
//
// Accuracy: of [Accuracy] on four samples at the default Refine, with Nodes of 350, 400 (MeshPhases) and 2401 (MeshLayers, one sample): 6e-4 for
// MeshSources, 4e-4 on u shapes, as corners that point inwards lower the order; 4e-4, 5e-5 and 4e-5 for the other kinds in order.
// Cost: in the same runs, on two cores that others used too: 0.2, 0.4, 0.4 and 0.9 s a problem.
//
// Differs from the sources: meshes by Delaunay refinement; the inflow of MeshLayers is steep, not a jump, so that the solution converges
// up to the boundary. Source: Lötzsch et al. 2022, arXiv:2206.14092 (MeshSources); Hao et al. 2023, arXiv:2302.14376 (MeshHoles);
// Li et al. 2024, arXiv:2411.15178 (MeshPhases); Kabalan et al. 2025, arXiv:2502.11632 (MeshLayers).
// bib: loetzsch2022learning, hao2023gnot, li2024amg, kabalan2025ommgp
type Meshes struct {
	Kind    MeshKind
	Nodes   int // length of the node axis, ≥ 64; a mesh fills 0.6 of it or more, one of a grid as much as makes a square
	Train   int // number of training problems, ≥ 1
	Test    int // number of test problems, ≥ 1
	Seed    uint64
	Shapes  []MeshShape // of MeshSources and MeshPhases, taken in turn; nil: square, disk, ring and l, or star
	Turned  bool        // these are turned by a random angle and scaled by 0.8 to 1.2
	Sources [2]int      // of MeshSources: least and greatest number; zero means 1 and 3
	Refine  int         // how often each triangle is cut into four; 0 means 3, or 2 for MeshLayers
}

var (
	_ Refinable = Meshes{}
	_ Sharded   = Meshes{}
	_ packed    = Meshes{}
	_ Described = Meshes{}
)

// MeshKinds lists all kinds.
func MeshKinds() []MeshKind { return []MeshKind{MeshSources, MeshHoles, MeshPhases, MeshLayers} }

// meshCase is what is fixed of a kind.
type meshCase struct {
	description Description
	channels    []string // of the input
	outputs     int
	parameters  int
	shapes      []MeshShape // to choose from; nil: none
	refine      int
	draw        func(ctx context.Context, m Meshes, rng *rand.Rand, index int) (meshProblem, error)
}

// The names of input channels.
const (
	sourceChannel      = "source"
	coefficientChannel = "coefficient"
	boundaryChannel    = "boundary"
	valueChannel       = "value"
)

func meshCases() map[MeshKind]meshCase {
	return map[MeshKind]meshCase{
		MeshSources: {
			draw:     drawCharges,
			channels: []string{sourceChannel, boundaryChannel}, outputs: 3, refine: 3,
			shapes: []MeshShape{SquareMesh, DiskMesh, RingMesh, LMesh},
			description: Description{
				Title: "Potential of charged disks", Equation: `-\Delta u = \rho`, Domain: "squares, disks, rings and others of width 1",
				Conditions: fmt.Sprintf("u = 0 on the boundary; ρ = 1 in disks of radius %v about points of the mesh, added up where they overlap",
					chargeRadius),
				Method: "each disk's potential without a boundary, and what the boundary adds by linear elements on refined meshes, extrapolated", Source: "Lötzsch et al. 2022, arXiv:2206.14092",
			},
		},
		MeshHoles: {
			draw:     drawHole,
			channels: []string{sourceChannel, coefficientChannel, boundaryChannel, valueChannel}, outputs: 1, parameters: 5, refine: 3,
			description: Description{
				Title: "Poisson's equation with a hole and a jump", Equation: `-\nabla\cdot(a\,\nabla u) = f`,
				Domain: "unit square without a disk, its centre uniform in [0.3, 0.7]², its radius in [0.1, 0.2]",
				Conditions: "u = 0 outside, u uniform in [-1, 1] on the hole; a = κ, 10 κ where x > 0.5, κ uniform in [0.5, 2]; " +
					"f the sum of two to four Gaussians",
				Method: "linear elements on refined meshes that are cut along the jump, extrapolated", Source: "Hao et al. 2023, arXiv:2302.14376",
			},
		},
		MeshPhases: {
			draw:     drawPhases,
			channels: []string{sourceChannel, coefficientChannel, boundaryChannel}, outputs: 1, refine: 3, shapes: []MeshShape{StarMesh},
			description: Description{
				Title: "Two phases on domains of random outline", Equation: `-\nabla\cdot(a\,\nabla u) = f`,
				Domain:     "r(θ) < 1 + Σ_(k=1)^4 a_k cos(kθ + φ_k), a_k uniform in [-0.15, 0.15]/k, or other shapes",
				Conditions: "u = 0 on the boundary; a = 10 in a half plane through or a disk about a point well inside, else 1; f the sum of two Gaussians",
				Method:     "linear elements on refined meshes that are cut along the jump, extrapolated", Source: "Li et al. 2024, arXiv:2411.15178",
			},
		},
		MeshLayers: {
			draw:     drawLayer,
			channels: []string{boundaryChannel, valueChannel}, outputs: 1, parameters: 6, refine: 2,
			description: Description{
				Title: "Internal layers below a wavy side", Equation: fmt.Sprintf(`b\cdot\nabla u = %v\,\Delta u,\ b = (1, s)`, layerDiffusion),
				Domain: "0 < x < 1, 0 < y < 1 + Σ_(k=1)^4 a_k sin kπx, a_k uniform in [-0.1, 0.1]/k",
				Conditions: fmt.Sprintf("u = erfc((y - y0)/%v)/2 at x = 0, u = 1 below, 0 above, no flux at x = 1; s uniform in [-0.2, 0.2], y0 in [0.4, 0.55]",
					inflowWidth),
				Method: "linear elements with streamline upwinding on refined meshes, extrapolated", Source: "Kabalan et al. 2025, arXiv:2502.11632",
			},
		},
	}
}

// Few is the same recipe with so many test problems and one for training.
func (m Meshes) Few(samples int) Recipe {
	m.Train, m.Test = 1, samples
	return m
}

// Refined solves on half the spacing.
func (m Meshes) Refined() Recipe {
	m.Refine = m.withDefaults().Refine + 1
	return m
}

// Describe says what the data are.
func (m Meshes) Describe() Description {
	return meshCases()[m.Kind].description
}

// Name is the kind's.
func (m Meshes) Name() string { return string(m.Kind) }

// Version of the generator, tied to testdata/<kind>.json.
func (Meshes) Version() int { return 1 }

func (m Meshes) withDefaults() Meshes {
	k := meshCases()[m.Kind]
	if m.Shapes == nil {
		m.Shapes = k.shapes
	}
	if m.Sources == [2]int{} {
		m.Sources = [2]int{1, 3}
	}
	if m.Refine == 0 {
		m.Refine = k.refine
	}
	return m
}

// Validate lists all that is wrong with m.
func (m Meshes) Validate() error {
	if err := checkKind("Meshes.Kind", m.Kind, MeshKinds()); err != nil {
		return err
	}
	errs := []error{checkCounts("Meshes", m.Train, m.Test)}
	if m.Nodes < leastNodes {
		errs = append(errs, fmt.Errorf("datasets: Meshes.Nodes = %d, want at least %d", m.Nodes, leastNodes))
	}
	free := meshCases()[m.Kind].shapes != nil
	if !free && (m.Shapes != nil || m.Turned) {
		errs = append(errs, fmt.Errorf("datasets: Meshes.Shapes = %v and Turned = %t for kind %s, want neither, since it has a domain of its own",
			m.Shapes, m.Turned, m.Kind))
	}
	if free && m.Shapes != nil && len(m.Shapes) == 0 {
		errs = append(errs, errors.New("datasets: Meshes.Shapes is empty, want a shape, or nil for those of the kind"))
	}
	for i, s := range m.Shapes {
		errs = append(errs, checkKind(fmt.Sprintf("Meshes.Shapes[%d]", i), s, MeshShapes()))
	}
	if m.Sources != [2]int{} && (m.Kind != MeshSources || m.Sources[0] < 1 || m.Sources[1] < m.Sources[0]) {
		errs = append(errs, fmt.Errorf("datasets: Meshes.Sources = %v, want the least number first, at least 1, or zero for 1 and 3 or a kind other than %s",
			m.Sources, MeshSources))
	}
	if m.Refine < 0 || m.Refine > mostRefine {
		errs = append(errs, fmt.Errorf("datasets: Meshes.Refine = %d, want at most %d, or 0 for %d", m.Refine, mostRefine, meshCases()[m.Kind].refine))
	}
	return errors.Join(errs...)
}

const (
	leastNodes = 64 // fewer can't show the shapes
	mostRefine = 6  // 300 points become more than a million
)

// Arrays describes the problems and their meshes.
func (m Meshes) Arrays() []Shape {
	k := meshCases()[m.Kind]
	shapes := pairShapes(
		m.Train, m.Test,
		Shape{Axes: []string{"node", "channel"}, Dims: []int{m.Nodes, len(k.channels)}},
		Shape{Axes: []string{"node", "channel"}, Dims: []int{m.Nodes, k.outputs}},
	)
	return append(shapes, meshShapes(m.Train, m.Test, m.Nodes, k.parameters)...)
}

// meshShapes are the shapes of the meshes' own arrays, a training and a test part of each.
func meshShapes(train, test, nodes, parameters int) []Shape {
	own := []Shape{
		{"points", []string{"node", "axis"}, []int{nodes, 2}},
		{"mask", []string{"node"}, []int{nodes}},
		{"triangles", []string{"triangle", "corner"}, []int{2 * nodes, 3}},
		{"parameters", []string{"parameter"}, []int{parameters}},
	}
	if parameters == 0 {
		own = own[:3]
	}
	var shapes []Shape
	for _, s := range own {
		for _, part := range []struct {
			name    string
			samples int
		}{{"train_", train}, {"test_", test}} {
			shapes = append(shapes, Shape{part.name + s.Name, slices.Concat([]string{"sample"}, s.Axes), slices.Concat([]int{part.samples}, s.Dims)})
		}
	}
	return shapes
}

func (m Meshes) sampleSizes() (input, output int) { return packedSizes(m.Arrays()) }

// packedSizes are the lengths of a packed sample's input, with the arrays from the fifth on behind it, and of its output. These arrays are in
// pairs, of the training and of the test part.
func packedSizes(shapes []Shape) (input, output int) {
	input, output = shapeSizes(shapes)
	for i := 4; i < len(shapes); i += 2 {
		input += shapes[i].Size() / shapes[i].Dims[0]
	}
	return input, output
}

// Make draws domains and problems and solves them all.
func (m Meshes) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := m.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, m, report)
}

// Samples is the number of training and test problems together.
func (m Meshes) Samples() int { return m.Train + m.Test }

// MakeSamples makes some problems. An input is followed by its points, mask, triangles and parameters.
func (m Meshes) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	m = m.withDefaults()
	sizeIn, sizeOut := m.sampleSizes()
	input, output, err = eachSized(ctx, sizeIn, sizeOut, from, to, report, func(i int, input, output []float64) error {
		index := i
		if i >= m.Train {
			index -= m.Train
		}
		p, err := meshCases()[m.Kind].draw(ctx, m, sampleStream(m.Seed, i, m.Train), index)
		if err != nil {
			return err
		}
		m.write(p, input)
		return m.solve(ctx, p, output)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Meshes of kind %s: %w", m.Kind, err)
	}
	return input, output, nil
}

// solve writes the solution at the points of the mesh: (4 u_k - u_(k-1))/3, of the meshes refined k = Refine times and once less, which takes
// an error that falls with the square of the spacing away.
func (m Meshes) solve(ctx context.Context, p meshProblem, output []float64) error {
	fine := p.mesh
	var before, u []float64
	for k := 0; ; k++ {
		if k >= m.Refine-1 {
			along := fine
			if p.jump != nil {
				along = cutAlong(fine, p.jump)
			}
			space, err := element.NewSpace(along)
			if err != nil {
				return err
			}
			solution, err := space.Solve(ctx, p.equation)
			if err != nil {
				return err
			}
			before, u = u, solution.U
		}
		if k == m.Refine {
			break
		}
		fine = fine.Refine()
	}
	u = slices.Clone(u[:len(p.mesh.Points)])
	for i, xy := range p.mesh.Points {
		u[i] += (u[i] - before[i]) / 3
		if p.lift != nil {
			u[i] += p.lift(xy[0], xy[1])
		}
	}
	outputs := meshCases()[m.Kind].outputs
	for i, v := range u {
		output[i*outputs] = v
	}
	if outputs == 1 {
		return nil
	}
	coarse, err := element.NewSpace(p.mesh)
	if err != nil {
		return err
	}
	slopes, err := coarse.NodalGradients(u)
	for i, g := range slopes {
		output[i*outputs+1], output[i*outputs+2] = g[0], g[1]
	}
	return err
}

// write fills a sample's input, points, mask, triangles and parameters.
func (m Meshes) write(p meshProblem, to []float64) {
	k := meshCases()[m.Kind]
	boundary, value := p.given()
	for c, name := range k.channels {
		var at func(i int) float64
		switch name {
		case sourceChannel:
			at = p.source
		case coefficientChannel:
			at = func(i int) float64 { return p.coefficient(p.mesh.Points[i]) }
		case boundaryChannel:
			at = func(i int) float64 { return boundary[i] }
		case valueChannel:
			at = func(i int) float64 { return value[i] }
		}
		for i := range p.mesh.Points {
			to[i*len(k.channels)+c] = at(i)
		}
	}
	mask := writeMesh(to[m.Nodes*len(k.channels):], p.mesh, m.Nodes)
	copy(mask[7*m.Nodes:], p.parameters)
}

// writeMesh writes points, mask and triangles, one after another, and returns what begins with the mask.
func writeMesh(to []float64, m mesh.Mesh, nodes int) (mask []float64) {
	mask = to[2*nodes:]
	triangles := mask[nodes : 7*nodes]
	for i, xy := range m.Points {
		to[2*i], to[2*i+1], mask[i] = xy[0], xy[1], 1
	}
	for i := range triangles {
		triangles[i] = -1
	}
	for t, corners := range m.Triangles {
		for c, i := range corners {
			triangles[3*t+c] = float64(i)
		}
	}
	return mask
}

// Assemble puts all problems into their arrays.
func (m Meshes) Assemble(input, output []float64) Set {
	size, _ := m.sampleSizes()
	return unpack(m.Arrays(), size, input, output)
}

// unpack cuts the inputs of packed samples, each as long as size, into the first array and those from the fifth on, and these and the
// outputs into the training and the test part.
func unpack(shapes []Shape, size int, input, output []float64) Set {
	values := make([][]float64, len(shapes))
	cut := shapes[1].Size()
	values[1], values[3] = output[:cut], output[cut:]
	take := func(trainAt, testAt, from, length int) {
		for s := range len(input) / size {
			at := trainAt
			if s >= shapes[0].Dims[0] {
				at = testAt
			}
			values[at] = append(values[at], input[s*size+from:s*size+from+length]...)
		}
	}
	from, _ := shapeSizes(shapes)
	take(0, 2, 0, from)
	for i := 4; i < len(shapes); i += 2 {
		length := shapes[i].Size() / shapes[i].Dims[0]
		take(i, i+1, from, length)
		from += length
	}
	return fill(shapes, values...)
}
