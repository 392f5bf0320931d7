"""Writes element_reference.json: five problems on one mesh by scikit-fem, whose assembly shares nothing with ours.

The data are such that no rule of integration errs (coefficients constant in each triangle, loads and boundary values linear), so
that both programs solve the same linear systems. SUPG is written out with its parameter for each triangle.
Run: python element_reference.py > element_reference.json (numpy, scipy, scikit-fem)
"""
import importlib.metadata
import json

import numpy as np
import scipy
import scipy.sparse.linalg
from skfem import Basis, BilinearForm, ElementTriP0, ElementTriP1, ElementVector, FacetBasis, LinearForm, MeshTri
from skfem.helpers import ddot, div, dot, grad, sym_grad


def build():
    """An L-shaped domain, bent, with the markers 1 on the two sides at the re-entrant corner, 2 below, 3 elsewhere."""
    m = MeshTri.init_lshaped().refined(2)
    x, y = m.p
    p = np.array([x + 0.07 * np.sin(2 * y + 0.3), y + 0.05 * np.cos(3 * x)])
    bent = MeshTri(p, m.t)
    marker = {}
    for f in bent.boundary_facets():
        i, j = bent.facets[:, f]
        xm, ym = m.p[:, [i, j]].mean(axis=1)
        inner = abs(xm) < 1e-9 and ym > -1e-9 or abs(ym) < 1e-9 and xm > -1e-9
        marker[f] = 1 if inner else 2 if abs(ym + 1) < 1e-9 else 3
    return bent, marker


mesh, marker = build()
basis = Basis(mesh, ElementTriP1(), intorder=4)
flat = Basis(mesh, ElementTriP0(), intorder=4, quadrature=basis.quadrature)
facets = {k: np.array([f for f, v in marker.items() if v == k]) for k in (1, 2, 3)}
edges = {k: FacetBasis(mesh, ElementTriP1(), facets=facets[k], intorder=4) for k in (1, 2, 3)}
cx, cy = mesh.p[:, mesh.t].mean(axis=1)
XX, XY, YY = 2 + np.sin(5 * cx), 0.3 * np.cos(4 * cy), 1.5 + cx * cy
REACTION = 1 + 0.5 * np.sin(7 * cx * cy)
VELOCITY = np.array([30 + 10 * cy, -20 + 5 * cx])
YOUNG, POISSON = 10 + 3 * np.sin(6 * cx), 0.3 + 0.1 * np.cos(5 * cy)


def on(values):
    return flat.interpolate(values)


@BilinearForm
def diffusion(u, v, w):
    ux, uy = grad(u)
    return (w.xx * ux + w.xy * uy) * grad(v)[0] + (w.xy * ux + w.yy * uy) * grad(v)[1]


@BilinearForm
def weighted(u, v, w):
    return w.c * u * v


@LinearForm
def source(v, w):
    return (1 + 2 * w.x[0] - 3 * w.x[1]) * v


@BilinearForm
def robin(u, v, w):
    return 2.5 * u * v


@LinearForm
def flux(v, w):
    return (0.5 + w.x[0] - 2 * w.x[1]) * v


def fix(a, b, known, values):
    u = np.zeros(a.shape[0])
    u[known] = values
    free = np.setdiff1d(np.arange(len(u)), known)
    a = a.tocsr()
    u[free] = scipy.sparse.linalg.spsolve(a[free][:, free].tocsc(), (b - a @ u)[free])
    return u


K = diffusion.assemble(basis, xx=on(XX), xy=on(XY), yy=on(YY))
C = weighted.assemble(basis, c=on(REACTION))
R = robin.assemble(edges[2])
F = source.assemble(basis)
G = flux.assemble(edges[2]) + flux.assemble(edges[3])
D = np.unique(mesh.facets[:, facets[1]])
g = 1 + mesh.p[0, D] + 2 * mesh.p[1, D]
out = {"elliptic": fix(K + C + R, F + G, D, g).tolist()}

# Neumann everywhere: flux on 2 and 3, none on 1, the source less its excess, the solution of zero mean.
ones = np.ones(mesh.p.shape[1])
load = F + G
weights = weighted.assemble(basis, c=on(np.ones(mesh.t.shape[1]))) @ ones
load = load - load.sum() / weights.sum() * weights
u = fix(K, load, np.array([5]), 0.0)
out["neumann"] = (u - weights @ u / weights.sum()).tolist()

