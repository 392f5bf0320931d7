"""A float64 product of matrices in JAX; its mean square comes out."""

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def make(problem, arrays):
    a, b = jnp.asarray(arrays["a"]), jnp.asarray(arrays["b"])
    product = jax.jit(lambda a, b: jnp.mean(jnp.square(a @ b)))
    return "JAX", jax.__version__, lambda: product(a, b), float
