// Package ode solves initial value problems y' = f(t, y) inside one compiled graph.
//
// A solve has four parts: the field (what moves), a [Stepper] (one step), a [Controller] (where to step), and the driver (the
// only loop).
//
// Conventions: y is [batch, dim…]. Times and steps are scalars, or [batch, 1…] of y's rank where each trajectory has steps of
// its own; both broadcast against y, so a stepper is written once for either. Bodies of compiled loops see nothing from
// outside: what a field needs beside t and y (weights, coefficients) goes through its args.
//
// # Which stepper
//
//   - [Tsit5] first, for tolerances from 1e-3 to 1e-9; [Bosh3] for looser ones, [Dopri8] for tighter ones. [Dopri5] is what other
//     libraries have by that name.
//   - [Kvaerno5] or [Rodas5P] where an explicit method runs out of steps though the solution is smooth: the problem is stiff. Rodas5P needs
//     no iteration; Kvaerno5 loses less at loose tolerances. [BackwardEuler] for what must not overshoot.
//   - [KenCarp4] where one part of the field is stiff and the other costly; [ETDRK] where the stiff part is linear, as in spectral methods.
//   - [RK4] with equal steps for rollouts on a grid of times; [AdamsBashforth] where the field is costly and steps are short anyhow;
//     [Euler], [Midpoint], [Heun], [Ralston] to compare with papers.
//   - [Leapfrog] and its kin with equal steps for mechanics over long times, where energy must not drift: [StormerVerlet] for an acceleration a(t, q),
//     [PositionVerlet] for forces in the middle of steps, [SymplecticEuler] to compare. They take y as positions and then momenta
//     on the last axis; [Separable] and [SecondOrder] make such fields.
//   - [ReversibleHeun] where a gradient may keep no states and the field damps little.
//
// # Which gradient
//
//   - [ThroughSteps] as long as the states of all steps fit; [ThroughCheckpoints] beyond, for one more evaluation of each step. Both are the derivative
//     of the numbers computed, to round-off, with the steps' lengths as constants; so are derivatives of second order.
//   - [BacksolveAdjoint] and [InterpolatingAdjoint] for the derivative of the exact solution, to the tolerances, in the memory of a state a time or
//     of a state a step. A backsolve is wrong where the field contracts.
//   - [ThroughInverse] for the steppers of mechanics and [ReversibleHeun]: no states are kept, and the way back adds its round-off.
//   - [Solve.Sensitivities] for the derivatives of a whole solution by few parameters.
//   - Steady states and other implicit equations: package autodiff/implicit.
//
// Missing: gradients by T0, Times and the tolerances, and by events' times.
package ode
