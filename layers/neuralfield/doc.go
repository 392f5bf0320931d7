// Package neuralfield holds networks of coordinates, [n, d] to [n, channels], whose derivatives in the coordinates are
// wanted: those that physics-informed networks and neural fields are made of. They are written on jets, so that one piece of
// code serves plain evaluation (Forward) and derivatives (ForwardJet); see package autodiff/jet.
//
//   - [MLP]: the usual choice, with tanh.
//   - [ModifiedMLP]: gates the hidden layers with two encodings of the input; better where the solution is stiff, at about
//     the cost of two more multiplications a layer.
//   - [SIREN]: sines with an initialisation that keeps fine detail; for signals, and fields given by their derivatives.
//   - [PirateNet]: gates as those of ModifiedMLP in residual blocks that begin as identities; deep, for stiff problems.
//   - [Factorised]: random weight factorisation, for the field Weights of MLP, ModifiedMLP and PirateNet; each neuron has a
//     trained scale of its own.
//   - [FourierFeatures], [PositionalEncoding]: sines of random or doubling frequencies before any network, for fine detail.
//   - [Periodic]: an embedding that makes the network exactly periodic in a coordinate.
//
// Coordinates should be of order 1: scale them first.
//
// Missing: networks of grids and Gaussians, and attention, which the methods that use them hold.
package neuralfield
