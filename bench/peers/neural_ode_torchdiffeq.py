"""A neural ODE's training step in torchdiffeq, which has no Tsit5: Dormand-Prince 5(4), the gradient through its steps."""

import importlib.metadata

import torch
import torchdiffeq


def make(problem, arrays):
    torch.set_num_threads(problem["threads"])
    p = {n: torch.from_numpy(a).requires_grad_() for n, a in arrays.items() if n not in ("input", "output")}
    x, target = torch.from_numpy(arrays["input"]), torch.from_numpy(arrays["output"])
    times = torch.tensor([0.0, problem["end"]])

    def field(t, y):
        h = torch.tanh(torch.addmm(p["b0"], y, p["w0"]))
        h = torch.tanh(torch.addmm(p["b1"], h, p["w1"]))
        return torch.addmm(p["b2"], h, p["w2"])

    optimizer = torch.optim.SGD(p.values(), lr=problem["rate"])

    def step():
        optimizer.zero_grad()
        tolerance = problem["tolerance"]
        end = torchdiffeq.odeint(field, x, times, rtol=tolerance, atol=tolerance, method="dopri5")[-1]
        loss = ((end - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return "torchdiffeq, dopri5", importlib.metadata.version("torchdiffeq"), step, float
