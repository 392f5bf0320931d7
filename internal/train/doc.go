// Package train is the one training driver.
//
// A run is a pure function of (task, fit, data): rows come from a permutation of (seed, epoch), draws from (seed, step),
// so a checkpoint is tensors and a step number. A chunk of steps is one compiled While; its length is an input, adapted
// to about 0.2 s a call, so that an interrupt is served quickly and the host costs nothing. The loop carries the terms
// and stops at the first step of which one is not finite; the driver then does the chunk again up to the step before.
//
// The key of a run is a hash of the programs of one step and of the initial values, of given initial values, and of what
// no program holds (key.go). Chunk length and number of devices are in none of them.
package train
