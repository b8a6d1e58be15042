"""Randomness as a function, not a state.

Every draw comes from a stream named by what it is for: ``stream(seed, "sample", step, prompt_id, k)``. Nothing is
carried from one step to the next, so resuming needs no generator state, and a rollout does not depend on who else is in
its batch. Philox is counter-based: its key is a hash of the name.
"""

from hashlib import blake2b

import numpy as np

Key = int | str


def stream(seed: int, purpose: str, *key: Key) -> np.random.Generator:
    """A fresh generator for (seed, purpose, key...): the same arguments always give the same numbers.

    Arguments are hashed with their types, so ``1`` and ``"1"`` name different streams.
    """
    name = repr((int(seed), purpose, *key)).encode()
    digest = blake2b(name, digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def fraction(*key: Key) -> float:
    """A number in [0, 1) that depends on the key alone. Splits use it: an item's split never changes."""
    digest = blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64
