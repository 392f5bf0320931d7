// Package chebyshev solves partial differential equations in boxes to spectral accuracy, by collocation on the
// Chebyshev–Gauss–Lobatto points, in float64 on the host.
//
// A solution is the polynomial through its values at the points x_j = cos(jπ/(n-1)), moved to the box and in rising order. Where
// the exact solution is analytic the error falls geometrically with n; where it has a kink or a jump, methods of
// low order are as good and cheaper: see solvers/pde/difference.
//
//   - [Poisson] is -Δu + s u = f, by the eigenvectors of each axis: first choice in one to three axes where coefficients are constant.
//   - [Elliptic] is -∇·(a ∇u) + v·∇u + c u = f with coefficients that depend on the place, by one dense LU factorisation: in one axis, and in
//     two up to some 60 by 60 points.
//   - [Parabolic] is u_t = D Δu + N(t, x, u, ∇u) for one or more channels, by ETDRK4: exact in the diffusion, explicit
//     in N. Allen–Cahn, Burgers, Gray–Scott and their like with boundary values.
//   - [Axis] gives what these are made of: points, Clenshaw–Curtis weights, differentiation matrices, barycentric interpolation.
//     [At], [Interpolate] and [Integrate] do the same in boxes.
//
// Conventions: a batch of fields is one flat slice, samples first, then the space axes, then the channels, the last fastest. The grid is a
// [pde.Box], both ends of an axis are points of it; its faces are Dirichlet, Neumann or Robin. Where faces meet, an edge of the box has the
// value that the condition of the later axis gives; [Elliptic] takes a Dirichlet value first. All quantities are dimensionless.
//
// The points crowd at the ends of an axis, a distance of 5/n² of a half side apart: for four digits a boundary layer of e^(-x/ε) on an axis of length 1 wants
// n of about 3/√ε, a layer of tanh(x/ε) in the middle of one of length 2 some 6/ε. Round-off in second derivatives grows as n⁴: beyond 200 points an
// axis little is won.
//
// The samples of a batch are solved on all cores; the numbers that come out do not depend on how many there are.
//
// Missing: periodic axes (see [pde.Semilinear]), systems of elliptic equations, waves, several boxes side by side, adaptive steps.
package chebyshev
