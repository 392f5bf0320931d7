"""The Fourier neural operator in PyTorch, as its authors write it: [batch, channel, space...], FFT, complex einsum."""

import torch


class SpectralConv(torch.nn.Module):
    """Multiplies the kept frequencies by complex matrices [modes..., in, out]."""

    def __init__(self, r: torch.Tensor, modes: list[int]):
        super().__init__()
        self.modes = modes
        if len(modes) == 1:
            blocks = [r]
        else:  # frequencies 0 ... m-1 and -m ... -1 of the first axis
            blocks = r.reshape(2, modes[0], modes[1], *r.shape[1:]).unbind(0)
        # The einsum's layout is [in, out, modes...], as in the authors' code.
        self.blocks = torch.nn.ParameterList([b.movedim((-2, -1), (0, 1)).contiguous() for b in blocks])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, _, *grid = x.shape
        out = self.blocks[0].shape[1]
        spectrum = torch.fft.rfftn(x, dim=list(range(2, x.ndim)))
        y = torch.zeros(batch, out, *grid[:-1], grid[-1] // 2 + 1, dtype=spectrum.dtype)
        if len(self.modes) == 1:
            m = self.modes[0]
            y[:, :, :m] = torch.einsum("bix,iox->box", spectrum[:, :, :m], self.blocks[0])
        else:
            m1, m2 = self.modes
            y[:, :, :m1, :m2] = torch.einsum("bixy,ioxy->boxy", spectrum[:, :, :m1, :m2], self.blocks[0])
            y[:, :, -m1:, :m2] = torch.einsum("bixy,ioxy->boxy", spectrum[:, :, -m1:, :m2], self.blocks[1])
        return torch.fft.irfftn(y, s=grid, dim=list(range(2, x.ndim)))


class FNO(torch.nn.Module):
    def __init__(self, problem: dict, weights: dict[str, torch.Tensor]):
        super().__init__()
        modes, depth = problem["modes"], problem["depth"]
        conv = [torch.nn.Conv1d, torch.nn.Conv2d][len(modes) - 1]

        def pointwise(name: str) -> torch.nn.Module:
            w, b = weights[name + "/w"], weights[name + "/b"]
            layer = conv(*w.shape, 1)
            with torch.no_grad():
                layer.weight.copy_(w.T.reshape(layer.weight.shape))
                layer.bias.copy_(b)
            return layer

        self.lifting = pointwise("lifting")
        self.skips = torch.nn.ModuleList(pointwise(f"layer{i}/pointwise") for i in range(depth))
        rs = [weights[f"layer{i}/spectral/R"] for i in range(depth)]
        self.spectral = torch.nn.ModuleList(
            SpectralConv(torch.complex(r[:, :, 0].contiguous(), r[:, :, 1].contiguous()), modes) for r in rs
        )
        self.hidden = pointwise("projection/hidden")
        self.out = pointwise("projection/out")

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        a = a.movedim(-1, 1)
        grid = a.shape[2:]
        axes = torch.meshgrid(*[torch.arange(n, dtype=a.dtype) / n for n in grid], indexing="ij")
        v = self.lifting(torch.cat([a] + [x.expand(a.shape[0], 1, *grid) for x in axes], dim=1))
        for i, (spectral, skip) in enumerate(zip(self.spectral, self.skips)):
            v = spectral(v) + skip(v)
            if i < len(self.skips) - 1:
                v = torch.nn.functional.gelu(v)
        return self.out(torch.nn.functional.gelu(self.hidden(v))).movedim(1, -1)


def loss_of(u: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (torch.norm((u - y).flatten(1), dim=1) / torch.norm(y.flatten(1), dim=1)).mean()


def training(network: torch.nn.Module, problem: dict, arrays: dict):
    x, y = torch.from_numpy(arrays["input"]), torch.from_numpy(arrays["output"])
    optimizer = torch.optim.Adam(network.parameters(), lr=problem["rate"])

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        loss = loss_of(network(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step, float


def make(problem: dict, arrays: dict):
    torch.set_num_threads(problem["threads"])
    weights = {name: torch.from_numpy(a) for name, a in arrays.items()}
    step, value = training(FNO(problem, weights), problem, arrays)
    return "PyTorch", torch.__version__, step, value
