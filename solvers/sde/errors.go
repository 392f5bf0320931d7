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
