package element

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// Plane says what holds across a plane body.
type Plane int

// The two plane states.
const (
	PlaneStrain Plane = iota + 1 // no strain across: a long body
	PlaneStress                  // no stress across: a thin sheet
)

// Support is a condition on a part of the boundary of an elastic body, chosen as in [Condition]: along each axis either the displacement
// is given (Dirichlet) or the traction σn (Neumann). Edges with none have no traction. Of several, the first of the list counts, for an
// edge, and for each axis of the points of its edges that have a displacement.
type Support struct {
	Markers []int                   // nil: any
	Where   func(x, y float64) bool // of an edge's middle; nil: everywhere

	X, Y  Kind                          // Dirichlet or Neumann
	Value func(x, y float64) [2]float64 // displacement or traction along each axis; nil: zero
}

// Elasticity is the equilibrium of a linear elastic isotropic body:
//
//	-∇·σ = f,  σ = λ (∇·u) I + μ (∇u + ∇uᵀ)
//
// with λ = E ν/((1+ν)(1-2ν)) and μ = E/(2(1+ν)) for plane strain; for plane stress λ is replaced by 2λμ/(λ+2μ).
//
// Order: 2 in L2, 1 for strains and stresses. For ν near 1/2 in plane strain linear triangles are far too stiff (locking).
// Units: Young, f times a length and σ in one unit of stress; Poisson 1.
// Source: Ciarlet 1978, The Finite Element Method for Elliptic Problems, section 1.2. bib: ciarlet1978finite
type Elasticity struct {
	Young    Field // E > 0
	Poisson  Field // ν in (-1, 1/2)
	Plane    Plane
	Force    [2]Field // f, per area
	Supports []Support
}

// Displacement is what an elastic solve gives.
type Displacement struct {
	U      [][2]float64 // at the points of the mesh
	Stress [][3]float64 // σ_xx, σ_yy, σ_xy in each triangle
	Stats  Stats
}

// Displace solves e.
//
// Errors: what is wrong with e, with its place; supports that let the body move or turn; the error of ctx.
func (s *Space) Displace(ctx context.Context, e Elasticity) (Displacement, error) {
	return s.displace(ctx, e, &system{})
}

func (s *Space) displace(ctx context.Context, e Elasticity, sys *system) (Displacement, error) {
	began := time.Now()
	if err := ctx.Err(); err != nil {
		return Displacement{}, fmt.Errorf("element: stopped before a solve: %w", err)
	}
	lame, err := e.lame(s.mesh)
	if err != nil {
		return Displacement{}, err
	}
	u, load, known, err := e.conditions(s)
	if err != nil {
		return Displacement{}, err
	}
	a := s.elasticMatrix(lame)
	if err := sys.prepare(a, known, true); err != nil {
		return Displacement{}, fmt.Errorf("element: Elasticity: %w", err)
	}
	residual, err := sys.solve(u, a, load)
	if err != nil {
		return Displacement{}, err
	}
	out := Displacement{U: make([][2]float64, len(s.mesh.Points)), Stats: sys.stats()}
	for i := range out.U {
		out.U[i] = [2]float64{u[2*i], u[2*i+1]}
	}
	out.Stress = s.stress(out.U, lame)
	out.Stats.Residual, out.Stats.Runtime = residual, time.Since(began)
	return out, nil
}

// lame gives λ, as it counts in the plane, and μ in each triangle.
func (e Elasticity) lame(m mesh.Mesh) ([][2]float64, error) {
	if e.Plane != PlaneStrain && e.Plane != PlaneStress {
		return nil, fmt.Errorf("element: Elasticity.Plane = %d, want PlaneStrain or PlaneStress", e.Plane)
	}
	young, err := e.Young.sample("Elasticity.Young", m)
	if err != nil {
		return nil, err
	}
	poisson, err := e.Poisson.sample("Elasticity.Poisson", m)
	if err != nil {
		return nil, err
	}
	out := make([][2]float64, len(young))
	for t, y := range young {
		nu := poisson[t]
		if !(y > 0) {
			return nil, fmt.Errorf("element: Elasticity.Young = %v at %v, want it above 0", y, m.Centroid(t))
		}
		if !(nu > -1 && nu < 0.5) {
			return nil, fmt.Errorf("element: Elasticity.Poisson = %v at %v, want it above -1 and below 1/2", nu, m.Centroid(t))
		}
		lambda, mu := y*nu/((1+nu)*(1-2*nu)), y/(2*(1+nu))
		if e.Plane == PlaneStress {
			lambda = y * nu / (1 - nu*nu) // 2λμ/(λ+2μ)
		}
		out[t] = [2]float64{lambda, mu}
	}
	return out, nil
}

// elasticMatrix has the unknowns 2i and 2i+1, the displacement of point i along x and y.
func (s *Space) elasticMatrix(lame [][2]float64) *linear.Matrix {
	p := s.pattern
	a := &linear.Matrix{
		Rows: 2 * p.Rows, Cols: 2 * p.Rows, Start: make([]int, 1, 2*p.Rows+1),
		Index: make([]int, 0, 4*len(p.Index)), Values: make([]float64, 4*len(p.Index)),
	}
	for i := range p.Rows {
		for range 2 {
			for _, j := range p.Index[p.Start[i]:p.Start[i+1]] {
				a.Index = append(a.Index, 2*j, 2*j+1)
			}
			a.Start = append(a.Start, len(a.Index))
		}
	}
	for t, v := range s.mesh.Triangles {
		lambda, mu, g := lame[t][0], lame[t][1], &s.grad[t]
		for i := range 3 {
			row := p.Start[v[i]]
			width := p.Start[v[i]+1] - row
			for j := range 3 {
				place := 4*row + 2*(s.slot[t][3*i+j]-row)
				dot := g[i][0]*g[j][0] + g[i][1]*g[j][1]
				for c := range 2 {
					for d := range 2 {
						k := lambda*g[i][c]*g[j][d] + mu*g[i][d]*g[j][c]
						if c == d {
							k += mu * dot
						}
						a.Values[place+2*width*c+d] += s.area[t] * k
					}
				}
			}
		}
	}
	return a
}

