"""Writes reference.json: conservation laws by programs that share nothing with ours.

Riemann problems: Newton-free, by scipy's brentq on the pressure or the depth between the waves, and the states on a few rays.
Smooth problems: Fourier collocation, not dealiased, and scipy's DOP853 of order 8 with tolerances of 1e-12; the averages
of cells are exact integrals of the modes.
Run: python reference.py > reference.json
"""
import json

import numpy as np
import scipy
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

RAYS = [-2.5, -1.3, -0.6, -0.05, 0.3, 0.8, 1.1, 1.6, 3.0]


def euler(k, left, right):
    """Star state and the states on RAYS: each wave from its own side, with velocities counted away from the contact."""
    sound = [np.sqrt(k * s[2] / s[0]) for s in (left, right)]

    def drop(i, p):
        rho, _, p0 = (left, right)[i]
        if p > p0:
            return (p - p0) / np.sqrt(rho * ((k + 1) * p + (k - 1) * p0) / 2)
        return 2 * sound[i] / (k - 1) * ((p / p0) ** ((k - 1) / 2 / k) - 1)

    p = brentq(lambda p: drop(0, p) + drop(1, p) + right[1] - left[1], 1e-12, 1e6, xtol=1e-15, rtol=1e-15)
    u = left[1] - drop(0, p)
    states = []
    for ray in RAYS:
        i = 0 if ray < u else 1
        sign = (-1, 1)[i]
        rho, u0, p0 = (left, right)[i]
        out = sign * (ray - u0)  # speed away from the contact, relative to the gas ahead
        if p > p0:
            front = sound[i] * np.sqrt((k + 1) / 2 / k * (p / p0 - 1) + 1)
            mach2 = (front / sound[i]) ** 2
            states.append([rho, u0, p0] if out > front else [rho * (k + 1) * mach2 / ((k - 1) * mach2 + 2), u, p])
            continue
        behind = sound[i] * (p / p0) ** ((k - 1) / 2 / k)
        if out >= sound[i]:
            states.append([rho, u0, p0])
        elif sign * (ray - u) <= behind:
            states.append([rho * (p / p0) ** (1 / k), u, p])
        else:  # in the fan the wave u + c goes with the ray, and u - 2c/(k-1) is that ahead
            c = (out * (k - 1) + 2 * sound[i]) / (k + 1)
            states.append([rho * (c / sound[i]) ** (2 / (k - 1)), ray - sign * c, p0 * (c / sound[i]) ** (2 * k / (k - 1))])
    return {"Heats": k, "Left": left, "Right": right, "Pressure": p, "Velocity": u, "Rays": RAYS, "States": states}


def shallow(g, left, right):
    def drop(s, h):
        if h > s[0]:
            return (h - s[0]) * np.sqrt(g * (1 / h + 1 / s[0]) / 2)
        return 2 * (np.sqrt(g * h) - np.sqrt(g * s[0]))

    h = brentq(lambda h: drop(left, h) + drop(right, h) + right[1] - left[1], 1e-12, 1e3, xtol=1e-15, rtol=1e-15)
    return {"Gravity": g, "Left": left, "Right": right, "Depth": h, "Velocity": left[1] - drop(left, h)}


def march(modes0, slope, until):
    """Complex modes of any shape by DOP853."""
    shape = modes0.shape
    size = modes0.size

    def packed(t, y):
        d = slope(t, (y[:size] + 1j * y[size:]).reshape(shape)).ravel()
        return np.concatenate([d.real, d.imag])

    flat = modes0.ravel()
    sol = solve_ivp(packed, (0, until), np.concatenate([flat.real, flat.imag]), method="DOP853", rtol=1e-12, atol=1e-12)
    assert sol.success
    return (sol.y[:size, -1] + 1j * sol.y[size:, -1]).reshape(shape)


def averages(modes, n, cells):
    """Of cells of a real field of one axis, from its rfft on n points."""
    j = np.arange(modes.size)
    half = np.pi * j / cells
    mean = np.where(j == 0, 1, np.sin(half) / np.where(j == 0, 1, half))
    wave = np.exp(2j * np.pi * np.outer((np.arange(cells) + 0.5) / cells, j))
    twice = np.where(j == 0, 1, 2)
    return ((wave * (modes * mean * twice)).sum(1)).real / n


