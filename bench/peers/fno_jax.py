"""The Fourier neural operator in JAX: by rfft as PyTorch's, and by the same products of real matrices as Fieldbook's."""

import jax
import jax.numpy as jnp
import numpy


def gelu(x):
    return 0.5 * x * (1 + jax.scipy.special.erf(x * 2**-0.5))  # jax.nn.gelu takes erfc, which is slower


def coordinates(a):
    grid = a.shape[1:-1]
    axes = jnp.meshgrid(*[jnp.arange(n, dtype=a.dtype) / n for n in grid], indexing="ij")
    return [jnp.broadcast_to(x[None, ..., None], a.shape) for x in axes]


def network(problem, spectral, p, a):
    """The operator on [channel, batch, space...] inside; spectral(layer's R, v) is the convolution."""

    def pointwise(name, v):
        w, b = p[name + "/w"], p[name + "/b"]
        y = jnp.tensordot(w, v, axes=((0,), (0,)))
        return y + b.reshape(-1, *[1] * (v.ndim - 1))

    v = jnp.moveaxis(jnp.concatenate([a] + coordinates(a), axis=-1), -1, 0)
    v = pointwise("lifting", v)
    for i in range(problem["depth"]):
        v = spectral(p[f"layer{i}/spectral/R"], v) + pointwise(f"layer{i}/pointwise", v)
        if i < problem["depth"] - 1:
            v = gelu(v)
    return jnp.moveaxis(pointwise("projection/out", gelu(pointwise("projection/hidden", v))), 0, -1)


def spectral_fft(problem):
    modes = problem["modes"]

    def convolution(r, v):
        r = jax.lax.complex(r[:, :, 0], r[:, :, 1])
        grid = v.shape[2:]
        x = jnp.fft.rfftn(v, axes=tuple(range(2, v.ndim)))
        if len(modes) == 1:
            (m,) = modes
            y = jnp.einsum("ibk,kio->obk", x[..., :m], r)
            y = jnp.pad(y, ((0, 0), (0, 0), (0, grid[0] // 2 + 1 - m)))
        else:
            m1, m2 = modes
            x = jnp.concatenate([x[:, :, :m1, :m2], x[:, :, -m1:, :m2]], axis=2)
            y = jnp.einsum("ibkl,klio->obkl", x, r.reshape(2 * m1, m2, *r.shape[1:]))
            y = jnp.pad(y, ((0, 0), (0, 0), (0, 0), (0, grid[1] // 2 + 1 - m2)))
            gap = jnp.zeros((*y.shape[:2], grid[0] - 2 * m1, y.shape[3]), y.dtype)
            y = jnp.concatenate([y[:, :, :m1], gap, y[:, :, m1:]], axis=2)
        return jnp.fft.irfftn(y, s=grid, axes=tuple(range(2, v.ndim)))

    return convolution


def real_dft(n, m):
    """[n, 2m] and [2m, n]."""
    j, k = numpy.arange(n), numpy.arange(m)
    angle = 2 * numpy.pi * (j[:, None] * k % n) / n
    weight = numpy.where((k == 0) | (2 * k == n), 1, 2) / n
    forward = numpy.concatenate([numpy.cos(angle), -numpy.sin(angle)], axis=1)
    return forward.astype("f4"), (forward * numpy.tile(weight, 2)).T.astype("f4")


def complex_dft(n, m):
    """[2n, 4m] and [4m, 2n] for the frequencies 0 ... m-1, -m ... -1."""
    j, k = numpy.arange(n), numpy.r_[0:m, n - m : n]
    angle = 2 * numpy.pi * (j[:, None] * k % n) / n
    cos, sin = numpy.cos(angle), numpy.sin(angle)
    forward = numpy.block([[cos, -sin], [sin, cos]])
    return forward.astype("f4"), (forward.T / n).astype("f4")


def spectral_dft(problem):
    modes, grid = problem["modes"], problem["grid"]
    last, last_back = real_dft(grid[-1], modes[-1])
    if len(modes) == 2:
        first, first_back = complex_dft(grid[0], modes[0])

    def product(r, x):
        """Spectrum [modes, 2, batch, in] to [modes, 2, batch, out] by one real product for each mode."""
        k, _, b, c = x.shape
        out = r.shape[-1]
        p = jnp.einsum("kri,kio->kro", x.reshape(k, 2 * b, c), r.reshape(k, c, 2 * out)).reshape(k, 2, b, 2, out)
        re, im = p[:, 0, :, 0] - p[:, 1, :, 1], p[:, 0, :, 1] + p[:, 1, :, 0]
        return jnp.stack([re, im], axis=1)

    def one(r, v):
        c, b, n = v.shape
        (m,) = modes
        x = (v.reshape(c * b, n) @ last).reshape(c, b, 2, m).transpose(3, 2, 1, 0)
        y = product(r, x).transpose(3, 2, 1, 0)
        return (y.reshape(-1, 2 * m) @ last_back).reshape(-1, b, n)

    def two(r, v):
        c, b, n1, n2 = v.shape
        m1, m2 = modes
        x = (v.reshape(-1, n2) @ last).reshape(c, b, n1, 2, m2).transpose(0, 1, 4, 3, 2)
        x = (x.reshape(-1, 2 * n1) @ first).reshape(c, b, m2, 2, 2 * m1).transpose(4, 2, 3, 1, 0)
        y = product(r, x.reshape(2 * m1 * m2, 2, b, c))
        y = y.reshape(2 * m1, m2, 2, b, -1).transpose(4, 3, 1, 2, 0)
        y = (y.reshape(-1, 4 * m1) @ first_back).reshape(-1, b, m2, 2, n1).transpose(0, 1, 4, 3, 2)
        return (y.reshape(-1, 2 * m2) @ last_back).reshape(-1, b, n1, n2)

    return one if len(modes) == 1 else two


def adam(p, g, m, v, t, rate):
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    c1, c2 = 1 - 0.9**t, 1 - 0.999**t
    p = jax.tree.map(lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), p, m, v)
    return p, m, v


def training(problem, arrays, spectral):
    x, y = jnp.asarray(arrays["input"]), jnp.asarray(arrays["output"])

    def loss_of(p, x, y):
        e = (network(problem, spectral, p, x) - y).reshape(y.shape[0], -1)
        return jnp.mean(jnp.linalg.norm(e, axis=1) / jnp.linalg.norm(y.reshape(y.shape[0], -1), axis=1))

    def update(state, x, y):
        p, m, v, t = state
        loss, g = jax.value_and_grad(loss_of)(p, x, y)
        t = t + 1
        return (*adam(p, g, m, v, t, problem["rate"]), t), loss

    update = jax.jit(update, donate_argnums=0)
    p = {name: jnp.asarray(a) for name, a in arrays.items() if name not in ("input", "output")}
    zeros = lambda: jax.tree.map(jnp.zeros_like, p)  # noqa: E731
    state = [(p, zeros(), zeros(), jnp.float32(0))]

    def step():
        state[0], loss = update(state[0], x, y)
        return loss

    return step, float


def make(problem, arrays):
    spectral = {"rfft": spectral_fft, "dft": spectral_dft}[problem["form"]](problem)
    step, value = training(problem, arrays, spectral)
    return f"JAX, {problem['form']}", jax.__version__, step, value
