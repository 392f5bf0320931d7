"""Writes navierstokes_reference.json: forced flow on the torus by a program that shares nothing with ours.

Space: Fourier collocation on 96 x 96 points in the advective form u w_x + v w_y, not dealiased; the flow is so
smooth that its modes end well before. Time: scipy's DOP853 of order 8 with tolerances of 1e-12.
Run: python navierstokes_reference.py > navierstokes_reference.json
"""
import json

import numpy as np
import scipy
from scipy.integrate import solve_ivp

N, VISCOSITY, UNTIL = 96, 0.01, 1.0
X, Y = np.meshgrid(np.arange(N) / N, np.arange(N) / N, indexing="ij")
KX = 2 * np.pi * np.fft.fftfreq(N, 1 / N)[:, None]
KY = 2 * np.pi * np.fft.rfftfreq(N, 1 / N)[None, :]
SQUARE = KX**2 + KY**2
INVERSE = np.where(SQUARE == 0, 0, 1 / np.where(SQUARE == 0, 1, SQUARE))
FORCING = 0.1 * (np.sin(2 * np.pi * (X + Y)) + np.cos(2 * np.pi * (X + Y)))
# amplitude, k1, k2, phase
TERMS = [(3.0, 1, 0, 0.3), (2.0, 0, 1, 1.1), (1.5, 1, 2, -0.4), (1.0, 2, -1, 2.0), (0.7, 3, 1, 0.9)]


def slope(t, flat):
    modes = np.fft.rfft2(flat.reshape(N, N))
    psi = modes * INVERSE

    def back(z):
        return np.fft.irfft2(z, (N, N))

    u, v = back(1j * KY * psi), -back(1j * KX * psi)
    advection = u * back(1j * KX * modes) + v * back(1j * KY * modes)
    return (FORCING - advection - VISCOSITY * back(SQUARE * modes)).ravel()


def main():
    w0 = sum(a * np.cos(2 * np.pi * (k1 * X + k2 * Y) + phase) for a, k1, k2, phase in TERMS)
    sol = solve_ivp(slope, (0, UNTIL), w0.ravel(), method="DOP853", rtol=1e-12, atol=1e-12)
    assert sol.success, sol.message
    w = sol.y[:, -1].reshape(N, N)[:: N // 8, :: N // 8]
    print(json.dumps({
        "Origin": f"navierstokes_reference.py; numpy {np.__version__}, scipy {scipy.__version__}; float64",
        "Viscosity": VISCOSITY, "Until": UNTIL, "Terms": TERMS,
        "W": [float(f"{x:.15g}") for x in w.ravel()],
    }, indent=1))


main()
