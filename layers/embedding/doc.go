// Package embedding turns what a network is told beside its state, times and a condition, into vectors.
//
//   - [Sinusoidal]: cosines and sines of frequencies that fall geometrically, for times that a schedule numbers or scales.
//   - [Fourier]: cosines and sines of normally spread frequencies, for times of size one such as log σ.
//   - [Class]: one learned vector a class, and one for no class, which guidance needs.
//   - [Conditioning]: all of that as part of a network's settings; package unet, dit and timemlp have it.
//
// Conventions: times and classes are [batch] or [batch, k], embeddings [batch, channel].
//
// Missing: text; tokens come embedded.
package embedding
