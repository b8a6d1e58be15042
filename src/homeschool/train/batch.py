"""TrainBatch: token sequences ready to train on, packed, with whatever is known about each token.

A row is what trains: a completion, an answer, the rest of a document. Rows of one group share a prefix that is read but
not trained: the prompt. Every per-token field speaks about the token at its own index. The shift by one (which hidden
state predicts which token) happens in :func:`pack` alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from homeschool.errors import ScorerError
from homeschool.messages.refusals import training as refused
from homeschool.models.layout import Layout, PackedAttention
from homeschool.text import Tokenizer
from homeschool.types import Rollout, RolloutGroup

FULL_MARKS = 1.0
"""The score of a right answer."""


@dataclass(frozen=True)
class TrainBatch:
    """Rows laid end to end: R rows, T tokens. Fields below ``groups`` are filled in as a step goes on."""

    prefixes: tuple[tuple[int, ...], ...]
    """Token ids each group shares, at least one."""
    groups: Tensor
    """int64 [R], the group of each row; rows of a group are neighbours."""
    lengths: Tensor
    """int64 [R], tokens of each row, at least one."""
    tokens: Tensor
    """int64 [T]."""
    loss_mask: Tensor
    """bool [T], True trains."""
    prompt_ids: tuple[str, ...] = ()
    """The id of each group's prompt; none for plain text."""
    rewards: Tensor | None = None
    """fp32 [R]."""
    parts: Tensor | None = None
    """fp32 [R, K], the marks of the single scorers, where there are several."""
    right: Tensor | None = None
    """bool [R], True for full marks: a score of at least 1."""
    finished: Tensor | None = None
    """bool [R], False where the completion was cut off."""
    rollout_logprobs: Tensor | None = None
    """fp32 [T], as sampled."""
    old_logprobs: Tensor | None = None
    """fp32 [T], the same weights recomputed before the first update; None with one update, where they are
    ``logprobs``."""
    ref_logprobs: Tensor | None = None
    """fp32 [T], under the frozen reference."""
    ref_kl: Tensor | None = None
    """fp32 [T], KL(policy, reference) before the first update, where the reward is charged for it."""
    values: Tensor | None = None
    """fp32 [T], the critic's value of the state before each token."""
    final_values: Tensor | None = None
    """fp32 [R], its value after the last token of a row that goes on from there, 0 for one that ended."""
    value_gaps: Tensor | None = None
    """fp32 [T], how far two critics lie apart; None with one."""
    explores: Tensor | None = None
    """fp32 [T], 1 where a bonus for entropy is paid, 0 where it is not; None: it is paid everywhere."""
    shards: Tensor | None = None
    """int64 [R], which of two critics learns from each row; None with one."""
    advantages: Tensor | None = None
    """fp32 [T]."""
    returns: Tensor | None = None
    """fp32 [T]."""
    weights: Tensor | None = None
    """fp32 [T], each token's share in the loss of the whole batch; 0 where it does not train."""
    likelihood_weights: Tensor | None = None
    """fp32 [T], its share in the imitation of right answers; 0 in wrong ones."""
    packings: dict[tuple[int, ...], "Packed"] = field(default_factory=dict, repr=False, compare=False)
    """Micro-batches laid out for a model, by their rows: several passes and models read the same ones."""

    @property
    def num_rows(self) -> int:
        return len(self.lengths)

    @cached_property
    def rows(self) -> Tensor:
        """int64 [T], the row of each token."""
        return torch.repeat_interleave(torch.arange(self.num_rows), self.lengths)

    @cached_property
    def starts(self) -> list[int]:
        """Index of the first token of each row, and the total."""
        return [0, *accumulate(self.lengths.tolist())]

    def add(self, **known: Tensor | None) -> "TrainBatch":
        """The same batch knowing more."""
        return replace(self, **known)  # type: ignore[arg-type]

    def take(self, rows: Sequence[int]) -> "TrainBatch":
        """Some of the rows, in ascending order, with everything known about them."""
        index = torch.tensor(rows, dtype=torch.long)
        kept, groups = torch.unique_consecutive(self.groups[index], return_inverse=True)
        tokens = torch.cat([torch.arange(self.starts[row], self.starts[row + 1]) for row in rows])
        known: dict[str, Tensor] = {}
        for spec in fields(self):
            value = getattr(self, spec.name)
            if isinstance(value, Tensor):
                known[spec.name] = value[index if spec.name in _PER_ROW else tokens]
        known["groups"] = groups
        prefixes = tuple(self.prefixes[group] for group in kept.tolist())
        prompt_ids = tuple(self.prompt_ids[group] for group in kept.tolist()) if self.prompt_ids else ()
        return replace(self, prefixes=prefixes, prompt_ids=prompt_ids, packings={}, **known)

    def padded(self, per_token: Tensor) -> Tensor:
        """[T] -> [R, longest row], zeros on the right."""
        out = per_token.new_zeros(self.num_rows, int(self.lengths.max()))
        out[self._inside] = per_token
        return out

    def flat(self, padded: Tensor) -> Tensor:
        """[R, longest row] -> [T]."""
        return padded[self._inside]

    @property
    def _inside(self) -> Tensor:
        return torch.arange(int(self.lengths.max())) < self.lengths[:, None]


