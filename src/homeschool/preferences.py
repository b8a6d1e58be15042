"""Preference pairs: a better and a worse answer to the same prompt, from a file, or from a rule's marks plus noise.

A line of the JSONL file holds ``chosen`` and ``rejected``, and may hold ``prompt`` and ``margin``::

    {"prompt": "What is 3 + 4?", "chosen": "7", "rejected": "8"}
    {"prompt": [{"role": "user", "content": "Hi"}], "chosen": "Hello!", "rejected": "What?", "margin": 0.5}
    {"chosen": [{"role": "user", ...}, {"role": "assistant", ...}], "rejected": [...]}
    {"chosen": "a good text", "rejected": "a bad one"}

A side is the answer as text, or messages that end with the assistant's; with messages the prompt may stand in both
sides instead of a column of its own. Two plain texts without a prompt are compared as documents. Other columns are
ignored.
"""

import json
import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from homeschool.chat_template import check_messages
from homeschool.data import read_jsonl
from homeschool.errors import DataError
from homeschool.files import write_atomically
from homeschool.messages import refusals
from homeschool.messages.refusals import data as say
from homeschool.streams import fraction, stream
from homeschool.text import Tokenizer
from homeschool.types import Completion, Message, Rollout, RolloutGroup

Side = str | tuple[Message, ...]
"""A whole dialogue that ends with the answer, or a document."""

QUESTIONS_AT_ONCE = 64
"""Questions answered side by side while pairs are made."""


@dataclass(frozen=True)
class Preference:
    """One comparison.

    ``Preference("pairs.jsonl:1", dialogue("3 + 4 =", "7"), dialogue("3 + 4 =", "8"))``
    """

    place: str
    """Where it comes from: file and line, or the id of the prompt."""
    chosen: Side
    rejected: Side
    margin: float | None = None
    """How far ahead the better one should be; None where the pair does not say."""
    is_flipped: bool = False
    """The sides were swapped on purpose: the label is noise, and what the rule says is the opposite."""

    @property
    def key(self) -> str:
        """What is asked, whatever its spacing. Pairs with the same key share a split.

        Sides that share no beginning, as two documents, are named by both of them in either order.
        """
        shared = 0 if isinstance(self.chosen, str) else _shared(self.chosen, self.rejected)
        if shared:
            return _named(self.chosen[:shared])
        return json.dumps(sorted((_named(self.chosen), _named(self.rejected))))

    def flip(self) -> "Preference":
        """The same comparison the other way round."""
        return replace(self, chosen=self.rejected, rejected=self.chosen, is_flipped=not self.is_flipped)


def dialogue(prompt: str | Sequence[Message], answer: str) -> tuple[Message, ...]:
    """A prompt and one answer to it as messages."""
    asked = ({"role": "user", "content": prompt},) if isinstance(prompt, str) else tuple(prompt)
    return (*asked, {"role": "assistant", "content": answer})


