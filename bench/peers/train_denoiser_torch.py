"""PyTorch's training step of a denoiser."""

import denoiser_torch


def make(problem, arrays):
    return denoiser_torch.training(problem, arrays, compiled=False)
