"""Writes paths_reference.json: paths through data with gaps, by torchcde and scipy.

Run: python paths_reference.py > paths_reference.json
"""

import json

import numpy as np
import scipy
import torch
import torchcde
from scipy.interpolate import CubicHermiteSpline

times = np.array([0.0, 0.3, 0.5, 1.1, 1.6, 2.0])
nan = float("nan")
data = np.array(
    [
        [[0.1, nan], [0.7, nan], [nan, 0.4], [nan, -0.3], [-0.2, 0.9], [1.3, nan]],
        [[1.0, nan], [-1.5, nan], [0.25, nan], [2.0, nan], [0.5, nan], [0.75, nan]],
        [[nan, 2.0], [0.3, nan], [0.9, 1.0], [nan, nan], [nan, 0.5], [0.4, -2.0]],
    ]
)
# Away from the times, where the two sides of a linear path have different derivatives.
queries = np.array([0.07, 0.29, 0.41, 0.8, 1.09, 1.11, 1.45, 1.99])

t, x = torch.tensor(times), torch.tensor(data)
filled = torchcde.linear_interpolation_coeffs(x, t)
linear = torchcde.LinearInterpolation(filled, t)
hermite = torchcde.CubicSpline(torchcde.hermite_cubic_coefficients_with_backward_differences(x, t), t)

# scipy's piecewise cubics with the same slopes must be torchcde's.
f = filled.numpy()
secant = np.diff(f, axis=1) / np.diff(times)[None, :, None]
slopes = np.concatenate([secant[:, :1], secant], axis=1)
spline = CubicHermiteSpline(times, f, slopes, axis=1)


def along(path):
    return [path(torch.tensor(q)).numpy().tolist() for q in queries]


hermite_at, hermite_slope = along(hermite.evaluate), along(hermite.derivative)
assert np.abs(np.array(hermite_at).transpose(1, 0, 2) - spline(queries)).max() < 1e-13
assert np.abs(np.array(hermite_slope).transpose(1, 0, 2) - spline(queries, 1)).max() < 1e-12

print(
    json.dumps(
        {
            "origin": f"torchcde {torchcde.__version__}, Hermite pieces as scipy {scipy.__version__}'s; float64",
            "times": times.tolist(),
            "data": [None if np.isnan(v) else v for v in data.ravel()],
            "filled": f.ravel().tolist(),
            "queries": queries.tolist(),
            "linear": np.array(along(linear.evaluate)).ravel().tolist(),
            "linear_slope": np.array(along(linear.derivative)).ravel().tolist(),
            "hermite": np.array(hermite_at).ravel().tolist(),
            "hermite_slope": np.array(hermite_slope).ravel().tolist(),
        },
        indent=1,
    )
)
