package expression_test

import (
	"context"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

func ExampleParse() {
	e, err := expression.Parse("u_t + u*u_x - nu*u_xx")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(expression.LaTeX(e))
	slope, _ := expression.Derive(e, "u")
	fmt.Println(slope)
	_, err = expression.Parse("2 u_x")
	fmt.Println(err)
	// Output:
	// u_{t} + u\,u_{x} - \nu\,u_{xx}
	// u_x
	// expression: "u_x" at column 3, want an operation before it; a product is written with "*"
	// 	2 u_x
	// 	  ^
}

func ExampleSystem() {
	s := expression.System{
		Equations:   []string{"u_t = D*lap(u) + f"},
		Coordinates: []string{"t", "x", "y"}, Time: "t", Unknowns: []string{"u"},
		Coefficients: map[string]float64{"D": 0.1}, Sources: map[string]string{"f": "sin(pi*x)"},
	}
	latex, _ := s.LaTeX()
	written, _ := s.WrittenOut()
	set, _ := s.Set()
	fmt.Println(latex[0])
	fmt.Println(written[0])
	fmt.Println(set.Operators[0].Terms)
	s.Equations[0] = "u_t = D*lap(v)"
	fmt.Println(s.Validate())
	// Output:
	// u_{t} = D\,\Delta u + f
	// u_t = D*(u_xx + u_yy) + sin(pi*x)
	// [{t 1} {xx -0.1} {yy -0.1}]
	// expression: System.Equations[0]: expression: the name "v", which is not declared, at column 13, want one of D, f, pi, t, u, x, y
	// 	u_t = D*lap(v)
	// 	            ^
}

func ExampleSystem_Check() {
	s := expression.System{
		Equations:   []string{"u_t + u*u_x = -nu*u_xx"},
		Coordinates: []string{"t", "x"}, Time: "t", Unknowns: []string{"u"}, Coefficients: map[string]float64{"nu": 0.1},
	}
	front := map[string]string{"u": "0.4 - tanh((x - 0.4*t)/(2*nu))"}
	points := [][]float64{{0, -0.2}, {0, 0.3}, {0.5, 0.1}, {1, 0.4}, {1, 0.6}}
	for _, equation := range []string{"u_t + u*u_x = -nu*u_xx", "u_t + u*u_x = nu*u_xx"} {
		s.Equations[0] = equation
		report, err := s.Check(front, points)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(report.Holds())
		if !report.Holds() {
			fmt.Println(report)
		}
	}
	// Output:
	// false
	// u_t + u*u_x = -nu*u_xx: does not hold; the residual is 1.3 of the largest term, u*u_x. It vanishes if the sign of nu*u_xx is changed.
	// 	sizes: u_t 1.27, u*u_x 2.11, nu*u_xx 1.35
	// true
}

func ExampleSystem_Semilinear() {
	heat := expression.System{
		Equations:   []string{"u_t = kappa*u_xx"},
		Coordinates: []string{"t", "x"}, Time: "t", Unknowns: []string{"u"}, Coefficients: map[string]float64{"kappa": 0.5},
	}
	solver, err := heat.Semilinear(expression.Box{Lengths: []float64{2 * math.Pi}})
	if err != nil {
		fmt.Println(err)
		return
	}
	u0 := make([]float64, 16)
	for i := range u0 {
		u0[i] = math.Cos(2 * math.Pi * float64(i) / 16)
	}
	solution, err := solver.Solve(context.Background(), u0, []int{16}, pde.Stepping{Until: 1, Steps: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f, exactly %.6f\n", solution.Last()[0], math.Exp(-0.5))
	// Output: 0.606531, exactly 0.606531
}
