// Package backend chooses where programs run and decorates GoMLX's backend so that loops nest.
//
// Choice, in order: what the user set (FIELDBOOK_BACKEND or GOMLX_BACKEND), XLA on a GPU if there is one and its plugin,
// XLA on the CPU with the plugin that the set-up installed, and failing these the pure-Go backend, said loudly. Nothing
// is downloaded here.
//
// The decorator does three things for every program. Closures nest: GoMLX asks the main function for every closure, go-xla numbers the
// parameters of nested closures alike and reuses reduction functions across functions; each is cured from outside
// (nest.go). Programs can be read before they are compiled, which is what a run's key is made of (program.go). And a
// program can be read without being compiled at all ([Backend.Text]).
//
// On XLA's CPU plugin float64 products of matrices are calls of OpenBLAS, if the set-up installed it (product.go); what is in
// use is said by [Backend.Float64].
//
// All of it relies on a few unexported fields of go-xla and GoMLX, named in [CheckInternals]; a test pins them and a
// release that changes them is refused at start, not silently misread.
package backend
