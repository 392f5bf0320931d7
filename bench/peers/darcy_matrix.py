"""What the Python solvers of Darcy flow share: the matrix of finite volumes with harmonic means, and a pool of processes."""

import multiprocessing

import numpy
import scipy.sparse


def matrix(a):
    """h² times the operator at the inner points, as a sparse matrix."""
    mean = lambda p, q: 2 * p * q / (p + q)  # noqa: E731
    inner = a[1:-1, 1:-1]
    north, south = mean(inner, a[:-2, 1:-1]), mean(inner, a[2:, 1:-1])
    west, east = mean(inner, a[1:-1, :-2]), mean(inner, a[1:-1, 2:])
    n = inner.shape[0]
    east, right = east.copy(), east.copy()
    right[:, -1] = 0
    centre = (north + south + west + east).ravel()
    return scipy.sparse.diags_array(
        [centre, -right.ravel()[:-1], -right.ravel()[:-1], -south[:-1].ravel(), -south[:-1].ravel()], offsets=[0, 1, -1, n, -n], format="csr"
    )


def solver(problem, arrays, one):
    """A step that solves for all samples on all cores, by processes that hold the fields; one solves for a sample."""
    fields = arrays["fields"].reshape(-1, *arrays["fields"].shape[1:3])
    pool = multiprocessing.get_context("fork").Pool(problem["processes"])
    h2, n = 1 / (fields.shape[1] - 1) ** 2, fields.shape[1]

    def step():
        out = numpy.zeros((len(fields), n, n))
        for place, u in zip(out, pool.imap(one, [(a, h2, problem["rtol"]) for a in fields], chunksize=len(fields) // (2 * problem["processes"]))):
            place[1:-1, 1:-1] = u.reshape(n - 2, n - 2)
        return out.std(axis=(1, 2)).mean()

    return step
