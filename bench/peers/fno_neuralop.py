"""The neuraloperator package's own FNO at the same sizes. Its start values and lifting differ, so its losses do too."""

import neuralop
import torch
from neuralop.models import FNO

from fno_torch import training


class LastChannels(torch.nn.Module):
    """Calls a [batch, channel, space...] network on [batch, space..., channel] arrays."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        return self.network(a.movedim(-1, 1)).movedim(1, -1)


def make(problem: dict, arrays: dict):
    torch.set_num_threads(problem["threads"])
    torch.manual_seed(0)
    modes = [2 * m for m in problem["modes"]]
    modes[-1] = 2 * problem["modes"][-1] - 1  # n_modes counts both signs: m frequencies of the real axis are 2m - 1
    network = FNO(
        n_modes=tuple(modes),
        in_channels=1,
        out_channels=1,
        hidden_channels=problem["width"],
        n_layers=problem["depth"],
        lifting_channel_ratio=0,
        projection_channel_ratio=problem["projection"] / problem["width"],
        use_channel_mlp=False,
        fno_skip="linear",
        positional_embedding="grid",
    )
    step, value = training(LastChannels(network), problem, arrays)
    return "neuraloperator", neuralop.__version__, step, value
