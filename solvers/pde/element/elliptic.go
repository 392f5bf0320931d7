package element

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// Problem is a steady equation for one unknown:
//
//	-∇·(a ∇u) + b·∇u + c u = f,  with a [Condition] on each part of the boundary
//
// With a Velocity b the solution may have layers thinner than a triangle, at which Galerkin's method oscillates. So the
// test functions are moved upstream (SUPG): φ_i + τ b·∇φ_i, with τ = h/(2|b|) (coth P - 1/P), P = |b| h/(2 a_b), h the length of
// a triangle along b and a_b the diffusion along b. In one dimension and with a constant f this gives the exact values at the points.
//
// Order: 2 in L2, 1 in H1, where a is smooth or jumps along edges of the mesh and the solution is smooth.
// Cost: of 10,000 points about that of the factors: Cholesky without a Velocity, LU with one.
// Differs from the source: h along the stream is that of Tezduyar & Park; ∇a·∇u is left out of the residual in the added term.
// Source: Brooks & Hughes 1982, Comput. Methods Appl. Mech. Eng. 32; Tezduyar & Park 1986, the same journal 59.
// bib: brooks1982supg, tezduyar1986discontinuity
type Problem struct {
	Diffusion  Tensor   // a
	Velocity   [2]Field // b, taken in the middle of each triangle
	Reaction   Field    // c ≥ 0
	Source     Field    // f
	Conditions []Condition

	// Galerkin leaves the test functions as they are.
	Galerkin bool

	// Balance is for a problem whose solution is determined up to a constant: instead of refusing loads that do not add up
	// to zero, it takes the excess evenly off the source.
	Balance bool
}

// Solution is what a steady solve gives.
type Solution struct {
	U     []float64 // at the points of the mesh
	Stats Stats
}

// Solve solves p. Without anything that fixes a constant (a Dirichlet condition, a Robin condition, a reaction) the solution is the one
// with ∫ u = 0.
//
// Errors: what is wrong with p, with its place; loads that have no solution; the error of ctx.
func (s *Space) Solve(ctx context.Context, p Problem) (Solution, error) {
	return s.solve(ctx, p, &system{})
}

func (s *Space) solve(ctx context.Context, p Problem, sys *system) (Solution, error) {
	began := time.Now()
	if err := ctx.Err(); err != nil {
		return Solution{}, fmt.Errorf("element: stopped before a solve: %w", err)
	}
	d, u, known, err := s.pose(p)
	if err != nil {
		return Solution{}, err
	}
	a := s.matrix(d.values)
	if err := sys.prepare(a, known, d.flow == nil); err != nil {
		return Solution{}, fmt.Errorf("element: Problem: %w", err)
	}
	residual, err := sys.solve(u, a, d.load)
	if err != nil {
		return Solution{}, err
	}
	if d.floating {
		total, _ := s.Integral(u)
		area := s.mesh.Area()
		for i := range u {
			u[i] -= total / area
		}
	}
	stats := sys.stats()
	stats.Residual, stats.Runtime = residual, time.Since(began)
	return Solution{u, stats}, nil
}

// pose discretises a problem, and gives the known values and where they are. A floating one is made to have a solution, zero at point 0.
func (s *Space) pose(p Problem) (d *discrete, u []float64, known []bool, err error) {
	if d, err = p.discretise(s); err != nil {
		return nil, nil, nil, err
	}
	u, known = make([]float64, len(s.mesh.Points)), d.known()
	if err := d.boundary.values(u, 0); err != nil {
		return nil, nil, nil, err
	}
	if d.floating {
		if err := d.balance(s, p); err != nil {
			return nil, nil, nil, err
		}
		known[0] = true
	}
	return d, u, known, nil
}

// System is the linear system A x = B of a problem, for a solver of one's own. The solution has the values x at the points Free, and those
// of U at the others.
type System struct {
	A    *linear.Matrix
	B    []float64
	Free []int     // ascending
	U    []float64 // at all points; zero at those of Free
}

// System assembles p without solving it. A problem that does not fix a constant gets the value zero at point 0.
//
// Errors: as those of [Space.Solve].
func (s *Space) System(p Problem) (System, error) {
	d, u, known, err := s.pose(p)
	if err != nil {
		return System{}, err
	}
	sys, a := &system{}, s.matrix(d.values)
	sys.restrict(a, known)
	sys.gather(a)
	sys.load(u, a, d.load)
	return System{A: sys.reduced, B: sys.rhs, Free: sys.free, U: u}, nil
}

// discrete is a problem on a mesh.
type discrete struct {
	name     string // for messages
	boundary *boundary
	values   []float64 // of the matrix
	load     []float64
	flow     *flow // nil: no velocity
	floating bool  // the constants solve the problem without loads
}

func (d *discrete) known() []bool {
	known := make([]bool, len(d.boundary.fixed))
	for i, c := range d.boundary.fixed {
		known[i] = c >= 0
	}
	return known
}

// discretise assembles the matrix and the load.
func (p Problem) discretise(s *Space) (*discrete, error) {
	b, err := assign("Problem", s.mesh, p.Conditions, false)
	if err != nil {
		return nil, err
	}
	d := &discrete{name: "Problem", boundary: b, load: make([]float64, len(s.mesh.Points))}
	robin, err := d.assemble(s, p.Diffusion, p.Velocity, p.Reaction, p.Galerkin)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.addLoad(d.load, p.Source, "Problem.Source"), b.addLoad(d.load, 0)); err != nil {
		return nil, err
	}
	if d.flow != nil && !p.Galerkin {
		if err := d.flow.addLoad(s, d.load, p.Source); err != nil {
			return nil, err
		}
	}
	fixed := slices.ContainsFunc(b.fixed, func(c int) bool { return c >= 0 })
	d.floating = !fixed && robin == 0 && p.Reaction.zero()
	if d.floating && d.flow != nil {
		return nil, errors.New("element: Problem has a Velocity and nothing that fixes its solution, want a Dirichlet or Robin condition or a Reaction")
	}
	return d, nil
}

