// Package difference solves partial differential equations by finite differences of second order on even grids in boxes of one to three axes, or
// on parts of them, in float64 on the host.
//
// First choice where coefficients jump, solutions have kinks, domains have holes, or grids are large; for smooth solutions in a
// box solvers/pde/chebyshev needs far fewer points, and [pde.Semilinear] where all faces are periodic.
//
//   - [Poisson] is -∇·(a ∇u) = f, by a sparse direct solver: on one core 0.5 s for the first sample of 257 by 257 points and 5 ms for each
//     further one with the same a. On square grids with u = 0 [pde.Darcy] does the same by multigrid in 24 ms each, whatever a.
//   - [Heat] is u_t = D ∇·(a ∇u) + r(t, x, u) for one or more channels: implicit in the diffusion, explicit in the reaction. Steps may be
//     as long as the solution allows; a stiff reaction needs short ones.
//   - [Wave] is u_tt + σ u_t = c² Δu + f by leapfrog: explicit, with a limit of the step ([CFLError]), an energy that stays, and perfectly matched layers.
//   - [Helmholtz] is -Δu - k² u = f for complex u, with perfectly matched layers: waves of one frequency.
//   - [Mask] makes any shape of a box, for Poisson and Heat, with true distances to the wall for second order.
//
// Conventions: a batch of fields is one flat slice, samples first, then the space axes, then the channels, the last fastest. The grid is a [pde.Box]: both
// ends of an axis are points of it, of a periodic axis the low one alone. A field with two parts (u and ∂u/∂t, real and imaginary)
// has them as channels. [At] evaluates a function on the grid. All quantities are dimensionless.
//
// In space all are finite volumes about the points: cells are halves at a face and quarters at an edge. So the matrices are symmetric, what
// flows out of a cell flows into the next, and conditions with a slope (Neumann, Robin) are of second order. A coefficient a is the harmonic mean of two points at
// the face between them, good where it jumps.
//
// The samples of a batch are solved on all cores, each worker with a factorisation of its own; the numbers that come out do not depend on how many there are.
//
// Missing: schemes of higher order, uneven grids, advection, walls with a slope other than the staircase without flow, coefficients that differ by
// direction, waves in masks, adaptive steps. In three axes the direct solver fills up: 41 by 41 by 41 points
// take 10 s and half a gigabyte.
package difference
