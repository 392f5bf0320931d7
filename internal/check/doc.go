// Package check holds what the tests of several packages share: a backend and a way to run graph functions on it,
// gradients against central differences, and the contract that every model of the catalog keeps.
//
// Its functions take a testing.TB and fail it; they are for tests alone.
package check
