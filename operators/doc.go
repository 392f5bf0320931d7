// Package operators holds what methods share that learn maps between functions: the task of learning from pairs, scaling
// by the training data, the relative L2 error, and roll-outs in time.
//
// A method is a [zoo.Model] in a package below: fno (Fourier neural operator; the first choice for smooth fields on
// rectangles), deeponet (branch and trunk networks; answers at any point, reads its input at fixed sensors) and cnn (a
// periodic convolutional network, a baseline that knows only its grid).
//
// Conventions: arrays are [batch, space…, channel], inputs and outputs on one uniform grid; errors are in the outputs'
// own units.
package operators
