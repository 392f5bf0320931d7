"""JAX's physics-informed training step: jvp over grad."""

import pinn_solve_jax


def make(problem, arrays):
    return pinn_solve_jax.make(problem, arrays, "jvp over grad", pinn_solve_jax.by_jvp_grad)
