// Package autodiff adds control flow and derivative rules to graph functions.
//
//   - [While], [For]: loops that nest and keep each function's constants apart, without a gradient.
//   - [CustomVJP]: a graph function with a reverse rule of one's own; the way to differentiate what contains a loop.
//   - [Scan]: a loop of steps with a gradient, in memory that grows with their number, its square root, or not at all.
//   - [If]: a condition of which one branch is computed; [Sort], [ArgSort]: values in order. Both have gradients and nest.
//   - [JVP], [Pullback], [HVP], [GaussNewtonProduct], [Jacobian]: derivatives along directions, and each sample's matrix
//     of them.
//
// Below it: jet (Taylor propagation), linalg (small matrices), implicit (solutions of equations).
//
// Convention: a cotangent has the shape of the output that it belongs to, a gradient that of its input. The gradient of a
// real loss L with respect to a complex x + iy is ∂L/∂x + i ∂L/∂y, as in PyTorch.
//
// Missing: a second derivative of the maximum over windows and of batch normalisation, and so their JVP.
package autodiff
