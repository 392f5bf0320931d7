// Package volume solves conservation laws, whose solutions may have shocks, by finite volumes on one or two axes, in float64.
//
// A [Scheme] marches a [Law] on a [Grid]. Laws: [Advection], [Burgers], [Traffic], [BuckleyLeverett], [Euler], [ShallowWater] and
// [Combined], the family of the message-passing solvers; others are written as a Law with their flux and wave speeds.
//
// Conventions: the unknowns are cell averages, not values at points; [Grid.Averages] makes them from a function, and
// [Grid.Coarsen] gives those of a coarser grid. Face i+1/2 is between the cells i and i+1. A batch is one flat slice: samples, then
// the axes, then the channels, the last fastest. All quantities are dimensionless.
//
// Which scheme:
//   - [WENO5] for waves with a few shocks, [WENOZ] where the waves matter most; with [Rusanov] for scalar laws, and [HLLC] for [Euler]
//     and [ShallowWater]. Systems are reconstructed channel by channel: strong shocks leave small wiggles.
//   - [MUSCL] where no new extrema may appear, or for strong shocks: with [VanLeer] or [MC]; [Minmod] is the most cautious,
//     [Superbee] keeps jumps sharpest and squares off the rest. Where a flux is neither convex nor concave, as that of
//     BuckleyLeverett, take Minmod, or any limiter with Godunov: MC and Superbee with Rusanov near the shock more slowly than h^0.4.
//   - [Constant] to see what numerical diffusion does. [Godunov] is the exact flux of a scalar law: with Constant it is the
//     least diffusive first-order scheme; with WENO5 it differs little from Rusanov.
//   - For smooth solutions with diffusion on a periodic box the spectral [pde.Semilinear] gets more digits sooner.
//
// Exact solutions to compare with: [EulerRiemann], [ShallowRiemann], [BurgersRiemann], [SmoothBurgers], [ColeHopf].
//
// The samples of a batch are solved on all cores, each with its own steps. The numbers that come out do not depend on the number of
// workers, nor on which other samples are in the batch. A solve that can't give its answer gives an error that names the sample, the
// time and the cell, and no values.
//
// Missing: characteristic-wise reconstruction, dry beds and bottoms of varying height, fluxes and diffusion that depend on x,
// implicit steps for strong diffusion (the step falls like h²/D), boundary states that change in time, three axes, curved grids.
package volume
