"""Content, not machinery: one file per task. ``load_task("sums", digits=2)`` builds one by name."""

from dataclasses import MISSING, fields
from typing import Any

from homeschool.errors import TaskError
from homeschool.messages import refusals
from homeschool.messages.refusals import tasks as say
from homeschool.messages.suggestion import suggestion
from homeschool.tasks.chain import Chain
from homeschool.tasks.hackable import HACKABLE, HONEST
from homeschool.tasks.jsonl import JsonlTask
from homeschool.tasks.papers import Papers
from homeschool.tasks.reverse_list import ReverseList
from homeschool.tasks.spell_backward import SpellBackward
from homeschool.tasks.sums import Sums
from homeschool.types import Task

TASKS: dict[str, type[Any]] = {
    "sums": Sums,
    "papers": Papers,
    "spell_backward": SpellBackward,
    "reverse_list": ReverseList,
    "chain": Chain,
    "jsonl": JsonlTask,
    **HACKABLE,
    **HONEST,
}
"""Every task by its name. A new task is a new file and a new line here."""


def load_task(name: str, /, **options: Any) -> Task:
    """The task of that name, with its options: ``load_task("sums", digits=2, operators="+-")``.

    Raises:
        TaskError: no such task, no such option, an option that is missing, or a value out of range.
    """
    if name not in TASKS:
        raise TaskError(refusals.NO_TASK(name=name, nearest=suggestion(name, TASKS)))
    known = {option.name: option for option in fields(TASKS[name]) if option.init}
    listed = ", ".join(known)
    for option in options:
        if option not in known:
            nearest = suggestion(option, known)
            raise TaskError(say.NO_OPTION(task=name, option=option, nearest=nearest, options=listed))
    for option, definition in known.items():
        if definition.default is MISSING and option not in options:
            raise TaskError(say.OPTION_MISSING(task=name, option=option, options=listed))
    task: Task = TASKS[name](**options)
    return task
