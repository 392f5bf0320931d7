"""Writes least_squares.json: minima of sums of squares by scipy.optimize.least_squares (MINPACK's Levenberg-Marquardt).

Misra1a is the data set of that name of NIST's Statistical Reference Datasets (nonlinear regression, lower difficulty); the
certified residual sum of squares is 1.2455138894e-01. The tanh network has 2 hidden units; its data are
those of another network with errors, so that the minimum is not zero.
Run: python least_squares.py > least_squares.json
"""
import json

import numpy as np
import scipy
from scipy.optimize import least_squares

MISRA_X = [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0]
MISRA_Y = [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78]


def rosenbrock(b, x, y):
    return np.array([10 * (b[1] - b[0] ** 2), 1 - b[0]])


def misra(b, x, y):
    return y - b[0] * (1 - np.exp(-b[1] * x))


def network(b, x, y):
    """b: weights and biases of 2 hidden units, their 2 factors, and a constant."""
    return np.tanh(np.outer(x, b[0:2]) + b[2:4]) @ b[4:6] + b[6] - y


grid = np.linspace(-2, 2, 25)
errors = 0.05 * np.cos(37 * np.arange(25))
values = network(np.array([2, -1, 1, 1.2, 1.5, 0.8, 0.3]), grid, -errors)
PROBLEMS = [
    ("rosenbrock", rosenbrock, [-1.2, 1], [], []),
    ("misra1a from the first start", misra, [500, 1e-4], MISRA_X, MISRA_Y),
    ("misra1a from the second start", misra, [250, 5e-4], MISRA_X, MISRA_Y),
    ("network", network, [1, -0.5, 0.3, 0.4, 0.7, 0.6, 0.1], grid.tolist(), values.tolist()),
]

out = {"origin": "scipy " + scipy.__version__ + ", least_squares(method='lm'), 64-bit", "problems": []}
for name, f, start, x, y in PROBLEMS:
    r = least_squares(f, start, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15, x_scale="jac", args=(np.array(x), np.array(y)), max_nfev=100000)
    out["problems"].append({"name": name, "start": start, "x": x, "y": y, "minimum": r.x.tolist(), "loss": r.cost})
print(json.dumps(out, indent=1))