_PER_ROW = {"groups", "lengths", "rewards", "parts", "right", "finished", "final_values", "shards"}


@dataclass(frozen=True)
class Packed:
    """A batch as the model reads it."""

    tokens: Tensor
    """int64 [N], prefixes and rows."""
    positions: Tensor
    """int64 [N]."""
    layout: Layout
    predictors: Tensor
    """int64 [T], for each row token the index into [N] of the token whose hidden state predicts it."""
    ends: Tensor
    """int64 [R], index of each row's last token: the state after it."""

    @cached_property
    def attend(self) -> PackedAttention:
        """Who looks at whom."""
        return PackedAttention(self.layout, self.tokens.device)


def pack(batch: TrainBatch, device: torch.device) -> Packed:
    """Lay prefixes and rows out as trunks and branches; a group of one row is a single trunk, which needs no branch."""
    counts = torch.bincount(batch.groups, minlength=len(batch.prefixes)).tolist()
    lengths = batch.lengths.tolist()
    trunks: list[Tensor] = []
    branches: list[Tensor] = []
    parents: list[int] = []
    row = 0
    for group, (prefix, count) in enumerate(zip(batch.prefixes, counts, strict=True)):
        rows = [batch.tokens[batch.starts[r] : batch.starts[r + 1]] for r in range(row, row + count)]
        head = torch.tensor(prefix)
        trunks.append(torch.cat([head, rows[0]]) if count == 1 else head)
        if count > 1:
            branches += rows
            parents += [group] * count
        row += count
    layout = Layout(tuple(map(len, trunks)), tuple(map(len, branches)), tuple(parents))
    predictors, ends = _predictors(batch, layout, counts, lengths)
    return Packed(
        torch.cat(trunks + branches).to(device),
        layout.positions().to(device),
        layout,
        predictors.to(device),
        ends.to(device),
    )


def _predictors(batch: TrainBatch, layout: Layout, counts: list[int], lengths: list[int]) -> tuple[Tensor, Tensor]:
    branch_predictors = layout.branch_predictors().split(list(layout.branches))
    branch_ends = [start + length - 1 for start, length in zip(layout.branch_starts, layout.branches, strict=True)]
    predictors, ends = [], []
    row = branch = 0
    for group, count in enumerate(counts):
        if count == 1:
            first = layout.trunk_starts[group] + len(batch.prefixes[group])
            predictors.append(torch.arange(first - 1, first - 1 + lengths[row]))
            ends.append(first + lengths[row] - 1)
        else:
            predictors += branch_predictors[branch : branch + count]
            ends += branch_ends[branch : branch + count]
            branch += count
        row += count
    return torch.cat(predictors), torch.tensor(ends)


