"""The rollout engine for models that ``transformers`` computes: the same draws and the same rules, without the speed.

A group's prompt is read once and its cache copied to every completion. Groups are taken as many as fit, left-padded to
one width, and written to the end before the next ones enter; finished rows leave at once.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from homeschool.errors import ModelError
from homeschool.messages.refusals import models as say
from homeschool.models.foreign import ForeignModel, require_close
from homeschool.models.layout import Layout, PackedAttention
from homeschool.models.load import Policy
from homeschool.rollout.request import Listener, Request
from homeschool.streams import Key
from homeschool.types import Completion, Prompt, Sampling


class HFEngine:
    """Generation with the policy's own weights, by the cache of ``transformers``."""

    def __init__(self, policy: Policy, max_rows: int = 64) -> None:
        self.max_rows = max_rows
        self.load_weights(policy, policy.version)
        check_decoding(self.model, policy.name)

    def load_weights(self, policy: Policy, version: int) -> None:
        """Use these weights from now on."""
        assert isinstance(policy.model, ForeignModel)
        self.policy, self.version, self.model = policy, version, policy.model

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
        groups_at_once = max(1, self.max_rows // group_size)
        for start in range(0, len(prompts), groups_at_once):
            write(self.model, request, range(start, min(start + groups_at_once, len(prompts))))
        return request.completions()


def write(model: ForeignModel, request: Request, chunk: Sequence[int]) -> None:
    """All completions of a few prompts, from the first token to the last."""
    running = Running(model, [request.encoded[index] for index in chunk])
    logits = running.repeat(request.group_size)
    rows = [row for index in chunk for row in request.open_rows(index)]
    while True:
        reasons = request.take_tokens(rows, logits)
        for row, reason in zip(rows, reasons, strict=True):
            if reason:
                request.close_row(row, reason)
        kept = [place for place, reason in enumerate(reasons) if not reason]
        if not kept:
            return
        rows = [rows[place] for place in kept]
        running.keep(kept)
        logits = running.advance([row.tokens[-1] for row in rows])


class Running:
    """The cache of several sequences, their prompts padded on the left to one width."""

    def __init__(self, model: ForeignModel, prompts: Sequence[Sequence[int]]) -> None:
        from transformers import DynamicCache

        self.model = model
        self.cache: Any = DynamicCache(config=model.causal.config)
        width = max(map(len, prompts))
        tokens = [[0] * (width - len(prompt)) + list(prompt) for prompt in prompts]
        mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        self.mask = torch.tensor(mask, device=model.device)
        self.logits = model.next_logits(torch.tensor(tokens, device=model.device), self.mask, self.cache)
        """[prompts, V], after each prompt."""

    def repeat(self, count: int) -> Tensor:
        """``count`` copies of each sequence, side by side; returns the logits after each, [prompts * count, V]."""
        if count > 1:
            places = torch.arange(len(self.mask), device=self.mask.device).repeat_interleave(count)
            self._choose(places)
            return self.logits[places]
        return self.logits

    def keep(self, rows: Sequence[int]) -> None:
        """Drop all sequences but these."""
        if len(rows) < len(self.mask):
            self._choose(torch.tensor(rows, device=self.mask.device))

    def _choose(self, places: Tensor) -> None:
        self.mask = self.mask[places]
        self.cache.reorder_cache(places)

    def advance(self, tokens: Sequence[int]) -> Tensor:
        """One more token per sequence; returns the logits after it, [rows, V]."""
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(tokens), 1)], -1)
        return self.model.next_logits(torch.tensor(tokens, device=self.mask.device)[:, None], self.mask, self.cache)


@torch.inference_mode()
def check_decoding(model: ForeignModel, name: str) -> None:
    """Reading token by token beside a longer prompt must give the logits of reading at once; ModelError otherwise.

    It catches architectures whose state is not a cache of keys and values, or whose state padding would change.
    """
    first, second = [1, 2, 3, 4], [1, 2, 3, 4, 5, 6]
    vocab = model.config.vocab_size
    layout = Layout((len(first), len(second)))
    tokens = torch.tensor(first + second, device=model.device) % vocab
    expected = model.logits(model(tokens, layout.positions(), PackedAttention(layout, model.device)))[[3, 9]]
    try:
        running = Running(model, [[token % vocab for token in row[:-2]] for row in (first, second)])
        for place in (-2, -1):
            found = running.advance([row[place] % vocab for row in (first, second)])
    except Exception as error:  # what an architecture lacks shows itself in any way
        raise ModelError(say.CANNOT_GENERATE(name=name, family=model.config.family, error=error)) from error
    require_close(found, expected, f"{name} ({model.config.family})", say.CACHED())
