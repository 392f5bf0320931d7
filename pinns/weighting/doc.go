// Package weighting sets the weights of a loss's terms while it is trained, from what each term does to the parameters.
//
//   - [GradientNorm] makes the terms' gradients alike in size: residual and boundary then pull equally hard. The first one to try; an
//     update costs one backward pass a term.
//   - [NTK] makes the terms fall alike fast, by the trace of each one's tangent kernel. An update costs a gradient a point.
//
// Both are values for Fit.Weighting: train.Fit{Weighting: weighting.GradientNorm{}}. They multiply the weights that the task gives:
// a term of weight 0 stays out. Their running averages are part of the run's state, so that a resumed run goes on bit by bit.
//
// Weights of points, such as causal ones, belong to the task; see package pinns.
package weighting
