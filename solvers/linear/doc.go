// Package linear solves large sparse linear systems on the host, in float64.
//
// Matrices:
//   - [Matrix]: any sparse matrix, in compressed rows.
//   - [Stencil]: symmetric matrices that couple each point of a square grid with its eight neighbours.
//   - [Operator]: all that an iteration needs of a matrix or a preconditioner.
//
// Direct methods solve to round-off, and again for other right-hand sides at little cost. On plane meshes of up to some hundred
// thousand unknowns they are the first choice:
//   - [Cholesky]: symmetric positive definite systems; many matrices of one pattern by [Cholesky.Refactor].
//   - [LU]: all others: convection, Helmholtz, saddle points.
//
// Iterations need less memory, and an approximate solution to start from helps them. They are for larger systems, for meshes in space,
// and where a tolerance far above round-off is enough:
//   - [CG]: symmetric positive definite systems.
//   - [GMRES]: any system; its residual never grows.
//   - [BiCGStab]: any system where the vectors of [GMRES] do not fit into memory.
//
// Preconditioners, from weak and general to strong and special:
//   - [Jacobi]: any matrix; undoes different units of the unknowns.
//   - [IC0]: symmetric positive definite matrices, for [CG].
//   - [ILU0]: any matrix with a full diagonal, for [GMRES] and [BiCGStab].
//   - [Multigrid]: elliptic equations on a square grid, with work proportional to the number of points.
//   - [Cholesky] and [LU] of a nearby matrix, such as that of a mean coefficient.
//
// Everything is deterministic and runs on one core. Missing: complex systems, which have to be written as real ones of twice the size;
// least squares; eigenvalues.
//
// Convention: fields on a square grid of n by n points for [Stencil] and [Multigrid] are stored with a border of zeros one point wide,
// as (n+2)² values, the first axis slowest. The border stands for boundary values of zero.
package linear
