"""A whole physics-informed training step in JAX, by two ways to its derivatives in the coordinates: equation, initial state and boundary, by Adam."""

import jax
import jax.numpy as jnp
import optax


def network(p, layers, z):
    """z [..., 2], the coordinates x and t, to [...]."""
    for i in range(layers - 1):
        z = jnp.tanh(z @ p[f"dense{i}/w"] + p[f"dense{i}/b"])
    return (z @ p[f"dense{layers - 1}/w"] + p[f"dense{layers - 1}/b"])[..., 0]


def by_grad(u, z):
    """u, u_x, u_t, u_xx at each point: gradients of gradients of one point, over all points by vmap."""

    def at(x, t):
        one = lambda x, t: u(jnp.stack([x, t]))  # noqa: E731
        u_x = jax.grad(one, 0)
        return one(x, t), u_x(x, t), jax.grad(one, 1)(x, t), jax.grad(u_x, 0)(x, t)

    return jax.vmap(at)(z[:, 0], z[:, 1])


def by_jvp_grad(u, z):
    """Forward mode over one gradient, on all points at once."""
    x, t = z[:, 0], z[:, 1]

    def first(x):
        value, back = jax.vjp(lambda x, t: u(jnp.stack([x, t], -1)), x, t)
        return (value, *back(jnp.ones_like(value)))

    (value, u_x, u_t), (_, u_xx, _) = jax.jvp(first, (x,), (jnp.ones_like(x),))
    return value, u_x, u_t, u_xx


def terms(problem, derivatives, p, a):
    u = lambda z: network(p, problem["layers"], z)  # noqa: E731
    v, v_x, v_t, v_xx = derivatives(u, a["interior"])
    x = a["initial"][:, 0]
    if problem["problem"] == "pinn-burgers":
        equation = v_t + v * v_x - problem["viscosity"] * v_xx
        initial, weight = u(a["initial"]) + jnp.sin(jnp.pi * x), 1
        boundary = jnp.mean(u(a["boundary"]) ** 2)
    else:
        equation = v_t - 1e-4 * v_xx - 5 * v + 5 * v**3
        initial, weight = u(a["initial"]) - x**2 * jnp.cos(jnp.pi * x), 100
        other = a["boundary"] + jnp.array([2.0, 0.0])
        low, low_x, _, _ = derivatives(u, a["boundary"])
        high, high_x, _, _ = derivatives(u, other)
        boundary = jnp.mean(jnp.stack([low - high, low_x - high_x]) ** 2)
    equation = jnp.mean(equation**2)
    return equation + weight * jnp.mean(initial**2) + boundary, equation


def make(problem, arrays, name, derivatives):
    adam = optax.adam(problem["rate"])
    points = {n: jnp.asarray(arrays[n]) for n in ("interior", "initial", "boundary")}
    p = {n: jnp.asarray(a) for n, a in arrays.items() if n not in points}

    @jax.jit
    def update(p, memory, points):
        (_, equation), g = jax.value_and_grad(lambda p: terms(problem, derivatives, p, points), has_aux=True)(p)
        steps, memory = adam.update(g, memory)
        return optax.apply_updates(p, steps), memory, equation

    state = [p, adam.init(p)]

    def step():
        state[0], state[1], equation = update(state[0], state[1], points)
        return equation

    return f"JAX, {name}", jax.__version__, step, float
