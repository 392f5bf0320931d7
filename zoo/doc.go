// Package zoo is the contract between a method and the one training driver.
//
// A method is a [Model], a struct of hyper-parameters with a graph function. What is learned with it is a [Task]: the
// arrays that training reads and the named terms of one step's loss. Everything else (draws, gradients, the loop,
// checkpoints, the chart) is the driver's, so that a method is a page of code and a run can be resumed bit by bit.
//
// Graph functions take or return *Node. They panic, only through exceptions.Panicf, and are called through [GraphFn];
// everything else in this package returns errors.
//
// Conventions: arrays are [batch, space…, channel]; a step's randomness comes from [Step.Uniform] and [Step.Normal] alone.
package zoo