# SUPG.
grads = np.stack([basis.basis[i][0].grad[:, :, 0].T for i in range(3)], 1)  # triangle, corner, axis
along = np.einsum("tka,at->tk", grads, VELOCITY)
speed = np.hypot(*VELOCITY)
h = 2 * speed / abs(along).sum(axis=1)
kappa = (XX * VELOCITY[0] ** 2 + 2 * XY * VELOCITY[0] * VELOCITY[1] + YY * VELOCITY[1] ** 2) / speed**2 / 100
peclet = speed * h / 2 / kappa
tau = h / 2 / speed * (1 / np.tanh(peclet) - 1 / peclet)


@BilinearForm
def transport(u, v, w):
    bu = w.bx * grad(u)[0] + w.by * grad(u)[1]
    bv = w.bx * grad(v)[0] + w.by * grad(v)[1]
    return bu * v + (bu + w.c * u) * w.tau * bv


@LinearForm
def upstream(v, w):
    return (1 + 2 * w.x[0] - 3 * w.x[1]) * w.tau * (w.bx * grad(v)[0] + w.by * grad(v)[1])


fields = {"bx": on(VELOCITY[0]), "by": on(VELOCITY[1]), "tau": on(tau)}
B = transport.assemble(basis, c=on(REACTION), **fields)
out["transport"] = fix(K / 100 + C + B, F + upstream.assemble(basis, **fields), D, g).tolist()

# Heat: Crank-Nicolson, four steps, capacity REACTION, the source and the values on 1 growing with time.
u = mesh.p[0] * mesh.p[1]
dt = 0.05
for n in range(4):
    t0, t1 = n * dt, (n + 1) * dt
    b = C @ u - dt / 2 * (K @ u) + dt / 2 * ((1 + t0) + (1 + t1)) * F
    u = fix(C + dt / 2 * K, b, D, (1 + t1) * g)
out["heat"] = u.tolist()

# Elasticity: held on 1, traction on 3, in both plane states.
vector = Basis(mesh, ElementVector(ElementTriP1()), intorder=4, quadrature=basis.quadrature)
side = FacetBasis(mesh, ElementVector(ElementTriP1()), facets=facets[3], intorder=4)


@BilinearForm
def elastic(u, v, w):
    return w.lam * div(u) * div(v) + 2 * w.mu * ddot(sym_grad(u), sym_grad(v))


@LinearForm
def weight(v, w):
    return 0.3 * v[0] - (1 + w.x[0]) * v[1]


@LinearForm
def traction(v, w):
    return (1 - w.x[1]) * v[0] + 0.2 * v[1]


mu = YOUNG / 2 / (1 + POISSON)
lam = YOUNG * POISSON / (1 + POISSON) / (1 - 2 * POISSON)
held = np.concatenate([vector.nodal_dofs[0, D], vector.nodal_dofs[1, D]])
values = np.concatenate([0.01 * mesh.p[0, D], -0.02 * mesh.p[1, D]])
for name, la in [("strain", lam), ("stress", 2 * lam * mu / (lam + 2 * mu))]:
    A = elastic.assemble(vector, lam=on(la), mu=on(mu))
    u = fix(A, weight.assemble(vector) + traction.assemble(side), held, values)
    out[name] = u[vector.nodal_dofs].T.tolist()

t = mesh.t.copy()
a, b, c = mesh.p[:, t[0]], mesh.p[:, t[1]], mesh.p[:, t[2]]
turn = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) < 0
t[1, turn], t[2, turn] = t[2, turn].copy(), t[1, turn].copy()  # counter-clockwise
lines = [(t[k, i], t[(k + 1) % 3, i]) for i in range(t.shape[1]) for k in range(3)]
sides = {tuple(sorted(mesh.facets[:, f])): k for f, k in marker.items()}
boundary = [[int(a), int(b), sides[tuple(sorted((a, b)))]] for a, b in lines if tuple(sorted((a, b))) in sides]
versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("scikit-fem", "numpy", "scipy"))
print(json.dumps({
    "Origin": f"element_reference.py; {versions}; float64",
    "Points": mesh.p.T.tolist(), "Triangles": t.T.tolist(), "Boundary": boundary,
    "XX": XX.tolist(), "XY": XY.tolist(), "YY": YY.tolist(), "Reaction": REACTION.tolist(),
    "VelocityX": VELOCITY[0].tolist(), "VelocityY": VELOCITY[1].tolist(),
    "Young": YOUNG.tolist(), "Poisson": POISSON.tolist(),
    **{k.capitalize(): v for k, v in out.items()},
}, indent=0).replace("[\n", "[").replace("\n]", "]").replace(",\n", ", ").replace(', "', ',\n"'))
