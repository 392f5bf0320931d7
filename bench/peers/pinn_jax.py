"""A physics-informed network's step in JAX, by four ways to its derivatives in the coordinates."""

import jax
import jax.numpy as jnp
from jax.experimental.jet import jet


def network(p, layers, z):
    """z [..., 2] to [...]."""
    for i in range(layers - 1):
        z = jnp.tanh(z @ p[f"dense{i}/w"] + p[f"dense{i}/b"])
    return (z @ p[f"dense{layers - 1}/w"] + p[f"dense{layers - 1}/b"])[..., 0]


def by_grad(u, t, x, order):
    """u, u_t, u_x, ... at each point: gradients of gradients of one point, over all points by vmap."""

    def at(t, x):
        one = lambda t, x: u(jnp.stack([t, x]))  # noqa: E731
        out = [one(t, x), jax.grad(one, 0)(t, x)]
        f = one
        for _ in range(order):
            f = jax.grad(f, 1)
            out.append(f(t, x))
        return out

    return jax.vmap(at)(t, x)


def by_jvp(u, t, x, order):
    """Forward mode over forward mode, on all points at once; each level hands on the lower derivatives."""

    def raised(f):
        def g(x):
            values, tangents = jax.jvp(f, (x,), (jnp.ones_like(x),))
            return (*values, tangents[-1])

        return g

    f = lambda x: (u(jnp.stack([t, x], -1)),)  # noqa: E731
    for _ in range(order):
        f = raised(f)
    value, *derivatives = f(x)
    u_t = jax.jvp(lambda t: u(jnp.stack([t, x], -1)), (t,), (jnp.ones_like(t),))[1]
    return [value, u_t, *derivatives]


def by_jet(u, t, x, order):
    """JAX's own Taylor mode in x, forward mode in t."""
    zeros, ones = jnp.zeros_like(x), jnp.ones_like(x)
    value, derivatives = jet(lambda x: u(jnp.stack([t, x], -1)), (x,), ([ones] + [zeros] * (order - 1),))
    u_t = jax.jvp(lambda t: u(jnp.stack([t, x], -1)), (t,), (jnp.ones_like(t),))[1]
    return [value, u_t, *derivatives]


def by_jvp_grad(u, t, x, order):
    """Forward mode over one gradient."""

    def first(x):
        value, back = jax.vjp(lambda t, x: u(jnp.stack([t, x], -1)), t, x)
        return (value, *back(jnp.ones_like(value)))

    def raised(f):
        def g(x):
            values, tangents = jax.jvp(f, (x,), (jnp.ones_like(x),))
            return (*values, tangents[-1])

        return g

    f = first
    for _ in range(order - 1):
        f = raised(f)
    return f(x)


def residual(problem, derivatives):
    layers, nu = problem["layers"], problem["viscosity"]

    def of(p, points):
        u = lambda z: network(p, layers, z)  # noqa: E731
        t, x = points[:, 0], points[:, 1]
        if problem["equation"] == "burgers":
            u, u_t, u_x, u_xx = derivatives(u, t, x, 2)
            return u_t + u * u_x - nu * u_xx
        u, u_t, u_x, u_xx, _, u_xxxx = derivatives(u, t, x, 4)
        return u_t + u * u_x + u_xx + u_xxxx

    return of


def make(problem, arrays, name, derivatives):
    of, rate = residual(problem, derivatives), problem["rate"]

    @jax.jit
    def update(p, points):
        loss, g = jax.value_and_grad(lambda p: jnp.mean(of(p, points) ** 2))(p)
        return jax.tree.map(lambda p, g: p - rate * g, p, g), loss

    points = jnp.asarray(arrays["points"])
    state = [{name: jnp.asarray(a) for name, a in arrays.items() if name != "points"}]

    def step():
        state[0], loss = update(state[0], points)
        return loss

    return f"JAX, {name}", jax.__version__, step, float
