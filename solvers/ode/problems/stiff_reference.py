"""Prints the solutions of the stiff problems at their ends, for stiff.go.

scipy's Radau IIA of order 5 with relative tolerances of 1e-13; each must agree to 1e-11 with the values of the test set for
initial value problem solvers (Mazzia and Magherini, release 2.4), which were made by other programs in higher precision.
Run: python stiff_reference.py
"""
import numpy as np
import scipy
from scipy.integrate import solve_ivp


def robertson(t, y):
    a, b, c = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
    return [b - a, a - b - c, c]


def van_der_pol(t, y):
    return [y[1], ((1 - y[0] ** 2) * y[1] - y[0]) * 1e6]


def hires(t, y):
    a = 280 * y[5] * y[7]
    return [
        -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007,
        1.71 * y[0] - 8.75 * y[1],
        -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4],
        8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3],
        -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6],
        -a + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6],
        a - 1.81 * y[6],
        -a + 1.81 * y[6],
    ]


def oregonator(t, y):
    return [
        77.27 * (y[1] + y[0] * (1 - 8.375e-6 * y[0] - y[1])),
        (y[2] - (1 + y[0]) * y[1]) / 77.27,
        0.161 * (y[0] - y[2]),
    ]


PROBLEMS = {  # field, start, end, absolute tolerance, the test set's values
    "Robertson": (robertson, [1, 0, 0], 1e11, 1e-22, [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050]),
    "van der Pol": (van_der_pol, [2, 0], 2, 1e-14, [0.1706167732170483e1, -0.8928097010247975]),
    "HIRES": (hires, [1, 0, 0, 0, 0, 0, 0, 0.0057], 321.8122, 1e-17, [
        0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2,
        0.2386356198831331e-2, 0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2]),
    "Oregonator": (oregonator, [1, 2, 3], 360, 1e-12, [0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3]),
}
print("scipy", scipy.__version__)
for name, (field, start, end, atol, known) in PROBLEMS.items():
    y = solve_ivp(field, (0, end), start, method="Radau", rtol=1e-13, atol=atol).y[:, -1]
    assert np.all(np.abs(y / known - 1) < 1e-11), (name, y / known - 1)
    print(name, [float(v) for v in y])
