"""JAX's FNO by the same products of real matrices as Fieldbook's."""

import fno_jax


def make(problem, arrays):
    return fno_jax.make(problem | {"form": "dft"}, arrays)
