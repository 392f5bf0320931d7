package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

// MeshSystems are sparse symmetric positive definite systems A x = b, several b to each A, of linear elements on meshes of star-shaped
// domains: a step of the heat equation by implicit Euler,
//
//	(M + dt K) x = M (u + dt f),  no flux through the boundary
//
// or, if Steady, K x = M f with x = 0 on the boundary. K is that of a conductivity exp(Spread·g), g = (ξ s + η 1_H), ξ and η normal, s a sum
// of four plane waves, H a random half plane; dt is logarithmically uniform in [0.05, 0.5]; u and f are sums of three Gaussians. Domains
// are those of [StarMesh].
//
// Arrays: train_input [Train, node Nodes, load Loads], the b; train_output likewise, the x; test_input and test_output likewise;
// train_points [Train, node, axis 2]; train_mask [Train, node], 1 for an unknown, 0 for a point of the boundary with x = 0 and beyond the
// mesh's points; train_triangles [Train, triangle 2 Nodes, corner 3], -1 beyond; train_entries [Train, entry 7 Nodes, part 3], node of the
// row, node of the column and value of A's entries, by rows and in these by columns, both nodes -1 beyond; test_points and so on likewise.
// Accuracy: x solves the system to round-off. Cost: 15 ms a matrix of up to 800 points with four b, on two cores that others used too.
//
// Source: Li et al. 2023, arXiv:2305.16432, on domains and with coefficients of our own. bib: li2023preconditioner
type MeshSystems struct {
	Steady bool
	Nodes  int // length of the node axis, ≥ 64; a mesh fills about 0.6 of it or more
	Loads  int // number of b for each matrix, ≥ 1
	Train  int // number of training matrices, ≥ 1
	Test   int // number of test matrices, ≥ 1
	Seed   uint64
	Spread float64 // standard deviation of either part of the conductivity's logarithm; 0 means 1
}

var (
	_ Sharded   = MeshSystems{}
	_ packed    = MeshSystems{}
	_ Described = MeshSystems{}
)

// Describe says what the data are.
func (m MeshSystems) Describe() Description {
	d := Description{
		Title: "Systems of linear elements", Equation: `(M + \Delta t\,K)\,x = M\,(u + \Delta t\,f)`,
		Domain:     "r(θ) < 1 + Σ_(k=1)^4 a_k cos(kθ + φ_k), a_k uniform in [-0.15, 0.15]/k",
		Conditions: "no flux; log-normal conductivity with a jump; u and f sums of three Gaussians; Δt from 0.05 to 0.5",
		Method:     "linear elements, the system solved by sparse Cholesky factors", Source: "Li et al. 2023, arXiv:2305.16432",
	}
	if m.Steady {
		d.Equation = `K\,x = M\,f`
		d.Conditions = "x = 0 on the boundary; log-normal conductivity with a jump; f a sum of three Gaussians"
	}
	return d
}

// Name is "mesh-systems".
func (MeshSystems) Name() string { return "mesh-systems" }

// Version of the generator, tied to testdata/mesh-systems.json.
func (MeshSystems) Version() int { return 1 }

// Validate lists all that is wrong with m.
func (m MeshSystems) Validate() error {
	errs := []error{checkCounts("MeshSystems", m.Train, m.Test)}
	if m.Nodes < leastNodes {
		errs = append(errs, fmt.Errorf("datasets: MeshSystems.Nodes = %d, want at least %d", m.Nodes, leastNodes))
	}
	if m.Loads < 1 {
		errs = append(errs, fmt.Errorf("datasets: MeshSystems.Loads = %d, want at least 1", m.Loads))
	}
	if !(m.Spread >= 0 && m.Spread <= mostSpread) {
		errs = append(errs, fmt.Errorf("datasets: MeshSystems.Spread = %v, want at least 0 and at most %v", m.Spread, mostSpread))
	}
	return errors.Join(errs...)
}

// mostSpread keeps the ratio of conductivities well below 1e16, as the systems are solved in float64.
const mostSpread = 3.

// Arrays describes the systems and their meshes.
func (m MeshSystems) Arrays() []Shape {
	vectors := Shape{Axes: []string{"node", "load"}, Dims: []int{m.Nodes, m.Loads}}
	shapes := append(pairShapes(m.Train, m.Test, vectors, vectors), meshShapes(m.Train, m.Test, m.Nodes, 0)...)
	entries := Shape{Axes: []string{"sample", "entry", "part"}}
	for _, part := range []struct {
		name    string
		samples int
	}{{"train_entries", m.Train}, {"test_entries", m.Test}} {
		entries.Name, entries.Dims = part.name, []int{part.samples, mostEntries * m.Nodes, 3}
		shapes = append(shapes, entries)
	}
	return shapes
}

// mostEntries is a bound of a matrix's entries for each point: by Euler's formula a plane mesh has fewer than three edges a point, each with
// two entries, and one on the diagonal.
const mostEntries = 7

func (m MeshSystems) sampleSizes() (input, output int) { return packedSizes(m.Arrays()) }