// conditions gives the known displacements, the loads, and which displacements are known.
func (e Elasticity) conditions(s *Space) (u, load []float64, known []bool, err error) {
	n := len(s.mesh.Points)
	u, load, known = make([]float64, 2*n), make([]float64, 2*n), make([]bool, 2*n)
	for i, p := range e.Supports {
		for axis, kind := range []Kind{p.X, p.Y} {
			if kind != Dirichlet && kind != Neumann {
				err = errors.Join(err, fmt.Errorf("element: Elasticity.Supports[%d].%c = %v, want Dirichlet or Neumann", i, "XY"[axis], kind))
			}
		}
	}
	for axis, f := range e.Force {
		b := make([]float64, n)
		err = errors.Join(err, s.addLoad(b, f, fmt.Sprintf("Elasticity.Force[%d]", axis)))
		for i, v := range b {
			load[2*i+axis] += v
		}
	}
	if err != nil {
		return nil, nil, nil, err
	}
	of, err := choose("Elasticity.Supports", s.mesh, len(e.Supports), func(i int, edge mesh.Edge) bool {
		return holds(e.Supports[i].Markers, e.Supports[i].Where, s.mesh, edge)
	})
	if err != nil {
		return nil, nil, nil, err
	}
	for i, p := range e.Supports {
		for k, edge := range s.mesh.Boundary {
			if of[k] != i {
				continue
			}
			if err := cmp.Or(p.hold(s.mesh, edge, u, known), p.push(s.mesh, edge, load)); err != nil {
				return nil, nil, nil, fmt.Errorf("element: Elasticity.Supports[%d].Value: %w", i, err)
			}
		}
	}
	return u, load, known, held(s.mesh, known)
}

func (p Support) at(x, y float64) ([2]float64, error) {
	if p.Value == nil {
		return [2]float64{}, nil
	}
	v := p.Value(x, y)
	if !finite(v[0]) || !finite(v[1]) {
		return v, fmt.Errorf("%v at (%g, %g), want finite values", v, x, y)
	}
	return v, nil
}

// hold fixes the ends of an edge.
func (p Support) hold(m mesh.Mesh, e mesh.Edge, u []float64, known []bool) error {
	for _, i := range []int{e.A, e.B} {
		v, err := p.at(m.Points[i][0], m.Points[i][1])
		if err != nil {
			return err
		}
		for axis, kind := range []Kind{p.X, p.Y} {
			if k := 2*i + axis; kind == Dirichlet && !known[k] {
				u[k], known[k] = v[axis], true
			}
		}
	}
	return nil
}

// push adds the traction on an edge.
func (p Support) push(m mesh.Mesh, e mesh.Edge, load []float64) error {
	a, b := m.Points[e.A], m.Points[e.B]
	length := math.Hypot(a[0]-b[0], a[1]-b[1])
	for _, w := range gauss() {
		v, err := p.at(w*a[0]+(1-w)*b[0], w*a[1]+(1-w)*b[1])
		if err != nil {
			return err
		}
		for axis, kind := range []Kind{p.X, p.Y} {
			if kind == Neumann {
				load[2*e.A+axis] += w * v[axis] * length / 2
				load[2*e.B+axis] += (1 - w) * v[axis] * length / 2
			}
		}
	}
	return nil
}

// held wants known displacements that rule out the three motions of a rigid body: along x, along y and about a point.
func held(m mesh.Mesh, known []bool) error {
	fixed := [2]int{}
	spread := [2]float64{} // of the lines on which a motion about a point would have its middle, along the other axis
	var first [2]float64
	for i, p := range m.Points {
		for axis := range 2 {
			if !known[2*i+axis] {
				continue
			}
			if fixed[axis] == 0 {
				first[axis] = p[1-axis]
			}
			fixed[axis]++
			spread[axis] = max(spread[axis], math.Abs(p[1-axis]-first[axis]))
		}
	}
	switch {
	case fixed[0] == 0 || fixed[1] == 0:
		axis := "xy"[min(fixed[0], 1)]
		return fmt.Errorf("element: Elasticity.Supports let the body move along %c, want a displacement given along each axis somewhere", axis)
	case spread[0] == 0 && spread[1] == 0:
		return fmt.Errorf("element: Elasticity.Supports let the body turn about (%g, %g), want displacements given at more points",
			first[1], first[0])
	}
	return nil
}

// stress gives σ_xx, σ_yy and σ_xy in each triangle.
func (s *Space) stress(u [][2]float64, lame [][2]float64) [][3]float64 {
	out := make([][3]float64, len(lame))
	for t, v := range s.mesh.Triangles {
		var d [2][2]float64 // ∂u_c/∂x_d
		for k, i := range v {
			for c := range 2 {
				d[c][0] += s.grad[t][k][0] * u[i][c]
				d[c][1] += s.grad[t][k][1] * u[i][c]
			}
		}
		lambda, mu := lame[t][0], lame[t][1]
		trace := lambda * (d[0][0] + d[1][1])
		out[t] = [3]float64{trace + 2*mu*d[0][0], trace + 2*mu*d[1][1], mu * (d[0][1] + d[1][0])}
	}
	return out
}
