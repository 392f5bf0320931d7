package volume

import (
	"errors"
	"fmt"
)

// Kind is what happens at one end of an axis.
type Kind int

// Periodic holds at both ends of an axis or at none.
const (
	Periodic Kind = iota
	Outflow       // the last cell goes on: waves leave
	Wall          // the flow is mirrored: nothing passes
	Fixed         // a state is given: inflow, or a Dirichlet value for laws with diffusion
)

// String names the kind.
func (k Kind) String() string {
	names := [...]string{"Periodic", "Outflow", "Wall", "Fixed"}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return names[k]
}

// Boundary is the condition at one end of an axis.
type Boundary struct {
	Kind  Kind
	State []float64 // of Fixed: the channels, constant in time and along the side
}

// Sides are the conditions at the two ends of an axis.
type Sides struct{ Low, High Boundary }

// validate lists what is wrong with the sides of an axis for a law.
func (s Sides) validate(axis int, l Law) error {
	var errs []error
	if (s.Low.Kind == Periodic) != (s.High.Kind == Periodic) {
		errs = append(errs, fmt.Errorf("volume: Scheme.Sides[%d] = %v and %v, want both Periodic or none", axis, s.Low.Kind, s.High.Kind))
	}
	for _, b := range []Boundary{s.Low, s.High} {
		switch {
		case b.Kind < Periodic || b.Kind > Fixed:
			errs = append(errs, fmt.Errorf("volume: Scheme.Sides[%d] with %v, want Periodic, Outflow, Wall or Fixed", axis, b.Kind))
		case b.Kind == Wall && l.Normal == nil:
			errs = append(errs, fmt.Errorf("volume: Scheme.Sides[%d] with a Wall, want none: %s has no velocity that a wall could turn",
				axis, l.Name))
		case b.Kind == Fixed && (len(b.State) != l.Channels || !finite(b.State)):
			errs = append(errs, fmt.Errorf("volume: Scheme.Sides[%d] with the state %v, want %d finite numbers", axis, b.State, l.Channels))
		case b.Kind == Fixed && l.Check != nil:
			if point, quantity, value := l.Check(b.State); point >= 0 {
				errs = append(errs, fmt.Errorf("volume: Scheme.Sides[%d] with the %s %v, want it above 0", axis, quantity, value))
			}
		}
	}
	return errors.Join(errs...)
}

// extend fills the ghosts of a line of n cells, [n + 2 ghosts, channel].
func (s Sides) extend(line []float64, n, axis int, l Law) {
	m := l.Channels
	cell := func(i int) []float64 { return line[(i+ghosts)*m : (i+ghosts+1)*m] }
	for g := 1; g <= ghosts; g++ {
		if s.Low.Kind == Periodic {
			copy(cell(-g), cell(n-g))
			copy(cell(n-1+g), cell(g-1))
			continue
		}
		s.Low.ghost(cell(-g), cell(g-1), cell(0), axis, l)
		s.High.ghost(cell(n-1+g), cell(n-g), cell(n-1), axis, l)
	}
}

// ghost fills one cell beyond the end of a line from its mirror image and the last cell within.
func (b Boundary) ghost(ghost, mirror, last []float64, axis int, l Law) {
	switch b.Kind {
	case Wall:
		copy(ghost, mirror)
		ghost[l.Normal[axis]] = -mirror[l.Normal[axis]]
	case Fixed:
		copy(ghost, b.State)
		if l.diffuses() { // so that the state is met at the face, not half a cell beyond it
			for c, v := range mirror {
				ghost[c] = 2*b.State[c] - v
			}
		}
	default:
		copy(ghost, last)
	}
}
