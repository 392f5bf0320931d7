"""PyTorch's sampling: a loop over the steps, by torch.compile."""

import denoiser_torch


def make(problem, arrays):
    return denoiser_torch.sampling(problem, arrays, compiled=True)
