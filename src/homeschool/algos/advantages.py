"""How much better than expected: rewards in, advantages out.

Estimators take ``rewards`` fp32 [B] and ``groups`` int64 [B], the group number of each rollout, and most compare the
answers to one prompt with each other. Groups may differ in size, their rollouts need not be neighbours, and numbers may
be left out: an empty group is nobody's baseline.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from homeschool.algos.segments import segment_min, segment_sums

Estimator = Callable[[Tensor, Tensor], Tensor]
"""estimator(rewards, groups) -> advantages, all [B]."""


def reward(rewards: Tensor, groups: Tensor) -> Tensor:
    """A_i = r_i: no baseline, so it is unbiased and as noisy as can be. Source: REINFORCE, Williams 1992."""
    del groups
    return rewards


def group_mean(rewards: Tensor, groups: Tensor) -> Tensor:
    """A_i = r_i - mean(r of the group). A constant group and a group of one give 0. Source: arXiv:2503.20783."""
    # From the group's lowest on, so that rounding leaves a constant group at exactly 0: its rows are then not trained.
    above = rewards - segment_min(rewards, groups)
    sums, counts = segment_sums(above, groups)
    return above - sums / counts


def group_standardized(rewards: Tensor, groups: Tensor, epsilon: float = 1e-4) -> Tensor:
    """A_i = (r_i - mean) / (std + epsilon), with the sample deviation (n - 1) of the group.

    A constant group and a group of one give 0. Source: arXiv:2402.03300, equation for outcome supervision.
    """
    centred = group_mean(rewards, groups)
    squares, counts = segment_sums(centred**2, groups)
    deviation = (squares / (counts - 1).clamp(min=1)).sqrt()
    return centred / (deviation + epsilon)


def leave_one_out(rewards: Tensor, groups: Tensor) -> Tensor:
    """A_i = r_i - mean(r of the others in the group) = n / (n - 1) * (r_i - mean).

    The baseline does not contain r_i itself, so the estimate is unbiased. A group of one gives 0: there is nobody to
    compare with. Source: arXiv:2402.14740.
    """
    _, counts = segment_sums(rewards, groups)
    return group_mean(rewards, groups) * counts / (counts - 1).clamp(min=1)


def group_mean_normalized(rewards: Tensor, groups: Tensor) -> Tensor:
    """A_i = (r_i - mean) / mean of the group: a rare success weighs more, as in maximum likelihood.

    Rewards must not be negative. A constant group, a group of one and a group with mean 0 give 0; so does a negative
    mean, which would turn right into wrong. Source: MaxRL, arXiv:2602.02710.
    """
    sums, counts = segment_sums(rewards, groups)
    mean = sums / counts
    return torch.where(mean > 0, group_mean(rewards, groups) / mean.where(mean > 0, 1.0), 0.0)


def shrinkage(rewards: Tensor, groups: Tensor) -> Tensor:
    """A_i = r_i - b_i, with a baseline between the mean of the others in the group and that of the other prompts.

        b_i = (1 - w) * mean(others in the group) + w * mean(means of the other groups)          w = v / (v + s)

    v is how uncertain a group's mean is: the average over the other groups of (sample variance / size); s is how much
    prompts differ: the variance (n) of the other groups' means. Few answers or similar prompts pull w to 1. Nothing
    in b_i depends on r_i, so the estimate is unbiased. A single group is ``leave_one_out``; a group of one has only the
    other prompts to go by, w = 1; a single answer gives 0; where v and s are both 0, w is 0. Source: the James-Stein
    baseline of arXiv:2511.03710.
    """
    _, members, sizes = torch.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        return leave_one_out(rewards, groups)
    sizes, rewards = sizes.to(rewards.dtype), rewards - rewards.min()
    means = torch.zeros_like(sizes).index_add(0, members, rewards) / sizes
    squares = torch.zeros_like(sizes).index_add(0, members, (rewards - means[members]) ** 2)
    elsewhere, weight = _pull_of_others(means, squares / (sizes - 1).clamp(min=1) / sizes, sizes)
    beside = ((sizes * means)[members] - rewards) / (sizes - 1).clamp(min=1)[members]
    found: Tensor = rewards - beside - weight[members] * (elsewhere[members] - beside)
    return found


def _pull_of_others(means: Tensor, variances: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
    """For each of G groups the mean of the other groups' means, and the weight w that it deserves; all [G].

    ``variances``: of each group's mean; a group of one has none to tell.
    """
    others = 1 - torch.eye(len(sizes), dtype=means.dtype, device=means.device)
    plural = others * (sizes > 1)
    uncertainty = plural @ variances / plural.sum(1).clamp(min=1)
    elsewhere = others @ means / others.sum(1)
    difference = (others * (means - elsewhere[:, None]) ** 2).sum(1) / others.sum(1)
    spread = uncertainty + difference
    weight = torch.where(spread > 0, uncertainty / spread.where(spread > 0, 1.0), 0.0)
    return elsewhere, torch.where(sizes > 1, weight, 1.0)


GROUP_ESTIMATORS: dict[str, Estimator] = {
    "reward": reward,
    "group_mean": group_mean,
    "group_standardized": group_standardized,
    "leave_one_out": leave_one_out,
    "group_mean_normalized": group_mean_normalized,
    "shrinkage": shrinkage,
}


def standardized_sum(parts: Tensor, weights: Tensor, groups: Tensor) -> Tensor:
    """Several rewards, each standardised within its group before they are added up: A_i = sum_k w_k * A_ik.

    parts fp32 [B, K], one column per scorer; weights fp32 [K]. Added first and standardised after, two rewards that
    differ in scale or in how often they tie lose what the smaller one says. Whiten the result over the batch, so that
    its size does not depend on K. Source: GDPO, arXiv:2601.05242.
    """
    columns = [group_standardized(part, groups) for part in parts.unbind(1)]
    return torch.stack(columns, dim=1) @ weights if columns else torch.zeros(len(parts))
