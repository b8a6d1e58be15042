"""What a user should know before an RL run starts."""

from homeschool.algos.contradictions import warnings
from homeschool.algos.holes import hole_warnings
from homeschool.algos.table import changed_columns
from homeschool.config import RlConfig
from homeschool.messages import school as say
from homeschool.messages.algorithms import NOTE
from homeschool.rewards.marker import Marker
from homeschool.train.loop import Reporter
from homeschool.types import Task


def introduce(config: RlConfig, task: Task, marker: Marker, reporter: Reporter) -> None:
    """A scorer that is not the task's own is tried once, and what is unusual about the algorithm is said."""
    if marker.scorers != (task.score,):
        for report in marker.check(task.batch("train", 0, 2, config.seed)):
            for line in str(report).splitlines():
                reporter.note(line)
    for line in remarks(config, len(marker.scorers)):
        reporter.note(line)


def remarks(config: RlConfig, scorers: int) -> list[str]:
    """What a user should know of the algorithm before it starts: columns set by hand, and known flaws of the choice."""
    row, changed = config.algorithm, changed_columns(config.algorithm)
    shown = ", ".join(f"{name} = {value}" for name, value in changed.items())
    notes = warnings(row, prompts=config.prompts, max_tokens=config.sampling.max_tokens, scorers=scorers)
    notes += hole_warnings(row, config.guard)
    by_hand = [say.COLUMNS_SET(algorithm=row.name, columns=shown)] if changed else []
    return [*by_hand, *(NOTE(line=line) for line in notes)]
