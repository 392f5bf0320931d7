// Package samplers has the samplers of diffusion models and of flows.
//
// A [Plan] is a method along a schedule's times within a number of evaluations of the denoiser (NFE):
//
//	plan := samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: diffusion.StandardVP(), NFE: 20}
//	x := plan.Sample(denoiser, noise, seed).X
//
// Its numbers are computed on the host in float64, as a [diffusion.Table]; one compiled loop runs any of them, with gradients.
// Samplers see α, σ and t alone, so that each method works with each schedule. [Adaptive] and [AdaptiveFlow] choose their steps
// themselves, in a loop of their own.
//
// Which one: [DPMSolverPP] of order 2 in several steps, or [UniPC], for 10 to 30 evaluations, also with strong guidance; [DPMSolver] and
// [DEIS] are their kin with noise predictions; [Heun] and [DPM2] for EDM, with churn where noise helps; [ERSDE], [DPMSolverPP] with
// Eta and [DDIM] with Eta for samples with noise; [DDIM] as the plain first order, which is also Euler's sampler in σ/α and, with Eta
// 1, Euler's ancestral one; [DDPM] for steps of the forward process and [EulerMaruyama] for those of the reverse equation; [Flow] for velocities; [Consistency] for consistency
// functions; [PNDM] and [IPNDM] for comparison.
//
// Orders are of convergence with equal steps in λ on the probability flow. The first steps of methods that look back on k predictions
// are of order 1, 2, …, k-1. Their error is small where the noise hides the data, but not zero: with ever more steps the order falls to
// that of the first step (of UniP-4 on LINE3 to 3.1 at 1536 evaluations). At few evaluations a higher order may be worse: see
// docs/samplers.md; [Plan.Notes] says where it is not reached. With noise, orders are of the moments. A step to no noise ([Plan.ToZero]) is of first order.
//
// One evaluation waits for the one before: NFE is sequential. The total counts networks, of which [diffusion.ClassifierFree] runs two an
// evaluation; gradients of guidance are not in it.
//
// Missing: samplers in parallel over time, multistep methods of velocities, restarts, learned steps.
package samplers
