"""The marks of reasoning-gym as a reward file, so that they run in a process of their own like anyone's."""

import base64
import pickle
from contextlib import suppress
from functools import cache
from typing import Any

from homeschool.tasks.gym_items import gym_dataset

with suppress(
    ImportError
):  # before the first call, whose time is limited; without it, the first call says what is missing
    import reasoning_gym  # type: ignore[import-not-found, unused-ignore]  # noqa: F401


def gym_mark(completion: str, gym_name: str, gym_entry: str) -> float:
    """Mark by reasoning-gym itself. ``gym_entry`` is made by ``gym_questions`` in the process that asks."""
    mark: float = _dataset(gym_name).score_answer(completion, _entry(gym_entry))
    return mark


@cache
def _dataset(name: str) -> Any:
    return gym_dataset(name, 1, 0)


@cache
def _entry(packed: str) -> Any:
    return pickle.loads(base64.b64decode(packed))
