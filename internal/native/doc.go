// Package native does dense float64 algebra with OpenBLAS, on the host and inside XLA's programs on the CPU.
//
// The library comes from a wheel that the set-up installs. [Open] loads it once for the process and looks up the routines
// that are called here; nothing is linked, so a machine without it builds and runs the same program.
//
// On the host [Library.UseInGonum] registers it as gonum's float64 BLAS and LAPACK ([BLAS], [LAPACK]). A call goes to
// OpenBLAS if its arguments are in order and it is large enough to gain; every other call goes to gonum's own code, which
// knows what to do with empty matrices, work queries and wrong arguments.
//
// Inside programs [Library.UseInXLA] registers handlers for custom calls, which package backend emits in place of XLA's own
// float64 products. The C side checks all shapes before it touches memory.
//
// Results of the two differ from plain gonum and XLA in round-off, and repeat to the bit for one library, processor and number
// of threads.
package native
