"""See float64_pinn.py."""

import float64_pinn


def make(problem, arrays):
    return float64_pinn.make(problem, arrays, float64_pinn.pointwise, "JAX, vmap of grad of grad")
