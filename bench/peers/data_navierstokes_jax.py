"""The vorticity of a flow on the torus in JAX: the same scheme as solvers/pde/navierstokes.go, ETDRK4 with two real transforms
to the points and two back an evaluation, all steps in one compiled loop, all samples at once."""

import jax
import numpy

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402


def coefficients(z, h):
    """ETDRK4's weights by means over a circle (Kassam and Trefethen 2005), for real z = c h."""
    r = numpy.exp(2j * numpy.pi * (numpy.arange(32) + 0.5) / 32)
    z = z[..., None] + r
    mean = lambda f: h * numpy.real(f.mean(-1))  # noqa: E731
    e = numpy.exp(z)
    return (
        mean((numpy.exp(z / 2) - 1) / z),
        mean((-4 - z + e * (4 - 3 * z + z * z)) / z**3),
        mean(2 * (2 + z + e * (z - 2)) / z**3),
        mean((-4 - 3 * z - z * z + e * (4 - z)) / z**3),
    )


def make(problem, arrays):
    fields, h = jnp.asarray(arrays["fields"]), problem["dt"]
    n = fields.shape[-1]
    wave = 2 * numpy.pi * numpy.fft.fftfreq(n, 1 / n)[:, None], 2 * numpy.pi * numpy.arange(n // 2 + 1)[None, :]
    square = wave[0] ** 2 + wave[1] ** 2
    inverse = numpy.where(square > 0, 1 / numpy.where(square > 0, square, 1), 0)
    kept = (-(-n // 3) - 1) * 2 * numpy.pi + 1
    mask = (abs(wave[0]) < kept) & (wave[1] < kept)
    z = -problem["viscosity"] * square * h
    q, f1, f2, f3 = coefficients(z, h)
    full, half = numpy.exp(z), numpy.exp(z / 2)
    x = numpy.arange(n) / n
    phase = 2 * numpy.pi * (x[:, None] + x[None, :])
    forcing = numpy.fft.rfft2(0.1 * (numpy.sin(phase) + numpy.cos(phase))) * mask
    to_u, to_v = 1j * wave[1] * inverse, -1j * wave[0] * inverse
    cross, stretch = mask * (wave[0] ** 2 - wave[1] ** 2), mask * wave[0] * wave[1]

    def nonlinear(w):
        u, v = jnp.fft.irfft2(to_u * w, s=(n, n)), jnp.fft.irfft2(to_v * w, s=(n, n))
        return cross * jnp.fft.rfft2(u * v) + stretch * jnp.fft.rfft2((v - u) * (v + u)) + forcing

    def step(_, w):
        nw = nonlinear(w)
        a = half * w + q * nw
        na = nonlinear(a)
        b = half * w + q * na
        nb = nonlinear(b)
        c = half * a + q * (2 * nb - nw)
        return full * w + f1 * nw + f2 * (na + nb) + f3 * nonlinear(c)

    @jax.jit
    def solve(fields):
        w = jnp.fft.rfft2(fields) * mask
        return jnp.std(jnp.fft.irfft2(jax.lax.fori_loop(0, problem["steps"], step, w), s=(n, n)), axis=(1, 2)).mean()

    return "JAX, same mathematics", jax.__version__, lambda: solve(fields), float
