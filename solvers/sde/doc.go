// Package sde solves stochastic differential equations dy = f(t, y) dt + g(t, y) dW inside one compiled graph, in equal steps.
//
// A solve has four parts: the [System] (what moves), a [Tree] (the Brownian path), a [Stepper] (one step), and [Solver] (the
// only loop). The path is a function of a seed and the time alone, so that solves of different steps see the same one.
//
// Which stepper: [EulerMaruyama] for Itô equations with any noise; [Milstein] where the noise is diagonal and the path itself
// matters; [Heun] for Stratonovich equations; [ReversibleHeun] for gradients through many steps, as it keeps none of them;
// [SRA1] where g does not depend on y.
//
// Conventions: y is [batch, dim…], float32 or float64. The path is drawn in float64 and converted to y's type. Bodies of
// compiled loops see nothing from outside: what a field needs beside t and y goes through [System.Args]. Strong order is the
// order of the root mean square of the error at the end, for a given path.
//
// Missing: adaptive steps; strong order 1 where several motions do not commute, which needs more than the increments and
// their space-time areas; gradients of Ys with respect to times.
package sde
