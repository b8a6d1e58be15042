"""Text to train on: documents packed into rows, worked examples as dialogues. Order is a function of (seed, step)."""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeschool.errors import DataError
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
        raise DataError(f"{path} has {len(flat)} tokens, one row needs {length + 1}; add text or lower length")

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
    if not path.is_file():
        raise DataError(f"no file {path}")
    if path.suffix == ".jsonl":
        for number, row in read_jsonl(path):
            if not isinstance(row.get("text"), str):
                raise DataError(f'{path}:{number}: no "text" in it; its columns are {", ".join(row) or "none"}')
            yield row["text"]
        return
    content = path.read_text(encoding="utf-8")
    if not content.strip():
        raise DataError(f"{path} is empty")
    yield from (part for part in content.split("\n\n") if part.strip())


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of each line. Raises DataError with the line's number, and for an empty file."""
    is_empty = True
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}:{number}: not JSON ({error}); the line begins {line[:40]!r}") from error
            if not isinstance(row, dict):
                raise DataError(f"{path}:{number}: expected an object, received {type(row).__name__}")
            is_empty = False
            yield number, row
    if is_empty:
        raise DataError(f"{path} is empty")


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
    messages = row.get("messages")
    if messages is None and isinstance(row.get("prompt"), str) and isinstance(row.get("completion"), str):
        messages = [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["completion"]}]
    if not isinstance(messages, list):
        raise DataError(
            f'{path}:{number}: expected "messages", or "prompt" and "completion" as text; its columns are '
            f"{', '.join(row) or 'none'}"
        )
    tokens, mask = tokenizer.encode_dialogue(messages)
    if not any(mask[1:]):
        raise DataError(f"{path}:{number}: no assistant message, so nothing in it would train")
    if len(tokens) > context:
        raise DataError(f"{path}:{number}: {len(tokens)} tokens, the model's context is {context}; shorten the example")
    return tokens, mask
