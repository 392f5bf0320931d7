"""Writes sequences_reference.json and, to standard output, ../gen_sobol.go: python sequences_reference.py > ../gen_sobol.go"""

import json
import os
import platform

import numpy as np
import scipy
from scipy import special, stats
from scipy.stats import qmc

# Rows of ../gen_sobol.go.
table = np.load(os.path.join(os.path.dirname(stats.__file__), "_sobol_direction_numbers.npz"))
rows = []
for poly, start in zip(table["poly"][:64].tolist(), table["vinit"][:64].tolist()):
    rows.append(" ".join(str(v) for v in [poly] + start[: poly.bit_length() - 1]))
print(f"""// Code generated from the direction numbers in scipy {scipy.__version__}; DO NOT EDIT.
//
// The script is testdata/sequences_reference.py.

package geometry

// sobolTable has a row for each of the first 64 coordinates: the primitive polynomial, its leading bit that of the highest power, and as
// many initial numbers m_k as its degree. The first row is that of the van der Corput sequence, whose m_k are all 1.
//
// Source: Joe & Kuo 2008, SIAM Journal on Scientific Computing 30, the file new-joe-kuo-6.21201. bib: joe2008sobol
const sobolTable = `{chr(10).join(rows)}`""")


def points(sequence, first, count):
    sequence.fast_forward(first) if first else None
    return sequence.random(count).ravel().tolist()


golden = {
    "Origin": f"sequences_reference.py; scipy {scipy.__version__}, numpy {np.__version__}, Python {platform.python_version()}; float64",
    "Sobol": [
        {"Dims": d, "First": first, "Points": points(qmc.Sobol(d, scramble=False), first, count)}
        for d, first, count in [(2, 0, 16), (5, 1000, 4), (21, 4095, 2), (64, 123456, 2)]
    ],
    "Halton": [
        {"Dims": d, "First": first, "Points": points(qmc.Halton(d, scramble=False), first, count)}
        for d, first, count in [(2, 0, 16), (5, 1000, 4), (21, 4095, 2)]
    ],
    # Centred L2 discrepancies of the first 256 points in 3 dimensions, to check the test's own formula.
    "Discrepancy": {
        "Sobol": qmc.discrepancy(qmc.Sobol(3, scramble=False).random(256), method="CD"),
        "Halton": qmc.discrepancy(qmc.Halton(3, scramble=False).random(256), method="CD"),
    },
    # Perimeters 4 a E(1 - b²/a²).
    "Ellipse": [
        {"A": a, "B": b, "Perimeter": 4 * a * special.ellipe(1 - (b / a) ** 2)} for a, b in [(1, 1), (2, 1), (3, 0.1), (1, 0.02)]
    ],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sequences_reference.json"), "w") as f:
    json.dump(golden, f, indent=1)
    f.write("\n")
