// Package linear solves large sparse linear systems on the host, in float64.
//
//   - [CG]: conjugate gradients with a preconditioner, for symmetric positive definite systems.
//   - [Multigrid]: a preconditioner for elliptic equations on a square grid, with work proportional to the number of points.
//   - [Stencil]: symmetric matrices that couple each point of a square grid with its eight neighbours.
//
// Convention: fields on a square grid of n by n points are stored with a border of zeros one point wide,
// as (n+2)² values, the first axis slowest. The border stands for boundary values of zero.
package linear
