package volume

import (
	"context"
	"errors"
	"fmt"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// CourantError says that a step of given length was too long for the waves. Found in an error by [errors.As].
type CourantError struct {
	Law     string
	Sample  int     // index in the batch
	Step    int     // counted from 1
	Time    float64 // at the start of the step
	Dt      float64
	Courant float64 // of the step
	Limit   float64 // Scheme.Courant
	Want    int     // steps that would do for the waves at this time
}

// Error says how long the step was, and what to do.
func (e *CourantError) Error() string {
	return fmt.Sprintf("volume: %s: sample %d at step %d, t = %.6g: the step %.3g has the Courant number %.3g, want at most %.3g: "+
		"take %d steps, or 0 to have them chosen", e.Law, e.Sample, e.Step, e.Time, e.Dt, e.Courant, e.Limit, e.Want)
}

// StateError says where a state lost its meaning, such as a density below 0. Found in an error by [errors.As].
type StateError struct {
	Law      string
	Sample   int     // index in the batch
	Cell     []int   // along each axis
	Step     int     // the step that gave it, counted from 1; 0: the initial field
	Time     float64 // at the end of that step
	Quantity string
	Value    float64
}

// Error says which cell failed when, and what to do.
func (e *StateError) Error() string {
	advice := "a scheme of lower order, Rusanov's flux or a smaller Courant number may keep it above 0"
	if e.Step == 0 {
		advice = "want initial values above 0"
	}
	return fmt.Sprintf("volume: %s: sample %d has the %s %.3g in cell %v at t = %.6g, step %d: %s",
		e.Law, e.Sample, e.Quantity, e.Value, e.Cell, e.Time, e.Step, advice)
}

// CoarseError says that a shock got thinner than its viscosity can be felt on the grid. Found in an error by [errors.As].
type CoarseError struct {
	Law      string
	Sample   int // index in the batch
	Time     float64
	Cells    []int
	Reynolds float64 // h [λ]/D: the greatest fall of a wave speed from a cell to the next, with the cell's width and the diffusion
	Want     []int   // as many cells would do for a shock across the whole range of speeds
}

// Error says how coarse the grid is, and what to do.
func (e *CoarseError) Error() string {
	return fmt.Sprintf("volume: %s: sample %d at t = %.6g has a shock of cell Reynolds number %.3g, want at most %d: %v cells are too coarse "+
		"for its diffusion, take %v or more diffusion, or set Scheme.Coarse where the shock's width does not count",
		e.Law, e.Sample, e.Time, e.Reynolds, reynoldsLimit, e.Cells, e.Want)
}

// The largest cell Reynolds number of a shock that still shows its diffusion is reynoldsLimit. A steady shock of speeds ±A is
// A tanh(Ax/2D), and falls by 2A tanh(q/2) between two cells for q = Ah/2D; so its number is R = 4q tanh(q/2). At R = 4
// the 76 % of the jump between ±2D/A take 1.3 cells, and the schemes of order two and five miss the averages in the shock by 4 % of the
// jump; at R = 1 by 0.7 %.
const (
	reynoldsLimit = 4
	cellLimit     = 1.54 // the same for q
)

// statusOf classifies the error of a solve.
func statusOf(err error) pde.Status {
	var notFinite *pde.NotFiniteError
	var coarse *CoarseError
	switch {
	case err == nil:
		return pde.Solved
	case errors.As(err, &notFinite):
		return pde.NotFinite
	case errors.As(err, &coarse):
		return pde.Unresolved
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return pde.Stopped
	default:
		return pde.Failed
	}
}
