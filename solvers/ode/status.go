package ode

import (
	"fmt"
)

// Status is how a solve ended.
type Status int32

// Ends of a solve.
const (
	Unfinished Status = iota // the loop ended before the solve did: too many steps
	Done                     // it reached the last time
	AtEvent                  // a terminal event fired
	Underflow                // the step that the tolerances ask for is too small for the numbers
	NotFinite                // the field or the solution was NaN or infinite
	NoEvent                  // it reached the last time, but a terminal event was to fire before
	Unsolved                 // the equations of an equal step of an implicit method were not solved
)

// String says it in words.
func (s Status) String() string {
	switch s {
	case Unfinished:
		return "out of steps"
	case Done:
		return "done"
	case AtEvent:
		return "stopped by an event"
	case Underflow:
		return "step too small"
	case NotFinite:
		return "not finite"
	case NoEvent:
		return "no event fired"
	case Unsolved:
		return "step not solved"
	}
	return fmt.Sprintf("Status(%d)", int32(s))
}

// FailureError is an error that says where and why a solve ended early.
type FailureError struct {
	Status     Status
	Stepper    string
	Trajectory int     // number in the batch; of solves with common steps the one with the worst component
	T, Dt      float64 // the time reached and the length of the step that was to come
	Steps      int     // made and rejected up to there
	Component  int     // with the largest error in units of the tolerances, or the first that is not finite; row-major in dim…
}

// Error says what happened, where, and what may help.
func (f *FailureError) Error() string {
	at := fmt.Sprintf("ode: %s at t = %.9g, step %d of length %.3g, trajectory %d, component %d", f.Stepper, f.T, f.Steps, f.Dt, f.Trajectory, f.Component)
	switch f.Status {
	case Unfinished:
		return at + ": out of steps; raise Solve.MaxSteps, or, if steps are far smaller than the solution's features, the problem is stiff: take Kvaerno5 or Rodas5P"
	case Underflow:
		return at + ": the step is below the round-off of t; where a controller chose it, the solution may have a singularity there, or the tolerances are " +
			"below what the dtype can give; of equal steps, take fewer"
	case NotFinite:
		return at + ": the field or the solution is NaN or infinite; check the field there, or take smaller steps"
	case NoEvent:
		return at + ": the end was reached and no terminal event fired; check the event's sign and direction, or set a later end"
	}
	if f.Status == Unsolved {
		return at + ": the iteration for the step's equations did not end; take smaller steps, or let a controller choose them"
	}
	return at + ": " + f.Status.String()
}
