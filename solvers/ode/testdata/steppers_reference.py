"""Writes steppers_reference.json: equal steps of diffrax's reversible Heun and semi-implicit Euler in float64.

The field is q' = p + 0.3 cos t, p' = -sin q; diffrax's semi-implicit Euler moves its first part first, so that momenta come first
here. Its field may not depend on t there, and is q' = p, p' = -sin q.
Run: python steppers_reference.py > steppers_reference.json
"""
import json

import jax

jax.config.update("jax_enable_x64", True)
import diffrax
import jax.numpy as jnp

STEPS, END = 40, 4.0


def driven(t, y, args):
    return jnp.array([y[1] + 0.3 * jnp.cos(t), -jnp.sin(y[0])])


def solve(terms, solver, y0):
    sol = diffrax.diffeqsolve(terms, solver, 0.0, END, END / STEPS, y0, max_steps=STEPS + 1)
    return sol.ys


heun = solve(diffrax.ODETerm(driven), diffrax.ReversibleHeun(), jnp.array([1.0, 0.5]))[0]
force = diffrax.ODETerm(lambda t, q, args: -jnp.sin(q))
velocity = diffrax.ODETerm(lambda t, p, args: p)
p, q = solve((force, velocity), diffrax.SemiImplicitEuler(), (jnp.array(0.5), jnp.array(1.0)))
print(json.dumps({
    "origin": f"diffrax {diffrax.__version__}, jax {jax.__version__}, float64, {STEPS} steps to t = {END}",
    "reversible Heun": [float(v) for v in heun],
    "symplectic Euler": [float(q[0]), float(p[0])],
}, indent=1))
