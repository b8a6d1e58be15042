"""One call to generate: what was asked, and what has been written so far. Every engine keeps its books here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from homeschool.errors import DataError
from homeschool.messages.refusals import models as say
from homeschool.models.load import Policy
from homeschool.rollout.sampling import draw
from homeschool.streams import Key, stream
from homeschool.types import Completion, FinishReason, Prompt, Sampling

Listener = Callable[[int, int, int], None]
"""Hears each token as it is drawn: listener(number of the prompt, place in the group, token)."""


@dataclass(eq=False)
class Row:
    """One completion being written."""

    group: int
    """Index of its prompt in the request."""
    sample: int
    """Place within its group."""
    uniforms: list[float]
    """One number per token to come, each drawn before it is known who else writes."""
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    text_end: int | None = None
    """Number of characters before a stop string, once one was seen."""


class Request:
    """Prompts as token ids, rules for drawing and stopping, finished completions."""

    def __init__(
        self,
        policy: Policy,
        version: int,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        group_size: int,
        seed: int,
        step: Key,
        listener: Listener | None = None,
    ) -> None:
        self.tokenizer, self.version = policy.tokenizer, version
        self.prompts, self.sampling, self.group_size = prompts, sampling, group_size
        self.seed, self.step, self.listener = seed, step, listener
        self.encoded = [encode(policy, prompt, sampling) for prompt in prompts]
        self.stop_ids = frozenset() if sampling.ignore_stop else policy.tokenizer.stop_ids
        self.stop_strings = () if sampling.ignore_stop else sampling.stop
        self.done: list[list[Completion | None]] = [[None] * group_size for _ in prompts]

    def open_rows(self, index: int) -> list[Row]:
        """Empty completions of one prompt, a whole group."""
        return [Row(index, sample, self._uniforms(index, sample)) for sample in range(self.group_size)]

    def _uniforms(self, index: int, sample: int) -> list[float]:
        """One number per token: a function of (seed, step, prompt, place in the group) and of nothing else."""
        generator = stream(self.seed, "sample", self.step, self.prompts[index].id, sample)
        drawn: list[float] = generator.random(self.sampling.max_tokens, dtype="float32").tolist()
        return drawn

    def take_tokens(self, rows: Sequence[Row], logits: Tensor) -> list[FinishReason | None]:
        """Draw one token for each of ``rows`` from logits [rows, V]; says for each why it ends, None if it goes on."""
        uniforms = torch.tensor([row.uniforms[len(row.tokens)] for row in rows])
        tokens, logprobs = draw(logits, uniforms.to(logits.device), self.sampling)
        return [self._append(*drawn) for drawn in zip(rows, tokens.tolist(), logprobs.tolist(), strict=True)]

    def _append(self, row: Row, token: int, logprob: float) -> FinishReason | None:
        if token < 0:
            return "abort"
        row.tokens.append(token)
        row.logprobs.append(logprob)
        if self.listener:
            self.listener(row.group, row.sample, token)
        if token in self.stop_ids:
            return "stop"
        if self.stop_strings and self._meets_stop_string(row):
            return "stop"
        return "length" if len(row.tokens) == self.sampling.max_tokens else None

    def _meets_stop_string(self, row: Row) -> bool:
        written = self.tokenizer.decode(row.tokens)
        ends = [written.find(string) for string in self.stop_strings]
        row.text_end = min((end for end in ends if end >= 0), default=None)
        return row.text_end is not None

    def close_row(self, row: Row, reason: FinishReason) -> None:
        """A completion is finished: its text without the stop token or the stop string."""
        shown = row.tokens[:-1] if reason == "stop" and row.text_end is None else row.tokens
        text = self.tokenizer.decode(shown)[: row.text_end]
        self.done[row.group][row.sample] = Completion(
            text, tuple(row.tokens), tuple(row.logprobs), reason, self.version
        )

    def completions(self) -> list[tuple[Completion, ...]]:
        """All groups, in the order of the prompts."""
        return [tuple(completion for completion in group if completion) for group in self.done]


def encode(policy: Policy, prompt: Prompt, sampling: Sampling) -> list[int]:
    """Token ids of a prompt, or a DataError when prompt and answer do not fit into the model's context."""
    tokens = policy.tokenizer.encode_prompt(prompt.text)
    room = policy.model.config.max_positions
    if len(tokens) + sampling.max_tokens > room:
        raise DataError(say.PROMPT_TOO_LONG(prompt=prompt.id, count=len(tokens), answer=sampling.max_tokens, room=room))
    return tokens or [policy.tokenizer.pad_id]
