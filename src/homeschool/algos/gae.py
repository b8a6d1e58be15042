"""Generalised advantage estimation: rewards and values of tokens in, advantages and returns out."""

import torch
from torch import Tensor


def gae(
    rewards: Tensor, values: Tensor, final_values: Tensor, lengths: Tensor, gamma: float, lambda_: float | Tensor
) -> tuple[Tensor, Tensor]:
    """Advantages and returns of rows of tokens, both [B, T].

        delta_t = r_t + gamma * V_{t+1} - V_t          A_t = delta_t + gamma * lambda * A_{t+1}          R_t = A_t + V_t

    rewards, values fp32 [B, T], padded on the right; values[t] is the state before token t. ``lengths`` int64 [B];
    places from the length on are not read and come out as 0, so a row of length 0 is all 0. ``final_values`` fp32 [B]
    is the value after the last token: the critic's estimate where a completion was cut off, 0 where it ended by itself,
    because an ended episode earns nothing more. ``lambda_`` is one number, or fp32 [B] with one for each row. With
    lambda 1 the returns are the discounted sums of rewards, whatever the critic says.

    The recursion is a sum over distances, A_t = sum_k (gamma * lambda)^k * delta_{t+k}, taken by doubling: after step n
    every place holds the sum over the next 2^n, so T tokens take log2(T) passes and no loop over tokens. Source:
    Schulman et al. 2016, arXiv:1506.02438.
    """
    width = rewards.shape[1]
    place = torch.arange(width, device=lengths.device)
    inside, last = place < lengths[:, None], place == lengths[:, None] - 1
    next_values = torch.where(last, final_values[:, None], _ahead(values, 1))
    advantages = torch.where(inside, rewards + gamma * next_values - values, 0.0)
    decay = gamma * (lambda_[:, None] if isinstance(lambda_, Tensor) else lambda_)
    span = 1
    while span < width:
        advantages = advantages + decay * _ahead(advantages, span)
        decay = decay * decay
        span *= 2
    return advantages, torch.where(inside, advantages + values, 0.0)


def _ahead(values: Tensor, distance: int) -> Tensor:
    """What stands ``distance`` places further right, 0 where nothing does."""
    return torch.nn.functional.pad(values[:, distance:], (0, distance))


def length_adaptive_lambda(lengths: Tensor, alpha: float) -> Tensor:
    """lambda = 1 - 1 / (alpha * length), fp32 [B], for the policy's advantages.

    The longer the answer, the further the reward at its end must reach: the weights lambda^k sum to alpha * length.
    Where that would be less than 1, lambda is 0. Lengths int64 [B]; alpha 0.05 is the paper's. Source: VAPO,
    arXiv:2504.05118.
    """
    return (1 - 1 / (alpha * lengths.clamp(min=1).float())).clamp(min=0.0)
