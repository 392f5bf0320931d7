"""A whole physics-informed training step by DeepXDE, on PyTorch: the problem as its user states it, the same points given as sets."""

import contextlib
import os
import sys

os.environ["DDE_BACKEND"] = "pytorch"
os.environ.pop("OMP_WAIT_POLICY", None)  # threads that sleep at once double the time of steps as short as these

import deepxde as dde  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402


class Periodic(dde.icbc.PeriodicBC):
    """DeepXDE's condition at given points of the lower side."""

    def __init__(self, geometry, points, order):
        super().__init__(geometry, 0, lambda _, on: on, derivative_order=order)
        self.points = points

    def collocation_points(self, _):
        return np.concatenate([self.points, self.points + np.array([[2, 0]], self.points.dtype)])


class Data(dde.data.PDE):
    """Keeps the losses that a step has computed."""

    def losses(self, *args, **named):
        self.last = super().losses(*args, **named)
        return self.last


def equation(problem):
    def burgers(x, u):
        u_x, u_t = dde.grad.jacobian(u, x, j=0), dde.grad.jacobian(u, x, j=1)
        return u_t + u * u_x - problem["viscosity"] * dde.grad.hessian(u, x, i=0, j=0)

    def allen_cahn(x, u):
        return dde.grad.jacobian(u, x, j=1) - 1e-4 * dde.grad.hessian(u, x, i=0, j=0) - 5 * u + 5 * u**3

    return burgers if problem["problem"] == "pinn-burgers" else allen_cahn


def conditions(problem, arrays, geometry):
    """The conditions and the weights of equation, initial state and boundary."""
    x = arrays["initial"][:, :1]
    if problem["problem"] == "pinn-burgers":
        return [dde.icbc.PointSetBC(arrays["initial"], -np.sin(np.pi * x)), dde.icbc.PointSetBC(arrays["boundary"], 0)], [1, 1, 1]
    initial = dde.icbc.PointSetBC(arrays["initial"], x**2 * np.cos(np.pi * x))
    # Ours is one mean over both differences.
    return [initial, *(Periodic(geometry, arrays["boundary"], order) for order in (0, 1))], [1, 100, 0.5, 0.5]


def network(layers, arrays):
    widths = [arrays[f"dense{i}/w"].shape for i in range(layers)]
    net = dde.nn.FNN([widths[0][0], *(out for _, out in widths)], "tanh", "Glorot normal")
    with torch.no_grad():
        for i, linear in enumerate(net.linears):
            linear.weight.copy_(torch.from_numpy(arrays[f"dense{i}/w"].T))
            linear.bias.copy_(torch.from_numpy(arrays[f"dense{i}/b"]))
    return net


def make(problem, arrays):
    torch.set_num_threads(problem["threads"])
    geometry = dde.geometry.GeometryXTime(dde.geometry.Interval(-1, 1), dde.geometry.TimeDomain(0, 1))
    terms, weights = conditions(problem, arrays, geometry)
    data = Data(geometry, equation(problem), terms, anchors=arrays["interior"])
    model = dde.Model(data, network(problem["layers"], arrays))
    with contextlib.redirect_stdout(sys.stderr):
        model.compile("adam", lr=problem["rate"], loss_weights=weights)

    def step():
        model.train_step(*data.train_next_batch())
        return data.last[0].detach()

    return "DeepXDE, PyTorch", f"{dde.__version__} on {torch.__version__}", step, float
