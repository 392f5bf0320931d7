package element

import (
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// Field is a quantity on a mesh, made by [Constant], [Func], [PerTriangle] or [PerPoint]. The zero value is zero everywhere.
type Field struct {
	form   form
	value  float64
	at     func(x, y float64) float64
	values []float64
}

// form says what a field is made from.
type form int

const (
	constant form = iota
	function
	perTriangle
	perPoint
)

// Constant is v everywhere.
func Constant(v float64) Field { return Field{value: v} }

// Func is a function of the place. It must be safe for concurrent use.
func Func(f func(x, y float64) float64) Field { return Field{form: function, at: f} }

// PerTriangle is constant in each triangle.
func PerTriangle(values []float64) Field { return Field{form: perTriangle, values: values} }

// PerPoint is linear in each triangle, with these values at the points of the mesh.
func PerPoint(values []float64) Field { return Field{form: perPoint, values: values} }

// zero tells whether f is known to vanish.
func (f Field) zero() bool { return f.form == constant && f.value == 0 }

// check wants a field that fits the mesh, its given values finite.
func (f Field) check(name string, m mesh.Mesh) error {
	want := 0
	switch f.form {
	case constant:
		if !finite(f.value) {
			return fmt.Errorf("element: %s = %v, want a finite value", name, f.value)
		}
		return nil
	case function:
		if f.at == nil {
			return fmt.Errorf("element: %s is Func(nil), want a function", name)
		}
		return nil
	case perTriangle:
		want = len(m.Triangles)
	case perPoint:
		want = len(m.Points)
	}
	if len(f.values) != want {
		return fmt.Errorf("element: %s has %d values, want %d for a mesh of %v", name, len(f.values), want, m)
	}
	for i, v := range f.values {
		if !finite(v) {
			return fmt.Errorf("element: %s has the value %v at %d, want finite values", name, v, i)
		}
	}
	return nil
}

// in gives the value in triangle t at the point with these weights of the corners.
func (f Field) in(m mesh.Mesh, t int, w [3]float64) float64 {
	switch f.form {
	case function:
		p := at(m, t, w)
		return f.at(p[0], p[1])
	case perTriangle:
		return f.values[t]
	case perPoint:
		v := m.Triangles[t]
		return w[0]*f.values[v[0]] + w[1]*f.values[v[1]] + w[2]*f.values[v[2]]
	default:
		return f.value
	}
}

// at is the point of triangle t with these weights.
func at(m mesh.Mesh, t int, w [3]float64) [2]float64 {
	v := m.Triangles[t]
	a, b, c := m.Points[v[0]], m.Points[v[1]], m.Points[v[2]]
	return [2]float64{w[0]*a[0] + w[1]*b[0] + w[2]*c[0], w[0]*a[1] + w[1]*b[1] + w[2]*c[1]}
}

// middle has the weights of a triangle's centroid.
func middle() [3]float64 { return [3]float64{1. / 3, 1. / 3, 1. / 3} }

// sample gives the value in the middle of each triangle.
func (f Field) sample(name string, m mesh.Mesh) ([]float64, error) {
	if err := f.check(name, m); err != nil {
		return nil, err
	}
	out := make([]float64, len(m.Triangles))
	for t := range out {
		if out[t] = f.in(m, t, middle()); !finite(out[t]) {
			return nil, fmt.Errorf("element: %s = %v at %v, want it finite", name, out[t], m.Centroid(t))
		}
	}
	return out, nil
}

// nodal gives the value at each point of the mesh. A value for each triangle has none there.
func (f Field) nodal(name string, m mesh.Mesh) ([]float64, error) {
	if err := f.check(name, m); err != nil {
		return nil, err
	}
	if f.form == perTriangle {
		return nil, fmt.Errorf("element: %s is given for each triangle, want it at the points", name)
	}
	out := make([]float64, len(m.Points))
	for i, p := range m.Points {
		switch f.form {
		case function:
			out[i] = f.at(p[0], p[1])
		case perPoint:
			out[i] = f.values[i]
		default:
			out[i] = f.value
		}
		if !finite(out[i]) {
			return nil, fmt.Errorf("element: %s = %v at %v, want it finite", name, out[i], p)
		}
	}
	return out, nil
}

// Tensor is a symmetric matrix at each place, which must be positive definite. It is taken in the middle of each triangle.
type Tensor struct{ XX, XY, YY Field }

// Isotropic is f times the identity.
func Isotropic(f Field) Tensor { return Tensor{XX: f, YY: f} }

// sample gives (xx, xy, yy) in the middle of each triangle.
func (a Tensor) sample(name string, m mesh.Mesh) ([][3]float64, error) {
	var parts [3][]float64
	for k, f := range []Field{a.XX, a.XY, a.YY} {
		var err error
		if parts[k], err = f.sample(name+[]string{".XX", ".XY", ".YY"}[k], m); err != nil {
			return nil, err
		}
	}
	out := make([][3]float64, len(m.Triangles))
	for t := range out {
		xx, xy, yy := parts[0][t], parts[1][t], parts[2][t]
		if !(xx > 0 && xx*yy > xy*xy) {
			return nil, fmt.Errorf("element: %s at %v is (%v %v; %v %v), want a positive definite matrix", name, m.Centroid(t), xx, xy, xy, yy)
		}
		out[t] = [3]float64{xx, xy, yy}
	}
	return out, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
