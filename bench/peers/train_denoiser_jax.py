"""JAX's training step of a denoiser."""

import denoiser_jax


def make(problem, arrays):
    return denoiser_jax.training(problem, arrays)
