"""Sums and minima over the entries that share a number: the rollouts of a group, the tokens of a row."""

import torch
from torch import Tensor


def segment_sums(values: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """For each entry the sum over all entries with its key, and how many those are; both shaped like ``values`` [N].

    ``keys`` int64 [N], not negative; a number that does not occur costs a zero and nothing else. No entries give none.
    Values [5, 1, 2] with keys [0, 3, 3] give sums [5, 3, 3] and counts [1, 2, 2].
    """
    size = int(keys.max()) + 1 if len(keys) else 0
    sums = values.new_zeros(size).index_add(0, keys, values)
    counts = values.new_zeros(size).index_add(0, keys, torch.ones_like(values))
    return sums[keys], counts[keys]


def segment_min(values: Tensor, keys: Tensor) -> Tensor:
    """For each entry the smallest among all entries with its key. Values [5, 1, 2], keys [0, 3, 3]: [5, 1, 1]."""
    size = int(keys.max()) + 1 if len(keys) else 0
    lowest: Tensor = values.new_zeros(size).scatter_reduce(0, keys, values, "amin", include_self=False)
    return lowest[keys]
