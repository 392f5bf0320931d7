"""Writes phi_reference.json: the functions phi_0 ... phi_3 of numbers and of a matrix times a vector, by mpmath with 60 digits.

The quotients (phi_k - 1/k!)/z are taken as they stand; with so many digits nothing is lost near zero, where the limit is 1/k!.
Run: python phi_reference.py > phi_reference.json
"""
import json

import mpmath
from mpmath import mp

mp.dps = 60
NUMBERS = [-1e6, -1e3, -100, -30, -10, -3, -1.5, -1.0001, -1, -0.9999, -0.5, -0.1, -1e-3, -1e-8, 0, 1e-5, 0.3, 1, 2, 5]
COMPLEX = [(0, 1), (0, -12.5), (-3, 4), (-0.2, 0.7), (-40, 300), (0.5, 0.5)]
N = 6


def phi(z):
    values = [mpmath.exp(z)]
    for k in range(3):
        values.append((values[k] - 1 / mp.factorial(k)) / z if z != 0 else 1 / mp.factorial(k + 1))
    return values


def matrix():
    """Diffusion and drift on six points: stiff and not normal; the vector is 1 ... 6."""
    a = mp.matrix(N, N)
    for i in range(N):
        a[i, i] = -80
        if i > 0:
            a[i, i - 1] = 55
        if i + 1 < N:
            a[i, i + 1] = 25
    return a


def matrix_phi(a, v):
    inverse, e = a**-1, mpmath.expm(a)
    values = [e]
    for k in range(3):
        values.append(inverse * (values[k] - mp.eye(N) / mp.factorial(k)))
    return [[float(x) for x in (f * v)] for f in values]


a = matrix()
print(json.dumps({
    "origin": f"mpmath {mpmath.__version__}, 60 digits, phi_reference.py",
    "numbers": NUMBERS,
    "phi": [[float(x) for x in column] for column in zip(*[phi(mp.mpf(z)) for z in NUMBERS])],
    "complex": COMPLEX,
    "complexPhi": [[[float(x.real), float(x.imag)] for x in column]
                   for column in zip(*[phi(mp.mpc(*z)) for z in COMPLEX])],
    "matrix": [[float(a[i, j]) for j in range(N)] for i in range(N)],
    "matrixPhi": matrix_phi(a, mp.matrix(list(range(1, N + 1)))),
    "smallMatrixPhi": matrix_phi(a / 1000, mp.matrix(list(range(1, N + 1)))),
}, indent=1))
