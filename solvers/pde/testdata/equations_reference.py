"""Reference solutions of periodic equations by another program: writes equations_reference.json.

Space: full complex FFTs of NumPy, products on a grid of twice the points, so that nothing aliases. Time: SciPy's
DOP853 of order 8 with rtol = 1e-11, its steps small enough for the stiff linear part too.
Run: python equations_reference.py (numpy, scipy).
"""
import json

import numpy as np
import scipy
from scipy.integrate import solve_ivp


def grids(n, lengths):
    k1 = [2 * np.pi * np.fft.fftfreq(n, 1 / n) / length for length in lengths]
    return np.meshgrid(*k1, indexing="ij")


def pad(v, n):
    """From modes on n points to values on 2n points an axis, real but for rounding; complex fields keep both parts."""
    d, h = v.ndim, n // 2
    out = np.zeros((2 * n,) * d, complex)
    low = np.r_[0:h, 2 * n - h + 1 : 2 * n]
    src = np.r_[0:h, n - h + 1 : n]
    out[np.ix_(*[low] * d)] = v[np.ix_(*[src] * d)]
    return np.fft.ifftn(out) * 2**d


def cut(u, n):
    """From values on 2n points to modes on n points, without the highest."""
    d, h = u.ndim, n // 2
    v = np.fft.fftn(u) / 2**d
    low = np.r_[0:h, 2 * n - h + 1 : 2 * n]
    dst = np.r_[0:h, n - h + 1 : n]
    out = np.zeros((n,) * d, complex)
    out[np.ix_(*[dst] * d)] = v[np.ix_(*[low] * d)]
    return out


def march(linear, nonlinear, u0, until, n):
    """u0: list of channel fields. linear: list of symbols. nonlinear: channel modes -> channel modes."""
    shape, size = u0[0].shape, u0[0].size

    def rate(t, y):
        parts = [y[i * size : (i + 1) * size].reshape(shape) for i in range(len(linear))]
        return np.concatenate([(l * p + o).ravel() for l, p, o in zip(linear, parts, nonlinear(parts))])

    y0 = np.concatenate([np.fft.fftn(u).ravel() for u in u0])
    sol = solve_ivp(rate, (0, until), y0, method="DOP853", rtol=1e-11, atol=1e-10)
    assert sol.success
    return [np.fft.ifftn(sol.y[i * size : (i + 1) * size, -1].reshape(shape)) for i in range(len(linear))]


def initial(n, lengths, mean, amplitude):
    """A few low modes; phases and wave numbers are those of the test."""
    axes = [np.arange(n) / n for _ in lengths]
    x = np.meshgrid(*axes, indexing="ij")
    u = np.full((n,) * len(lengths), mean)
    for j, (a, phase) in enumerate([(1.0, 0.3), (0.7, 1.9), (0.4, -1.0)]):
        arg = sum(2 * np.pi * ((j + i) % 3 + (1 if i == 0 else 0)) * xi for i, xi in enumerate(x))
        u = u + amplitude * a * np.cos(arg + phase)
    return u