// Make draws domains and coefficients and assembles and solves the systems.
func (m MeshSystems) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := m.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, m, report)
}

// Samples is the number of training and test matrices together.
func (m MeshSystems) Samples() int { return m.Train + m.Test }

// MakeSamples makes some systems. The loads are followed by the points, mask, triangles and entries.
func (m MeshSystems) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	if m.Spread == 0 {
		m.Spread = 1
	}
	sizeIn, sizeOut := m.sampleSizes()
	input, output, err = eachSized(ctx, sizeIn, sizeOut, from, to, report, func(i int, input, output []float64) error {
		rng := sampleStream(m.Seed, i, m.Train)
		grid, err := starOutline(rng).fill(ctx, rng, m.Nodes)
		if err != nil {
			return err
		}
		return m.assemble(rng, grid, input, output)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: MeshSystems: %w", err)
	}
	return input, output, nil
}

// assemble writes the systems on one mesh and their solutions.
func (m MeshSystems) assemble(rng *rand.Rand, grid mesh.Mesh, input, output []float64) error {
	space, err := element.NewSpace(grid)
	if err != nil {
		return err
	}
	conductivity := drawLogNormal(rng, grid, m.Spread)
	dt := 0.05 * math.Pow(10, rng.Float64())
	p := element.Problem{Conditions: []element.Condition{{Kind: element.Dirichlet}}}
	if !m.Steady {
		for t := range conductivity {
			conductivity[t] *= dt
		}
		p = element.Problem{Reaction: element.Constant(1)}
	}
	p.Diffusion = element.Isotropic(element.PerTriangle(conductivity))
	var factors *linear.Cholesky
	for l := range m.Loads {
		p.Source = element.PerPoint(m.load(rng, grid, dt))
		system, err := space.System(p)
		if err != nil {
			return err
		}
		if l == 0 {
			if factors, err = linear.NewCholesky(system.A); err != nil {
				return err
			}
			mask := writeMesh(input[m.Nodes*m.Loads:], grid, m.Nodes)
			clear(mask[:m.Nodes])
			for _, i := range system.Free {
				mask[i] = 1
			}
			writeEntries(mask[7*m.Nodes:], system)
		}
		x := make([]float64, len(system.B))
		factors.Solve(x, system.B)
		for k, i := range system.Free {
			input[i*m.Loads+l], output[i*m.Loads+l] = system.B[k], x[k]
		}
	}
	return nil
}

// load draws the right-hand side before it is multiplied by M: f, or u + dt f.
func (m MeshSystems) load(rng *rand.Rand, grid mesh.Mesh, dt float64) []float64 {
	f, u := drawGaussians(rng, 3, grid), drawGaussians(rng, 3, grid)
	out := make([]float64, len(grid.Points))
	for i, xy := range grid.Points {
		for k := range f {
			if m.Steady {
				out[i] += f[k].at(xy[0], xy[1])
			} else {
				out[i] += u[k].at(xy[0], xy[1]) + dt*f[k].at(xy[0], xy[1])
			}
		}
	}
	return out
}

// writeEntries writes row, column and value of all entries, and -1, -1, 0 behind them.
func writeEntries(to []float64, s element.System) {
	for i := range len(to) / 3 {
		to[3*i], to[3*i+1] = -1, -1
	}
	at := 0
	for row, i := range s.Free {
		for p := s.A.Start[row]; p < s.A.Start[row+1]; p++ {
			to[at], to[at+1], to[at+2] = float64(i), float64(s.Free[s.A.Index[p]]), s.A.Values[p]
			at += 3
		}
	}
}

// drawLogNormal is exp(spread (ξ s + η 1_H)) in the middle of each triangle, H a half plane through a point of the mesh; s has unit variance.
func drawLogNormal(rng *rand.Rand, grid mesh.Mesh, spread float64) []float64 {
	const waves = 4
	var k [waves][2]float64
	var phase [waves]float64
	for j := range k {
		k[j] = [2]float64{unitRange(rng, -3, 3), unitRange(rng, -3, 3)}
		phase[j] = 2 * math.Pi * rng.Float64()
	}
	xi, eta := rng.NormFloat64(), rng.NormFloat64()
	through := grid.Points[rng.IntN(len(grid.Points))]
	sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
	side := halfPlane{[2]float64{cos, sin}, cos*through[0] + sin*through[1]}
	out := make([]float64, len(grid.Triangles))
	for t := range out {
		c := grid.Centroid(t)
		var g float64
		for j := range k {
			g += math.Sqrt(2./waves) * xi * math.Cos(k[j][0]*c[0]+k[j][1]*c[1]+phase[j])
		}
		if side.depth(c) >= 0 {
			g += eta
		}
		out[t] = math.Exp(spread * g)
	}
	return out
}

// Assemble puts all systems into their arrays.
func (m MeshSystems) Assemble(input, output []float64) Set {
	size, _ := m.sampleSizes()
	return unpack(m.Arrays(), size, input, output)
}
