// Package causal trains physics-informed networks forward in time: the residuals of a moment count only as far as those of the moments
// before it are small.
//
//	task := pinns.Solver{
//		…
//		Interior: 24 * 64, Sampling: pinns.Slices{Times: 24},
//		Weighting: causal.Weighting{Steps: 3000},
//	}
//
// The mean residual over space and time has minima that are no solutions: a network that is constant in time after a short while satisfies many
// equations there, whatever the initial state was, and training ends in one of these since nothing tells it that early times come first. [Weighting]
// tells it. Choose it for evolution equations that a plain network leaves at its initial state or at an equilibrium: reactions, phase
// separation, chaos. It has nothing to say where time does not direct the solution, as in steady problems; it makes early training slower, and
// where the plain network does well, it does no better. The initial condition must be met early: weigh its term by 100 or more, or build it in
// ([pinns.Solver.Ansatz]). Long times want windows on top ([pinns.March]).
//
// [Weights] shows how far in time a run has come: if the last weights are near 1, the equations hold everywhere.
//
// The method is patented by its authors' university, the University of Pennsylvania; whoever uses it commercially should ask whether they may. Nothing else in
// this module depends on this package.
//
// Conventions: points lie in slices of time, first those of the first moment ([pinns.Sliced]).
//
// Missing: the initial condition's loss in the exponent; an end of training when all weights are near 1.
//
// Source: Wang, Sankaran & Perdikaris 2022, arXiv:2203.07404. bib: wang2022causality
package causal
