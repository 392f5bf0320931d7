// Package datasets makes the data that methods learn from: recipes, and what they give.
//
// A [Recipe] is a plain struct that says all there is to say about a data set: the equation, the grid,
// the number of samples, the seed. It costs nothing to declare. [Load] gives its [Set] of arrays, from the
// [Cache] in the context if there is one, else by making them. [Key] names a data set by what is in
// its recipe, and by the version of the generator: golden tests of the values force the version up when
// the generator's results change.
//
//   - [Burgers]: initial field to solution at the final time, one axis.
//   - [Darcy]: permeability to pressure, two axes.
//   - [NavierStokes]: first frames of the vorticity to the later ones, two axes and time.
//   - [Trajectories]: ten equations on periodic boxes of one to three axes, from the first frame to the later ones.
//   - [Dynamics]: twelve systems of ordinary differential equations, likewise.
//   - [Imported]: what `fieldbook import` took from a file.
//   - [GRF]: the random fields that these start from.
//   - [RandomFields]: functions of ten families, Gaussian, piecewise constant and smooth: from a few points to the whole.
//   - [GaussianProcess]: values at random points.
//   - [Density]: points of moons, rings and others, and of the mixtures RING8 and MIX16.
//   - [Meshes]: sources, coefficients and values on the boundary to the solution, each on a triangle mesh of its own; [MeshSystems]: the sparse systems.
//   - [Outlines]: star-shaped domains and airfoils: from the outline to the signed distance.
//   - [Images]: drawn digits, shapes and textures; imagefiles.Folder: MNIST, CIFAR-10 and CIFAR-100 from files that one has.
//   - [Gabor]: images of waves and discs: from the image to its derivatives.
//   - [Series]: signals at irregular times, seen in part; [Sequences]: tasks for memory and grammar; [PointClouds]: points and normals.
//   - [Accuracy]: the error of a recipe's values, by making some again with everything refined.
//   - [Scale]: the shift and scale that give an array zero mean and unit variance, or a range; of all values, a channel or a point.
//   - [Rows]: some of a recipe's rows without the others, as a stream; [Batches]: shuffled batches that go on after a stop; [Pairs.Split]: parts by a seed.
//
// What recipes are made of is in the packages below: randomfield, mixture, outline and neighbour. Package imagefiles reads MNIST and CIFAR,
// as arrays and as a recipe.
//
// Conventions: arrays are [sample, space…, channel], the last axis fastest, in float64. All quantities
// are dimensionless. A sample depends on the seed, on whether it is of the training or the test part,
// and on its index; not on how many there are, nor on how many cores made it.
package datasets
