"""Dense float64 algebra in SciPy and NumPy: one kernel of bench/float64.go, by the fastest routine for it at these sizes."""

import numpy
import scipy.linalg


def make(problem, arrays):
    a, b = arrays["a"], arrays["b"]
    s = a.T @ a + a.shape[1] * numpy.eye(a.shape[1])

    def gemm():
        return numpy.linalg.norm((a @ b)[0])

    def cholesky():
        factor = scipy.linalg.cholesky(s, check_finite=False)
        return 2 * numpy.log(numpy.diag(factor)).sum()

    def lstsq():
        # Complete orthogonal factorisation: faster here than the default, by singular values.
        return numpy.linalg.norm(scipy.linalg.lstsq(a, b[:, 0], lapack_driver="gelsy", check_finite=False)[0])

    def eigen():
        # Divide and conquer: faster here than the default, by relatively robust representations.
        w, v = scipy.linalg.eigh(s, driver="evd", check_finite=False)
        return (w**2 * v[0] ** 2).sum()

    def svd():
        u, s, vt = scipy.linalg.svd(a, full_matrices=False, check_finite=False)
        return (s**3 * u[0] * vt[:, 0]).sum()

    kernel = {"gemm": gemm, "cholesky": cholesky, "lstsq": lstsq, "eigen": eigen, "svd": svd}[problem["kernel"]]
    return "SciPy", scipy.__version__, kernel, float
