// Package metrics measures how far an answer is from its reference, and what is in a field.
//
//   - [RelL2]: the mean over samples of the relative L2 error, the number that operator papers report.
//   - [MaxAbs]: the largest error at any point.
//   - [Correlation]: agreement of two fields whatever their sizes, for how long a rollout follows a chaotic flow.
//   - [Spectrum], [Spectrum2]: energy by wave number of periodic fields in one and two dimensions.
//   - [Wasserstein], [SlicedWasserstein], [EnergyDistance], [MMD]: distances of two samples' distributions, exact by assignment or by
//     projections, by pairs of points, and by kernels; [Floor] is what two exact samples differ by.
//
// Conventions: plain slices of float64; a batch is flat with the samples first; random choices have a seed. Where got and want appear, want is the
// reference.
package metrics
