"""JAX's physics-informed step: jvp over grad."""

import pinn_jax


def make(problem, arrays):
    return pinn_jax.make(problem, arrays, "jvp over grad", pinn_jax.by_jvp_grad)
