"""Lotka-Volterra in diffrax: Tsit5 at every tolerance, the batch as one system with one step for all, only the end kept."""

import diffrax
import jax
import jax.numpy as jnp


def make(problem, arrays):
    jax.config.update("jax_enable_x64", True)
    a, b, c, d = problem["coefficients"]

    def field(t, y, args):
        u, v = y[:, 0], y[:, 1]
        return jnp.stack([a * u - b * u * v, d * u * v - c * v], axis=1)

    @jax.jit
    def solve(y0, rtol):
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(field),
            diffrax.Tsit5(),
            t0=0.0,
            t1=problem["end"],
            dt0=None,
            y0=y0,
            stepsize_controller=diffrax.PIDController(rtol=rtol, atol=rtol),
            saveat=diffrax.SaveAt(t1=True),
            max_steps=problem["most"],
        )
        return solution.ys[0]

    y0 = jnp.asarray(arrays["start"])

    def step():
        ends = [solve(y0, jnp.float64(rtol)) for rtol in problem["tolerances"]]
        return jnp.sum(ends[-1])  # at the tightest, where all solvers agree

    return "diffrax", diffrax.__version__, step, float
