// Package fieldfit fits networks of coordinates to given fields: images and other fields on grids from their values, or from their
// gradient or Laplacian alone, and signed distances from points of a boundary with normals.
//
// [Field] is the task for a field of a recipe; [Field.Evaluate] compares a run with the field, its gradient and its Laplacian.
// [SignedDistance] is the task for a domain. The networks are those of package neuralfield, of which SIREN and the encodings are made for
// fine detail; a field that is given by derivatives wants a network whose derivatives of that order are not zero: no ReLU for the Laplacian.
//
// [Field.Arguments] shows what the activations of a network get, layer by layer: of a network that starts well they are alike.
//
// Conventions: coordinates are in [-1, 1]; points are rows, in the order of the field's axes, the last the fastest; distances are below 0
// inside, and normals point out.
//
// Missing: fields given by the residual of an equation, which package pinns has; complex fields with absorbing layers (the source's
// Helmholtz and wave problems); audio; priors over fields by hypernetworks; fields of several channels given by derivatives.
//
// Source: Sitzmann et al. 2020, arXiv:2006.09661. bib: sitzmann2020siren
package fieldfit
