"""Writes parabolic_reference.json: equations with boundary values by programs that share nothing with ours.

Burgers: u_t + u u_x = nu u_xx, u(0, x) = -sin(pi x), u(t, +-1) = 0, by the integrals of Cole and Hopf.
AllenCahn: u_t = 0.01 u_xx + u - u^3, u(0, x) = 0.53 x + 0.47 sin(-1.5 pi x), u(t, +-1) = +-1, by collocation at the
Legendre-Gauss-Lobatto points and scipy's Radau with tolerances of 1e-11.
Predator: u_t = 0.02 u_xx + u (1 - u) - u v, v_t = 0.05 v_xx + u v - v/2 on [0, 1], u_x = 0 at both ends, v = 0.1 + 0.1 sin(t)^2 at 0 and
v + v_x = 0.5 at 1, in the same way.
Run: python parabolic_reference.py > parabolic_reference.json
"""
import json

import numpy as np
import scipy
from numpy.polynomial import legendre
from scipy.integrate import solve_ivp


def burgers(x, t, nu):
    eta = np.linspace(-1, 1, 400001) * 12 * np.sqrt(4 * nu * t)
    y = x - eta
    log_f = -np.cos(np.pi * y) / (2 * np.pi * nu) - eta**2 / (4 * nu * t)
    f = np.exp(log_f - log_f.max())
    return float(-np.sum(np.sin(np.pi * y) * f) / np.sum(f))


def lobatto(n):
    """Points and differentiation matrix on [-1, 1]."""
    p = legendre.Legendre.basis(n - 1)
    x = np.concatenate([[-1.0], np.sort(p.deriv().roots().real), [1.0]])
    v = p(x)
    d = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                d[i, j] = v[i] / v[j] / (x[i] - x[j])
    d[np.diag_indices(n)] = -d.sum(axis=1)
    return x, d


def evaluate(x, u, at):
    c = legendre.legfit(x, u, len(x) - 1)
    return [float(f"{v:.15g}") for v in legendre.legval(np.asarray(at), c)]


def allen_cahn(until, at):
    x, d = lobatto(141)
    second = d @ d

    def slope(_, inner):
        u = np.concatenate([[-1], inner, [1]])
        return (0.01 * second @ u + u - u**3)[1:-1]

    u0 = 0.53 * x + 0.47 * np.sin(-1.5 * np.pi * x)
    sol = solve_ivp(slope, (0, until), u0[1:-1], method="Radau", rtol=1e-11, atol=1e-12)
    assert sol.success, sol.message
    return evaluate(x, np.concatenate([[-1], sol.y[:, -1], [1]]), at)


def predator(until, at):
    n = 31
    z, d = lobatto(n)
    x, d = (z + 1) / 2, 2 * d
    second = d @ d

    def whole(t, y):
        u, v = np.zeros(n), np.zeros(n)
        u[1:-1], v[1:-1] = y[: n - 2], y[n - 2 :]
        ends = np.array([[d[0, 0], d[0, -1]], [d[-1, 0], d[-1, -1]]])
        u[[0, -1]] = np.linalg.solve(ends, -np.array([d[0] @ u, d[-1] @ u]))
        v[0] = 0.1 + 0.1 * np.sin(t) ** 2
        v[-1] = (0.5 - d[-1] @ v) / (1 + d[-1, -1])
        return u, v

    def slope(t, y):
        u, v = whole(t, y)
        return np.concatenate([
            (0.02 * second @ u + u * (1 - u) - u * v)[1:-1],
            (0.05 * second @ v + u * v - v / 2)[1:-1],
        ])

    u0 = 0.5 + 0.25 * np.cos(np.pi * x)
    v0 = 0.1 + 0.1 * x + x**2 / 15
    sol = solve_ivp(slope, (0, until), np.concatenate([u0[1:-1], v0[1:-1]]), method="Radau", rtol=1e-11, atol=1e-12)
    assert sol.success, sol.message
    u, v = whole(until, sol.y[:, -1])
    return evaluate(z, u, 2 * np.asarray(at) - 1), evaluate(z, v, 2 * np.asarray(at) - 1)


def main():
    places = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.95]
    cases = []
    for nu, until in [(0.01 / np.pi, 0.5), (0.01 / np.pi, 1.0), (0.1 / np.pi, 1.0)]:
        cases.append({"Name": "Burgers", "Viscosity": nu, "Until": until, "X": places, "U": [[burgers(x, until, nu) for x in places]]})
    at = [-0.9, -0.5, -0.2, 0.0, 0.1, 0.4, 0.8]
    for until in [2.0, 20.0]:
        cases.append({"Name": "AllenCahn", "Until": until, "X": at, "U": [allen_cahn(until, at)]})
    at = [0.0, 0.1, 0.3, 0.6, 0.9, 1.0]
    cases.append({"Name": "Predator", "Until": 3.0, "X": at, "U": predator(3.0, at)})
    print(json.dumps({"Origin": f"parabolic_reference.py; numpy {np.__version__}, scipy {scipy.__version__}; float64", "Cases": cases}, indent=1))


main()
