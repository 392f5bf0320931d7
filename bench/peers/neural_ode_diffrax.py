"""A neural ODE's training step in diffrax: Tsit5 with one step for the batch, the gradient through checkpointed steps."""

import diffrax
import jax
import jax.numpy as jnp


def make(problem, arrays):
    def field(t, y, p):
        h = jnp.tanh(y @ p["w0"] + p["b0"])
        h = jnp.tanh(h @ p["w1"] + p["b1"])
        return h @ p["w2"] + p["b2"]

    def loss_of(p, x, target):
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(field),
            diffrax.Tsit5(),
            t0=0.0,
            t1=problem["end"],
            dt0=None,
            y0=x,
            args=p,
            stepsize_controller=diffrax.PIDController(rtol=problem["tolerance"], atol=problem["tolerance"]),
            saveat=diffrax.SaveAt(t1=True),
            max_steps=problem["most"],
        )
        return jnp.mean((solution.ys[0] - target) ** 2)

    @jax.jit
    def update(p, x, target):
        loss, g = jax.value_and_grad(loss_of)(p, x, target)
        return jax.tree.map(lambda p, g: p - problem["rate"] * g, p, g), loss

    x, target = jnp.asarray(arrays["input"]), jnp.asarray(arrays["output"])
    state = [{name: jnp.asarray(a) for name, a in arrays.items() if name not in ("input", "output")}]

    def step():
        state[0], loss = update(state[0], x, target)
        return loss

    return "diffrax", diffrax.__version__, step, float
