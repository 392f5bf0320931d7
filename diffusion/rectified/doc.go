// Package rectified transports one distribution to another along paths that are as straight as they can be: rectified flows, and
// c-rectified flows, whose velocities come from a potential.
//
// A [Flow] learns the velocity of the straight lines between the pairs (X0, X1) of a coupling by least squares, and its ordinary
// differential equation then couples Z0 = X0 with Z1, which is distributed as X1:
//
//	flow := rectified.Flow{Model: network, Pairs: rectified.Independent{Target: ring}}
//	again := flow.Reflow(run, solver, 20_000)      // learns the pairs (Z0, Z1) that a finished run of flow makes, starting from it
//	short := again.Distil(rerun, solver, 20_000, 1) // the same pairs in one Euler step
//
// Each round makes the paths straighter and no convex cost higher. [Flow.Measure] tells by how much: what the coupling costs, what
// the flow costs, how far its paths are from straight and how much the lines between pairs cross.
//
// With a [Cost] the network is a potential f and the velocity ∇c*(∇f). What turns the mass without moving it is then left out, and
// rounds lead to the coupling of least cost where the supports are connected. [Linear] does the same for Gaussians in closed form.
//
// Which rounds: one reflow before a distillation to one step; more make paths straighter and errors of the solver add up. Straight is
// not optimal in two dimensions and more: for least cost take a Cost.
//
// Conventions: X0 is the source at t = 0, X1 the target at t = 1; arrays are [sample, space…, channel]. Samplers come from
// diffusion/samplers with the schedule diffusion.ConditionalOT{}.
//
// Missing: perceptual losses for images; matching of generated to real samples between the rounds.
package rectified
