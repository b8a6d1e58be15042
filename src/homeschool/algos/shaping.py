"""Changes to a reward that do not depend on what was written, only on how long it is."""

import torch
from torch import Tensor


def soft_overlong_penalty(lengths: Tensor, max_tokens: int, zone: float) -> Tensor:
    """0 up to the last ``zone`` of the allowed length, then falling in a straight line to -1 at ``max_tokens``.

        penalty = clip((max_tokens * (1 - zone) - length) / (max_tokens * zone), -1, 0)

    lengths int64 [B], in tokens; fp32 [B], to be added to the reward. ``zone`` is a share of max_tokens in [0, 1]; 0 is
    off and gives zeros, because a sudden cut says nothing about which way is shorter. With max_tokens 100 and zone 0.2,
    answers of 80, 90 and 100 tokens get 0, -0.5 and -1. Source: DAPO, arXiv:2503.14476, equation 13.
    """
    if zone == 0:
        return torch.zeros(len(lengths), device=lengths.device)
    width = max_tokens * zone
    return ((max_tokens - width - lengths.float()) / width).clamp(-1.0, 0.0)
