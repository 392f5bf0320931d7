// Package diffusion holds what generative models by diffusion and by flows share: schedules of noise, what a network may predict
// and how one prediction becomes another, guidance, denoisers in closed form, likelihoods, and the task of learning a denoiser.
//
// All of them work on
//
//	x = α(t) x0 + σ(t) ε,  ε ~ N(0, I)
//
// with any [Schedule] of α and σ. Sampling undoes the noise: λ = log α/σ, half the logarithm of the signal-to-noise ratio, rises
// from the schedule's noise end to its data end. The samplers themselves are in diffusion/samplers.
//
// Which schedule: [VPLinear] and [VPCosine] keep x's variance at that of data of variance 1; [SubVP] has less noise at the same α;
// [VE] and [EDM] leave the data as they are and add noise to them; [ConditionalOT], [CosinePath] and [PolynomialPath] are the paths
// of flow matching; [Discrete] is a table of steps. [MeanReverting] leads the data to a mean field m, to restore them from it: a
// schedule for x - m.
//
// Conventions: σ falls during sampling; diffusions run in t from the data near 0 to noise at 1 (EDM: t is σ), flows from noise at
// t = 0 to data at t = 1; arrays are [batch, space…, channel]. A denoiser is E[x0|x], whatever its network predicts. Where σ or
// α is 0 at an end of a schedule, λ is infinite there, and only predictions that do not divide by it hold there.
//
// [Latent] learns and samples in the latent space of an encoding, linear ([PCA]) or of a trained autoencoder ([Autoencoded]).
//
// Missing: schedules that are learned, noise that is not white, data on manifolds.
package diffusion
