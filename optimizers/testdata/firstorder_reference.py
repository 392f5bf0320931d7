"""Writes firstorder_reference.json: the path of optimizers of PyTorch and optax on a double well, float64.

Run with the benchmarks' peers: .fieldbook-env/peers/bin/python firstorder_reference.py > firstorder_reference.json
"""

import json

import jax
import numpy as np
import optax
import torch

jax.config.update("jax_enable_x64", True)
STEPS = 60
AT = [*range(1, 11), *range(15, STEPS + 1, 5)]  # early steps one by one: there the corrections are large
START = np.array([-1.5, 0.2, 3, 0.7, -0.1, 1.1, -2])


def gradient(x):
    return x * x * x - 2 * x + 0.5


def rate(first, k):
    return first / (1 + 0.1 * k)


def by_torch(make, first):
    x = torch.tensor(START, requires_grad=True)
    o = make([x])
    path = {}
    for k in range(STEPS):
        x.grad = gradient(x.detach())
        o.param_groups[0]["lr"] = rate(first, k)
        o.step()
        path[k + 1] = x.detach().tolist()
    return [path[k] for k in AT]


def by_optax(o, first):
    """o is made with the rate 1, and its update scaled."""
    x = jax.numpy.array(START)
    state = o.init(x)
    path = {}
    for k in range(STEPS):
        update, state = o.update(gradient(x), state, x)
        x = x + rate(first, k) * update
        path[k + 1] = x.tolist()
    return [path[k] for k in AT]


T, O = f"torch {torch.__version__}", f"optax {optax.__version__}"
CASES = {
    "Adam": (f"{T}, optim.Adam", 0.05, lambda r: by_torch(lambda p: torch.optim.Adam(p), r)),
    "AdamW": (f"{T}, optim.AdamW", 0.05, lambda r: by_torch(lambda p: torch.optim.AdamW(p, weight_decay=0.3), r)),
    "AMSGrad": (f"{T}, optim.Adam with amsgrad", 0.05, lambda r: by_torch(lambda p: torch.optim.Adam(p, amsgrad=True), r)),
    "AMSGrad with short memory and a penalty": (
        f"{T}, optim.Adam with amsgrad", 0.05,
        lambda r: by_torch(lambda p: torch.optim.Adam(p, betas=(0.8, 0.9), weight_decay=0.3, amsgrad=True), r)),
    # torch adds eps elsewhere: with one this small the place does not matter
    "RAdam without epsilon": (f"{T}, optim.RAdam", 0.05, lambda r: by_torch(lambda p: torch.optim.RAdam(p, eps=1e-20), r)),
    "RAdam": (f"{O}, radam", 0.05, lambda r: by_optax(optax.radam(1.0), r)),
    "RAdam with its own constants": (
        f"{O}, radam", 0.05, lambda r: by_optax(optax.radam(1.0, b1=0.5, b2=0.9, eps=0.1), r)),
    "NAdam": (f"{O}, nadam", 0.05, lambda r: by_optax(optax.nadam(1.0), r)),
    "NAdam with decay": (f"{O}, nadamw", 0.05, lambda r: by_optax(optax.nadamw(1.0, b1=0.8, weight_decay=0.3), r)),
    "Adadelta": (f"{T}, optim.Adadelta", 1.0, lambda r: by_torch(lambda p: torch.optim.Adadelta(p, rho=0.95, eps=1e-6), r)),
    "Adadelta with its own constants": (
        f"{T}, optim.Adadelta", 1.0, lambda r: by_torch(lambda p: torch.optim.Adadelta(p, rho=0.7, eps=1e-2), r)),
}
print(json.dumps({
    "origin": "firstorder_reference.py, float64",
    "at": AT,
    "cases": {name: {"origin": origin, "rate": first, "path": run(first)} for name, (origin, first, run) in CASES.items()},
}))
