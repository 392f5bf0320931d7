"""A physics-informed network's training step in float64 in JAX: Burgers' equation, two ways to write the derivatives."""

import functools

import jax
import jax.numpy as jnp
from fno_jax import adam

jax.config.update("jax_enable_x64", True)


def network(problem, p, x, t):
    """u at points x, t of any shape, each with the channel last."""
    h = jnp.concatenate([x, t], axis=-1)
    for i in range(problem["layers"]):
        h = h @ p[f"dense{i}/w"] + p[f"dense{i}/b"]
        if i < problem["layers"] - 1:
            h = jnp.tanh(h)
    return h


def pointwise(u, x, t):
    """u and its derivatives by vmap of grad of grad, as most write it."""

    def at(x, t):
        return u(x[None], t[None])[0]

    u_x = jax.grad(at, 0)
    columns = [jax.vmap(f)(x[:, 0], t[:, 0])[:, None] for f in (at, u_x, jax.grad(at, 1), jax.grad(u_x, 0))]
    return columns


def batched(u, x, t):
    """The same by the gradient of the sum over all points, twice."""
    value, back = jax.vjp(u, x, t)
    u_x, u_t = back(jnp.ones_like(value))
    u_xx = jax.grad(lambda x: jnp.sum(jax.grad(lambda x: jnp.sum(u(x, t)))(x)))(x)
    return value, u_x, u_t, u_xx


def make(problem, arrays, derivatives, name):
    x, t = jnp.asarray(arrays["x"]), jnp.asarray(arrays["t"])

    def loss_of(p, x, t):
        u, u_x, u_t, u_xx = derivatives(functools.partial(network, problem, p), x, t)
        residual = u_t + u * u_x - problem["viscosity"] * u_xx
        misfit = network(problem, p, x, jnp.zeros_like(t)) + jnp.sin(jnp.pi * x)
        return jnp.mean(residual**2) + jnp.mean(misfit**2)

    def update(state, x, t):
        p, m, v, n = state
        loss, g = jax.value_and_grad(loss_of)(p, x, t)
        n = n + 1
        return (*adam(p, g, m, v, n, problem["rate"]), n), loss

    update = jax.jit(update, donate_argnums=0)
    p = {key: jnp.asarray(a) for key, a in arrays.items() if key not in ("x", "t")}
    zeros = lambda: jax.tree.map(jnp.zeros_like, p)  # noqa: E731
    state = [(p, zeros(), zeros(), jnp.float64(0))]

    def step():
        state[0], loss = update(state[0], x, t)
        return loss

    return name, jax.__version__, step, float
