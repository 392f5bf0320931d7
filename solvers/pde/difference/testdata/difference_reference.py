"""Writes difference_reference.json: the same schemes in space by a program that shares nothing with ours.

Poisson: edges of a grid of 9 by 13 points one after the other, Dirichlet rows replaced, scipy's spsolve.
Heat: u_t = 0.1 u_xx - u v^2 + 0.04 (1 - u), v_t = 0.05 v_xx + u v^2 - 0.1 v on 17 points of [0, 2]; u = 1 at 0 and u_x = 0 at 2; v_x = 0
at 0 and v + v_x = 0.3 + 0.1 sin 2t at 2; scipy's Radau with tolerances of 1e-11.
Wave: u_tt + 0.5 x u_t = (1 + x)^2 u_xx + sin(3t) on 17 points of [0, 2], u = 0.1 sin 2t at 0 and u + u_x = 0 at 2; scipy's DOP853.
Run: python difference_reference.py > difference_reference.json
"""
import json

import numpy as np
import scipy
from scipy.integrate import solve_ivp
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve


def poisson():
    n, m = 9, 13
    x, y = np.linspace(0, 1, n), np.linspace(-1, 1, m)
    hx, hy = x[1] - x[0], y[1] - y[0]
    a = 1 + x[:, None] ** 2 + 0.5 * np.sin(3 * y[None, :])
    f = np.exp(x[:, None]) - 2 * y[None, :]
    wx, wy = np.full(n, hx), np.full(m, hy)
    wx[[0, -1]] /= 2
    wy[[0, -1]] /= 2
    matrix, b = lil_matrix((n * m, n * m)), np.zeros(n * m)
    at = lambda i, j: i * m + j

    def edge(p, q, ap, aq, size):
        w = size * 2 / (1 / ap + 1 / aq)
        for r, s, v in [(p, p, w), (q, q, w), (p, q, -w), (q, p, -w)]:
            matrix[r, s] += v

    for i in range(n):
        for j in range(m):
            b[at(i, j)] += f[i, j] * wx[i] * wy[j]
            if i + 1 < n:
                edge(at(i, j), at(i + 1, j), a[i, j], a[i + 1, j], wy[j] / hx)
            if j + 1 < m:
                edge(at(i, j), at(i, j + 1), a[i, j], a[i, j + 1], wx[i] / hy)
    for j in range(m):
        b[at(n - 1, j)] += a[n - 1, j] * wy[j] * 0.5
    for i in range(n):
        matrix[at(i, 0), at(i, 0)] += 2 * a[i, 0] * wx[i]
        b[at(i, 0)] += a[i, 0] * wx[i] * (1 + x[i])
    for j in range(m):
        matrix[at(0, j), :] = 0
        matrix[at(0, j), at(0, j)] = 1
        b[at(0, j)] = y[j]
    return spsolve(matrix.tocsr(), b)


X = np.linspace(0, 2, 17)
H = X[1] - X[0]


def second(u, left, right):
    """u_xx with the values beyond the ends; by ghost points, not by cells."""
    w = np.concatenate([[left], u, [right]])
    return (w[:-2] - 2 * w[1:-1] + w[2:]) / H**2


def heat():
    def slope(t, packed):
        u, v = np.split(packed, 2)
        u = u.copy()
        u[0] = 1
        uxx = second(u, 0, u[-2])
        vxx = second(v, v[1], v[-2] + 2 * H * (0.3 + 0.1 * np.sin(2 * t) - v[-1]))
        du = 0.1 * uxx - u * v**2 + 0.04 * (1 - u)
        du[0] = 0
        return np.concatenate([du, 0.05 * vxx + u * v**2 - 0.1 * v])

    start = np.concatenate([1 - 0.3 * np.sin(np.pi * X / 4) ** 2, 0.2 + 0.1 * np.cos(np.pi * X / 2)])
    sol = solve_ivp(slope, (0, 2), start, method="Radau", rtol=1e-11, atol=1e-13)
    assert sol.success, sol.message
    return sol.y[:, -1].reshape(2, -1).T.ravel()


def wave():
    def slope(t, packed):
        u, v = np.split(packed, 2)
        u, v = u.copy(), v.copy()
        u[0], v[0] = 0.1 * np.sin(2 * t), 0.2 * np.cos(2 * t)
        uxx = second(u, 0, u[-2] - 2 * H * u[-1])
        dv = (1 + X) ** 2 * uxx - 0.5 * X * v + np.sin(3 * t)
        dv[0] = -0.4 * np.sin(2 * t)
        return np.concatenate([v, dv])

    start = np.concatenate([X * (2 - X) ** 2, 0.2 * (1 - X / 2) ** 2])
    sol = solve_ivp(slope, (0, 1.5), start, method="DOP853", rtol=1e-12, atol=1e-13)
    assert sol.success, sol.message
    return sol.y[:, -1].reshape(2, -1).T.ravel()


def main():
    out = {"Origin": f"difference_reference.py; numpy {np.__version__}, scipy {scipy.__version__}; float64"}
    for name, values in [("Poisson", poisson()), ("Heat", heat()), ("Wave", wave())]:
        out[name] = [float(f"{v:.15g}") for v in values]
    print(json.dumps(out, indent=1))


main()
