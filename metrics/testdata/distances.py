"""Writes distances.json: assignments and Wasserstein distances by SciPy, MMD and energy distance by NumPy.

Run: .fieldbook-env/venv/bin/python metrics/testdata/distances.py
"""

import json
import pathlib

import numpy
import scipy
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

rng = numpy.random.default_rng(1)
assignments = []
for n, values in [(1, 5), (6, 4), (40, 7), (60, 100000)]:  # few values: many ties
    cost = rng.integers(-values, values, size=(n, n))
    rows, columns = linear_sum_assignment(cost)
    assignments.append({"n": n, "cost": cost.ravel().tolist(), "total": int(cost[rows, columns].sum())})

samples = []
for n, m, dims in [(30, 30, 2), (17, 17, 5), (12, 20, 3)]:
    x, y = numpy.round(rng.normal(size=(n, dims)), 3), numpy.round(0.5 + 2 * rng.normal(size=(m, dims)), 3)
    xx, yy, xy = cdist(x, x), cdist(y, y), cdist(x, y)
    mean = lambda a: a[~numpy.eye(len(a), dtype=bool)].mean()
    kernel = lambda d: (numpy.exp(-(d / 0.5) ** 2 / 2) + numpy.exp(-(d / 2) ** 2 / 2)) / 2
    both = numpy.concatenate([x, y])
    case = {
        "dims": dims, "x": x.ravel().tolist(), "y": y.ravel().tolist(),
        "energy": 2 * xy.mean() - mean(xx) - mean(yy),
        "mmd": mean(kernel(xx)) + mean(kernel(yy)) - 2 * kernel(xy).mean(),
        "median": float(numpy.median(cdist(both, both)[numpy.triu_indices(n + m, 1)])),
    }
    if n == m:
        case["wasserstein"] = [float((xy[linear_sum_assignment(xy**p)] ** p).mean() ** (1 / p)) for p in (1, 2, 3)]
    samples.append(case)

origin = {"program": "metrics/testdata/distances.py", "numpy": numpy.__version__, "scipy": scipy.__version__, "seed": 1}
path = pathlib.Path(__file__).with_name("distances.json")
path.write_text(json.dumps({"origin": origin, "assignments": assignments, "samples": samples}) + "\n")
