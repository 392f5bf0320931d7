"""Writes schedules_reference.json: factors on the learning rate at each step of a run of 50, by PyTorch and optax, float64.

Run with the benchmarks' peers: .fieldbook-env/peers/bin/python schedules_reference.py > schedules_reference.json
"""

import json
import warnings

import jax
import numpy as np
import optax
import torch
from torch.optim import lr_scheduler

jax.config.update("jax_enable_x64", True)
warnings.filterwarnings("ignore")  # torch asks for a step of the optimizer before that of the schedule
STEPS = 50


def by_torch(make):
    o = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=1.0)
    schedule = make(o)
    rates = []
    for _ in range(STEPS):
        rates.append(o.param_groups[0]["lr"])
        schedule.step()
    return rates


def by_optax(schedule):
    return [float(schedule(jax.numpy.asarray(k, dtype=jax.numpy.float64))) for k in range(STEPS)]


def joined(o):
    return lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=10), lr_scheduler.StepLR(o, 7, 0.5)], [10])


def plateau(losses, **settings):
    o = optax.contrib.reduce_on_plateau(**settings)
    x = jax.numpy.zeros(1)
    state = o.init(x)
    scales = []
    for loss in losses:
        update, state = o.update(jax.numpy.ones(1), state, x, value=loss)
        scales.append(float(update[0]))
    return scales


T, O = f"torch {torch.__version__}", f"optax {optax.__version__}"
k = np.arange(STEPS)
# Falls, then rests at a level with a ripple, then falls a little again.
losses = [float(v) for v in 2 * np.exp(-0.3 * k) + 0.2 * (k < 40) + 0.05 * np.cos(2.5 * k)]
settings = [
    {"factor": 0.5, "patience": 3, "rtol": 1e-4, "cooldown": 0, "accumulation_size": 1, "min_scale": 0.0},
    {"factor": 0.1, "patience": 2, "rtol": 0.05, "cooldown": 4, "accumulation_size": 1, "min_scale": 1e-2},
    {"factor": 0.3, "patience": 1, "rtol": 1e-4, "cooldown": 1, "accumulation_size": 4, "min_scale": 0.0},
]
print(json.dumps({
    "origin": "schedules_reference.py, float64",
    "schedules": {
        "one cycle": {"origin": f"{O}, cosine_onecycle_schedule",
                      "factors": by_optax(optax.cosine_onecycle_schedule(STEPS, 1.0, 0.3, 25.0, 1e4))},
        "one cycle of its own": {"origin": f"{O}, cosine_onecycle_schedule",
                                 "factors": by_optax(optax.cosine_onecycle_schedule(STEPS, 1.0, 0.5, 5.0, 20.0))},
        "step decay": {"origin": f"{T}, StepLR", "factors": by_torch(lambda o: lr_scheduler.StepLR(o, 7, 0.3))},
        "milestones": {"origin": f"{T}, MultiStepLR", "factors": by_torch(lambda o: lr_scheduler.MultiStepLR(o, [5, 20, 33], 0.3))},
        "exponential": {"origin": f"{T}, ExponentialLR", "factors": by_torch(lambda o: lr_scheduler.ExponentialLR(o, 0.97))},
        "exponential in ten": {"origin": f"{O}, exponential_decay", "factors": by_optax(optax.exponential_decay(1.0, 10, 0.5))},
        "transformer": {"origin": f"numpy {np.__version__}, eq. (3) of arXiv:1706.03762 over its value at step 8",
                        "factors": [float(v) for v in 8**0.5 * np.minimum(np.maximum(k, 1e-300) ** -0.5, k * 8.0**-1.5)]},
        "warm-up, then cosine": {"origin": f"{O}, warmup_cosine_decay_schedule",
                                 "factors": by_optax(optax.warmup_cosine_decay_schedule(0.0, 1.0, 10, STEPS, 0.1))},
        "warm-up, then steps": {"origin": f"{T}, SequentialLR of LinearLR and StepLR", "factors": by_torch(joined)},
        "constant, then cosine": {
            "origin": f"{O}, join_schedules of constant_schedule and cosine_decay_schedule",
            "factors": by_optax(optax.join_schedules([optax.constant_schedule(1.0), optax.cosine_decay_schedule(1.0, 25)], [25]))},
    },
    "losses": losses,
    "plateaus": [{"origin": f"{O}, contrib.reduce_on_plateau", "settings": s, "factors": plateau(losses, **s)} for s in settings],
}))
