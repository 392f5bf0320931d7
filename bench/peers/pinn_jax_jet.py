"""JAX's physics-informed step: its jet."""

import pinn_jax


def make(problem, arrays):
    return pinn_jax.make(problem, arrays, "its jet", pinn_jax.by_jet)
