"""PyTorch's training step of a denoiser, by torch.compile."""

import denoiser_torch


def make(problem, arrays):
    return denoiser_torch.training(problem, arrays, compiled=True)
