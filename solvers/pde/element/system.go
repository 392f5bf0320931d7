package element

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// Stats says how large a solve was and how well it went.
type Stats struct {
	Unknowns int
	NonZeros int     // stored values of the matrix of the unknowns
	Fill     int     // values of its factors
	Steps    int     // in time; 0 for a steady problem
	Residual float64 // ‖b - A u‖₂ / ‖b‖₂ over the unknowns; the largest of all steps
	Runtime  time.Duration
}

// system is a matrix of which some unknowns are known. It keeps the last factors, to be used again for the same matrix, and their
// pattern, for a matrix of the same unknowns. It is for one goroutine.
type system struct {
	known   []bool // of all
	free    []int  // the unknowns
	reduced *linear.Matrix
	take    []int // place of each reduced value among all values

	cholesky  *linear.Cholesky
	lu        *linear.LU
	factored  []float64 // reduced values of the factors; nil: none
	symmetric bool

	rhs, x, left []float64
}

// prepare factors the part of a for which known is false, if that is not what the system holds already.
func (s *system) prepare(a *linear.Matrix, known []bool, symmetric bool) error {
	if !slices.Equal(known, s.known) {
		s.restrict(a, known)
	}
	s.gather(a)
	if s.factored != nil && s.symmetric == symmetric && slices.Equal(s.factored, s.reduced.Values) || len(s.free) == 0 {
		return nil
	}
	s.factored, s.symmetric = nil, symmetric
	var err error
	switch {
	case !symmetric:
		s.lu, err = linear.NewLU(s.reduced)
	case s.cholesky != nil:
		err = s.cholesky.Refactor(s.reduced.Values)
	default:
		s.cholesky, err = linear.NewCholesky(s.reduced)
	}
	if err != nil {
		return err
	}
	s.factored = slices.Clone(s.reduced.Values)
	return nil
}

// gather takes the values of the unknowns from a.
func (s *system) gather(a *linear.Matrix) {
	for k, p := range s.take {
		s.reduced.Values[k] = a.Values[p]
	}
}

// restrict finds the pattern of the unknowns.
func (s *system) restrict(a *linear.Matrix, known []bool) {
	*s = system{known: slices.Clone(known)}
	position := make([]int, a.Rows)
	for i := range a.Rows {
		if !known[i] {
			position[i] = len(s.free)
			s.free = append(s.free, i)
		}
	}
	n := len(s.free)
	s.reduced = &linear.Matrix{Rows: n, Cols: n, Start: make([]int, 1, n+1)}
	for _, i := range s.free {
		for p := a.Start[i]; p < a.Start[i+1]; p++ {
			if j := a.Index[p]; !known[j] {
				s.reduced.Index, s.take = append(s.reduced.Index, position[j]), append(s.take, p)
			}
		}
		s.reduced.Start = append(s.reduced.Start, len(s.take))
	}
	s.reduced.Values = make([]float64, len(s.take))
	s.rhs, s.x, s.left = make([]float64, n), make([]float64, n), make([]float64, n)
}

// load takes the part of the known values u to the right of a u = b.
func (s *system) load(u []float64, a *linear.Matrix, b []float64) {
	for k, i := range s.free {
		s.rhs[k] = b[i]
		for p := a.Start[i]; p < a.Start[i+1]; p++ {
			if j := a.Index[p]; s.known[j] {
				s.rhs[k] -= a.Values[p] * u[j]
			}
		}
	}
}

// solve finds the unknowns of u in a u = b; u holds the known values. a is the matrix of prepare.
func (s *system) solve(u []float64, a *linear.Matrix, b []float64) (residual float64, err error) {
	if len(s.free) == 0 {
		return 0, nil
	}
	s.load(u, a, b)
	if s.symmetric {
		s.cholesky.Solve(s.x, s.rhs)
	} else {
		s.lu.Solve(s.x, s.rhs)
	}
	s.reduced.Apply(s.left, s.x)
	var off, size float64
	for k, i := range s.free {
		if u[i] = s.x[k]; !finite(u[i]) {
			return 0, fmt.Errorf("element: the solution is %v at unknown %d, want finite values: the coefficients or loads are too large", u[i], i)
		}
		d := s.rhs[k] - s.left[k]
		off += d * d
		size += s.rhs[k] * s.rhs[k]
	}
	if size == 0 {
		return 0, nil
	}
	return math.Sqrt(off / size), nil
}

// stats counts.
func (s *system) stats() Stats {
	out := Stats{Unknowns: len(s.free), NonZeros: len(s.take)}
	switch {
	case len(s.free) == 0:
	case s.symmetric:
		out.Fill = s.cholesky.Fill()
	default:
		out.Fill = s.lu.Fill()
	}
	return out
}
