// Package runs joins the training driver and the store: a run is looked up by its key, trained where it is missing,
// saved as it goes, and read back as trained values.
//
// It prints nothing and returns errors; the notebook's package and the command line put words and pictures to it.
package runs
