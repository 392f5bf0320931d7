"""Writes reference.json: Gaussian-process regression by scikit-learn, at fixed hyper-parameters and at the likelihood's maximum.

Variances are those of the function: scikit-learn's, less the noise that its WhiteKernel adds at equal points.
Run: python reference.py > reference.json
"""
import json

import numpy as np
import sklearn
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

rng = np.random.default_rng(0)
x = rng.uniform(-2, 2, (40, 2))
y = np.sin(2 * x[:, 0]) + 0.3 * x[:, 1] + 0.1 * rng.normal(size=40)
new = rng.uniform(-3, 3, (7, 2))
cases = []
for name, make in [("RBF", lambda l: RBF(l, (1e-9, 1e9))), ("Matern52", lambda l: Matern(l, (1e-9, 1e9), nu=2.5)), ("Matern32", lambda l: Matern(l, (1e-9, 1e9), nu=1.5))]:
    for lengths in ([0.8], [0.7, 1.9]):
        length = lengths[0] if len(lengths) == 1 else lengths
        kernel = ConstantKernel(1.7, (1e-9, 1e9)) * make(length) + WhiteKernel(0.05, (1e-9, 1e9))
        fixed = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(x, y)
        mean, std = fixed.predict(new, return_std=True)
        likelihood, gradient = fixed.log_marginal_likelihood(fixed.kernel_.theta, eval_gradient=True)
        best = GaussianProcessRegressor(kernel, alpha=0).fit(x, y)
        cases.append({
            "kernel": name, "lengths": lengths, "variance": 1.7, "noise": 0.05, "mean": mean.tolist(), "var": (std**2 - 0.05).tolist(),
            "likelihood": likelihood, "gradient": [gradient[0], gradient[-1], *gradient[1:-1]],
            "best": best.log_marginal_likelihood_value_, "best_log": [best.kernel_.theta[0], best.kernel_.theta[-1], *best.kernel_.theta[1:-1]],
        })
print(json.dumps({"origin": "scikit-learn " + sklearn.__version__, "x": x.tolist(), "y": y.tolist(), "new": new.tolist(), "cases": cases}, indent=1))
