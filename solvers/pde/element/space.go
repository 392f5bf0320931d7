package element

import (
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// Space is what the solves on one mesh share: the functions that are continuous, and linear in each triangle. It may be used by several
// goroutines.
type Space struct {
	mesh    mesh.Mesh
	area    []float64
	grad    [][3][2]float64 // gradient in each triangle of the function that is one at a corner and zero at the others
	pattern *linear.Matrix  // of a scalar problem, without values
	slot    [][9]int        // place in its values of each triangle's corner pairs
}

// NewSpace prepares a mesh.
//
// Errors: what [mesh.Mesh.Validate] finds.
func NewSpace(m mesh.Mesh) (*Space, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	s := &Space{mesh: m, area: m.Areas(), grad: make([][3][2]float64, len(m.Triangles))}
	for t, v := range m.Triangles {
		for k := range 3 {
			b, c := m.Points[v[(k+1)%3]], m.Points[v[(k+2)%3]]
			s.grad[t][k] = [2]float64{(b[1] - c[1]) / (2 * s.area[t]), (c[0] - b[0]) / (2 * s.area[t])}
		}
	}
	n := len(m.Points)
	entries := make([]linear.Entry, 0, 9*len(m.Triangles))
	for _, v := range m.Triangles {
		for _, i := range v {
			for _, j := range v {
				entries = append(entries, linear.Entry{Row: i, Col: j})
			}
		}
	}
	var err error
	if s.pattern, err = linear.NewMatrix(n, n, entries); err != nil {
		return nil, err
	}
	s.slot = make([][9]int, len(m.Triangles))
	for t, v := range m.Triangles {
		for k := range 9 {
			s.slot[t][k] = s.place(v[k/3], v[k%3])
		}
	}
	return s, nil
}

// place finds (i, j), which is there, among the values of the pattern.
func (s *Space) place(i, j int) int {
	p := s.pattern.Start[i]
	for s.pattern.Index[p] != j {
		p++
	}
	return p
}

// Mesh is the mesh that the space was made for.
func (s *Space) Mesh() mesh.Mesh { return s.mesh }

// matrix makes one of the scalar pattern.
func (s *Space) matrix(values []float64) *linear.Matrix {
	m := *s.pattern
	m.Values = values
	return &m
}

// Stiffness is the matrix of ∫ (a ∇φ_j)·∇φ_i, a taken in the middle of each triangle. Every row sums to zero.
//
// Errors: a coefficient that does not fit the mesh or is not positive definite, with its place.
func (s *Space) Stiffness(a Tensor) (*linear.Matrix, error) {
	values := make([]float64, len(s.pattern.Index))
	if err := s.addStiffness(values, a, "Tensor"); err != nil {
		return nil, err
	}
	return s.matrix(values), nil
}

func (s *Space) addStiffness(values []float64, a Tensor, name string) error {
	coefficient, err := a.sample(name, s.mesh)
	if err != nil {
		return err
	}
	for t, c := range coefficient {
		g := &s.grad[t]
		for j := range 3 {
			fx, fy := s.area[t]*(c[0]*g[j][0]+c[1]*g[j][1]), s.area[t]*(c[1]*g[j][0]+c[2]*g[j][1])
			for i := range 3 {
				values[s.slot[t][3*i+j]] += g[i][0]*fx + g[i][1]*fy
			}
		}
	}
	return nil
}

// midpoints gives the value of f in the middles of the three edges of a triangle, that of edge k opposite corner k.
func (s *Space) midpoints(f Field, t int, name string) (v [3]float64, err error) {
	for k := range 3 {
		w := [3]float64{0.5, 0.5, 0.5}
		w[k] = 0
		if v[k] = f.in(s.mesh, t, w); !finite(v[k]) {
			return v, fmt.Errorf("element: %s = %v at %v, want it finite", name, v[k], at(s.mesh, t, w))
		}
	}
	return v, nil
}

// Mass is the matrix of ∫ c φ_j φ_i, by the middles of the edges: exact for a c that is constant in each triangle.
//
// Errors: a field that does not fit the mesh or is not finite.
func (s *Space) Mass(c Field) (*linear.Matrix, error) {
	values := make([]float64, len(s.pattern.Index))
	if err := s.addMass(values, c, "Field"); err != nil {
		return nil, err
	}
	return s.matrix(values), nil
}

func (s *Space) addMass(values []float64, c Field, name string) error {
	if err := c.check(name, s.mesh); err != nil || c.zero() {
		return err
	}
	for t := range s.area {
		v, err := s.midpoints(c, t, name)
		if err != nil {
			return err
		}
		w := s.area[t] / 12
		for i := range 3 {
			for j := range 3 {
				if i == j {
					values[s.slot[t][4*i]] += w * (v[(i+1)%3] + v[(i+2)%3])
				} else {
					values[s.slot[t][3*i+j]] += w * v[3-i-j]
				}
			}
		}
	}
	return nil
}

// LumpedMass gives ∫ c φ_i for each point: the sums of the rows of [Space.Mass].
//
// Errors: as those of Mass.
func (s *Space) LumpedMass(c Field) ([]float64, error) { return s.Load(c) }

// Load gives ∫ f φ_i for each point, by the middles of the edges: exact for an f that is linear in each triangle.
//
// Errors: a field that does not fit the mesh or is not finite.
func (s *Space) Load(f Field) ([]float64, error) {
	b := make([]float64, len(s.mesh.Points))
	return b, s.addLoad(b, f, "Field")
}

func (s *Space) addLoad(b []float64, f Field, name string) error {
	if err := f.check(name, s.mesh); err != nil || f.zero() {
		return err
	}
	for t, corners := range s.mesh.Triangles {
		v, err := s.midpoints(f, t, name)
		if err != nil {
			return err
		}
		for k, i := range corners {
			b[i] += s.area[t] / 6 * (v[(k+1)%3] + v[(k+2)%3])
		}
	}
	return nil
}

// Interpolate gives the values of f at the points of the mesh.
//
// Errors: a field that does not fit the mesh, is given for each triangle, or is not finite.
func (s *Space) Interpolate(f Field) ([]float64, error) { return f.nodal("Field", s.mesh) }

// fits wants one value a point.
func (s *Space) fits(u []float64) error {
	if len(u) != len(s.mesh.Points) {
		return fmt.Errorf("element: %d values, want one for each of the %d points", len(u), len(s.mesh.Points))
	}
	return nil
}

// Integral is ∫ u.
//
// Errors: another number of values than points.
func (s *Space) Integral(u []float64) (float64, error) {
	if err := s.fits(u); err != nil {
		return 0, err
	}
	var sum float64
	for t, v := range s.mesh.Triangles {
		sum += s.area[t] / 3 * (u[v[0]] + u[v[1]] + u[v[2]])
	}
	return sum, nil
}

// Gradients is ∇u in each triangle, where it is constant.
//
// Errors: another number of values than points.
func (s *Space) Gradients(u []float64) ([][2]float64, error) {
	if err := s.fits(u); err != nil {
		return nil, err
	}
	out := make([][2]float64, len(s.mesh.Triangles))
	for t, v := range s.mesh.Triangles {
		for k, i := range v {
			out[t][0] += s.grad[t][k][0] * u[i]
			out[t][1] += s.grad[t][k][1] * u[i]
		}
	}
	return out, nil
}

// NodalGradients is ∇u at each point: the mean of the gradients in its triangles, weighted by their areas. It is the more accurate one
// inside; at the boundary it is of first order, as the gradients in the triangles.
//
// Errors: another number of values than points.
func (s *Space) NodalGradients(u []float64) ([][2]float64, error) {
	inside, err := s.Gradients(u)
	if err != nil {
		return nil, err
	}
	out, weight := make([][2]float64, len(u)), make([]float64, len(u))
	for t, v := range s.mesh.Triangles {
		for _, i := range v {
			out[i][0] += s.area[t] * inside[t][0]
			out[i][1] += s.area[t] * inside[t][1]
			weight[i] += s.area[t]
		}
	}
	for i := range out {
		out[i][0] /= weight[i]
		out[i][1] /= weight[i]
	}
	return out, nil
}

// radon lists the weights, relative to the area, and the points of a rule on the triangle that is exact to degree five.
//
// Source: Radon 1948, Monatshefte für Mathematik 52. bib: radon1948kubatur
func radon() (weights []float64, points [][3]float64) {
	root := math.Sqrt(15)
	weights, points = []float64{9. / 40}, [][3]float64{middle()}
	for _, sign := range []float64{-1, 1} {
		a := (6 + sign*root) / 21
		for k := range 3 {
			p := [3]float64{a, a, a}
			p[k] = 1 - 2*a
			weights, points = append(weights, (155+sign*root)/1200), append(points, p)
		}
	}
	return weights, points
}

// L2Error is the L2 norm of u - exact, by a rule of degree five in each triangle.
//
// Errors: another number of values than points.
func (s *Space) L2Error(u []float64, exact func(x, y float64) float64) (float64, error) {
	if err := s.fits(u); err != nil {
		return 0, err
	}
	own := PerPoint(u)
	return s.norm(func(t int, w [3]float64) float64 {
		p := at(s.mesh, t, w)
		d := own.in(s.mesh, t, w) - exact(p[0], p[1])
		return d * d
	}), nil
}

// H1Error is the L2 norm of ∇u - gradient, by a rule of degree five in each triangle.
//
// Errors: another number of values than points.
func (s *Space) H1Error(u []float64, gradient func(x, y float64) [2]float64) (float64, error) {
	inside, err := s.Gradients(u)
	if err != nil {
		return 0, err
	}
	return s.norm(func(t int, w [3]float64) float64 {
		p := at(s.mesh, t, w)
		g := gradient(p[0], p[1])
		dx, dy := inside[t][0]-g[0], inside[t][1]-g[1]
		return dx*dx + dy*dy
	}), nil
}

// norm is the root of the integral of f.
func (s *Space) norm(f func(t int, w [3]float64) float64) float64 {
	weights, points := radon()
	var sum float64
	for t := range s.area {
		for k, w := range points {
			sum += weights[k] * s.area[t] * f(t, w)
		}
	}
	return math.Sqrt(sum)
}