WAVES = [[0.4, 0.3, 1, 0.5], [-0.3, -0.2, 2, 1.9], [0.35, 0.4, 3, -1.0], [0.2, -0.35, 1, 2.6], [-0.45, 0.1, 2, -2.2]]
LENGTH = 16.0


def combined(alpha, beta, gamma, until, n, cells):
    """u_t + (alpha u^2 - beta u_x + gamma u_xx)_x = delta, u(0) = delta(0)."""
    x = np.arange(n) * LENGTH / n
    k = 2 * np.pi * np.fft.rfftfreq(n, LENGTH / n)

    def delta(t):
        return sum(a * np.sin(w * t + 2 * np.pi * m * x / LENGTH + p) for a, w, m, p in WAVES)

    def slope(t, modes):
        u = np.fft.irfft(modes, n)
        return -1j * k * alpha * np.fft.rfft(u * u) - beta * k**2 * modes + 1j * gamma * k**3 * modes + np.fft.rfft(delta(t))

    modes = march(np.fft.rfft(delta(0)), slope, until)
    return {"Alpha": alpha, "Beta": beta, "Gamma": gamma, "Until": until, "Tail": float(abs(modes[-8:]).max() / n),
            "U": averages(modes, n, cells).tolist()}


def burgers2(viscosity, until, n, cells):
    """Scalar Burgers in the unit square from sin(2 pi x) cos(2 pi y)/2 + sin(2 pi (x + y) + 1)/4 + 0.2."""
    x = np.arange(n) / n
    grid_x, grid_y = np.meshgrid(x, x, indexing="ij")
    u0 = np.sin(2 * np.pi * grid_x) * np.cos(2 * np.pi * grid_y) / 2 + np.sin(2 * np.pi * (grid_x + grid_y) + 1) / 4 + 0.2
    j = np.fft.fftfreq(n, 1 / n)
    kx, ky = 2 * np.pi * j[:, None], 2 * np.pi * j[None, :]

    def slope(t, modes):
        u = np.fft.ifft2(modes).real
        return -1j * (kx + ky) * np.fft.fft2(u * u) / 2 - viscosity * (kx**2 + ky**2) * modes

    modes = march(np.fft.fft2(u0), slope, until)
    wave = np.exp(2j * np.pi * np.outer((np.arange(cells) + 0.5) / cells, j)) * np.sinc(j / cells)
    mean = (wave @ modes @ wave.T).real / n**2
    return {"Viscosity": viscosity, "Until": until, "Tail": float(abs(modes[n // 2 - 2 : n // 2 + 2]).max() / n**2),
            "U": mean.ravel().tolist()}


json.dump({
    "Origin": f"reference.py; numpy {np.__version__}, scipy {scipy.__version__}; float64",
    "Euler": [
        euler(1.4, [1.0, 0.0, 1.0], [0.125, 0.0, 0.1]),
        euler(1.4, [1.0, -2.0, 0.4], [1.0, 2.0, 0.4]),
        euler(1.4, [1.0, 0.0, 1000.0], [1.0, 0.0, 0.01]),
        euler(5 / 3, [0.8, 0.5, 0.3], [1.3, -0.9, 0.5]),
    ],
    "Shallow": [
        shallow(9.81, [2.0, 0.0], [0.5, 0.0]),
        shallow(1.0, [1.0, 0.4], [0.7, -0.8]),
        shallow(1.0, [1.0, -0.5], [1.2, 0.6]),
    ],
    "Waves": WAVES,
    "Combined": [combined(0.5, 0.2, 0, 4, 512, 32), combined(0.5, 0.1, 0, 2, 512, 32), combined(1.5, 0.1, 0.3, 1, 256, 32)],
    "Burgers2": burgers2(0.03, 0.3, 96, 8),
}, __import__("sys").stdout, indent=1)
