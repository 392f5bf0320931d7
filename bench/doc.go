// Package bench measures Fieldbook beside other libraries on the same work.
//
// A [Benchmark] is a problem (arrays and sizes), our solution and those of peers. [Run] starts each in a process of its
// own and lets them take turns, a few steps each, so that what else the machine does meets all alike; it checks that those
// which claim to compute the same do (their losses agree), and writes best and median time, processor time and peak memory.
//
// Peers are Python programs in bench/peers. They run in an environment of their own, made on first use from a lock file
// with hashes. program_in_jax.py is no peer: it tells, by hand, what JAX's XLA makes of one of our programs.
package bench
