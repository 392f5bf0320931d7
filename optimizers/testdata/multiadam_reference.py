"""Writes multiadam_reference.json: the path of MultiAdam (Yao et al. 2023, algorithm 1) in NumPy, float64.

Three terms of very different size: residual sum(x^4)/4, boundary 1e3 sum(x/2 - x^2), initial 1e-2 sum(cos x).
Run: python multiadam_reference.py > multiadam_reference.json
"""

import json

import numpy as np

STEPS = 60
AT = [*range(1, 11), *range(15, STEPS + 1, 5)]
GRADIENTS = {
    "residual": lambda x: x * x * x,
    "boundary": lambda x: 1e3 * (0.5 - 2 * x),
    "initial": lambda x: -1e-2 * np.sin(x),
}
TERM_WEIGHTS = {"residual": 1.0, "boundary": 2.0, "initial": 0.5}


def path(groups, weights, beta1, beta2, epsilon):
    x = np.array([-1.5, 0.2, 3, 0.7, -0.1, 1.1, -2])
    m, v = np.zeros((len(groups), len(x))), np.zeros((len(groups), len(x)))
    rows = []
    for t in range(1, STEPS + 1):
        g = np.stack([sum(TERM_WEIGHTS[name] * GRADIENTS[name](x) for name in group) for group in groups])
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        steps = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
        x = x - 0.05 / (1 + 0.1 * (t - 1)) * np.asarray(weights) @ steps
        if t in AT:
            rows.append(x.tolist())
    return rows


print(json.dumps({
    "origin": f"multiadam_reference.py, numpy {np.__version__}, float64",
    "at": AT,
    "cases": {
        "residual and others": path([["residual"], ["boundary", "initial"]], [0.5, 0.5], 0.99, 0.99, 1e-8),
        "three groups": path([["initial"], ["residual"], ["boundary"]], [0.2, 0.5, 0.3], 0.9, 0.95, 1e-3),
    },
}))
