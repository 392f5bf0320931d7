"""JAX's physics-informed step: vmap of grad of grad."""

import pinn_jax


def make(problem, arrays):
    return pinn_jax.make(problem, arrays, "vmap of grad of grad", pinn_jax.by_grad)
