"""Lotka-Volterra in torchdiffeq, which has no Tsit5: Dormand-Prince 5(4) at every tolerance, without gradients."""

import importlib.metadata

import torch
import torchdiffeq


def make(problem, arrays):
    torch.set_num_threads(problem["threads"])
    a, b, c, d = problem["coefficients"]

    def field(t, y):
        u, v = y[:, 0], y[:, 1]
        return torch.stack([a * u - b * u * v, d * u * v - c * v], dim=1)

    y0 = torch.from_numpy(arrays["start"])
    times = torch.tensor([0.0, problem["end"]], dtype=torch.float64)

    def step():
        with torch.no_grad():
            for rtol in problem["tolerances"]:
                end = torchdiffeq.odeint(field, y0, times, rtol=rtol, atol=rtol, method="dopri5")[-1]
            return end.sum()  # at the tightest, where all solvers agree

    return "torchdiffeq, dopri5", importlib.metadata.version("torchdiffeq"), step, float
