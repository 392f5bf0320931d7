"""Writes burgers_reference.json: Burgers' equation by a program that shares nothing with ours.

Space: Fourier collocation on 512 points in the advective form u u_x, not dealiased.
Time: an integrating factor for the diffusion and scipy's DOP853 of order 8 with tolerances of 1e-13.
Run: python burgers_reference.py > burgers_reference.json
"""
import json

import numpy as np
import scipy
from scipy.integrate import solve_ivp

N = 512
X = np.arange(N) / N
WAVE = 2 * np.pi * np.fft.rfftfreq(N, 1 / N)


def initial():
    """Twelve modes of random phase, with the amplitudes of the FNO experiments."""
    rng = np.random.default_rng(2021)
    k = np.arange(1, 13)
    amplitude = np.sqrt(2) * 25 / ((2 * np.pi * k) ** 2 + 25)
    a, b = amplitude * rng.standard_normal(12), amplitude * rng.standard_normal(12)
    return a, b, sum(a[j] * np.cos(2 * np.pi * k[j] * X) + b[j] * np.sin(2 * np.pi * k[j] * X) for j in range(12))


def solve(u0, viscosity, until):
    """March v = exp(nu k^2 t) u in short windows, so that the factor stays near one."""
    windows = 400
    decay = np.exp(-viscosity * WAVE**2 * until / windows)
    modes = np.fft.rfft(u0)
    for _ in range(windows):
        def slope(t, packed):
            v = packed[: WAVE.size] + 1j * packed[WAVE.size :]
            factor = np.exp(-viscosity * WAVE**2 * t)
            u = np.fft.irfft(factor * v, N)
            ux = np.fft.irfft(1j * WAVE * factor * v, N)
            # Where the factor has vanished the mode is dead: its growth can't matter.
            out = -np.fft.rfft(u * ux) / np.maximum(factor, 1e-300) * (factor > 1e-30)
            return np.concatenate([out.real, out.imag])

        packed = np.concatenate([modes.real, modes.imag])
        # Weigh the errors of the modes as they count at the end of the window.
        atol = 1e-13 * N / np.maximum(np.concatenate([decay, decay]), 1e-30)
        sol = solve_ivp(slope, (0, until / windows), packed, method="DOP853", rtol=1e-12, atol=atol)
        assert sol.success, sol.message
        end = sol.y[:, -1]
        modes = (end[: WAVE.size] + 1j * end[WAVE.size :]) * decay
    return np.fft.irfft(modes, N)


def main():
    a, b, u0 = initial()
    cases = []
    for viscosity, until in [(0.1, 1.0), (0.1, 0.2), (0.01, 0.5)]:
        u = solve(u0, viscosity, until)
        cases.append({"Viscosity": viscosity, "Until": until, "U": [float(f"{v:.15g}") for v in u[:: N // 32]]})
    print(json.dumps({
        "Origin": f"burgers_reference.py; numpy {np.__version__}, scipy {scipy.__version__}; default_rng(2021); float64",
        "Cosines": a.tolist(), "Sines": b.tolist(), "Cases": cases,
    }, indent=1))


main()
