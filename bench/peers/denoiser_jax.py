"""Denoisers in JAX: an MLP of points, a U-Net of images in NHWC; training by Adam with an average, sampling by DPM-Solver++(2M)."""

import math

import fno_jax
import jax
import jax.numpy as jnp
import numpy

silu = jax.nn.silu


def dense(p, name, x):
    return x @ p[name + "/w"] + p[name + "/b"]


def sinusoidal(t, width):
    angle = t * jnp.exp(-math.log(1e4) * jnp.arange(width // 2) / (width // 2))
    return jnp.concatenate([jnp.cos(angle), jnp.sin(angle)], axis=-1)


def embedding(p, t):
    """The time's vector, [batch, width], or [1, width] for one time for all."""
    name = "embedding/time/mlp/dense"
    e = sinusoidal(1000 * t.reshape(-1, 1), p[name + "0/w"].shape[0])
    return silu(dense(p, name + "1", silu(dense(p, name + "0", e))))


def timemlp(p, x, t):
    e = embedding(p, t)
    x = jnp.concatenate([x, jnp.broadcast_to(e, (x.shape[0], e.shape[1]))], axis=1)
    last = sum(name.startswith("mlp/") for name in p) // 2 - 1
    for i in range(last):
        x = silu(dense(p, f"mlp/dense{i}", x))
    return dense(p, f"mlp/dense{last}", x)


def conv(p, name, x):
    y = jax.lax.conv_general_dilated(x, p[name + "/w"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return y + p[name + "/b"]


def norm(p, name, x, groups=8):
    n, h, w, c = x.shape
    y = x.reshape(n, h * w, groups, c // groups)
    mean, variance = y.mean((1, 3), keepdims=True), y.var((1, 3), keepdims=True)
    return ((y - mean) * jax.lax.rsqrt(variance + 1e-5)).reshape(x.shape) * p[name + "/scale"] + p[name + "/shift"]


def residual(p, name, x, e):
    h = norm(p, name + "/norm1", conv(p, name + "/conv0", silu(norm(p, name + "/norm0", x))))
    scale, shift = jnp.split(dense(p, name + "/embedding", e)[:, None, None], 2, axis=-1)
    h = conv(p, name + "/conv1", silu(h * (1 + scale) + shift))
    return (dense(p, name + "/skip", x) if name + "/skip/w" in p else x) + h


def attend(p, name, x, heads=4):
    if name + "/attention/q/w" not in p:
        return x
    n, h, w, c = x.shape
    y = norm(p, name + "/attention/norm", x).reshape(n, h * w, c)
    q = dense(p, name + "/attention/q", y).reshape(n, h * w, heads, -1)
    k, v = (z.reshape(n, h * w, heads, -1) for z in jnp.split(dense(p, name + "/attention/kv", y), 2, axis=-1))
    weights = jax.nn.softmax(jnp.einsum("nqhd,nkhd->nhqk", q, k) / math.sqrt(c // heads))
    y = jnp.einsum("nhqk,nkhd->nqhd", weights, v).reshape(n, h * w, c)
    return x + dense(p, name + "/attention/out", y).reshape(x.shape)


def halve(x):
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 2, 4, 5).reshape(n, h // 2, w // 2, 4 * c)


def unet(p, x, t, levels=3):
    e = embedding(p, t)
    x, skips = conv(p, "in", x), []
    for level in range(levels):
        if level > 0:
            x = dense(p, f"down{level}", halve(x))
        name = f"down{level}_0"
        x = attend(p, name, residual(p, name + "/block", x, e))
        skips.append(x)
    x = residual(p, "middle/block1", attend(p, "middle", residual(p, "middle/block0", x, e)), e)
    for level in reversed(range(levels)):
        name = f"up{level}_0"
        x = attend(p, name, residual(p, name + "/block", jnp.concatenate([x, skips[level]], axis=-1), e))
        if level > 0:
            x = dense(p, f"up{level}", x).repeat(2, axis=1).repeat(2, axis=2)
    return conv(p, "out", silu(norm(p, "norm", x)))


NETWORKS = {"timemlp": timemlp, "unet": unet}


def weights(arrays):
    return {name: jnp.asarray(a) for name, a in arrays.items() if "/" in name}


def solver(levels):
    """DPM-Solver++(2M) as rows t, α, σ of the evaluation and the factors of x, D0 and the D0 before in the next x."""
    t, alpha, sigma = numpy.array(levels).T
    h = numpy.diff(numpy.log(alpha) - numpy.log(sigma))
    second = numpy.concatenate([[0], h[1:] / (2 * h[:-1])])
    gain = -alpha[1:] * numpy.expm1(-h)
    rows = [t[:-1], alpha[:-1], sigma[:-1], sigma[1:] / sigma[:-1], gain * (1 + second), -gain * second]
    return numpy.stack(rows, axis=1)


def sampling(problem, arrays):
    network, rows = NETWORKS[problem["network"]], jnp.asarray(solver(problem["levels"]), "f4")

    @jax.jit
    def draw(p, x):
        def step(state, row):
            x, before = state
            t, alpha, sigma, keep, latest, older = row
            data = alpha * x - sigma * network(p, x, t)
            return (keep * x + latest * data + older * before, data), None

        (x, _), _ = jax.lax.scan(step, (x, jnp.zeros_like(x)), rows)
        return x, jnp.mean(x**2)

    p, x = weights(arrays), jnp.asarray(arrays["x"])
    return "JAX", jax.__version__, lambda: draw(p, x)[1], float


def training(problem, arrays):
    network, decay = NETWORKS[problem["network"]], problem["ema"]

    def loss_of(p, data, noise, t):
        t = 1e-3 + (1 - 1e-3) * (t - jnp.floor(t))
        log_alpha = -(20 - 0.1) * t**2 / 4 - 0.1 * t / 2
        alpha, sigma = jnp.exp(log_alpha), jnp.sqrt(-jnp.expm1(2 * log_alpha))
        return jnp.mean((network(p, alpha * data + sigma * noise, t) - (alpha * noise - sigma * data)) ** 2)

    def update(state, data, noise, times):
        p, m, v, average, t = state
        loss, g = jax.value_and_grad(loss_of)(p, data, noise, times + t * problem["stride"] % 1)
        t = t + 1
        p, m, v = fno_jax.adam(p, g, m, v, t, problem["rate"])
        average = jax.tree.map(lambda a, p: decay * a + (1 - decay) * p, average, p)
        return (p, m, v, average, t), loss

    update = jax.jit(update, donate_argnums=0)
    batch = [jnp.asarray(arrays[name]) for name in ("data", "noise", "times")]
    p, m, v, average = (weights(arrays) for _ in range(4))
    m, v = jax.tree.map(jnp.zeros_like, m), jax.tree.map(jnp.zeros_like, v)
    average = jax.tree.map(jnp.copy, average)  # what is given away must not be given twice
    state = [(p, m, v, average, jnp.float32(0))]

    def step():
        state[0], loss = update(state[0], *batch)
        return loss

    return "JAX", jax.__version__, step, float
