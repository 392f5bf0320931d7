// Package cde solves controlled differential equations
//
//	dy = F(t, y) dX,   y [hidden], X [channels], F [hidden, channels]
//
// where X is a path through data, as used by neural controlled differential equations.
//
// The path is piecewise polynomial: [Linear] through the data, or [Hermite], whose derivative is continuous and which at any
// time depends on data up to the end of its interval alone. Both have a derivative, so that the equation is the ordinary one
// y' = F(t, y) X'(t), which any stepper of package ode solves: see [Field.System].
//
// Which path: Hermite, unless the path must not leave the range of the data. The derivative of Linear jumps at the
// observations, and steppers are of first order there, even where a step ends: its last stage sees the next piece.
//
// Conventions: data are [batch, length, channels] at common times [length]; channels usually hold the time itself too, as
// y would otherwise not see how fast the path is run through. Missing values are NaN and are filled on the host beforehand,
// by [Fill].
//
// Missing: natural cubic splines and rectilinear paths.
package cde
