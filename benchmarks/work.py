"""What every arm is asked to do: the same shapes, the same prompts, the same recorded answers, the same marks.

Standard library only: this file is imported in the environment of each arm. Tokens are drawn from streams named by what
they are for, so no arm's random state can change the work of another.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """The size of a Llama-family decoder. Weights are random: speed does not depend on what they know."""

    name: str
    vocab: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    hidden: int
    context: int

    @property
    def backbone_parameters(self) -> int:
        """Weights that multiply every token: attention and MLP matrices of all layers."""
        head = self.width // self.heads
        attention = 2 * self.width * self.width + 2 * self.width * self.kv_heads * head
        return self.layers * (attention + 3 * self.width * self.hidden)

    @property
    def matrices(self) -> list[tuple[int, int]]:
        """(outputs, inputs) of every product a token goes through; query, key and value in one, gate and up in one."""
        key_width = self.width // self.heads * self.kv_heads
        layer = [(self.width + 2 * key_width, self.width), (self.width, self.width)]
        layer += [(2 * self.hidden, self.width), (self.width, self.hidden)]
        return layer * self.layers + [(self.vocab, self.width)]

    @property
    def head_parameters(self) -> int:
        """Weights of the output head, tied to the embedding."""
        return self.vocab * self.width


@dataclass(frozen=True)
class Work:
    """One batch: ``prompts`` prompts, ``group_size`` completions of each, all of exactly the stated lengths."""

    name: str
    shape: Shape
    prompts: int
    group_size: int
    prompt_tokens: int
    completion_tokens: int

    @property
    def sequences(self) -> int:
        return self.prompts * self.group_size

    @property
    def generated_tokens(self) -> int:
        return self.sequences * self.completion_tokens


SMOLLM2_135M = Shape("smollm2-135m", 49152, 576, 30, 9, 3, 1536, 2048)
QUICKSTART = Shape("quickstart", 450, 160, 4, 5, 5, 432, 256)

WORKS = {
    work.name: work
    for work in (
        Work("p128", SMOLLM2_135M, 8, 8, 128, 128),
        Work("p512", SMOLLM2_135M, 8, 8, 512, 128),
        Work("quickstart", QUICKSTART, 32, 8, 12, 8),
        Work("gate", SMOLLM2_135M, 2, 4, 32, 32),
        Work("tiny", QUICKSTART, 2, 4, 12, 8),
    )
}

FIRST_TOKEN = 8
"""Tokens below this are kept free for specials (padding, unknown), which no prompt and no completion contains."""


def prompt_ids(work: Work, step: int) -> list[list[int]]:
    """The distinct prompts of one step, as token ids."""
    draw = random.Random(f"prompts/{work.name}/{step}")
    return [_tokens(draw, work.shape, work.prompt_tokens) for _ in range(work.prompts)]


def recorded_completions(work: Work, step: int) -> list[list[int]]:
    """``sequences`` completions in prompt order, for timing the training half on exactly the same tokens."""
    draw = random.Random(f"completions/{work.name}/{step}")
    return [_tokens(draw, work.shape, work.completion_tokens) for _ in range(work.sequences)]


def score(tokens: Sequence[int]) -> float:
    """The share of odd tokens. Costs nothing and differs within a group, so that every sequence trains."""
    return sum(token % 2 for token in tokens) / len(tokens)


def word(token: int) -> str:
    """Token 17 is the word ``w17`` in the tokenizer all arms share: one word, one token."""
    return f"w{token}"


def text(tokens: Sequence[int]) -> str:
    """A prompt as text: what a trainer that tokenizes by itself is given."""
    return " ".join(word(token) for token in tokens)


def _tokens(draw: random.Random, shape: Shape, count: int) -> list[int]:
    return [draw.randrange(FIRST_TOKEN, shape.vocab) for _ in range(count)]
