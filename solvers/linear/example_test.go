package linear_test

import (
	"context"
	"fmt"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// line is the matrix of -u″ at n points, times h², with zeros at both ends; upwind adds a flow.
func line(n int, upwind float64) (*linear.Matrix, error) {
	var entries []linear.Entry
	for i := range n {
		entries = append(entries, linear.Entry{Row: i, Col: i, Value: 2 + upwind})
		if i > 0 {
			entries = append(entries, linear.Entry{Row: i, Col: i - 1, Value: -1 - upwind}, linear.Entry{Row: i - 1, Col: i, Value: -1})
		}
	}
	return linear.NewMatrix(n, n, entries)
}

// A rod of five points under a load of 1 at each sags as a parabola does.
func ExampleCholesky() {
	m, err := line(5, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := linear.NewCholesky(m)
	if err != nil {
		fmt.Println(err)
		return
	}
	x := make([]float64, 5)
	c.Solve(x, []float64{1, 1, 1, 1, 1})
	fmt.Printf("%.3f\n", x)

	// Twice as stiff: the same pattern, other values.
	for p := range m.Values {
		m.Values[p] *= 2
	}
	if err := c.Refactor(m.Values); err != nil {
		fmt.Println(err)
		return
	}
	c.Solve(x, []float64{1, 1, 1, 1, 1})
	fmt.Printf("%.3f\n", x)
	// Output:
	// [2.500 4.000 4.500 4.000 2.500]
	// [1.250 2.000 2.250 2.000 1.250]
}

// An incomplete factor of a matrix with three diagonals is the factor itself: one iteration is enough.
func ExampleGMRES() {
	m, err := line(100, 0.5)
	if err != nil {
		fmt.Println(err)
		return
	}
	ilu, err := linear.NewILU0(m)
	if err != nil {
		fmt.Println(err)
		return
	}
	b, x := make([]float64, 100), make([]float64, 100)
	b[50] = 1
	gmres := linear.GMRES{RTol: 1e-10, MaxIterations: 200, Restart: 100}
	plain, err := gmres.Solve(context.Background(), m, nil, x, b)
	fmt.Println(plain.Iterations > 50, err)
	clear(x)
	better, err := gmres.Solve(context.Background(), m, ilu, x, b)
	fmt.Println(better.Iterations, err)
	// Output:
	// true <nil>
	// 1 <nil>
}
