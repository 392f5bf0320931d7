// Package neighbour finds the points near a point.
//
//   - [Tree]: a k-d tree; the k nearest points, or all within a radius, also in boxes that are periodic along some axes.
//   - [Farthest]: points far from each other, as centres that cover a cloud evenly.
//
// Points are flat slices [point, axis], the axis fastest. Equally near points come in the order of their numbers, so answers are those of
// a search through all points, to the bit.
//
// Use a [Tree] for up to about ten axes: with more, most of the tree is looked at and a search through all points is as quick.
package neighbour
