"""Text to train on: documents packed into rows, worked examples as dialogues. Order is a function of (seed, step)."""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeschool.errors import DataError, ModelError
from homeschool.messages import refusals
from homeschool.messages.refusals import data as say
from homeschool.streams import stream
from homeschool.text import Tokenizer
from homeschool.types import Message, Task

Row = tuple[list[int], list[bool]]
"""Token ids and, for each, whether it trains."""

Rows = Callable[[int], list[Row]]
"""The rows of step n."""

DOCUMENTS_PER_ROW = 1000
"""Room kept in the numbering of generated documents, far more than fit into a row."""


def generated_rows(documents: Callable[[int], Iterator[str]], tokenizer: Tokenizer, rows: int, length: int) -> Rows:
    """Rows of ``length`` tokens filled with generated documents; ``documents(n)`` yields numbers n, n + 1, ...

    Row r of step s starts at document (s * rows + r) * DOCUMENTS_PER_ROW, so nothing is read twice and no place in the
    stream needs remembering. The last document of a row is cut off.
    """

    def rows_of(step: int) -> list[Row]:
        return [fill(documents((step * rows + row) * DOCUMENTS_PER_ROW)) for row in range(rows)]

    def fill(texts: Iterator[str]) -> Row:
        tokens: list[int] = []
        while len(tokens) <= length:
            tokens += tokenizer.encode_document(next(texts))
        return tokens[: length + 1], [True] * (length + 1)

    return rows_of


def corpus_rows(path: Path, tokenizer: Tokenizer, rows: int, length: int, seed: int) -> Rows:
    """Rows of ``length`` tokens out of a text file, or a JSONL file with a ``text`` column.

    Documents are laid end to end and cut into rows; every row is read once per epoch, in an order of its own.
    Raises DataError for a corpus shorter than one row.
    """
    flat = np.array([token for text in read_documents(path) for token in tokenizer.encode_document(text)], np.int32)
    count = (len(flat) - 1) // length
    if count < 1:
        raise DataError(say.TOO_FEW_TOKENS(path=path, found=len(flat), needed=length + 1))

    def rows_of(step: int) -> list[Row]:
        return [cut(number) for number in range(step * rows, (step + 1) * rows)]

    def cut(number: int) -> Row:
        epoch, place = divmod(number, count)
        start = int(epoch_order(seed, epoch, count)[place]) * length
        return flat[start : start + length + 1].tolist(), [True] * (length + 1)

    return rows_of


@lru_cache(maxsize=2)
def epoch_order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """A permutation of ``count`` items that belongs to one pass over them."""
    return stream(seed, "order", epoch).permutation(count)


def read_documents(path: Path) -> Iterator[str]:
    """The documents of a file: lines of a JSONL file by their ``text``, or paragraphs set apart by blank lines."""
    if path.suffix == ".jsonl":
        for number, row in read_jsonl(path):
            if not isinstance(row.get("text"), str):
                raise DataError(say.NO_TEXT(place=f"{path}:{number}", columns=", ".join(row) or refusals.NO_COLUMNS()))
            yield row["text"]
        return
    content = "".join(_lines(path))
    if not content.strip():
        raise DataError(say.EMPTY_FILE(path=path))
    yield from (part for part in content.split("\n\n") if part.strip())


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of each line. Raises DataError with the line's number, and for an empty file."""
    is_empty = True
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(say.NOT_JSON(place=f"{path}:{number}", error=error, shown=line[:40])) from error
        if not isinstance(row, dict):
            raise DataError(say.NOT_AN_OBJECT(place=f"{path}:{number}", kind=type(row).__name__))
        is_empty = False
        yield number, row
    if is_empty:
        raise DataError(say.EMPTY_FILE(path=path))


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file. Raises DataError for one that is not there, or not UTF-8."""
    if not path.is_file():
        raise DataError(say.NO_FILE(path=path))
    try:
        with path.open(encoding="utf-8") as file:
            yield from file
    except UnicodeDecodeError as error:
        raise DataError(say.NOT_UTF8(path=path, error=error)) from error


def worked_examples(task: Task, tokenizer: Tokenizer, rows: int, seed: int) -> Rows:
    """Questions of the train split with a right answer each; the answer and its end train, the question does not."""

    def rows_of(step: int) -> list[Row]:
        prompts = task.batch("train", step, rows, seed)
        return [dialogue(prompt.text, task.worked_answer(prompt)) for prompt in prompts]

    def dialogue(question: str | tuple[Message, ...], answer: str) -> Row:
        messages = [{"role": "user", "content": question}] if isinstance(question, str) else list(question)
        return tokenizer.encode_dialogue([*messages, {"role": "assistant", "content": answer}])

    return rows_of


def dialogue_rows(path: Path, tokenizer: Tokenizer, rows: int, seed: int, context: int) -> Rows:
    """Dialogues of a JSONL file with ``messages``, or ``prompt`` and ``completion``, each read once per epoch.

    Raises DataError with the line number for a line that is neither, that trains nothing, or that exceeds ``context``.
    """
    examples = [_dialogue(path, number, row, tokenizer, context) for number, row in read_jsonl(path)]

    def rows_of(step: int) -> list[Row]:
        return [pick(number) for number in range(step * rows, (step + 1) * rows)]

    def pick(number: int) -> Row:
        epoch, place = divmod(number, len(examples))
        return examples[int(epoch_order(seed, epoch, len(examples))[place])]

    return rows_of


def _dialogue(path: Path, number: int, row: dict[str, Any], tokenizer: Tokenizer, context: int) -> Row:
    place, messages = f"{path}:{number}", row.get("messages")
    if messages is None and isinstance(row.get("prompt"), str) and isinstance(row.get("completion"), str):
        messages = [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["completion"]}]
    if not isinstance(messages, list):
        raise DataError(say.NO_EXAMPLE(place=place, columns=", ".join(row) or refusals.NO_COLUMNS()))
    try:
        tokens, mask = tokenizer.encode_dialogue(messages)
    except (DataError, ModelError) as error:  # of a message, or of the template that cannot write it
        raise DataError(say.AT(place=place, error=error)) from error
    if not any(mask[1:]):
        raise DataError(say.NOTHING_TRAINS(place=place))
    if len(tokens) > context:
        raise DataError(say.EXAMPLE_TOO_LONG(place=place, tokens=len(tokens), context=context))
    return tokens, mask
