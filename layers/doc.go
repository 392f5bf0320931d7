// Package layers holds the graph functions that methods of more than one family are built from: linear maps, activations,
// networks of these, the spectral convolution of the neural operators, and what networks of images are made of: [Conv], [GroupNorm],
// [LayerNorm], [Attention] and changes of resolution ([SpaceToDepth], [DepthToSpace], [Nearest]).
//
// Two layouts are in use, and each function says which it takes. Public arrays are [batch, space…, channel] ([Dense],
// [MLP], the layers of images). Operators work channel-major inside, [channel, batch, space…] ([Pointwise], [Fourier], [SpectralConv]): every
// large operation is then one two-dimensional matrix product, which on a CPU is 1.5 to 1.8 times faster.
//
// Weights are made by [Weight], whose initial values are a pure function of the run's seed and the variable's path, so
// that the order in which layers are built does not matter.
//
// Missing: convolutions with strides or groups, batch normalisation, dropout.
package layers
