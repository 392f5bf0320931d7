// Package ode solves initial value problems y' = f(t, y) inside one compiled graph.
//
// A solve has four parts: the field (what moves), a [Stepper] (one step), a [Controller] (where to step), and the driver (the
// only loop).
//
// Conventions: y is [batch, dim…]. Times and steps are scalars, or [batch, 1…] of y's rank where each trajectory has steps of
// its own; both broadcast against y, so a stepper is written once for either. Bodies of compiled loops see nothing from
// outside: what a field needs beside t and y (weights, coefficients) goes through its args.
package ode
