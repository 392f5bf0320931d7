package sde

import "fmt"

// DegenerateError says that an interval is too short for a tree. Found in an error by [errors.As].
type DegenerateError struct {
	S, T float64 // the ends
	Part float64 // length of the tree's parts
}

// Error says which interval, and what to do.
func (e *DegenerateError) Error() string {
	return fmt.Sprintf("sde: Tree: the interval from %v to %v is shorter than the tree's parts of %.3g, want a deeper tree", e.S, e.T, e.Part)
}

// NotFiniteError says where a solution stopped being finite. Found in an error by [errors.As].
type NotFiniteError struct {
	Sample    int     // index in the batch
	Component int     // index in the sample, counted in the order of the memory
	Step      int     // the step that gave it, counted from 1; 0: the initial value
	Steps     int     // of this many
	Time      float64 // at the start of that step
	Dt        float64 // length of a step
}

// Error says which entry failed at which step, and what to do.
func (e *NotFiniteError) Error() string {
	if e.Step == 0 {
		return fmt.Sprintf("sde: y0: sample %d, component %d is not finite, want finite initial values", e.Sample, e.Component)
	}
	return fmt.Sprintf(
		"sde: sample %d, component %d is not finite after step %d of %d, from t = %.6g: drift or diffusion is not finite there, or the step %.3g is too large",
		e.Sample, e.Component, e.Step, e.Steps, e.Time, e.Dt)
}

// Err says where y, of the given dimensions, stopped being finite: fault is the values of [Solution.Fault].
//
// Errors: a [NotFiniteError]; nil where all of y was finite.
func (s Solver) Err(fault []int32, dims ...int) error {
	if len(fault) != 2 || len(dims) == 0 {
		return fmt.Errorf("sde: Solver.Err: %d values of a fault, y of %d dimensions, want 2 and at least 1", len(fault), len(dims))
	}
	if fault[0] < 0 {
		return nil
	}
	size := 1
	for _, d := range dims[1:] {
		size *= d
	}
	step, entry := int(fault[0]), int(fault[1])
	return &NotFiniteError{
		Sample: entry / size, Component: entry % size, Step: step, Steps: s.Steps, Dt: s.Dt(),
		Time: s.T0 + s.Dt()*float64(max(step-1, 0)),
	}
}
