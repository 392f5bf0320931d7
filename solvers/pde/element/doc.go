// Package element solves partial differential equations on triangle meshes by linear finite elements, on the host, in float64.
//
//   - [Problem] is -∇·(a ∇u) + b·∇u + c u = f, solved by [Space.Solve], many at a time by [Batch]: Poisson, Darcy, reaction and, with
//     a velocity, transport with streamline upwinding (SUPG).
//   - [Heat] is the equation in time, by implicit steps: [Space.March].
//   - [Elasticity] is a plane elastic body with given displacements and tractions: [Space.Displace].
//
// A [Space] is made once for a mesh. It also gives the matrices and vectors themselves ([Space.Stiffness], [Space.Mass],
// [Space.LumpedMass], [Space.Load]), gradients and norms of errors. Coefficients are a [Field] or a [Tensor] of fields: constants,
// functions of the place, values for each triangle or for each point.
//
// Finite elements are for domains of any shape and coefficients that jump. On a square grid the solvers of package pde are faster.
//
// Conventions: solutions are values at the points of the mesh, in its order. Conditions are chosen by the markers of the boundary's edges
// or by place; edges with none are free: no flux, no traction. All quantities are dimensionless.
//
// Systems are solved directly, by sparse Cholesky or LU, so there is no tolerance to choose: see Stats.Residual. The numbers that come out
// do not depend on the number of workers.
//
// Missing: elements of higher order and for nearly incompressible bodies, nonlinear equations, waves, transport in time, periodic
// boundaries, error estimators, iterative solvers for meshes whose factors do not fit into memory.
package element
