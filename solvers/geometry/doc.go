// Package geometry is domains on which equations are posed, and points in them and on their boundaries: collocation points of
// physics-informed networks, places to measure at, points of quadrature.
//
// Shapes: [Interval], [Box] and [Ball] in any dimension; [Ellipse], [Polygon] with holes and [Triangles] (a mesh) in the plane. From these:
// [Union], [Intersection], [Difference]; [Translate], [Rotate], [Scale]; [Product] and [Cylinder], which adds a time; [Named], which gives a
// boundary a name. Other shapes are types with the methods of [Domain]; those that also know their volume are [Measured].
//
// [Interior] and [OnBoundary] draw points uniformly by volume and by area, with one of the samplers:
//
//   - [Sobol] or [Halton], scrambled: the first choice. Fewer points do, and more can be added. Sobol for powers of two and up to tens of
//     coordinates, Halton for any number of points and few coordinates.
//   - [Uniform]: for theory that asks for independent points, for many coordinates, and for fresh points at each step, a seed a step.
//   - [LatinHypercube]: even along each axis, no more than random otherwise; for functions that are nearly sums over the axes.
//   - [Hammersley]: the most even for one fixed number of points that is never added to.
//
// and [Grid] lists cells. [Sample.Weight] makes all of them rules of quadrature. A sequence gains over random points as much as the shape lets
// it: all where the shape is mapped from a cube, less where its bounds are cut (an integral over a polygon has a jump in the cube; mesh it and
// use [Triangles] where that matters).
//
// Conventions: points are float64, in samples flat [point, axis]. Normals have length one and point out of the domain. Distances are negative
// inside. A point of the boundary counts as inside or not, by rounding. The same settings give the same points, bit by bit, and point i of
// a sequence (Uniform, Sobol, Halton) is the same however many are drawn. Parts of the boundary go by name; names need not be unique,
// and a name stands for all parts that have it.
//
// A result of [Union], [Intersection] or [Difference] takes its boundary from those of its operands, and details below a billionth of
// its size are not seen.
//
// Missing: surfaces and polyhedra in space, curved polygons, scaling that differs by axis, distances of boolean results that are exact
// everywhere or smooth, points that are dense where asked for, Sobol points from a table of more than 64 coordinates.
package geometry
