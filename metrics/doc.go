// Package metrics measures how far an answer is from its reference, and what is in a field.
//
//   - [RelL2]: the mean over samples of the relative L2 error, the number that operator papers report.
//   - [MaxAbs]: the largest error at any point.
//   - [Correlation]: agreement of two fields whatever their sizes, for how long a rollout follows a chaotic flow.
//   - [Spectrum], [Spectrum2]: energy by wave number of periodic fields in one and two dimensions.
//
// Conventions: plain slices of float64; a batch is flat with the samples first. Where got and want appear, want is the
// reference.
package metrics
