"""Denoisers in PyTorch: an MLP of points, a U-Net of images in channels_last; training by Adam with an average, sampling by
DPM-Solver++(2M). Networks are functions of a dictionary of weights; compiled says whether torch.compile takes them."""

import itertools
import math

import numpy
import torch

F = torch.nn.functional


def embedding(p, t):
    """The time's vector, [batch, width], or [1, width] for one time for all."""
    name = "embedding/time/mlp/dense"
    width = p[name + "0/w"].shape[1]
    angle = 1000 * t.reshape(-1, 1) * torch.exp(-math.log(1e4) * torch.arange(width // 2) / (width // 2))
    e = torch.cat([angle.cos(), angle.sin()], dim=1)
    return F.silu(dense(p, name + "1", F.silu(dense(p, name + "0", e))))


def dense(p, name, x):
    return F.linear(x, p[name + "/w"], p[name + "/b"])


def timemlp(p, x, t):
    e = embedding(p, t)
    x = torch.cat([x, e.expand(x.shape[0], -1)], dim=1)
    last = sum(name.startswith("mlp/") for name in p) // 2 - 1
    for i in range(last):
        x = F.silu(dense(p, f"mlp/dense{i}", x))
    return dense(p, f"mlp/dense{last}", x)


def conv(p, name, x, **kwargs):
    return F.conv2d(x, p[name + "/w"], p[name + "/b"], **kwargs)


def norm(p, name, x):
    return F.group_norm(x, 8, p[name + "/scale"], p[name + "/shift"])


def residual(p, name, x, e):
    h = conv(p, name + "/conv0", F.silu(norm(p, name + "/norm0", x)), padding=1)
    scale, shift = dense(p, name + "/embedding", e)[:, :, None, None].chunk(2, dim=1)
    h = F.silu(norm(p, name + "/norm1", h) * (1 + scale) + shift)
    return (conv(p, name + "/skip", x) if name + "/skip/w" in p else x) + conv(p, name + "/conv1", h, padding=1)


def attend(p, name, x, heads=4):
    if name + "/attention/q/w" not in p:
        return x
    n, c, h, w = x.shape
    y = norm(p, name + "/attention/norm", x).flatten(2).transpose(1, 2)
    q = dense(p, name + "/attention/q", y).view(n, h * w, heads, -1).transpose(1, 2)
    k, v = (z.reshape(n, h * w, heads, -1).transpose(1, 2) for z in dense(p, name + "/attention/kv", y).chunk(2, dim=-1))
    y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, h * w, c)
    return x + dense(p, name + "/attention/out", y).transpose(1, 2).reshape(n, c, h, w)


def unet(p, x, t, levels=3):
    e = embedding(p, t)
    x, skips = conv(p, "in", x, padding=1), []
    for level in range(levels):
        if level > 0:
            x = conv(p, f"down{level}", x, stride=2)
        name = f"down{level}_0"
        x = attend(p, name, residual(p, name + "/block", x, e))
        skips.append(x)
    x = residual(p, "middle/block1", attend(p, "middle", residual(p, "middle/block0", x, e)), e)
    for level in reversed(range(levels)):
        name = f"up{level}_0"
        x = attend(p, name, residual(p, name + "/block", torch.cat([x, skips[level]], dim=1), e))
        if level > 0:
            x = F.interpolate(conv(p, f"up{level}", x), scale_factor=2)
    return conv(p, "out", F.silu(norm(p, "norm", x)), padding=1)


NETWORKS = {"timemlp": timemlp, "unet": unet}


def layout(name, a):
    """An array in PyTorch's order: products [out, in], convolutions [out, in, height, width] in channels_last."""
    a = torch.from_numpy(a)
    kind = name.split("/")[0]
    if a.ndim == 4:
        return a.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    if a.ndim == 1:
        return a
    if kind in ("down1", "down2"):  # of the four points of a square
        return a.reshape(2, 2, -1, a.shape[1]).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    if kind in ("up1", "up2") or "/skip/" in name:
        return a.T[:, :, None, None].contiguous(memory_format=torch.channels_last)
    return a.T.contiguous()


def weights(arrays):
    return {name: layout(name, a) for name, a in arrays.items() if "/" in name}


def images(a):
    """Images in channels_last; points and times of points as they are."""
    a = torch.from_numpy(a)
    return a.permute(0, 3, 1, 2) if a.ndim == 4 else a


def solver(levels):
    """DPM-Solver++(2M) as rows t, α, σ of the evaluation and the factors of x, D0 and the D0 before in the next x."""
    t, alpha, sigma = numpy.array(levels).T
    h = numpy.diff(numpy.log(alpha) - numpy.log(sigma))
    second = numpy.concatenate([[0], h[1:] / (2 * h[:-1])])
    gain = -alpha[1:] * numpy.expm1(-h)
    return numpy.stack([t[:-1], alpha[:-1], sigma[:-1], sigma[1:] / sigma[:-1], gain * (1 + second), -gain * second], axis=1)


def sampling(problem, arrays, compiled):
    torch.set_num_threads(problem["threads"])
    network, rows = NETWORKS[problem["network"]], solver(problem["levels"]).tolist()
    p, start = weights(arrays), images(arrays["x"])

    def advance(x, before, row):
        t, alpha, sigma, keep, latest, older = row.unbind()
        data = alpha * x - sigma * network(p, x, t)
        return keep * x + latest * data + older * before, data

    if compiled:
        advance = torch.compile(advance)
    rows = [torch.tensor(row) for row in rows]

    @torch.no_grad()
    def draw():
        x, before = start, torch.zeros_like(start)
        for row in rows:
            x, before = advance(x, before, row)
        return (x**2).mean()

    return "PyTorch" + ", compiled" * compiled, torch.__version__, draw, float


def training(problem, arrays, compiled):
    torch.set_num_threads(problem["threads"])
    network, decay = NETWORKS[problem["network"]], problem["ema"]
    p = {name: a.requires_grad_() for name, a in weights(arrays).items()}
    average = [a.detach().clone() for a in p.values()]
    data, noise, times = (images(arrays[name]) for name in ("data", "noise", "times"))
    optimizer = torch.optim.Adam(p.values(), lr=problem["rate"], fused=True)

    def loss_of(offset):
        t = times + offset
        t = 1e-3 + (1 - 1e-3) * (t - torch.floor(t))
        log_alpha = -(20 - 0.1) * t**2 / 4 - 0.1 * t / 2
        alpha, sigma = torch.exp(log_alpha), torch.sqrt(-torch.expm1(2 * log_alpha))
        return ((network(p, alpha * data + sigma * noise, t) - (alpha * noise - sigma * data)) ** 2).mean()

    if compiled:
        loss_of = torch.compile(loss_of)

    index = itertools.count()

    def step():
        optimizer.zero_grad()
        loss = loss_of(torch.tensor(next(index) * problem["stride"] % 1))
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, list(p.values()), 1 - decay)
        return loss.detach()

    return "PyTorch" + ", compiled" * compiled, torch.__version__, step, float
