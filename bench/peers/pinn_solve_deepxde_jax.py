"""A whole physics-informed training step by DeepXDE, on JAX: Burgers' equation as its user states it, the same points given as sets.

On this backend DeepXDE has no condition on derivatives, so that it does not state a periodic boundary.
"""

import contextlib
import os
import sys

os.environ["DDE_BACKEND"] = "jax"

import deepxde as dde  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402


def equation(problem):
    def burgers(x, u):
        u_x, u_t = (dde.grad.jacobian(u, x, i=0, j=j)[0] for j in (0, 1))
        return u_t + u[0] * u_x - problem["viscosity"] * dde.grad.hessian(u, x, i=0, j=0)[0]

    return burgers


def model_of(problem, arrays):
    dde.config.set_default_autodiff("forward")  # the faster of the two
    geometry = dde.geometry.GeometryXTime(dde.geometry.Interval(-1, 1), dde.geometry.TimeDomain(0, 1))
    start = -np.sin(np.pi * arrays["initial"][:, :1])
    conditions = [dde.icbc.PointSetBC(arrays["initial"], start), dde.icbc.PointSetBC(arrays["boundary"], 0)]
    data = dde.data.PDE(geometry, equation(problem), conditions, anchors=arrays["interior"])
    layers = range(problem["layers"])
    network = dde.nn.FNN([2, *(len(arrays[f"dense{i}/b"]) for i in layers)], "tanh", "Glorot normal")
    model = dde.Model(data, network)
    model.compile("adam", lr=problem["rate"])
    weights = {f"denses_{i}": {"kernel": jnp.asarray(arrays[f"dense{i}/w"]), "bias": jnp.asarray(arrays[f"dense{i}/b"])} for i in layers}
    model.params = [{"params": weights}, []]
    model.opt_state = model.opt.init(model.params)
    return model


def make(problem, arrays):
    with contextlib.redirect_stdout(sys.stderr):
        model = model_of(problem, arrays)

    def step():
        before, (points, targets, _) = model.params, model.data.train_next_batch()
        model.params, model.opt_state = model.train_step(before, model.opt_state, points, targets)
        return before, model.params

    def value(state):
        """Of the equation, before the step: DeepXDE's own step does not give it. Its evaluation is in the processor time alone, but for the last of a turn."""
        before, after = state
        jax.block_until_ready(after)
        return float(model.outputs_losses_train(before, *model.data.train_next_batch()[:2])[1][0])

    return "DeepXDE, JAX, forward", f"{dde.__version__} on {jax.__version__}", step, value
