// Package operators holds what neural operators share: learning a map between fields from pairs of them.
//
// A method is a zoo.Model on fields [batch, space…, channel], such as the Fourier neural operator of package fno. [Learn]
// makes a task of it and a data set; a finished run predicts fields on any grid that the model allows.
//
// Conventions: errors are relative L2 errors of a sample, over space and channels, then means over samples; fields are
// scaled channel by channel with the mean and the standard deviation of the training set, inside the task, so that
// losses and predictions are in the data's own units.
//
// Missing: graphs and meshes; roll-outs in time with gradients through many steps.
package operators
