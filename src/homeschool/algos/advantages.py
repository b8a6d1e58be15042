"""How much better than expected: rewards in, advantages out.

Group estimators take ``rewards`` fp32 [B] and ``groups`` int64 [B], the group number of each rollout, and compare the
answers to one prompt with each other. Groups may differ in size.
"""

import torch
from torch import Tensor


def _group_sums(values: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
    """For each rollout the sum over its group, and its group's size."""
    size = int(groups.max()) + 1 if len(groups) else 0
    sums = values.new_zeros(size).index_add_(0, groups, values)
    counts = values.new_zeros(size).index_add_(0, groups, torch.ones_like(values))
    return sums[groups], counts[groups]


def group_mean(rewards: Tensor, groups: Tensor) -> Tensor:
    """A_i = r_i - mean(r of the group). A constant group and a group of one give 0. Source: arXiv:2503.20783."""
    sums, counts = _group_sums(rewards, groups)
    return rewards - sums / counts


def group_standardized(rewards: Tensor, groups: Tensor, epsilon: float = 1e-4) -> Tensor:
    """A_i = (r_i - mean) / (std + epsilon), with the sample deviation (n - 1) of the group.

    A constant group and a group of one give 0. Source: arXiv:2402.03300, equation for outcome supervision.
    """
    centred = group_mean(rewards, groups)
    squares, counts = _group_sums(centred**2, groups)
    deviation = (squares / (counts - 1).clamp(min=1)).sqrt()
    return centred / (deviation + epsilon)


def leave_one_out(rewards: Tensor, groups: Tensor) -> Tensor:
    """A_i = r_i - mean(r of the others in the group) = n / (n - 1) * (r_i - mean).

    The baseline does not contain r_i itself, so the estimate is unbiased. A group of one gives 0: there is nobody to
    compare with. Source: arXiv:2402.14740.
    """
    _, counts = _group_sums(rewards, groups)
    return group_mean(rewards, groups) * counts / (counts - 1).clamp(min=1)


GROUP_ESTIMATORS = {
    "group_mean": group_mean,
    "group_standardized": group_standardized,
    "leave_one_out": leave_one_out,
}


def gae(
    rewards: Tensor, values: Tensor, final_values: Tensor, lengths: Tensor, gamma: float, lambda_: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation over rows of tokens; returns (advantages, returns), both [B, T].

        delta_t = r_t + gamma * V_{t+1} - V_t          A_t = delta_t + gamma * lambda * A_{t+1}          R_t = A_t + V_t

    rewards, values fp32 [B, T], padded on the right; values[t] is the state before token t. ``lengths`` int64 [B];
    places from the length on come out as 0. ``final_values`` fp32 [B] is the value after the last token: the critic's
    estimate where a completion was cut off, 0 where it ended by itself, because an ended episode earns nothing more.
    Source: Schulman et al. 2016, arXiv:1506.02438.
    """
    width = rewards.shape[1]
    advantages = torch.zeros_like(rewards)
    ahead = torch.zeros_like(final_values)
    for t in range(width - 1, -1, -1):
        is_last = lengths == t + 1
        next_value = values[:, t + 1] if t + 1 < width else final_values
        next_value = torch.where(is_last, final_values, next_value)
        delta = rewards[:, t] + gamma * next_value - values[:, t]
        ahead = delta + gamma * lambda_ * torch.where(is_last, 0.0, ahead)
        ahead = torch.where(t < lengths, ahead, 0.0)
        advantages[:, t] = ahead
    inside = torch.arange(width, device=lengths.device) < lengths[:, None]
    return advantages, torch.where(inside, advantages + values, 0.0)


def whiten(values: Tensor, epsilon: float = 1e-8) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) over all entries; a constant input, or fewer than two entries, gives 0."""
    if values.numel() < 2:
        return torch.zeros_like(values)
    return (values - values.mean()) * (values.var(unbiased=False) + epsilon).rsqrt()


def explained_variance(values: Tensor, returns: Tensor) -> float:
    """1 - Var(return - value) / Var(return): 1 is a perfect critic, 0 no better than a constant. Constant returns:
    0."""
    spread = returns.var(unbiased=False)
    if returns.numel() < 2 or spread <= 1e-12:
        return 0.0
    return float(1 - (returns - values).var(unbiased=False) / spread)
