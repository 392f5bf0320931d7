// Package sde has what stochastic differential equations dy = f(t, y) dt + g(t, y) dW need.
//
// A [Tree] is the Brownian path: a function of a seed and the time alone, so that solves of different steps see the same one.
//
// Conventions: y is [batch, dim…]. The path is drawn in float64. Bodies of compiled loops see nothing from outside.
package sde
