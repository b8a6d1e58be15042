"""Exams: a policy answers the questions of a split, the scorer marks, the notebook says which kinds fail."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean

from homeschool.errors import DataError
from homeschool.files import write_atomically
from homeschool.messages.refusals import data as say
from homeschool.rewards.marker import Marker
from homeschool.rollout.collect import Engine, mark
from homeschool.stats import Interval, mean_interval
from homeschool.types import Prompt, RolloutGroup, Sampling


@dataclass(frozen=True)
class ItemMark:
    """One question and how it was answered."""

    id: str
    score: float
    """Mean over the answers; an answer without a mark counts as wrong."""
    tags: tuple[str, ...]
    question: str
    answers: tuple[str, ...]
    right: str
    """The right answer, where the task states one."""
    true_score: float | None = None
    """The mark of the same answers by the gold check, or by the task itself where somebody else was paid."""
    hack: float | None = None
    """Share of the answers that the task itself labels as cheating, where it can tell."""


@dataclass(frozen=True)
class ExamResult:
    """Marks of one policy on one set of questions."""

    items: tuple[ItemMark, ...]
    unmarked: int = 0
    """Answers that the scorer could not mark."""

    @property
    def scores(self) -> list[float]:
        return [item.score for item in self.items]

    @property
    def interval(self) -> Interval:
        return mean_interval(self.scores)

    @property
    def hack_rate(self) -> float | None:
        """Share of the answers that are cheating; None where nobody can tell."""
        labels = [item.hack for item in self.items if item.hack is not None]
        return fmean(labels) if labels else None

    @property
    def true_marks(self) -> "ExamResult | None":
        """The same answers by the task's own marks; None where nobody else marked."""
        if not self.items or any(item.true_score is None for item in self.items):
            return None
        return ExamResult(tuple(replace(item, score=item.true_score or 0.0, true_score=None) for item in self.items))

    def save(self, path: Path) -> None:
        """One JSON line per question."""
        lines = (json.dumps(asdict(item), ensure_ascii=False) + "\n" for item in self.items)
        write_atomically(path, "".join(lines))


def load_exam(path: Path) -> ExamResult:
    """The inverse of :meth:`ExamResult.save`."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # an answer may hold other ends of lines, as U+2028
        rows = [json.loads(line) for line in lines if line]
        items = [ItemMark(**{**row, "tags": tuple(row["tags"]), "answers": tuple(row["answers"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(say.NO_EXAM(path=path, error=error)) from error
    return ExamResult(tuple(items))


def take_exam(
    engine: Engine,
    marker: Marker,
    questions: Sequence[Prompt],
    sampling: Sampling,
    *,
    samples: int = 0,
    seed: int = 0,
    name: str = "exam",
    own: Marker | None = None,
    label: Marker | None = None,
) -> ExamResult:
    """Answer and mark: one greedy answer per question, or ``samples`` drawn at the sampling temperature.

    ``own`` marks the same answers a second time: the gold check, or the task itself where ``marker`` is somebody else;
    ``label`` says which of them are cheating.
    """
    how = sampling if samples else replace(sampling, temperature=0.0)
    answers = engine.generate(questions, how, group_size=max(1, samples), seed=seed, step=name)
    groups = mark(marker, questions, answers)
    unmarked = sum(rollout.score is None for group in groups for rollout in group.rollouts)
    items = tuple(_item(group) for group in groups)
    if own:
        true_scores = map(_mean_score, mark(own, questions, answers))
        items = tuple(replace(item, true_score=score) for item, score in zip(items, true_scores, strict=True))
    if label:
        shares = map(_mean_score, mark(label, questions, answers))
        items = tuple(replace(item, hack=share) for item, share in zip(items, shares, strict=True))
    return ExamResult(items, unmarked)


def _mean_score(group: RolloutGroup) -> float:
    return fmean(rollout.score or 0.0 for rollout in group.rollouts)


def _item(group: RolloutGroup) -> ItemMark:
    return ItemMark(
        group.prompt.id,
        _mean_score(group),
        group.prompt.tags,
        group.prompt.question,
        tuple(rollout.completion.text for rollout in group.rollouts),
        str(group.prompt.columns.get("answer", "")),
    )


@dataclass(frozen=True)
class NotebookLine:
    """One kind of question in the error notebook."""

    tag: str
    count: int
    score: Interval
    mistakes: tuple[ItemMark, ...]
    """Some questions of this kind that were not answered as well as the best."""


def error_notebook(result: ExamResult, examples: int = 2) -> list[NotebookLine]:
    """Kinds of question from the weakest to the strongest, with some mistakes of each."""
    by_tag: dict[str, list[ItemMark]] = defaultdict(list)
    for item in result.items:
        for tag in item.tags or ("all",):
            by_tag[tag].append(item)
    best = max(result.scores, default=0.0)
    lines = []
    for tag, members in by_tag.items():
        wrong = tuple(item for item in members if item.score < best or item.score == 0)[:examples]
        lines.append(NotebookLine(tag, len(members), mean_interval([item.score for item in members]), wrong))
    return sorted(lines, key=lambda line: (line.score.estimate, line.tag))