def micro_batches(batch: TrainBatch, token_budget: int, rows: Sequence[int] | None = None) -> list[list[int]]:
    """Split rows into lists that fit a token budget, whole groups together where they fit, similar lengths together.

    A row longer than the budget stands alone. The order depends on the lengths only, so it is the same every time.
    """
    lengths = batch.lengths.tolist()
    groups = batch.groups.tolist()
    by_group: dict[int, list[int]] = {}
    for row in range(batch.num_rows) if rows is None else rows:
        by_group.setdefault(groups[row], []).append(row)
    order = sorted(by_group, key=lambda group: (max(lengths[row] for row in by_group[group]), group))
    plan: list[list[int]] = []
    room = 0
    for group in order:
        prefix = len(batch.prefixes[group])
        members = by_group[group]
        total = prefix + sum(lengths[row] for row in members)
        if total <= room and plan:
            plan[-1] += members
            room -= total
            continue
        for row in members:
            cost = lengths[row]
            if not plan or row == members[0] or cost > room:
                plan.append([])
                room = token_budget - prefix
            plan[-1].append(row)
            room -= cost
    return [sorted(part) for part in plan]


def trained_rollouts(groups: Sequence[RolloutGroup]) -> list[tuple[int, Rollout]]:
    """(group number, rollout) of those that train: they have a reward and were not aborted by the engine."""
    return [(index, rollout) for index, group in enumerate(groups) for rollout in group.rollouts if rollout.trains]


def build_batch(groups: Sequence[RolloutGroup], tokenizer: Tokenizer) -> TrainBatch:
    """Scored completions as rows. Rollouts without a reward, and those the engine aborted, leave here.

    Raises ScorerError when nothing is left: there is nothing to learn from.
    """
    kept = trained_rollouts(groups)
    if not kept:
        raise ScorerError(refused.NO_MARKS(total=sum(len(group.rollouts) for group in groups)))
    index, numbers = torch.unique_consecutive(torch.tensor([group for group, _ in kept]), return_inverse=True)
    completions = [rollout.completion for _, rollout in kept]
    tokens = torch.tensor([token for completion in completions for token in completion.tokens])
    prefixes = [tokenizer.encode_prompt(groups[group].prompt.text) for group in index.tolist()]
    parts = [rollout.parts for _, rollout in kept]
    return TrainBatch(
        prefixes=tuple(tuple(prefix) or (tokenizer.pad_id,) for prefix in prefixes),
        groups=numbers,
        lengths=torch.tensor([len(completion.tokens) for completion in completions]),
        tokens=tokens,
        loss_mask=torch.ones(len(tokens), dtype=torch.bool),
        prompt_ids=tuple(groups[group].prompt.id for group in index.tolist()),
        rewards=torch.tensor([float(rollout.reward or 0.0) for _, rollout in kept]),
        parts=torch.tensor(parts) if all(parts) else None,
        right=torch.tensor([(rollout.score or 0.0) >= FULL_MARKS for _, rollout in kept]),
        finished=torch.tensor([completion.finish_reason == "stop" for completion in completions]),
        rollout_logprobs=torch.tensor([x for completion in completions for x in completion.logprobs]),
    )


def text_batch(rows: Sequence[tuple[list[int], list[bool]]]) -> TrainBatch:
    """Token sequences with their loss masks, for pre-training and fine-tuning. The first token predicts, it never
    trains."""
    return TrainBatch(
        prefixes=tuple((tokens[0],) for tokens, _ in rows),
        groups=torch.arange(len(rows)),
        lengths=torch.tensor([len(tokens) - 1 for tokens, _ in rows]),
        tokens=torch.tensor([token for tokens, _ in rows for token in tokens[1:]]),
        loss_mask=torch.tensor([train for _, mask in rows for train in mask[1:]]),
    )


def save_batch(batch: TrainBatch, path: Path) -> None:
    """Everything known about a batch as safetensors, to look at later."""
    tensors = {f.name: getattr(batch, f.name) for f in fields(batch) if isinstance(getattr(batch, f.name), Tensor)}
    prefix_lengths = torch.tensor([len(prefix) for prefix in batch.prefixes])
    prefix_tokens = torch.tensor([token for prefix in batch.prefixes for token in prefix])
    save_file(tensors | {"prefix_lengths": prefix_lengths, "prefix_tokens": prefix_tokens}, path)
