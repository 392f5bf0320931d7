// Package optimizers holds updates of the parameters, as graph functions, and schedules of the learning rate.
//
// An optimizer is a struct of its settings; the zero value has the defaults of its paper. All work in float32 and float64.
// Use Adam to begin with, AdamW where weights should decay, LBFGS as a second phase on problems with all rows in every
// step. Schedules give a factor on the learning rate.
//
// Missing: natural gradients, SOAP, Levenberg-Marquardt.
package optimizers
