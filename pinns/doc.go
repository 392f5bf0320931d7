// Package pinns solves differential equations with networks: a network of the coordinates is trained until the equations hold at
// points of the domain, and the conditions at points of its boundary.
//
//	burgers := pinns.Problem{
//		Equations:    []string{"u_t + u*u_x = nu*u_xx"},
//		Coordinates:  []string{"x", "t"},
//		Unknowns:     []string{"u"},
//		Coefficients: map[string]float64{"nu": 0.01},
//		Domain:       geometry.Cylinder(geometry.Interval{Low: -1, High: 1}, 0, 1),
//		Conditions:   []pinns.Condition{pinns.Initial("u = -sin(pi*x)"), pinns.Boundary("u = 0")},
//	}
//	task := pinns.Solve(neuralfield.MLP{Widths: []int{64, 64, 64, 1}, Activation: layers.TanhUnit}, burgers)
//
// [Problem] is what is to be solved: equations as text, a domain, conditions; with [Problem.Trained] and [Problem.Observations] the
// inverse problem. Package problems has the field's usual ones. [Solver] is how: the network and what stands around it (features of
// the coordinates, an ansatz that has the conditions built in), how many points, where they lie ([Sampling]), how much each counts
// ([PointWeighting]). Weights of whole terms are a matter of the fit: see package weighting. [March] solves window after window of time.
// [Problem.Solution] is the reference that the problem names, [Evaluate] and [RelativeL2] compare a run with it.
//
// A remedy for a failure is one changed line:
//   - the solution does not leave the initial state: causal weights (package causal), points that follow the residual (package r3), windows of time ([March]);
//   - the residual is large in few places: [RAD], which draws points by it, or [RAR], which exchanges the easiest points for the worst;
//   - the same points stay bad: [Attention], which weighs them by their residuals of late, or [SelfAdaptive], whose weights are trained to find them;
//   - a term drowns another: weighting.GradientNorm, which makes gradients alike, or optimizers.MultiAdam;
//   - terms fall at different rates: weighting.NTK;
//   - training is slow with one rate for all weights: neuralfield.Factorised, which gives each neuron a scale of its own;
//   - a deeper network is no better: neuralfield.PirateNet, whose blocks begin as identities;
//   - the error stops falling: float64 and Fit.Then(Fit{Host: optimizers.LBFGS{}, …}), or optimizers.LevenbergMarquardt;
//   - fine detail is missing: neuralfield.FourierFeatures, neuralfield.SIREN;
//   - a condition is not met: [Solver.Ansatz], also with the distance D from the boundary, or [Solver.Harmonics].
//
// Before training: [Problem.Check] tells whether a claimed solution solves the equations, and if not, which term is off;
// [Problem.Notes] which condition seems to be missing; [Solver.Scales] where terms differ by orders of magnitude.
// [Problem.Classical] is the solution by one of our classical solvers where one fits.
//
// Conventions: points are rows, a column a coordinate in the order of Problem.Coordinates; of a geometry.Cylinder the time is the last.
// Networks see coordinates that are scaled to [-1, 1] unless [Solver.Inputs] says otherwise.
//
// Missing: integrals in equations; conditions on curves inside the domain, but for observations; domains in more than one part.
//
// Source: Raissi, Perdikaris & Karniadakis 2019, doi:10.1016/j.jcp.2018.10.045. bib: raissi2019pinns
package pinns
