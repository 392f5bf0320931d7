"""Writes soap.json: steps of SOAP on a small loss, in NumPy, written from algorithms 3 and 4 of Vyas et al. 2024 (arXiv:2409.11321).

As in the package, bases begin as unit matrices and the first step is Adam's. The loss is
1/2 |A W B - C|^2 + sum W^4/4 for two matrices and sum b^4/4 - b^2 + b/2 for a vector. Signs of a basis do not matter.
Run: python soap.py > soap.json
"""
import json

import numpy as np

rng = np.random.default_rng(3)
STEPS, EVERY, RATE, B1, B2, EPS = 25, 3, 0.05, 0.9, 0.8, 1e-8


class Problem:
    def __init__(self, m, n):
        self.a, self.b, self.c = rng.normal(size=(m, m)), rng.normal(size=(n, n)), rng.normal(size=(m, n))
        self.w = rng.normal(size=(m, n))

    def grad(self, w):
        return self.a.T @ (self.a @ w @ self.b - self.c) @ self.b.T + w**3


def run(w, grad, matrix):
    m1, v = np.zeros_like(w), np.zeros_like(w)
    if matrix:
        left, right = np.zeros((w.shape[0],) * 2), np.zeros((w.shape[1],) * 2)
        ql, qr = np.eye(w.shape[0]), np.eye(w.shape[1])
    for t in range(STEPS):
        g = grad(w)
        m1 = B1 * m1 + (1 - B1) * g
        gp, mp = (ql.T @ g @ qr, ql.T @ m1 @ qr) if matrix else (g, m1)
        v = B2 * v + (1 - B2) * gp**2
        step = (mp / (1 - B1 ** (t + 1))) / (np.sqrt(v / (1 - B2 ** (t + 1))) + EPS)
        w = w - RATE * (ql @ step @ qr.T if matrix else step)
        if matrix:
            left, right = B2 * left + (1 - B2) * g @ g.T, B2 * right + (1 - B2) * g.T @ g
            if t % EVERY == 0:
                ql, qr = np.linalg.qr(left @ ql)[0], np.linalg.qr(right @ qr)[0]
    return w


out = {"origin": "NumPy " + np.__version__, "steps": STEPS, "every": EVERY, "rate": RATE, "beta1": B1, "beta2": B2, "matrices": []}
for m, n in ((3, 4), (4, 4)):
    p = Problem(m, n)
    out["matrices"].append({"a": p.a.tolist(), "b": p.b.tolist(), "c": p.c.tolist(), "start": p.w.tolist(), "end": run(p.w, p.grad, True).tolist()})
b = np.array([-1.5, 0.2, 3.0])
out["vector"] = {"start": b.tolist(), "end": run(b, lambda x: x**3 - 2 * x + 0.5, False).tolist()}
print(json.dumps(out, indent=1))
