// Package pde solves partial differential equations with classical methods on the host, in float64.
//
// The answers are the references that learned methods are trained on and compared with, so each solver is
// tuned to be fast and its error is known: see the tests for closed forms, orders and independent programs.
//
//   - [Semilinear] is u_t = L u + N(u) for one or more fields on a periodic box of one to three axes, by a
//     dealiased Fourier method in space and ETDRK4 in time. Equations of this form: [Advection], [Burgers],
//     [BurgersIn], [KortewegDeVries], [KuramotoSivashinsky], [KuramotoSivashinskySlope], [AllenCahn],
//     [CahnHilliard], [FisherKPP], [SwiftHohenberg], [GrayScott], [Schrodinger], [Vorticity], [Boussinesq].
//   - [NavierStokes] is the two-dimensional incompressible flow on the unit torus in vorticity form,
//     solved as one of these.
//   - [Darcy] is the steady flow -∇·(a ∇u) = f on the unit square with zero boundary values, by
//     finite volumes and conjugate gradients with a multigrid preconditioner.
//   - [Box] is a grid with conditions on its faces, for packages chebyshev (collocation) and difference (finite differences,
//     in masks too). Package volume has shocks, package element triangles.
//
// Conventions: a batch of fields is one flat slice, samples first, then the space axes, then the channels, the last fastest.
// Periodic grids leave out the right end point: x_i = i/n for i = 0 … n-1. Grids with boundary values
// hold both end points: x_i = i/(n-1). All quantities are dimensionless.
//
// The samples of a batch are solved on all cores. The numbers that come out do not depend on the number
// of workers, nor on which other samples are in the batch. Where a solve can't give its answer (a NaN, a
// context that ended) it gives an error that says where, and no values.
//
// Missing: adaptive steps for the Fourier method; particles, lattices, meshes that move.
package pde
