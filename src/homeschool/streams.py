"""Randomness as a function, not a state.

Every draw comes from a stream named by what it is for: ``stream(seed, "sample", step, prompt_id, k)``. Nothing is
carried from one step to the next, so resuming needs no generator state, and a rollout does not depend on who else is in
its batch. Philox is counter-based: its key is a hash of the name.
"""

from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence

Key = int | str


class _Hash(ISeedSequence):
    """A hash as the key of a generator: Philox takes from it what it would take from a seed.

    The same numbers as from ``Philox(key=...)``, which asks the system for entropy first: three times as fast.
    """

    def __init__(self, digest: bytes) -> None:
        self._words = np.frombuffer(digest, "<u8")

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray[Any, np.dtype[np.uint64]]:
        """Two words of 64 bits are what Philox asks for."""
        assert (n_words, dtype) == (2, np.uint64)
        return self._words


def stream(seed: int, purpose: str, *key: Key) -> np.random.Generator:
    """A fresh generator for (seed, purpose, key...): the same arguments always give the same numbers.

    Arguments are hashed with their types, so ``1`` and ``"1"`` name different streams.
    """
    name = repr((int(seed), purpose, *key)).encode()
    digest = blake2b(name, digest_size=16).digest()
    return np.random.Generator(np.random.Philox(_Hash(digest)))  # type: ignore[arg-type]  # numpy takes any ISeedSequence


def fraction(*key: Key) -> float:
    """A number in [0, 1) that depends on the key alone. Splits use it: an item's split never changes."""
    digest = blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64
