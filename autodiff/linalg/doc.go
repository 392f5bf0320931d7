// Package linalg is small dense linear algebra inside a graph: batches of matrices, with gradients, in float32 and float64.
//
//   - [Solve], [FactorLU]: square systems, and one factorisation for many right sides, also carried through a loop.
//   - [Cholesky], [SolveCholesky]: the same for positive definite matrices.
//   - [QR], [LeastSquares]: more rows than columns.
//   - [SymmetricEigen], [SVD], [Polar]: by Jacobi's rotations, accurate to round-off of each matrix.
//   - [LU.Det], [LU.LogDet], [LU.Inverse].
//   - [Triangle]: triangular systems, either side, transposed or not.
//
// Matrices are the last two axes, all axes before them are a batch; two arguments have the same batch. Every method is one
// compiled loop of about n steps over the whole batch, made for n up to about 64. In float64 on the CPU, with OpenBLAS at
// hand, matrices from order 8 are factored and solved by its routines instead, which serve any order.
//
// A graph cannot raise an error for a bad value: a singular matrix gives Inf or NaN, as each function says.
package linalg
