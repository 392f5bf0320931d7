// Package gp is exact Gaussian-process regression on the host, in float64, for up to a few thousand points.
//
// A [Regression] holds the kernel and its hyper-parameters; [Regression.Condition] gives the [Posterior] on data, with mean,
// variance and the log marginal likelihood; [Regression.Fit] finds the hyper-parameters that make the likelihood largest.
//
// Conventions: the mean before data is zero, so subtract the data's; variances are those of the function, without the
// noise of new measurements. Rows of a matrix are points.
//
// Missing: sparse approximations, other likelihoods than the normal one.
package gp
