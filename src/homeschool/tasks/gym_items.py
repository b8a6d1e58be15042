"""Questions of reasoning-gym (the extra ``gym``): over a hundred kinds of puzzle, each with its own marks.

The completion as a whole is taken for the answer; that package leaves it to its users to cut one out.
"""

import base64
import pickle
from math import inf
from typing import Any

from homeschool.errors import TaskError
from homeschool.messages.refusals import tasks as say
from homeschool.messages.suggestion import suggestion
from homeschool.types import Prompt


def gym_questions(name: str, count: int, seed: int) -> list[Prompt]:
    """``count`` questions of a dataset with its default settings; those without an answer have None for it.

    Raises TaskError if the package is missing, there is no such dataset, or it cannot be made without settings.
    """
    dataset = gym_dataset(name, count, seed)
    return [_prompt(f"gym/{name}/{seed}/{index}", name, dataset[index]) for index in range(count)]


def gym_dataset(name: str, size: int, seed: int) -> Any:
    """The dataset object of reasoning-gym; some make all their items at once."""
    try:
        from reasoning_gym import create_dataset  # type: ignore[import-not-found, unused-ignore]
        from reasoning_gym.factory import DATASETS  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise TaskError(say.NO_GYM(name=name, error=error)) from error
    if name not in DATASETS:
        raise TaskError(say.NO_DATASET(name=name, nearest=suggestion(name, DATASETS, inf)))
    try:
        return create_dataset(name, size=size, seed=seed)
    except (AssertionError, TypeError, ValueError) as error:
        raise TaskError(say.GYM_WANTS_SETTINGS(name=name, error=error)) from error


def _prompt(identity: str, name: str, entry: dict[str, Any]) -> Prompt:
    """The entry travels packed to ``gym_marks``: JSON would make other things of its tuples and dates."""
    answer = entry["answer"]
    packed = base64.b64encode(pickle.dumps(entry)).decode()
    columns = {"gym_name": name, "gym_entry": packed, "answer": None if answer is None else str(answer)}
    return Prompt(identity, str(entry["question"]), columns)
