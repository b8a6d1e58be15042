"""GGUF files: named metadata and quantised tensors, as llama.cpp writes them.

A reader for what our one source holds (F32, Q4_1 and Q8_0, little-endian), in place of a dependency that brings an HTTP
client. Everything read is checked against the end of the data first, so a cut or damaged file is an error, not a crash.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeschool.errors import ModelError
from homeschool.messages.refusals import gguf as say
from homeschool.messages.sentence import Sentence

MAGIC = b"GGUF"
VERSIONS = (2, 3)
BLOCK = 32
"""Values per quantisation block; a block never spans two rows."""

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9

Floats = NDArray[np.float32]


def dequantize_q4_1(blocks: NDArray[np.uint8]) -> Floats:
    """Blocks of 20 bytes, uint8 [n, 20] -> float32 [n, 32].

    value = scale * nibble + minimum. Scale and minimum are half floats; then 16 bytes hold the nibbles: byte j has
    value j in its low half and value j + 16 in its high half.
    """
    scale, minimum = _halves(blocks, 0), _halves(blocks, 2)
    nibbles = np.concatenate([blocks[:, 4:] & 0x0F, blocks[:, 4:] >> 4], axis=1)
    return scale * nibbles.astype(np.float32) + minimum


def dequantize_q8_0(blocks: NDArray[np.uint8]) -> Floats:
    """Blocks of 34 bytes, uint8 [n, 34] -> float32 [n, 32]. value = scale * int8; the scale is a half float."""
    return _halves(blocks, 0) * blocks[:, 2:].view(np.int8).astype(np.float32)


def read_f32(blocks: NDArray[np.uint8]) -> Floats:
    """Plain floats: uint8 [n, 4] -> float32 [n, 1]."""
    return np.ascontiguousarray(blocks).view("<f4").astype(np.float32)


def _halves(blocks: NDArray[np.uint8], start: int) -> Floats:
    return np.ascontiguousarray(blocks[:, start : start + 2]).view("<f2").astype(np.float32)


@dataclass(frozen=True)
class Encoding:
    """How the values of a tensor are stored."""

    name: str
    values: int
    """Values per block."""
    size: int
    """Bytes per block."""
    decode: Callable[[NDArray[np.uint8]], Floats]


ENCODINGS = {
    0: Encoding("F32", 1, 4, read_f32),
    3: Encoding("Q4_1", BLOCK, 20, dequantize_q4_1),
    8: Encoding("Q8_0", BLOCK, 34, dequantize_q8_0),
}


@dataclass(frozen=True)
class TensorEntry:
    """Where one tensor lies. ``shape`` has the slowest dimension first; the file says it the other way round."""

    shape: tuple[int, ...]
    encoding: Encoding
    start: int
    """Byte offset in the file."""
    size: int
    """Bytes."""


@dataclass(frozen=True)
class GGUF:
    """An open GGUF file: its metadata, and its tensors on request."""

    name: str
    """What errors call the file."""
    data: bytes
    metadata: dict[str, Any]
    entries: dict[str, TensorEntry]

    def tensor(self, name: str) -> Floats:
        """The values of one tensor, de-quantised. ModelError if it is absent or holds a number that is not finite."""
        entry = self.entries.get(name)
        if entry is None:
            raise ModelError(f'{self.name} has no tensor "{name}"; it holds {len(self.entries)} others')
        raw = np.frombuffer(self.data, np.uint8, entry.size, entry.start)
        with np.errstate(invalid="ignore", over="ignore"):  # damaged scales are told below, by name
            values = entry.encoding.decode(raw.reshape(-1, entry.encoding.size)).reshape(entry.shape)
        if not np.isfinite(values).all():
            raise ModelError(say.NOT_FINITE(file=self.name, name=name))
        return values


def read_gguf(data: bytes, name: str) -> GGUF:
    """Read the header of a GGUF file held in memory; ``name`` is what errors call it. ModelError if it is damaged."""
    cursor = _Cursor(data, name)
    if data[:4] != MAGIC:
        raise ModelError(say.NOT_GGUF(file=name, found=repr(data[:4]), expected=repr(MAGIC)))
    cursor.at = len(MAGIC)
    version = cursor.scalar("I")
    if version not in VERSIONS:
        raise ModelError(say.OTHER_VERSION(file=name, version=version, versions=VERSIONS))
    num_tensors, num_keys = cursor.scalar("Q"), cursor.scalar("Q")
    metadata = {cursor.string(): cursor.value() for _ in range(num_keys)}
    heads = [(cursor.string(), _read_shape(cursor), cursor.scalar("I"), cursor.scalar("Q")) for _ in range(num_tensors)]
    alignment = int(metadata.get("general.alignment", 32))
    base = math.ceil(cursor.at / alignment) * alignment
    entries = {key: _entry(name, key, shape, kind, base + start) for key, shape, kind, start in heads}
    for key, entry in entries.items():
        cursor.check(entry.start, entry.size, say.TENSOR, name=key)
    return GGUF(name, data, metadata, entries)


def _read_shape(cursor: "_Cursor") -> tuple[int, ...]:
    num_dimensions = cursor.scalar("I")
    return tuple(cursor.scalar("Q") for _ in range(num_dimensions))[::-1]


def _entry(name: str, key: str, shape: tuple[int, ...], kind: int, start: int) -> TensorEntry:
    encoding = ENCODINGS.get(kind)
    if encoding is None:
        known = ", ".join(encoding.name for encoding in ENCODINGS.values())
        raise ModelError(say.OTHER_ENCODING(file=name, name=key, kind=kind, known=known))
    if not shape or shape[-1] % encoding.values:
        raise ModelError(say.NOT_WHOLE_BLOCKS(file=name, name=key, shape=shape, encoding=encoding.name))
    return TensorEntry(shape, encoding, start, math.prod(shape) // encoding.values * encoding.size)


class _Cursor:
    """A position in the data that refuses to leave it."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.at = 0

    def check(self, start: int, size: int, what: Sentence, **values: str) -> None:
        total = len(self.data)
        if start + size > total:
            part = what(**values)
            raise ModelError(say.CUT_SHORT(file=self.name, what=part, size=size, start=start, total=total))

    def take(self, size: int) -> bytes:
        self.check(self.at, size, say.HEADER)
        self.at += size
        return self.data[self.at - size : self.at]

    def scalar(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def string(self) -> str:
        raw = self.take(self.scalar("Q"))
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ModelError(say.NOT_UTF8(file=self.name, at=self.at)) from error

    def value(self) -> Any:
        kind = self.scalar("I")
        if kind != ARRAY:
            return self.element(kind)
        element, count = self.scalar("I"), self.scalar("Q")
        self.check(self.at, count, say.LIST)  # of one byte each at least: no long loop over a damaged count
        return [self.element(element) for _ in range(count)]

    def element(self, kind: int) -> Any:
        if kind == STRING:
            return self.string()
        if kind not in SCALARS:
            raise ModelError(say.OTHER_VALUE(file=self.name, at=self.at, kind=kind))
        return self.scalar(SCALARS[kind])
