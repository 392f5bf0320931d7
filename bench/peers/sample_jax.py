"""JAX's sampling: the loop is a scan in one compiled call."""

import denoiser_jax


def make(problem, arrays):
    return denoiser_jax.sampling(problem, arrays)
