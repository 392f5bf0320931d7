"""Makes detest.json: the DETEST problems' solutions at t = 20.

The orbits D1 to D5 by their closed form; the others by Gragg's extrapolation of order 12 with numpy's 80-bit floats, where the
solution with half the number of steps must agree to 1e-14 of its largest component. Run: python detest_reference.py > detest.json (numpy 2.4.6 on x86-64).
"""

import json
import sys

import numpy as np

L = np.longdouble


def chain(n, diagonal, below, above=0):
    return np.diag(np.array(diagonal, L)) + np.diag(np.array(below, L), -1) + above * np.eye(n, k=1, dtype=L)


def linear(a):
    return lambda t, y: a @ y


def planets(t, y):
    k2, m0 = L("2.95912208286"), L("1.00000597682")
    m = np.array(
        [L(s) for s in "0.000954786104043 0.000285583733151 0.0000437273164546 0.0000517759138449".split()]
        + [L("0.00000277777777778")]
    )
    q, v = y[:15].reshape(5, 3), y[15:]
    r3 = (q**2).sum(1) ** L(1.5)
    a = -(m0 + m)[:, None] * q / r3[:, None]
    for j in range(5):
        for k in range(5):
            if k != j:
                d = q[k] - q[j]
                a[j] += m[k] * (d / (d @ d) ** L(1.5) - q[k] / r3[k])
    return np.concatenate([v, k2 * a.ravel()])


def orbit(e, t=L(20)):
    """The two-body problem's closed form, from Kepler's equation E - e sin E = t by Newton's method."""
    E = t
    for _ in range(60):
        E = E - (E - e * np.sin(E) - t) / (1 - e * np.cos(E))
    assert abs(E - e * np.sin(E) - t) < 1e-17
    b, r = np.sqrt(1 - e**2), 1 - e * np.cos(E)
    return np.array([np.cos(E) - e, b * np.sin(E), -np.sin(E) / r, b * np.cos(E) / r])


def b4(t, y):
    r = np.sqrt(y[0] ** 2 + y[1] ** 2)
    return np.array([-y[1] - y[0] * y[2] / r, y[0] - y[1] * y[2] / r, y[0] / r])


def bessel(t, y):
    return np.array([y[1], -(y[1] / (t + 1) + (1 - L(0.25) / (t + 1) ** 2) * y[0])])


PLANETS = """3.42947415189 3.35386959711 1.35494901715 6.64145542550 5.97156957878 2.18231499728 11.2630437207 14.6952576794
 6.27960525067 -30.1552268759 1.65699966404 1.43785752721 -21.1238353380 28.4465098142 15.3882659679 -.557160570446
 .505696783289 .230578543901 -.415570776342 .365682722812 .169143213293 -.325325669158 .189706021964 .0877265322780
 -.0240476254170 -.287659532608 -.117219543175 -.176860753121 -.216393453025 -.0148647893090""".split()

PROBLEMS = {
    "A1": (lambda t, y: -y, [1]),
    "A2": (lambda t, y: -(y**3) / 2, [1]),
    "A3": (lambda t, y: y * np.cos(t), [1]),
    "A4": (lambda t, y: y / 4 * (1 - y / 20), [1]),
    "A5": (lambda t, y: (y - t) / (y + t), [4]),
    "B1": (lambda t, y: np.array([2 * (y[0] - y[0] * y[1]), -(y[1] - y[0] * y[1])]), [1, 3]),
    "B2": (linear(np.array([[-1, 1, 0], [1, -2, 1], [0, 1, -1]], L)), [2, 0, 1]),
    "B3": (lambda t, y: np.array([-y[0], y[0] - y[1] ** 2, y[1] ** 2]), [1, 0, 0]),
    "B4": (b4, [3, 0, 0]),
    "B5": (lambda t, y: np.array([y[1] * y[2], -y[0] * y[2], -L("0.51") * y[0] * y[1]]), [0, 1, 1]),
    "C1": (linear(chain(10, [-1] * 9 + [0], [1] * 9)), [1] + [0] * 9),
    "C2": (linear(chain(10, [-i for i in range(1, 10)] + [0], range(1, 10))), [1] + [0] * 9),
    "C3": (linear(chain(10, [-2] * 10, [1] * 9, 1)), [1] + [0] * 9),
    "C4": (linear(chain(51, [-2] * 51, [1] * 50, 1)), [1] + [0] * 50),
    "C5": (planets, PLANETS),
    "E1": (bessel, ["0.6713967071418030", "0.09540051444747446"]),
    "E2": (lambda t, y: np.array([y[1], (1 - y[0] ** 2) * y[1] - y[0]]), [2, 0]),
    "E3": (lambda t, y: np.array([y[1], y[0] ** 3 / 6 - y[0] + 2 * np.sin(L("2.78535") * t)]), [0, 0]),
    "E4": (lambda t, y: np.array([y[1], L("0.032") - L("0.4") * y[1] ** 2]), [30, 0]),
    "E5": (lambda t, y: np.array([y[1], np.sqrt(1 + y[1] ** 2) / (25 - t)]), [0, 0]),
}


def extrapolated(f, t, y, big, rows=6):
    """One basic step: the modified midpoint rule with 2, 4, ... substeps, extrapolated in the squares of the step."""
    table = []
    for j in range(1, rows + 1):
        n = 2 * j
        h = big / n
        before, now = y, y + h * f(t, y)
        for i in range(1, n):
            before, now = now, before + 2 * h * f(t + i * h, now)
        row = [(now + before + h * f(t + big, now)) / 2]
        for k in range(1, j):
            ratio = (L(n) / (n - 2 * k)) ** 2
            row.append(row[k - 1] + (row[k - 1] - table[-1][k - 1]) / (ratio - 1))
        table.append(row)
    return table[-1][-1]


def solved(f, y, steps):
    big = L(20) / steps
    for i in range(steps):
        y = extrapolated(f, i * big, y, big)
    return y


out = {f"D{i + 1}": orbit(L(e)) for i, e in enumerate(("0.1", "0.3", "0.5", "0.7", "0.9"))}
for name, (f, start) in PROBLEMS.items():
    start = np.array([L(x) for x in start])
    out[name], coarse = solved(f, start, 1000), solved(f, start, 500)
    difference = float(np.abs(out[name] - coarse).max() / np.abs(out[name]).max())
    print(name, f"{difference:.1e}", file=sys.stderr)
    assert difference < 1e-14, name
lines = (f'  "{name}": {json.dumps([float(x) for x in out[name]])}' for name in sorted(out))
print("{\n" + ",\n".join(lines) + "\n}")
