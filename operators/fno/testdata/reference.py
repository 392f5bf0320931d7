"""Writes reference.json: the Fourier neural operator by FFTs in PyTorch, float64, on small grids in 1, 2 and 3 dimensions.

Run with the benchmarks' peers: .fieldbook-env/peers/bin/python operators/fno/testdata/reference.py
Weights have the names and shapes of Fieldbook's variables.
"""

import itertools
import json
import pathlib

import torch

BATCH, CHANNELS, WIDTH, DEPTH, HIDDEN, OUT = 2, 2, 3, 2, 5, 2


def spectral(v, r, modes):
    """v [batch, channel, grid...], r [modes..., in, out] complex, blocks of each axis but the last: 0 ... m-1, -m ... -1."""
    axes = tuple(range(2, v.ndim))
    x = torch.fft.fftn(torch.fft.rfft(v, dim=-1), dim=axes[:-1]) if len(axes) > 1 else torch.fft.rfft(v, dim=-1)
    y = torch.zeros(v.shape[0], r.shape[-1], *x.shape[2:], dtype=x.dtype)
    kept = [list(range(m)) + list(range(n - m, n)) for m, n in zip(modes[:-1], v.shape[2:])] + [list(range(modes[-1]))]
    for place in itertools.product(*[range(len(k)) for k in kept]):
        k = tuple(kept[axis][i] for axis, i in enumerate(place))
        y[(slice(None), slice(None), *k)] = x[(slice(None), slice(None), *k)] @ r[place]
    for axis in axes[:-1]:
        y = torch.fft.ifft(y, dim=axis)
    return torch.fft.irfft(y, n=v.shape[-1], dim=-1)


def affine(v, w, b):
    return torch.einsum("bi...,io->bo...", v, w) + b.reshape(1, -1, *[1] * (v.ndim - 2))


def forward(p, a, modes):
    a = a.movedim(-1, 1)
    grid = a.shape[2:]
    x = torch.meshgrid(*[torch.arange(n, dtype=a.dtype) / n for n in grid], indexing="ij")
    v = affine(torch.cat([a] + [c.expand(a.shape[0], 1, *grid) for c in x], 1), p["lifting/w"], p["lifting/b"])
    gelu = torch.nn.functional.gelu
    for i in range(DEPTH):
        r = p[f"layer{i}/spectral/R"]
        kept = [2 * m for m in modes[:-1]] + [modes[-1]]
        r = torch.complex(r[:, :, 0], r[:, :, 1]).reshape(*kept, WIDTH, WIDTH)
        v = spectral(v, r, modes) + affine(v, p[f"layer{i}/pointwise/w"], p[f"layer{i}/pointwise/b"])
        v = gelu(v) if i < DEPTH - 1 else v
    h = gelu(affine(v, p["projection/hidden/w"], p["projection/hidden/b"]))
    return affine(h, p["projection/out/w"], p["projection/out/b"]).movedim(1, -1)


def case(grid, modes, seed):
    torch.manual_seed(seed)

    def draw(*shape):
        return torch.round(torch.randn(*shape, dtype=torch.float64), decimals=3)

    k = modes[-1]
    for m in modes[:-1]:
        k *= 2 * m
    p = {"lifting/w": draw(CHANNELS + len(grid), WIDTH), "lifting/b": draw(WIDTH)}
    for i in range(DEPTH):
        p[f"layer{i}/spectral/R"] = draw(k, WIDTH, 2, WIDTH)
        p[f"layer{i}/pointwise/w"], p[f"layer{i}/pointwise/b"] = draw(WIDTH, WIDTH), draw(WIDTH)
    p["projection/hidden/w"], p["projection/hidden/b"] = draw(WIDTH, HIDDEN), draw(HIDDEN)
    p["projection/out/w"], p["projection/out/b"] = draw(HIDDEN, OUT), draw(OUT)
    a = draw(BATCH, *grid, CHANNELS)
    u = forward(p, a, modes)
    flat = lambda x: {"dims": list(x.shape), "values": x.flatten().tolist()}  # noqa: E731
    return {"modes": modes, "weights": {n: flat(w) for n, w in p.items()}, "input": flat(a), "output": flat(u)}


cases = [case([12], [4], 1), case([8, 7], [2, 3], 2), case([4, 6, 5], [1, 2, 2], 3)]
origin = {"program": "operators/fno/testdata/reference.py", "torch": torch.__version__, "dtype": "float64", "backend": "CPU", "seeds": [1, 2, 3]}
sizes = {"width": WIDTH, "depth": DEPTH, "hidden": HIDDEN, "out": OUT}
path = pathlib.Path(__file__).with_name("reference.json")
path.write_text(json.dumps({"origin": origin, "sizes": sizes, "cases": cases}) + "\n")
