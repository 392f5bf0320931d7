"""Writes reference.json: convolutions, normalisations and attention in PyTorch and NumPy, float64.

Run with the benchmarks' peers: .fieldbook-env/peers/bin/python layers/testdata/reference.py
Inputs and weights are rounded to three decimals; names are those of Fieldbook's variables.
"""

import json
import pathlib

import numpy
import torch

rng = numpy.random.default_rng(1)


def draw(*dims):
    return numpy.round(rng.normal(size=dims), 3)


def array(a):
    return {"dims": list(a.shape), "values": numpy.asarray(a).ravel().tolist()}


def convolution(grid, kernel, mode):
    x, w, b = draw(2, *grid, 3), draw(*[kernel] * len(grid), 3, 2), draw(2)
    layer = [torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d][len(grid) - 1](
        3, 2, kernel, padding="same", padding_mode=mode, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(w).movedim((-1, -2), (0, 1)))
        layer.bias.copy_(torch.from_numpy(b))
        y = layer(torch.from_numpy(x).movedim(-1, 1)).movedim(1, -1)
    return {"kind": "conv", "mode": mode, "kernel": kernel, "x": array(x), "weights": {"w": array(w), "b": array(b)}, "y": array(y.numpy())}


def normalisation(groups, *dims):
    x, scale, shift = 3 + 2 * draw(*dims), draw(dims[-1]), draw(dims[-1])
    t, s, b = (torch.from_numpy(a) for a in (x, scale, shift))
    if groups:
        y = torch.nn.functional.group_norm(t.movedim(-1, 1), groups, s, b).movedim(1, -1)
    else:
        y = torch.nn.functional.layer_norm(t, dims[-1:], s, b)
    return {"kind": "norm", "groups": groups, "x": array(x), "weights": {"scale": array(scale), "shift": array(shift)}, "y": array(y.numpy())}


def attention(heads, length, channels, context=None):
    x = draw(2, length, channels)
    c = x if context is None else draw(2, *context)
    w = {"q/w": draw(channels, channels), "q/b": draw(channels), "kv/w": draw(c.shape[-1], 2 * channels), "kv/b": draw(2 * channels),
         "out/w": draw(channels, channels), "out/b": draw(channels)}
    q = x @ w["q/w"] + w["q/b"]
    kv = c @ w["kv/w"] + w["kv/b"]
    k, v = kv[..., :channels], kv[..., channels:]
    size, y = channels // heads, numpy.zeros_like(x)
    for n in range(2):
        for h in range(heads):
            part = slice(h * size, (h + 1) * size)
            p = numpy.exp(q[n, :, part] @ k[n, :, part].T / numpy.sqrt(size))
            y[n, :, part] = p / p.sum(1, keepdims=True) @ v[n, :, part]
    case = {"kind": "attention", "heads": heads, "x": array(x), "weights": {k: array(a) for k, a in w.items()}, "y": array(y @ w["out/w"] + w["out/b"])}
    return case if context is None else case | {"context": array(c)}


cases = [
    convolution((5,), 3, "zeros"), convolution((5,), 5, "circular"),
    convolution((4, 5), 3, "zeros"), convolution((4, 5), 3, "circular"), convolution((2, 3, 4), 3, "circular"),
    normalisation(2, 2, 3, 4, 6), normalisation(3, 2, 5, 6), normalisation(0, 2, 3, 5),
    attention(1, 3, 4), attention(2, 3, 4), attention(2, 3, 4, (5, 3)),
]
origin = {"program": "layers/testdata/reference.py", "torch": torch.__version__, "numpy": numpy.__version__, "dtype": "float64", "seed": 1}
path = pathlib.Path(__file__).with_name("reference.json")
path.write_text(json.dumps({"origin": origin, "cases": cases}) + "\n")
