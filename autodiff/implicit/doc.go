// Package implicit solves equations inside a graph, with gradients by the implicit function theorem: of the solution alone,
// whatever steps led to it, in the memory of one step.
//
//   - [FixedPoint]: x = f(x), by plain or Anderson-accelerated iteration. For contractions, such as deep equilibrium layers;
//     derivatives of f are needed for the gradient alone.
//   - [Root]: f(x) = 0, by Newton's method. For steady states of y' = f(y), implicit layers and whatever is no contraction.
//   - [GMRES]: A·x = b for a linear function A, when its matrix is too large to be written down.
//
// For f(x*, θ) = 0 the theorem gives dx*/dθ = −(∂f/∂x)⁻¹ ∂f/∂θ, so that a gradient is one linear solve with the transposed
// Jacobian. These solves have gradients in their turn: derivatives of all orders are right.
//
// Conventions: x is [batch, n…]; samples do not depend on each other, and one that has converged stands still while others go
// on. Functions see nothing from outside: what they need goes through args, which may be of any type. The start has no
// gradient.
package implicit
