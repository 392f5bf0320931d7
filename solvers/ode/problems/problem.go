// Package problems holds initial value problems with known solutions.
package problems

import "github.com/fieldbook-go/fieldbook/solvers/ode"

// Problem is y' = Field(t, y) from Start at t = 0, with its solution at End.
type Problem struct {
	Name      string
	Field     ode.VectorField
	Start     []float64 // y(0)
	End       float64
	Reference []float64 // y(End)
}
