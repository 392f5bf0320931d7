// Package randomfield draws random functions: Gaussian fields of a given covariance, piecewise constant coefficients and families of initial
// conditions.
//
// Gaussian fields start from a [Kernel], which is Matérn's (the exponential one among them) or its smooth limit:
//
//   - [Kernel.Periodic]: on the torus, by its spectrum; the same numbers give the same field on every grid, up to the modes that it lacks.
//   - [Kernel.Embedded]: on a grid of the unit box that is not periodic, with the exact covariance, by circulant embedding.
//   - [Kernel.At]: at any points, with the exact covariance, by Cholesky's factor; up to a few thousand points.
//
// (Fields with a power of the Laplacian as covariance, also with zero normal derivative, are datasets.GRF.)
//
// Other families draw a [Function] that can be evaluated anywhere, so that what was drawn does not depend on a grid:
//
//   - [Sines], [Bumps], [Waves]: smooth initial conditions.
//   - [Steps], [Checkerboard], [Voronoi]: piecewise constant. [Threshold] makes two phases out of a Gaussian field.
//
// The domain is the unit box; lengths are in units of its side. Arrays are [point] or [x, …], the last axis fastest, in float64.
package randomfield
