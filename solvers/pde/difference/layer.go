package difference

import (
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Layer says how deep the absorbing layers within a box are, and how strong.
type Layer struct {
	Steps [][2]int // steps of the grid at the low and at the high end of each axis; 0 is no layer; nil is none at all
	// Reflection is what comes back through a layer from the face behind it, of an amplitude of 1 at normal incidence, were the grid infinitely fine; in
	// (0, 1). The grid adds its own: the lower this is for a number of steps, the more.
	Reflection float64
}

// check lists what is wrong with l on a box that is valid.
func (l Layer) check(b pde.Box) error {
	if l.Steps == nil {
		return nil
	}
	if !(l.Reflection > 0 && l.Reflection < 1) {
		return fmt.Errorf("difference: Layer.Reflection = %v, want it between 0 and 1, such as 1e-4 for ten steps", l.Reflection)
	}
	if len(l.Steps) != len(b.Points) {
		return fmt.Errorf("difference: Layer.Steps has %d axes, want %d", len(l.Steps), len(b.Points))
	}
	for axis, s := range l.Steps {
		if s[0] < 0 || s[1] < 0 || s[0]+s[1] > b.Points[axis]-2 {
			return fmt.Errorf("difference: Layer.Steps[%d] = %v on an axis of %d points, want at least 0 and a point between", axis, s, b.Points[axis])
		}
		if s != [2]int{} && b.Face(axis, 0).Kind == pde.Periodic {
			return fmt.Errorf("difference: Layer.Steps[%d] = %v on a periodic axis, want none", axis, s)
		}
	}
	return nil
}

// damping is the rate of decay per unit length at a distance of k steps from the low end of an axis: it grows with the square of the depth,
// such that its integral over a layer is -log(Reflection)/2.
//
// Source: Berenger 1994, J. Comput. Phys. 114 (the profile). bib: berenger1994pml
func (l Layer) damping(g *grid, k float64, axis int) float64 {
	if l.Steps == nil {
		return 0
	}
	for end, steps := range l.Steps[axis] {
		depth := float64(steps) - k
		if end == 1 {
			depth = k - float64(g.box.Points[axis]-1-steps)
		}
		if steps > 0 && depth > 0 {
			share := depth / float64(steps)
			return -1.5 * math.Log(l.Reflection) / (float64(steps) * g.h[axis]) * share * share
		}
	}
	return 0
}
