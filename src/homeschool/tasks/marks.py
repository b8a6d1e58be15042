"""The marks of built-in tasks as a reward file, so that they run in a process of their own like anyone's."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from homeschool.tasks import load_task
from homeschool.types import Task


def task_marks(
    prompts: Sequence[Any], completions: Sequence[str], task_spec: Sequence[str], **columns: Sequence[Any]
) -> Sequence[float | None]:
    """Marks by the task that ``task_spec`` names: ``{"name": "sums", "options": {"digits": 2}}`` as JSON."""
    return _task(task_spec[0]).score(prompts, completions, **columns)


@cache
def _task(spec: str) -> Task:
    named = json.loads(spec)
    return load_task(named["name"], **named["options"])
