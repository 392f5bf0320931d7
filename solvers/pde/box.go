package pde

import (
	"errors"
	"fmt"
	"math"
)

// BoundaryKind is the form of a boundary condition; n is the normal that points out of the box.
type BoundaryKind int

// The conditions that a face can have.
const (
	Dirichlet BoundaryKind = iota // u = g
	Neumann                       // ∂u/∂n = g
	Robin                         // α u + ∂u/∂n = g
	Periodic                      // the face is that at the other end of the axis
)

// String names the condition as the field does.
func (k BoundaryKind) String() string {
	names := [...]string{"Dirichlet", "Neumann", "Robin", "periodic"}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("BoundaryKind(%d)", int(k))
	}
	return names[k]
}

// Boundary is the condition on one face of a box. The zero value is u = 0.
type Boundary struct {
	Kind        BoundaryKind
	Coefficient float64                              // α of a Robin condition, 0 else
	Value       func(t float64, x []float64) float64 // g at time t, 0 in steady problems; nil is zero; must be safe for concurrent use
}

// At is g at time t and place x.
func (b Boundary) At(t float64, x []float64) float64 {
	if b.Value == nil {
		return 0
	}
	return b.Value(t, x)
}

// Constant is a value of a [Boundary] that is the same everywhere and always.
func Constant(g float64) func(t float64, x []float64) float64 {
	return func(float64, []float64) float64 { return g }
}

// Box is a grid in a box of one to three axes, with a condition on each face. Both ends of an axis are points of the grid; a
// periodic axis leaves out the high one.
type Box struct {
	Low, High []float64     // ends of each axis
	Points    []int         // along each axis
	Faces     [][2]Boundary // of each axis at its low and its high end; nil is u = 0 on all
}

// Validate lists all that is wrong with b.
func (b Box) Validate() error {
	d := len(b.Points)
	if d < 1 || d > 3 || len(b.Low) != d || len(b.High) != d || b.Faces != nil && len(b.Faces) != d {
		return fmt.Errorf("pde: Box with %d Low, %d High, %d Points and %d Faces, want one of each for one to three axes, or no Faces for u = 0",
			len(b.Low), len(b.High), d, len(b.Faces))
	}
	var errs []error
	for axis, n := range b.Points {
		if n < 3 {
			errs = append(errs, fmt.Errorf("pde: Box.Points[%d] = %d, want at least 3", axis, n))
		}
		if side := b.Side(axis); !(side > 0) || math.IsInf(side, 0) {
			errs = append(errs, fmt.Errorf("pde: Box from Low[%d] = %v to High[%d] = %v, want finite ends in this order",
				axis, b.Low[axis], axis, b.High[axis]))
		}
		errs = append(errs, b.checkFaces(axis))
	}
	return errors.Join(errs...)
}

func (b Box) checkFaces(axis int) error {
	low, high := b.Face(axis, 0), b.Face(axis, 1)
	var errs []error
	for end, f := range []Boundary{low, high} {
		if f.Kind < Dirichlet || f.Kind > Periodic {
			errs = append(errs, fmt.Errorf("pde: Box.Faces[%d][%d].Kind = %v, want Dirichlet, Neumann, Robin or Periodic", axis, end, f.Kind))
		}
		if f.Coefficient != 0 && f.Kind != Robin || !(f.Coefficient >= 0) || math.IsInf(f.Coefficient, 0) {
			errs = append(errs, fmt.Errorf("pde: Box.Faces[%d][%d].Coefficient = %v of a %v condition, want it above 0 if Robin, else 0",
				axis, end, f.Coefficient, f.Kind))
		}
		if f.Kind == Periodic && f.Value != nil {
			errs = append(errs, fmt.Errorf("pde: Box.Faces[%d][%d] is periodic and has a Value, want none", axis, end))
		}
	}
	if (low.Kind == Periodic) != (high.Kind == Periodic) {
		errs = append(errs, fmt.Errorf("pde: Box.Faces[%d] are %v and %v, want both periodic or none", axis, low.Kind, high.Kind))
	}
	return errors.Join(errs...)
}

// Face is the condition at the low (end 0) or the high (end 1) end of an axis.
func (b Box) Face(axis, end int) Boundary {
	if b.Faces == nil {
		return Boundary{}
	}
	return b.Faces[axis][end]
}

// Side is the length of an axis.
func (b Box) Side(axis int) float64 { return b.High[axis] - b.Low[axis] }

// Size is the number of points of the grid.
func (b Box) Size() int {
	size := 1
	for _, n := range b.Points {
		size *= n
	}
	return size
}

// Sides gives all faces of d axes the same condition.
func Sides(d int, b Boundary) [][2]Boundary {
	out := make([][2]Boundary, d)
	for axis := range out {
		out[axis] = [2]Boundary{b, b}
	}
	return out
}

// IncompatibleError says that a problem with Neumann conditions alone has no solution, since what its sources make and what comes in through its
// faces do not cancel. Found in an error by [errors.As].
type IncompatibleError struct {
	Sum   float64 // of the sources and the inflow, ∫f + ∮a g
	Scale float64 // the same of their absolute values
	Place []int   // a point of the piece of the domain, where it has several; else nil
}

// Error says how much is left over, and what would be right.
func (e *IncompatibleError) Error() string {
	piece := ""
	if e.Place != nil {
		piece = fmt.Sprintf(" on the piece of the domain with the point %v", e.Place)
	}
	return fmt.Sprintf("no solution with Neumann conditions alone%s: sources and inflow add up to %.6g of %.3g, want 0; "+
		"subtract the mean from the source or give a Dirichlet or Robin face", piece, e.Sum, e.Scale)
}
