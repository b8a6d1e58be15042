"""The user's own task: a JSONL file of prompts, and a scorer.

Each line is an object with a ``prompt`` (text, or a list of messages) and any other columns, the same on every line::

    {"prompt": "What is the capital of France?", "answer": "Paris"}
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from homeschool.errors import DataError, TaskError
from homeschool.messages import refusals
from homeschool.messages.refusals import tasks as say
from homeschool.streams import fraction, stream
from homeschool.tasks.generated import SPLITS
from homeschool.types import Message, Prompt, Scorer, Split

RESERVED = ("prompts", "completions")
"""The scorer's own arguments: a column of that name could not reach it."""


class Line(NamedTuple):
    """One line of a file: where it stands, what it asks, and everything else it carries."""

    place: str
    """``train.jsonl:7``, for messages to people."""
    text: str | tuple[Message, ...]
    columns: dict[str, Any]

    @property
    def content(self) -> str:
        """What the prompt says, whatever its spacing: lines with the same content always share a split.

        Plain text equals a single user message.
        """
        messages = [{"role": "user", "content": self.text}] if isinstance(self.text, str) else self.text
        parts = [[message["role"], *unicodedata.normalize("NFC", message["content"]).split()] for message in messages]
        return json.dumps(parts)


@dataclass(frozen=True)
class JsonlTask:
    """Prompts from a file, in an order that needs no memory, with disjoint splits.

    ``JsonlTask("questions.jsonl", scorer=f)`` reads and checks the file at once. A prompt's split is a hash of what it
    says, so other lines may come and go without moving it (unless a split would be empty: then the prompts nearest to
    its border fill it).

    Raises:
        DataError: the file is missing or empty, a line cannot be used, or two splits share a prompt.
        TaskError: an option that cannot be used.
    """

    path: str | Path
    """The JSONL file."""
    scorer: Scorer | None = None
    """``f(prompts, completions, **columns)``; without one the task has worked answers but no marks."""
    check_path: str | Path | None = None
    """A file that is the check split, whole; ``path`` is then shared by the other splits alone."""
    hidden_path: str | Path | None = None
    """A file that is the hidden split, whole."""
    shares: Sequence[float] = (0.8, 0.1, 0.1)
    """Shares of train, check and hidden in ``path``. A split with its own file leaves its share to train."""

    name = "jsonl"

    lines: Mapping[Split, Sequence[Line]] = field(init=False, repr=False, compare=False)
    """The lines of each split, in the order of their file."""

    def __post_init__(self) -> None:
        if self.scorer is not None and not callable(self.scorer):
            raise TaskError(say.SCORER_NOT_CALLABLE(scorer=self.scorer))
        object.__setattr__(self, "lines", self._read())

    def batch(self, split: Split, step: int, count: int, seed: int) -> list[Prompt]:
        """The prompts of one step, a pure function of the arguments.

        Each epoch is a new permutation, cut into batches; what is left at its end and fills no batch waits for a later
        one, so the lines of a batch are distinct. Where the split has fewer lines than ``count``, a batch is whole
        permutations one after another.
        """
        prompts = self.prompts[split]
        if count >= len(prompts):
            epochs = -(-count // len(prompts))
            order = [
                place for turn in range(epochs) for place in _permutation(seed, step * epochs + turn, len(prompts))
            ]
            return [prompts[place] for place in order[:count]]
        epoch, turn = divmod(step, len(prompts) // count)
        order = _permutation(seed, epoch, len(prompts))
        return [prompts[place] for place in order[turn * count : (turn + 1) * count]]

    def exam(self, split: Split, count: int, seed: int) -> list[Prompt]:
        """``count`` prompts that say different things; of lines that say the same, the first. All if too few."""
        first: dict[str, Prompt] = {}
        for line, prompt in zip(self.lines[split], self.prompts[split], strict=True):
            first.setdefault(line.content, prompt)
        distinct = list(first.values())
        order = stream(seed, "exam", self.name, split).permutation(len(distinct))
        return [distinct[place] for place in order[:count].tolist()]

    def score(
        self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]
    ) -> Sequence[float | None]:
        """Whatever the scorer says; it receives whole columns."""
        if self.scorer is None:
            raise TaskError(say.NO_SCORER(path=self.path))
        return self.scorer(prompts, completions, **columns)

    def worked_answer(self, prompt: Prompt) -> str:
        """The column ``completion``, or else ``answer``: text, or a number as JSON writes it."""
        for name in ("completion", "answer"):
            if name in prompt.columns:
                return _as_text(name, prompt.columns[name], prompt.id)
        raise TaskError(say.NO_WORKED_ANSWER(seen=", ".join(prompt.columns) or refusals.NO_COLUMNS()))

    @cached_property
    def prompts(self) -> dict[Split, list[Prompt]]:
        """The same lines as prompts. Identity is what a line asks, plus a count where several lines ask the same."""
        return {split: _as_prompts(self.lines[split]) for split in SPLITS}

    def _read(self) -> dict[Split, list[Line]]:
        own: dict[Split, str | Path | None] = {"train": None, "check": self.check_path, "hidden": self.hidden_path}
        lines = {split: read_lines(path) for split, path in own.items() if path is not None}
        shared = [split for split in SPLITS if split not in lines]
        lines.update(split_lines(read_lines(self.path), shared, self._shares(shared), str(self.path)))
        _refuse_overlap(lines)
        return {split: lines[split] for split in SPLITS}

    def _shares(self, splits: Sequence[Split]) -> list[float]:
        """Shares of the splits that ``path`` holds; train also takes those of the splits with their own files."""
        shares = list(self.shares)
        if len(shares) != 3 or any(share <= 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
            raise TaskError(say.NOT_SHARES(shares=self.shares))
        by_split = dict(zip(SPLITS, shares, strict=True))
        others = [by_split[split] for split in splits[1:]]
        return [1 - sum(others), *others]


def read_lines(path: str | Path) -> list[Line]:
    """The lines of a JSONL file; blank lines are skipped.

    Raises:
        DataError: with the file and the line that cannot be used.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(say.UNREADABLE(path=path, error=error.strerror)) from error
    lines = list(_parse(str(path), content.removeprefix(b"\xef\xbb\xbf")))
    if not lines:
        raise DataError(say.NO_LINES(path=path))
    _require_same_columns(lines)
    return lines


def split_lines(
    lines: Sequence[Line], splits: Sequence[Split], shares: Sequence[float], path: str
) -> dict[Split, list[Line]]:
    """Share lines out by a hash of what they ask; lines that ask the same stay together, and no split is empty.

    Prompts stand on a line of length 1 by their hash, and the shares cut it. Where a piece holds no prompt, its border
    moves to the next prompt.
    """
    places = {line.content: fraction("split", "jsonl", line.content) for line in lines}
    ordered = sorted(places, key=places.__getitem__)
    if len(ordered) < len(splits):
        listed = ", ".join(splits)
        raise DataError(say.TOO_FEW_PROMPTS(path=path, prompts=len(ordered), count=len(splits), splits=listed))
    owner: dict[str, Split] = {}
    start, border = 0, 0.0
    for index, (split, share) in enumerate(zip(splits, shares, strict=True)):
        border += share
        still_to_fill = len(splits) - index - 1
        end = sum(place < border for place in places.values()) if still_to_fill else len(ordered)
        end = min(max(end, start + 1), len(ordered) - still_to_fill)
        owner.update(dict.fromkeys(ordered[start:end], split))
        start = end
    return {split: [line for line in lines if owner[line.content] == split] for split in splits}


def _parse(name: str, content: bytes) -> Iterator[Line]:
    for number, raw in enumerate(content.split(b"\n"), start=1):
        if raw.strip():
            yield _parse_line(f"{name}:{number}", raw.strip())


def _parse_line(place: str, raw: bytes) -> Line:
    shown = raw[:40].decode("utf-8", errors="replace") + ("..." if len(raw) > 40 else "")
    try:
        value = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(say.NOT_UTF8(place=place, shown=shown)) from error
    except (ValueError, RecursionError) as error:
        raise DataError(say.NOT_JSON(place=place, error=error, shown=shown)) from error
    if not isinstance(value, dict):
        raise DataError(say.NOT_AN_OBJECT(place=place, shown=shown))
    if "prompt" not in value:
        raise DataError(say.NO_PROMPT(place=place, seen=", ".join(value) or refusals.NO_COLUMNS()))
    clashing = [name for name in RESERVED if name in value]
    if clashing:
        raise DataError(say.RESERVED_COLUMN(place=place, name=clashing[0]))
    prompt = value.pop("prompt")
    return Line(place, _checked_prompt(place, prompt), value)


def _checked_prompt(place: str, prompt: object) -> str | tuple[Message, ...]:
    if isinstance(prompt, str) and prompt.strip():
        return prompt
    if isinstance(prompt, list) and prompt and all(map(_is_message, prompt)):
        return tuple(prompt)
    raise DataError(say.UNUSABLE_PROMPT(place=place, shown=repr(prompt)[:60]))


def _is_message(message: object) -> bool:
    return isinstance(message, dict) and all(isinstance(message.get(key), str) for key in ("role", "content"))


def _require_same_columns(lines: Sequence[Line]) -> None:
    expected = lines[0].columns.keys()
    for line in lines:
        missing, extra = sorted(expected - line.columns.keys()), sorted(line.columns.keys() - expected)
        if missing or extra:
            parts = [(say.LACKS, missing), (say.ADDS, extra)]
            said = say.AND().join(part(names=", ".join(names)) for part, names in parts if names)
            raise DataError(say.OTHER_COLUMNS(place=line.place, first=lines[0].place, said=said))


def _refuse_overlap(lines: Mapping[Split, Sequence[Line]]) -> None:
    seen: dict[str, tuple[Split, str]] = {}
    for split, members in lines.items():
        for line in members:
            other, place = seen.setdefault(line.content, (split, line.place))
            if other != split:
                raise DataError(say.SAME_PROMPT(place=line.place, split=split, other_place=place, other=other))


def _as_prompts(lines: Sequence[Line]) -> list[Prompt]:
    seen: dict[str, int] = {}
    prompts = []
    for line in lines:
        name = blake2b(line.content.encode(), digest_size=8).hexdigest()
        seen[name] = seen.get(name, 0) + 1
        identity = f"jsonl/{name}" if seen[name] == 1 else f"jsonl/{name}#{seen[name]}"
        prompts.append(Prompt(identity, line.text, line.columns, _tags(line.columns.get("tags"))))
    return prompts


def _tags(value: object) -> tuple[str, ...]:
    """A column ``tags`` with text or a list of texts also groups the error notebook."""
    if isinstance(value, str):
        return (value,)
    return tuple(tag for tag in value if isinstance(tag, str)) if isinstance(value, list) else ()


def _permutation(seed: int, epoch: int, length: int) -> list[int]:
    order: list[int] = stream(seed, "order", epoch).permutation(length).tolist()
    return order


def _as_text(name: str, value: object, identity: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return json.dumps(value)
    raise TaskError(say.NOT_TEXT(name=name, identity=identity, value=value))