def cases():
    for name, d, length, n, until, mean, amplitude in [
        ("KortewegDeVries", 1, 10.0, 64, 0.5, 0.1, 0.5),
        ("KuramotoSivashinskySlope", 1, 22.0, 64, 10.0, 0.0, 1.0),
        ("KuramotoSivashinsky", 2, 15.0, 32, 4.0, 0.0, 1.0),
        ("KuramotoSivashinsky", 3, 12.0, 16, 2.0, 0.0, 0.6),
        ("AllenCahn", 1, 2.0, 128, 0.5, 0.1, 0.5),
        ("AllenCahn", 2, 2.0, 32, 0.2, 0.1, 0.5),
        ("CahnHilliard", 1, 1.0, 64, 0.02, 0.1, 0.4),
        ("FisherKPP", 2, 3.0, 32, 0.5, 0.4, 0.15),
        ("SwiftHohenberg", 2, 18.0, 32, 3.0, 0.1, 0.5),
        ("GrayScott", 2, 0.5, 32, 50.0, 0.5, 0.1),
        ("Schrodinger", 1, 8.0, 64, 1.0, 0.2, 0.5),
        ("Burgers", 2, 1.0, 32, 0.1, 0.1, 0.4),
        ("Burgers", 3, 1.0, 16, 0.03, 0.1, 0.1),
    ]:
        lengths = [length] * d
        k = grids(n, lengths)
        lap = -sum(a * a for a in k)
        u0 = [initial(n, lengths, mean, amplitude)]
        if name == "KortewegDeVries":
            linear, f = [1j * k[0] ** 3], lambda p: [-3j * k[0] * cut(pad(p[0], n) ** 2, n)]
        elif name == "KuramotoSivashinskySlope":
            linear, f = [-lap - lap**2], lambda p: [-0.5j * k[0] * cut(pad(p[0], n) ** 2, n)]
        elif name == "KuramotoSivashinsky":
            linear, f = [-lap - lap**2], lambda p: [-0.5 * cut(sum(pad(1j * a * p[0], n) ** 2 for a in k), n)]
        elif name == "AllenCahn":
            linear, f = [0.01 * lap], lambda p: [2 * (p[0] - cut(pad(p[0], n) ** 3, n))]
        elif name == "CahnHilliard":
            linear, f = [-1e-3 * lap**2], lambda p: [lap * (cut(pad(p[0], n) ** 3, n) - p[0])]
        elif name == "FisherKPP":
            linear, f = [0.03 * lap], lambda p: [3 * (p[0] - cut(pad(p[0], n) ** 2, n))]
        elif name == "SwiftHohenberg":
            linear = [0.3 - (1 + lap) ** 2]
            f = lambda p: [0.5 * cut(pad(p[0], n) ** 2, n) - cut(pad(p[0], n) ** 3, n)]
        elif name == "GrayScott":
            u0 = [u0[0], 0.5 - 0.5 * u0[0]]
            linear = [2e-5 * lap, 1e-5 * lap]

            def f(p):
                u, v = pad(p[0], n), pad(p[1], n)
                one = np.fft.fftn(np.ones((n,) * d))
                r = cut(u * v * v, n)
                return [0.04 * (one - p[0]) - r, r - 0.1 * p[1]]

        elif name == "Schrodinger":
            u0 = [u0[0] + 0.5j * np.roll(u0[0], 5)]
            linear = [0.5j * lap]

            def f(p):
                u = pad(p[0], n)
                return [1j * cut(np.abs(u) ** 2 * u, n)]

        else:
            linear, f = [0.2 * lap], lambda p: [-0.5j * sum(k) * cut(pad(p[0], n) ** 2, n)]
        u = march(linear, f, u0, until, n)
        channels = [u[0].real, u[0].imag] if name == "Schrodinger" else [x.real for x in u]
        start = [u0[0].real, u0[0].imag] if name == "Schrodinger" else u0
        step = n // 8 if d < 3 else n // 4
        take = (slice(None, None, step),) * d
        yield {
            "name": name, "axes": d, "length": length, "until": until, "mean": mean, "amplitude": amplitude,
            "every": 8 if d < 3 else 4,
            "start": [float(x[(1,) * d]) for x in start], "grid": n,
            "u": [x[take].ravel().tolist() for x in channels],
        }


if __name__ == "__main__":
    out = {"origin": f"equations_reference.py with numpy {np.__version__}, scipy {scipy.__version__}", "cases": []}
    for case in cases():
        out["cases"].append(case)
        print(case["name"], case["axes"], max(abs(v) for c in case["u"] for v in c), flush=True)
    with open("equations_reference.json", "w") as file:
        json.dump(out, file, indent=1)
        file.write("\n")
