"""The answers of one step: sampled and scored, prompts that teach nothing replaced, rewards shaped by length."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean

import torch

from homeschool.algos.columns import Algorithm
from homeschool.algos.shaping import soft_overlong_penalty
from homeschool.rewards.incentive import Incentive
from homeschool.rewards.marker import Marker
from homeschool.rollout.collect import Engine, collect
from homeschool.types import Prompt, Rollout, RolloutGroup, Sampling

Draw = Callable[[int, int, int], Sequence[Prompt]]
"""draw(step, round, count) -> that many prompts for a later round of a step; the same arguments give the same."""


def collect_answers(
    engine: Engine,
    marker: Marker,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    algo: Algorithm,
    *,
    seed: int,
    step: int,
    draw: Draw | None,
    incentive: Incentive | None = None,
) -> tuple[list[RolloutGroup], dict[str, float]]:
    """As many groups as there are prompts, what they cost, and what the rule that pays them saw.

    For at most ``algo.resample`` rounds, prompts whose answers all earned the same give way to new ones from ``draw``
    (dynamic sampling, DAPO, arXiv:2503.14476). Where the rounds end first, the last of those prompts fill the batch,
    so that its size is always the same; their advantage is 0.
    """
    groups = collect(
        engine, marker, prompts, sampling, group_size=algo.group_size, seed=seed, step=step, incentive=incentive
    )
    kept = [group for group in groups if not algo.resample or not ties(group, algo)]
    spent = list(groups)
    for number in range(1, algo.resample + 1):
        missing = len(prompts) - len(kept)
        if missing == 0:
            break
        assert draw is not None, "an algorithm that resamples needs a source of prompts"
        groups = collect(
            engine,
            marker,
            draw(step, number, missing),
            sampling,
            group_size=algo.group_size,
            seed=seed,
            step=f"{step}, round {number}",
            incentive=incentive,
        )
        kept += [group for group in groups if not ties(group, algo)]
        spent += groups
    filling = [group for group in groups if algo.resample and ties(group, algo)]
    batch = [*kept, *filling][: len(prompts)]
    metrics = _cost(spent, len(batch)) | (incentive.metrics() if incentive else {})
    paid = shaped(batch, algo, sampling.max_tokens)
    if algo.overlong:
        metrics["reward/length_penalty"] = _taken(batch, paid)
    return paid, metrics


def ties(group: RolloutGroup, algo: Algorithm) -> bool:
    """All answers earned the same, so that a comparison among them says nothing.

    Where marks are standardised one by one, every single one has to tie.
    """
    if algo.combine == "standardized":
        return len({rollout.parts for rollout in group.rollouts if rollout.reward is not None}) <= 1
    return group.is_uniform


def shaped(groups: Sequence[RolloutGroup], algo: Algorithm, max_tokens: int) -> list[RolloutGroup]:
    """The same groups with rewards that fall near the length limit; scores stay what they were."""
    if not algo.overlong:
        return list(groups)
    return [replace(group, rollouts=_shaped(group, algo.overlong, max_tokens)) for group in groups]


def _shaped(group: RolloutGroup, zone: float, max_tokens: int) -> tuple[Rollout, ...]:
    lengths = torch.tensor([len(rollout.completion.tokens) for rollout in group.rollouts])
    penalties = soft_overlong_penalty(lengths, max_tokens, zone).tolist()
    return tuple(
        replace(rollout, reward=None if rollout.reward is None else rollout.reward + penalty)
        for rollout, penalty in zip(group.rollouts, penalties, strict=True)
    )


def _taken(before: Sequence[RolloutGroup], after: Sequence[RolloutGroup]) -> float:
    """Mean change of the reward, over the answers that have one."""
    pairs = zip(before, after, strict=True)
    return fmean(b - a for low, high in pairs for a, b in zip(low.rewards, high.rewards, strict=True))


def _cost(spent: Sequence[RolloutGroup], used: int) -> dict[str, float]:
    tokens = sum(len(rollout.completion.tokens) for group in spent for rollout in group.rollouts)
    return {"rollout/tokens_sampled": float(tokens), "rollout/replaced_frac": 1 - used / len(spent)}
