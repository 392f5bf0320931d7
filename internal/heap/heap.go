// Package heap says how the C library's allocator is set up for programs whose steps allocate the same large blocks again
// and again.
//
// XLA on the CPU takes scratch memory for each matrix product. glibc gives large blocks, and what is free at the end of a
// thread's heap, back to the kernel at once, which must clear the same pages again in the next step: a fifth to a
// quarter of the processor time of a training step of an operator. Kept, they cost nothing.
//
// The settings are read when a process starts, before its first thread allocates; so whoever starts a program that trains
// (the notebooks' kernel, a benchmark) puts [Tunables] into its environment. Other C libraries ignore it.
package heap

// Variable is the environment variable that glibc reads.
const Variable = "GLIBC_TUNABLES"

// Tunables keep freed memory: heaps grown 64 MiB at a time and not trimmed below 4 GiB of free memory at their end; only
// blocks above 1 GiB have pages of their own, which go back when they are freed.
//
// Two heaps: glibc ends the heaps of threads other than the first when they are empty, whatever the settings, so that more of
// them lose what they should keep (a step of an operator took a fifth longer with as many as there are threads); and with a
// single one threads wait for each other, in a step of a small physics-informed network a third of the time.
const Tunables = "glibc.malloc.arena_max=2:glibc.malloc.top_pad=67108864:" +
	"glibc.malloc.trim_threshold=4294967296:glibc.malloc.mmap_threshold=1073741824"
