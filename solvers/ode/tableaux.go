package ode

import "github.com/fieldbook-go/fieldbook/solvers/ode/tableau"

// Euler is [tableau.Euler] as a stepper, of order 1.
func Euler() RungeKutta { return RungeKutta{tableau.Euler()} }

// Midpoint is [tableau.Midpoint] as a stepper, of order 2.
func Midpoint() RungeKutta { return RungeKutta{tableau.Midpoint()} }

// Heun is [tableau.Heun] as a stepper: the explicit trapezoidal rule, of order 2.
func Heun() RungeKutta { return RungeKutta{tableau.Heun()} }

// Ralston is [tableau.Ralston] as a stepper, of order 2.
func Ralston() RungeKutta { return RungeKutta{tableau.Ralston()} }

// RK4 is [tableau.RK4] as a stepper: the classical method of order 4.
func RK4() RungeKutta { return RungeKutta{tableau.RK4()} }

// Bosh3 is [tableau.Bosh3] as a stepper: a pair of order 3(2), for loose tolerances.
func Bosh3() DenseRungeKutta { return dense(tableau.Bosh3()) }

// Dopri5 is [tableau.Dopri5] as a stepper: a pair of order 5(4).
func Dopri5() DenseRungeKutta { return dense(tableau.Dopri5()) }

// Tsit5 is [tableau.Tsit5] as a stepper: a pair of order 5(4), the first choice for problems that are not stiff.
func Tsit5() DenseRungeKutta { return dense(tableau.Tsit5()) }

// Dopri8 is [tableau.Dopri8] as a stepper: a pair of order 8(7), for tight tolerances. It has no continuous solution: steps end at the
// times to save.
func Dopri8() RungeKutta { return RungeKutta{tableau.Dopri8()} }

func dense(m tableau.Dense) DenseRungeKutta {
	return DenseRungeKutta{RungeKutta: RungeKutta{m.Explicit}, Weights: m.Weights}
}
