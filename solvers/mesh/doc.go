// Package mesh makes triangle meshes of domains in the plane.
//
//   - [Mesher] fills a polygon with holes, at a wanted size that may vary in space, without small angles.
//   - [Rectangle] and [Disk] are structured meshes; [Mesh.Map] bends them, [Mesh.Refine] cuts each triangle into four.
//   - [Delaunay] joins points that are given to triangles.
//
// [Mesher] is for any shape. A structured mesh is for comparisons with grids, and for a family of shapes that shall have
// the same triangles. [Delaunay] is for point clouds, to interpolate between them.
//
// A [Mesh] is three plain slices, which the caller may build too; [Mesh.Validate] says what is wrong with it and where.
// [Locator] and [Probe] read functions that are linear on each triangle anywhere, on a grid for instance.
//
// Conventions: triangles are counter-clockwise; an edge of the boundary has the domain on its left, and a marker that says which
// part of the boundary it belongs to. Grids are [x, y], x slow. Coordinates are dimensionless float64. The same input
// gives the same mesh, bit by bit.
//
// Whether three points turn left and whether a point lies in a circle is decided without rounding, so that points on a line, on a circle
// or nearly so do no harm.
//
// Missing: edges inside the domain that the mesh must follow (a jump of a coefficient is resolved by the size alone), curved edges,
// three dimensions, coarsening, smoothing, mesh files.
package mesh
