"""Writes linear_reference.json: sparse systems solved by SciPy, and the residuals of its GMRES.

Systems: a random unsymmetric pattern; a symmetric positive definite one; Helmholtz with an absorbing side as a real system
of twice the size; a saddle point (a Laplacian with one constraint), which has a zero on its diagonal.
Run: python linear_reference.py > linear_reference.json
"""
import json

import numpy as np
import scipy
import scipy.sparse as sp
from scipy.sparse.linalg import gmres, spsolve


def laplacian(n):
    line = sp.diags_array([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], offsets=[-1, 0, 1])
    return sp.kron(line, sp.eye_array(n)) + sp.kron(sp.eye_array(n), line)


def systems(rng):
    n = 40
    a = sp.random_array((n, n), density=0.08, rng=rng) + sp.diags_array(1 + rng.random(n))
    yield "unsymmetric", a
    b = sp.random_array((n, n), density=0.06, rng=rng)
    yield "positive definite", b @ b.T + sp.diags_array(0.5 + rng.random(n))
    m = 6
    side = np.zeros(m * m)
    side[::m] = 1.0
    real, imaginary = laplacian(m) - 0.9 * sp.eye_array(m * m), sp.diags_array(side)
    yield "helmholtz", sp.block_array([[real, -imaginary], [imaginary, real]])
    ones = np.ones((m * m, 1))
    yield "saddle", sp.block_array([[laplacian(m), ones], [ones.T, None]])


def main():
    rng = np.random.default_rng(2024)
    cases = []
    for name, a in systems(rng):
        a = sp.coo_array(a)
        b = rng.standard_normal(a.shape[0])
        residuals = []
        gmres(a.tocsr(), b, rtol=1e-12, restart=a.shape[0], maxiter=1, callback=residuals.append, callback_type="pr_norm")
        cases.append({
            "Name": name,
            "Size": a.shape[0],
            "Row": a.row.tolist(),
            "Col": a.col.tolist(),
            "Value": a.data.tolist(),
            "B": b.tolist(),
            "X": spsolve(a.tocsc(), b).tolist(),
            "GMRES": [float(r) for r in residuals[:20]],
        })
    origin = f"linear_reference.py; numpy {np.__version__}, scipy {scipy.__version__}; default_rng(2024); float64"
    print(json.dumps({"Origin": origin, "Cases": cases}))


main()
