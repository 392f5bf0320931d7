"""JAX's physics-informed training step, as most write it: vmap of grad of grad."""

import pinn_solve_jax


def make(problem, arrays):
    return pinn_solve_jax.make(problem, arrays, "vmap of grad of grad", pinn_solve_jax.by_grad)
