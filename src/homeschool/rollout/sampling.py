"""Drawing a token from logits, one uniform number per row."""

import torch
from torch import Tensor

from homeschool.types import Sampling

BLOCK = 256


def draw(logits: Tensor, uniforms: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """One token per row by inverting the cumulative distribution at ``uniforms``.

    logits [B, V]; uniforms fp32 [B] in [0, 1). Returns tokens int64 [B] and their log-probabilities fp32 [B] under
    softmax(logits / temperature), before any cut: the policy that the trainer differentiates. Temperature 0 takes the
    most likely token and reports its log-probability at temperature 1. A row whose logits are not finite gets token -1.
    """
    scaled = logits.float()
    if sampling.temperature not in (0.0, 1.0):
        scaled = scaled / sampling.temperature
    peak = scaled.amax(-1, keepdim=True)
    weights = (scaled - peak).exp_()
    total = weights.sum(-1)
    if sampling.temperature == 0:
        tokens = scaled.argmax(-1)
    else:
        kept = cut_tail(weights, sampling)
        tokens = invert(kept, uniforms)
    logprobs = scaled.gather(-1, tokens[:, None]).squeeze(-1) - peak.squeeze(-1) - total.log()
    tokens = torch.where(total.isfinite() & logprobs.isfinite(), tokens, -1)
    return tokens, logprobs


def invert(weights: Tensor, uniforms: Tensor) -> Tensor:
    """Smallest index whose cumulative share of ``weights`` [B, V] exceeds ``uniforms`` [B].

    A large vocabulary is searched in two levels, blocks and then within one block: one pass over the weights instead of
    a cumulative sum of all of them, which also keeps rounding errors small.
    """
    size = weights.shape[-1]
    if size % BLOCK or size <= BLOCK:
        return _search(weights, uniforms * weights.sum(-1))
    blocks = weights.unflatten(-1, (-1, BLOCK))
    block_sums = blocks.sum(-1)
    goals = uniforms * block_sums.sum(-1)
    block = _search(block_sums, goals)
    before = block_sums.cumsum(-1).gather(-1, block[:, None]).squeeze(-1)
    within = blocks[torch.arange(len(block), device=block.device), block]
    # Rounding can leave a goal just below the block it is in; clamped, it cannot fall on a token that was cut.
    goals = (goals - before + within.sum(-1)).clamp(min=0)
    return block * BLOCK + _search(within, goals)


def _search(weights: Tensor, goals: Tensor) -> Tensor:
    """First index whose cumulative weight exceeds the goal; where rounding leaves none, the last of positive weight."""
    index = torch.searchsorted(weights.cumsum(-1), goals[:, None], right=True).squeeze(-1)
    places = torch.arange(weights.shape[-1], device=weights.device)
    last = torch.where(weights > 0, places, 0).amax(-1)
    return torch.minimum(index, last)


def cut_tail(weights: Tensor, sampling: Sampling) -> Tensor:
    """Zero the weights that top-k, min-p and top-p exclude, in that order; the most likely token always stays."""
    if sampling.top_k and sampling.top_k < weights.shape[-1]:
        smallest = weights.topk(sampling.top_k).values[:, -1:]
        weights = weights.masked_fill(weights < smallest, 0.0)
    if sampling.min_p:
        weights = weights.masked_fill(weights < sampling.min_p * weights.amax(-1, keepdim=True), 0.0)
    if sampling.top_p < 1:
        ordered, order = weights.sort(-1, descending=True)
        mass_before = ordered.cumsum(-1) - ordered
        beyond = mass_before >= sampling.top_p * ordered.sum(-1, keepdim=True)
        beyond[:, 0] = False
        weights = weights.masked_fill(beyond.scatter(-1, order, beyond), 0.0)
    return weights