def _shared(first: Sequence[object], second: Sequence[object]) -> int:
    """How many items both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(first), len(second)))


def _named(side: Side) -> str:
    turns = [{"role": "", "content": side}] if isinstance(side, str) else side
    return json.dumps([[turn["role"], *unicodedata.normalize("NFC", turn["content"]).split()] for turn in turns])


# --- from a file ------------------------------------------------------------------------------------------------------


def read_preferences(path: Path) -> list[Preference]:
    """All pairs of a file. Raises DataError with the number of a line that cannot be used."""
    return [_parse(f"{path}:{number}", row) for number, row in read_jsonl(path)]


def _parse(place: str, row: Mapping[str, Any]) -> Preference:
    missing = [name for name in ("chosen", "rejected") if name not in row]
    if missing:
        raise DataError(say.SIDE_MISSING(place=place, name=missing[0], columns=", ".join(row) or refusals.NO_COLUMNS()))
    asked = _prompt(place, row["prompt"]) if row.get("prompt") is not None else None
    chosen, rejected = (_side(say.SIDE(place=place, name=name), asked, row[name]) for name in ("chosen", "rejected"))
    if isinstance(chosen, str) != isinstance(rejected, str):
        raise DataError(say.TEXT_AND_MESSAGES(place=place))
    if _stripped(chosen) == _stripped(rejected):
        raise DataError(say.SAME_SIDES(place=place))
    return Preference(place, chosen, rejected, _margin(place, row.get("margin")), row.get("flipped") is True)


def _prompt(place: str, prompt: object) -> tuple[Message, ...]:
    if isinstance(prompt, str) and prompt.strip():
        return ({"role": "user", "content": prompt},)
    if isinstance(prompt, list) and prompt:
        return _messages(say.SIDE(place=place, name="prompt"), prompt)
    raise DataError(say.UNUSABLE_PROMPT(place=place, shown=f"{prompt!r:.60}"))


def _side(what: str, asked: tuple[Message, ...] | None, value: object) -> Side:
    """One side as a whole. Messages may repeat the prompt, or only follow it."""
    if isinstance(value, str):
        if not value.strip():
            raise DataError(say.EMPTY_SIDE(what=what))
        return value if asked is None else dialogue(asked, value)
    if not isinstance(value, list) or not value:
        raise DataError(say.UNUSABLE_SIDE(what=what, shown=f"{value!r:.60}"))
    turns = _messages(what, value)
    if asked is not None and turns[: len(asked)] != asked:
        turns = (*asked, *turns)
    if turns[-1]["role"] != "assistant":
        raise DataError(say.NO_ANSWER_AT_END(what=what, role=turns[-1]["role"]))
    return turns


def _messages(what: str, value: list[Any]) -> tuple[Message, ...]:
    try:
        return tuple(check_messages(value))
    except DataError as error:
        raise DataError(say.AT(place=what, error=error)) from error


def _margin(place: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise DataError(say.BAD_MARGIN(place=place, value=value))
    return float(value)


def _stripped(side: Side) -> list[tuple[str, str]]:
    turns = [{"role": "", "content": side}] if isinstance(side, str) else side
    return [(turn["role"], turn["content"].strip()) for turn in turns]


def write_preferences(pairs: Iterable[Preference], path: Path) -> None:
    """One line per pair, as :func:`read_preferences` reads them; the swapped ones say so in a column ``flipped``."""
    write_atomically(path, "".join(json.dumps(_row(pair), ensure_ascii=False) + "\n" for pair in pairs))


def _row(pair: Preference) -> dict[str, Any]:
    row: dict[str, Any] = {"chosen": pair.chosen, "rejected": pair.rejected}
    if pair.margin is not None:
        row["margin"] = pair.margin
    return row | ({"flipped": True} if pair.is_flipped else {})


# --- from a rule, plus noise ------------------------------------------------------------------------------------------


def pairs_from_marks(groups: Iterable[RolloutGroup], seed: int) -> Iterator[Preference]:
    """One pair out of each group in which marks differ: two of its answers, the one with the better mark chosen.

    One pair per prompt, so pairs are independent of each other. Which two is drawn from the pairs that differ in mark
    and in text; a group without such a pair gives none.
    """
    for group in groups:
        able = [rollout for rollout in group.rollouts if rollout.score is not None and rollout.completion.text.strip()]
        choices = [
            (first, second) if _score(first) > _score(second) else (second, first)
            for first, second in combinations(able, 2)
            if _score(first) != _score(second) and _text(first.completion) != _text(second.completion)
        ]
        if choices:
            pick = int(stream(seed, "pair", group.prompt.id).integers(len(choices)))
            better, worse = (dialogue(group.prompt.text, rollout.completion.text) for rollout in choices[pick])
            yield Preference(group.prompt.id, better, worse)


def _score(rollout: Rollout) -> float:
    assert rollout.score is not None
    return rollout.score


def _text(completion: Completion) -> str:
    return completion.text.strip()


def with_noise(pairs: Sequence[Preference], share: float, seed: int, name: str) -> list[Preference]:
    """Each pair swapped with this chance, independently: what hurried or divided judges do to labels.

    ``name`` keeps the coins of several lists apart.
    """
    coins = stream(seed, "flip", name).random(len(pairs)) < share
    return [pair.flip() if coin else pair for pair, coin in zip(pairs, coins.tolist(), strict=True)]


# --- splits -----------------------------------------------------------------------------------------------------------


def split_preferences(pairs: Sequence[Preference], heldout_share: float) -> tuple[list[Preference], list[Preference]]:
    """(train, held out) by a hash of what is asked, so pairs about the same prompt are never on both sides.

    Lines may come and go without moving the others.
    """
    held = [fraction("split", "preferences", pair.key) < heldout_share for pair in pairs]
    train = [pair for pair, is_held in zip(pairs, held, strict=True) if not is_held]
    return train, [pair for pair, is_held in zip(pairs, held, strict=True) if is_held]


def refuse_overlap(train: Sequence[Preference], heldout: Sequence[Preference]) -> None:
    """DataError where a prompt is both trained on and held out."""
    trained = {pair.key: pair.place for pair in train}
    for pair in heldout:
        if pair.key in trained:
            raise DataError(say.PROMPT_TWICE(place=pair.place, other=trained[pair.key]))


# --- to tokens --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EncodedPair:
    """A pair as the model reads it: what both sides begin with is there once."""

    prefix: tuple[int, ...]
    """Tokens that both sides begin with; empty where their first tokens differ already."""
    chosen: tuple[int, ...]
    """The rest of the better side, at least one token, its stop token last."""
    rejected: tuple[int, ...]
    margin: float = 0.0
    is_flipped: bool = False

    @property
    def num_tokens(self) -> int:
        """Tokens that the model computes for it."""
        return len(self.prefix) + len(self.chosen) + len(self.rejected)


def encode_preferences(
    pairs: Sequence[Preference], tokenizer: Tokenizer, context: int, margin: float = 0.0
) -> list[EncodedPair]:
    """All pairs as tokens; ``margin`` goes to those that bring none.

    Raises DataError with the place of a pair that is longer than ``context`` or whose sides the tokenizer cannot tell
    apart.
    """
    return [_encode(pair, tokenizer, context, margin) for pair in pairs]


def _encode(pair: Preference, tokenizer: Tokenizer, context: int, margin: float) -> EncodedPair:
    chosen, rejected = (_tokens(pair.place, side, tokenizer) for side in (pair.chosen, pair.rejected))
    longest = max(len(chosen), len(rejected))
    if longest > context:
        raise DataError(say.PAIR_TOO_LONG(place=pair.place, tokens=longest, context=context))
    if chosen == rejected:
        raise DataError(say.SAME_TOKENS(place=pair.place))
    shared = min(_shared(chosen, rejected), len(chosen) - 1, len(rejected) - 1)  # each side needs a token of its own
    return EncodedPair(
        tuple(chosen[:shared]),
        tuple(chosen[shared:]),
        tuple(rejected[shared:]),
        margin if pair.margin is None else pair.margin,
        pair.is_flipped,
    )


def _tokens(place: str, side: Side, tokenizer: Tokenizer) -> list[int]:
    """A side up to the stop token of its answer: what a template writes behind it belongs to the next turn."""
    if isinstance(side, str):
        return tokenizer.encode_document(side)
    try:
        tokens, mask = tokenizer.encode_dialogue(side)
    except DataError as error:
        raise DataError(say.AT(place=place, error=error)) from error
    if not any(mask):
        raise DataError(say.NO_ANSWER_LEFT(place=place))
    return tokens[: len(mask) - mask[::-1].index(True)]
