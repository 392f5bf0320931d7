"""Darcy flow by pyamg: classical algebraic multigrid as a preconditioner of conjugate gradients, the faster of its two kinds here."""

import darcy_matrix
import numpy
import pyamg


def one(work):
    a, h2, rtol = work
    m = darcy_matrix.matrix(a)
    return pyamg.ruge_stuben_solver(m).solve(numpy.full(m.shape[0], h2), tol=rtol, accel="cg")


def make(problem, arrays):
    return "pyamg", pyamg.__version__, darcy_matrix.solver(problem, arrays, one), float
