// Package optimizers holds updates of the parameters, as graph functions, and schedules of the learning rate.
//
// An optimizer is a struct of its settings; the zero value has the defaults of its paper. All work in float32 and float64.
// Each is chosen by value: train.Fit{Optimizer: optimizers.RAdam{}, Schedule: optimizers.OneCycle{}}.
//
// # Which optimizer
//
// First order, one gradient a step, for any number of rows a step:
//   - [Adam] to begin with, at a rate about 1e-3; [AdamW] where weights should decay.
//   - [RAdam] where the first steps at the full rate do harm and a warm-up is not wanted; [AMSGrad] where gradients are
//     rare or the rate does not fall; [NAdam] for the same work with Nesterov's momentum.
//   - [Adadelta], at a rate of 1, where no rate is known; [SGD] as the plain reference.
//   - [SOAP] for matrices of weights: Adam in a basis that follows the gradients, at a few products of matrices a step more.
//   - [MultiAdam] for losses whose terms differ by orders of magnitude, such as residual and boundary: one more backward
//     pass a term.
//
// Second order, on smooth problems with all rows in every step, best in float64:
//   - [LBFGS] as a second phase after Adam; a step costs hardly more than a gradient.
//   - [LevenbergMarquardt] and [NaturalGradient] for sums of squares and up to some thousands of parameters: each step
//     makes a Jacobian and solves a linear system, and far fewer steps are needed.
//   - [TrustRegion] for other losses of few parameters, also where the curvature is negative: products with the second
//     derivatives, no matrix.
//
// # Around an optimizer
//
// [ClipNorm] and [ClipValue] bound the gradient that another optimizer sees, [Plateau] lowers its rate when the loss
// rests. They nest: Plateau{Optimizer: ClipNorm{Limit: 1, Optimizer: AdamW(1e-2)}}. [EMA] averages the parameters.
//
// # Schedules
//
// A schedule gives a factor on the learning rate as a function of the step, in the compiled program. [Cosine] suits a run
// whose length is known, [OneCycle] a short one at a high rate, [Exponential], [StepDecay], [Halving] and [Milestones]
// what a paper prescribes, [InverseSqrt] a run without an end. [Warmup] goes before any of them.
//
// Missing: a way to choose TrustRegion in a train.Fit; it is a graph function for one's own program.
package optimizers
