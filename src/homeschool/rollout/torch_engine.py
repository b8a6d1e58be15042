"""The rollout engine: reads each prompt once, writes all its completions side by side.

A group's prompt is prefilled once and its cache shared by every completion. Finished rows leave the batch at once and
waiting groups enter, so no step is spent on padding. Every draw is a function of (seed, step, prompt, place in the
group), so what is written does not depend on what else is being written.
"""

from collections import deque
from collections.abc import Sequence

import torch
from torch import Tensor

from homeschool.models.decoder import Decoder
from homeschool.models.layout import Layout, PackedAttention
from homeschool.models.load import Policy
from homeschool.rollout.cache import DecodeAttention, GenerationCache
from homeschool.rollout.packed_weights import generation_copy
from homeschool.rollout.request import Listener, Request, Row
from homeschool.streams import Key
from homeschool.types import Completion, FinishReason, Prompt, Sampling

PREFILL_TOKENS = 4096
"""Prompt tokens read in one forward: enough to fill the matrix products, little enough to bound memory."""
MAX_ROWS = 256
"""Completions written side by side, unless a single group has more."""


class TorchEngine:
    """Generation with the policy's own weights on its own device."""

    def __init__(self, policy: Policy, max_rows: int = MAX_ROWS) -> None:
        self.max_rows = max_rows
        self.load_weights(policy, policy.version)

    def load_weights(self, policy: Policy, version: int) -> None:
        """Use these weights from now on."""
        assert isinstance(policy.model, Decoder)
        self.policy, self.version = policy, version
        self.model = generation_copy(policy.model, self.max_rows)

    def close(self) -> None:
        """Nothing outlives a call to generate."""

    @torch.inference_mode()
    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        group_size: int = 1,
        seed: int = 0,
        step: Key = 0,
        listener: Listener | None = None,
    ) -> list[tuple[Completion, ...]]:
        """``group_size`` completions of each prompt, in order.

        ``(seed, step)`` name the random stream; ``listener`` hears each token as it is drawn, as (number of the prompt,
        place in the group, token).
        Raises DataError for a prompt that leaves no room for an answer.
        """
        request = Request(self.policy, self.version, prompts, sampling, group_size, seed, step, listener)
        batch = _Batch(self, request)
        while batch.is_busy:
            batch.admit()
            batch.advance()
        return request.completions()


class _Batch:
    """The state of one call to generate: who waits, who writes."""

    def __init__(self, engine: TorchEngine, request: Request) -> None:
        self.model, self.request, self.group_size = engine.model, request, request.group_size
        self.encoded = request.encoded
        self.waiting = deque(range(len(self.encoded)))
        self.active: list[Row] = []
        self.groups: list[int] = []
        """Prompt index at each trunk place of the cache."""
        self.pending: list[int] = []
        """Last token of each active row, not yet in the cache."""
        self.cache = self._allocate(max(engine.max_rows, request.group_size))

    def _allocate(self, max_rows: int) -> GenerationCache:
        count = len(self.encoded)
        groups = min(count, max(1, max_rows // self.group_size))
        # Groups whose rows are half done keep their prompt, so that the rows left over can be given to new groups.
        groups = min(count, 2 * groups)
        rows = min(max_rows, count * self.group_size)
        prompt_width = max((len(tokens) for tokens in self.encoded), default=1)
        width = self.request.sampling.max_tokens
        return GenerationCache(
            self.model.config, groups, prompt_width, rows, width, self.model.dtype, self.model.device
        )

    @property
    def is_busy(self) -> bool:
        return bool(self.waiting or self.active)

    def admit(self) -> None:
        """Prefill as many waiting groups as fit, and draw the first token of each of their completions."""
        places = self.cache.trunk.shape[2] - len(self.groups)
        rows = self.cache.own.shape[2] - len(self.active)
        count = min(places, rows // self.group_size, len(self.waiting))
        while count > 0:
            chunk = self._next_chunk(count)
            count -= len(chunk)
            self._prefill(chunk)

    def _next_chunk(self, count: int) -> list[int]:
        chunk = [self.waiting.popleft()]
        tokens = len(self.encoded[chunk[0]])
        while len(chunk) < count and tokens + len(self.encoded[self.waiting[0]]) <= PREFILL_TOKENS:
            chunk.append(self.waiting.popleft())
            tokens += len(self.encoded[chunk[-1]])
        return chunk

    def _prefill(self, chunk: list[int]) -> None:
        model, first = self.model, len(self.groups)
        layout = Layout(tuple(len(self.encoded[index]) for index in chunk))
        tokens = torch.tensor([token for index in chunk for token in self.encoded[index]], device=model.device)

        def record(layer: int, key: Tensor, value: Tensor) -> None:
            self.cache.store_trunks(layer, first, key, value)

        hidden = model(tokens, layout.positions().to(model.device), PackedAttention(layout, model.device, record))
        ends = [start + length - 1 for start, length in zip(layout.trunk_starts, layout.trunks, strict=True)]
        logits = model.logits(hidden[ends]).repeat_interleave(self.group_size, 0)
        for place, index in enumerate(chunk, first):
            self.groups.append(index)
            self.cache.trunk_lengths.append(len(self.encoded[index]))
            self.active += self.request.open_rows(index)
            self.cache.lengths += [0] * self.group_size
            self.cache.group_of += [place] * self.group_size
            self.pending += [-1] * self.group_size
        self._take_tokens(len(self.active) - len(chunk) * self.group_size, logits)

    def advance(self) -> None:
        """One more token for every active row."""
        if not self.active:
            return
        model, cache = self.model, self.cache
        tokens = torch.tensor(self.pending, device=model.device)
        starts = [cache.trunk_lengths[group] for group in cache.group_of]
        positions = torch.tensor([a + b for a, b in zip(starts, cache.lengths, strict=True)], device=model.device)
        hidden = model(tokens, positions, DecodeAttention(cache))
        cache.lengths = [length + 1 for length in cache.lengths]
        self._take_tokens(0, model.logits(hidden))

    def _take_tokens(self, first: int, logits: Tensor) -> None:
        """Draw one token for each row from ``first`` on; those that end leave the batch."""
        reasons = self.request.take_tokens(self.active[first:], logits)
        self.pending[first:] = [row.tokens[-1] if row.tokens else -1 for row in self.active[first:]]
        for place, reason in reversed(list(enumerate(reasons, first))):
            if reason:
                self._finish(place, reason)

    def _finish(self, place: int, reason: FinishReason) -> None:
        self.request.close_row(self.active[place], reason)
        group_place = self.cache.group_of[place]
        self.cache.drop_row(place)
        self.active[place], self.pending[place] = self.active[-1], self.pending[-1]
        self.active.pop()
        self.pending.pop()
        if group_place not in self.cache.group_of:
            self.cache.drop_trunk(group_place)
            self.groups[group_place] = self.groups[-1]
            self.groups.pop()