// assemble adds up the matrix.
func (d *discrete) assemble(s *Space, a Tensor, velocity [2]Field, reaction Field, galerkin bool) (robin float64, err error) {
	d.values = make([]float64, len(s.pattern.Index))
	if err := s.addStiffness(d.values, a, d.name+".Diffusion"); err != nil {
		return 0, err
	}
	c, err := reaction.sample(d.name+".Reaction", s.mesh)
	if err != nil {
		return 0, err
	}
	if i := slices.IndexFunc(c, func(v float64) bool { return v < 0 }); i >= 0 {
		return 0, fmt.Errorf("element: %s.Reaction = %v at %v, want at least 0", d.name, c[i], s.mesh.Centroid(i))
	}
	if err := s.addMass(d.values, reaction, d.name+".Reaction"); err != nil {
		return 0, err
	}
	if !velocity[0].zero() || !velocity[1].zero() {
		if d.flow, err = newFlow(s, velocity, a); err != nil {
			return 0, err
		}
		d.flow.addMatrix(s, d.values, c, galerkin)
	}
	return d.boundary.addMatrix(s, d.values)
}

// balance wants loads that add up to zero, but for the error of the rules of integration, and makes them do so to round-off.
func (d *discrete) balance(s *Space, p Problem) error {
	var total, size float64
	for _, v := range d.load {
		total += v
		size += math.Abs(v)
	}
	f, err := p.Source.sample("Problem.Source", s.mesh)
	if err != nil {
		return err
	}
	// Simpler rules, by the middles of triangles and edges, err by more than those in use: their differences, without any cancellation, bound
	// the error. A sum of many terms rounds.
	room := 1e-12 * size
	for t, area := range s.area {
		v, err := s.midpoints(p.Source, t, "Problem.Source")
		if err != nil {
			return err
		}
		room += area * math.Abs((v[0]+v[1]+v[2])/3-f[t])
	}
	room += d.boundary.doubt()
	if math.Abs(total) > room && !p.Balance {
		return fmt.Errorf("element: Problem has Neumann conditions alone and ∫ f + ∫ g = %.6g over the domain and its boundary, "+
			"want 0 (within %.2g here): what flows in must flow out; or set Balance", total, room)
	}
	area := s.mesh.Area()
	for t, v := range s.mesh.Triangles {
		for _, i := range v {
			d.load[i] -= total / area * s.area[t] / 3
		}
	}
	return nil
}

// flow is a velocity in each triangle.
type flow struct {
	velocity [][2]float64
	along    [][3]float64 // b·∇φ at each corner
	tau      []float64
}

func newFlow(s *Space, velocity [2]Field, a Tensor) (*flow, error) {
	bx, err := velocity[0].sample("Problem.Velocity[0]", s.mesh)
	if err != nil {
		return nil, err
	}
	by, err := velocity[1].sample("Problem.Velocity[1]", s.mesh)
	if err != nil {
		return nil, err
	}
	diffusion, err := a.sample("Problem.Diffusion", s.mesh)
	if err != nil {
		return nil, err
	}
	n := len(s.area)
	f := &flow{make([][2]float64, n), make([][3]float64, n), make([]float64, n)}
	for t := range n {
		b := [2]float64{bx[t], by[t]}
		f.velocity[t] = b
		var sum float64
		for k, g := range s.grad[t] {
			f.along[t][k] = b[0]*g[0] + b[1]*g[1]
			sum += math.Abs(f.along[t][k])
		}
		speed := math.Hypot(b[0], b[1])
		if speed == 0 || sum == 0 {
			continue
		}
		h := 2 * speed / sum
		alongStream := (diffusion[t][0]*b[0]*b[0] + 2*diffusion[t][1]*b[0]*b[1] + diffusion[t][2]*b[1]*b[1]) / speed / speed
		f.tau[t] = h / (2 * speed) * upstream(speed*h/(2*alongStream))
	}
	return f, nil
}

// upstream is coth P - 1/P, by its series where the two cancel.
func upstream(p float64) float64 {
	if p < 1e-2 {
		return p/3 - p*p*p/45 // the next term is 2p⁵/945, below 1e-10 of the first
	}
	return 1/math.Tanh(p) - 1/p
}

// addMatrix adds ∫ b·∇φ_j (φ_i + τ b·∇φ_i) + ∫ c φ_j τ b·∇φ_i.
func (f *flow) addMatrix(s *Space, values, reaction []float64, galerkin bool) {
	for t := range s.area {
		tau := f.tau[t]
		if galerkin {
			tau = 0
		}
		for i := range 3 {
			up := tau * f.along[t][i]
			for j := range 3 {
				values[s.slot[t][3*i+j]] += s.area[t] * (f.along[t][j]*(1./3+up) + reaction[t]/3*up)
			}
		}
	}
}

// addLoad adds ∫ f τ b·∇φ_i.
func (f *flow) addLoad(s *Space, load []float64, source Field) error {
	for t, corners := range s.mesh.Triangles {
		v, err := s.midpoints(source, t, "Problem.Source")
		if err != nil {
			return err
		}
		mean := (v[0] + v[1] + v[2]) / 3
		for k, i := range corners {
			load[i] += s.area[t] * mean * f.tau[t] * f.along[t][k]
		}
	}
	return nil
}
