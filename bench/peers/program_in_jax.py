"""How long one of our programs takes when JAX's XLA compiles it.

Where JAX is ahead this tells whether the cause is the program or the version of XLA. The program is XLA's text of a
chunk of training steps:

    printf '40\\n40\\n' | XLA_FLAGS='--xla_dump_to=DIR --xla_dump_hlo_as_text' fieldbook bench worker NAME
    python bench/peers/program_in_jax.py DIR/*chunk.before_optimizations.txt 40

prints milliseconds a step, the best and the median of twelve calls on two cores. Numbers that go in are random, or
the number of steps where they are of type int32: what comes out means nothing.
"""

import os
import statistics
import sys
import time

os.sched_setaffinity(0, {0, 1})

import jax
import numpy as np
from jax._src.lib import xla_client
from jaxlib import _hlo

CALLS = 12


def compiled(text, client):
    """The program for a client, and the shapes of its arguments."""
    program = _hlo.XlaComputation(_hlo.hlo_module_from_text(text).as_serialized_hlo_module_proto())
    stable = xla_client._xla.mlir.hlo_to_stablehlo(program.as_serialized_hlo_module_proto())
    devices = xla_client.DeviceList(tuple(client.devices()[:1]))
    return client.compile_and_load(stable, devices, xla_client.CompileOptions()), program.program_shape().parameter_shapes()


def argument(shape, steps, rng):
    kind = shape.numpy_dtype()
    if kind.kind == "f":
        return np.abs(rng.normal(size=shape.dimensions()) * 0.05).astype(kind)
    return np.full(shape.dimensions(), steps if kind == np.int32 else 1, kind)


def main(path, steps):
    jax.config.update("jax_enable_x64", True)
    client = jax.devices()[0].client
    with open(path) as file:
        executable, shapes = compiled(file.read(), client)
    rng = np.random.default_rng(0)
    arguments = [argument(shape, steps, rng) for shape in shapes]
    times = []
    for _ in range(CALLS):
        placed = [jax.device_put(a) for a in arguments]  # anew: the program may use them up
        jax.block_until_ready(placed)
        start = time.perf_counter()
        jax.block_until_ready(executable.execute(placed))
        times.append((time.perf_counter() - start) / steps * 1e3)
    print(f"best {min(times):.3g} ms a step, median {statistics.median(times):.3g}")


main(sys.argv[1], int(sys.argv[2]))
