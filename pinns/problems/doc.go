// Package problems has the problems that physics-informed networks are usually tried on, each with its solution: a closed form, or a
// reference that a classical solver of ours makes in seconds.
//
// A problem is a plain [pinns.Problem]: change a coefficient, a condition or the domain as you like, and drop Exact and Reference if
// they no longer hold.
//
//   - steady: [Poisson], [PoissonInCube], [Helmholtz], [Kovasznay], [FourDiscs], [LidDrivenCavity]
//   - diffusion and reaction: [Heat], [Reaction], [ReactionDiffusion], [AllenCahn], [GrayScott]
//   - transport and waves: [Convection], [Burgers], [Wave], [KortewegDeVries], [KuramotoSivashinsky], [Schrodinger]
//   - flow in time: [TaylorGreen]
//   - ordinary: [Lorenz]
//
// Conventions: as package pinns; the time is the last coordinate.
package problems
