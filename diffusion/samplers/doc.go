// Package samplers has the samplers of diffusion models and flows.
//
// A [Plan] is a method, a schedule, a grid of times and a number of evaluations. Its numbers are computed on the host in float64, as
// a [diffusion.Table]; one compiled loop runs any of them.
package samplers
