// Package jet propagates truncated Taylor expansions through graph functions, so that the derivatives of a network with
// respect to its coordinates come out of one forward pass, as plain graph code that reverse mode differentiates again
// with respect to the weights.
//
// A [Jet] holds an array u and some of its partial derivatives at every point. A [Set] says which:
//
//	set := jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"t", "xx"}}
//	u := network(jet.Seed(set, points)) // points [n, 2]
//	residual := Sub(Add(u.D("t"), Mul(u.Value(), u.D("x"))), MulScalar(u.D("xx"), nu))
//
// The functions of this package have the names and arguments of GoMLX's, on jets in place of nodes: code that is
// written once on jets serves plain evaluation too, by [Lift], which makes a jet without derivatives of a node.
//
// Which seed to take:
//   - [Seed] on a set: few variables, any order, mixed derivatives. Where only a linear combination of the highest
//     derivatives is wanted, name it in Set.Operators: it is then propagated as one array in place of several.
//   - [SeedLaplacian]: gradient and Laplacian in many variables, one array for all first derivatives (the forward
//     Laplacian); [SeedTrace] for other second-order operators.
//   - [SeedHutchinson]: a random estimate of the Laplacian where even the gradient is too much.
//   - [SeedAlong]: high derivatives along given directions.
//   - [Reverse]: nested reverse mode, for functions with operations that have no rule here. It gives a [Field] as the
//     others do. A single elementwise function without a rule goes by [Elementwise].
//
// Conventions: axis 0 of an array is the points, which do not mix; coefficients are derivatives divided by factorials;
// one that is nil is zero exactly, and one whose axis 0 is 1 is the same at all points. Derivatives that leave a jet
// ([Jet.D], [Jet.Partial], [Jet.Operator]) are plain, without factorials, of the value's shape.
//
// Missing: operations that mix points (normalisation over a batch, attention between points): their derivatives at one
// point depend on the coordinates of the others.
//
// Source: Griewank & Walther 2008, Evaluating Derivatives, chapter 13 (recurrences of Taylor coefficients);
// Li et al. 2024, arXiv:2307.08214 (forward Laplacian). bib: griewank2008evaluating, li2024forward
package jet
