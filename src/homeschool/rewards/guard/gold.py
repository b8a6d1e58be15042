"""The gold check: dear, trusted, and asked only about answers on which a coin fell.

Everything that learns sees its marks through :class:`~homeschool.types.Audit` and in no other way: :meth:`reveal` wants
the coins that fell. The harness, which reports true scores and trains nothing, marks exams with ``scorer`` itself.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from homeschool.errors import ConfigError, ScorerError
from homeschool.rewards.guard.coins import Fallen
from homeschool.rewards.scorers import ScorerWorker, load_scorer, score_completions
from homeschool.types import Completion, Prompt, Rollout, Task

OWN = "task"
"""The name of the task's own check."""
KNOWN_GOOD = 32
"""Answers known to be right that the check must pass."""
MOST_REJECTED = 0.05
"""Largest share of them that it may refuse."""
MOST_OVER = 1.5
"""So many times full marks are no mark but another scale."""
RECENT, MOST_FAILURES = 50, 0.2
"""Above this share of failures among so many recent audits, the run stops."""
JUNK = ("", "0", "?", "I do not know.")
"""Made-up answers, so that a check that passes everything is seen to be one."""

AnyScorer = Callable[..., Any]


@dataclass
class GoldCheck:
    """Marks answers on the scale of the score. ``load_gold`` makes it; close it when done."""

    scorer: ScorerWorker | AnyScorer
    name: str
    timeout_s: float = 20.0
    sealed: frozenset[str] = frozenset()
    """Ids of prompts kept for tuning and for the sealed test: no answer to them is ever audited."""
    calls: int = 0
    failures: int = 0
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))
    """Whether the latest audits failed."""

    def reveal(self, fallen: Sequence[Fallen], answers: Sequence[Rollout]) -> list[float | None]:
        """The gold mark of each answer whose coin fell; None where the check gave none.

        Raises ScorerError when more than a fifth of the recent audits gave none, and for an answer to a sealed prompt.
        """
        if not fallen:
            return []
        chosen = [answers[coin.place] for coin in fallen]
        met = sorted({answer.prompt.id for answer in chosen} & self.sealed)
        if met:
            raise ScorerError(
                f"the prompt {met[0]!r} is kept for tuning or for the sealed exam, but was asked in training: gold "
                "marks would be used twice; give the task files or splits that share no prompt"
            )
        marks, messages = self.marks([a.prompt for a in chosen], [a.completion for a in chosen])
        self.calls += len(marks)
        self.failures += marks.count(None)
        self.recent.extend(mark is None for mark in marks)
        if len(self.recent) == RECENT and sum(self.recent) > MOST_FAILURES * RECENT:
            raise ScorerError(
                f"the gold check {self.name} gave no mark for {sum(self.recent)} of the last {RECENT} audits, and one "
                f"that fails cannot be trusted; {'; '.join(messages[:3]) or 'it returned None'}"
            )
        return marks

    def marks(
        self, prompts: Sequence[Prompt], completions: Sequence[Completion]
    ) -> tuple[list[float | None], tuple[str, ...]]:
        """Marks of any answers and what went wrong in words. For the harness and the checks before a run."""
        batch = score_completions(self.scorer, list(prompts), list(completions), timeout_s=self.timeout_s)
        return batch.scores, batch.messages

    def close(self) -> None:
        """End the process of a check that has one."""
        if isinstance(self.scorer, ScorerWorker):
            self.scorer.close()

    def state_dict(self) -> dict[str, Any]:
        """Counts so far."""
        return {"calls": self.calls, "failures": self.failures, "recent": list(self.recent)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        self.calls, self.failures = state["calls"], state["failures"]
        self.recent = deque(state["recent"], maxlen=RECENT)


def own_gold(task: Task, paid: Sequence[AnyScorer] = ()) -> AnyScorer | None:
    """The task's own check: its ``gold`` where it has one, its marks where somebody else is ``paid``, else None."""
    gold: AnyScorer | None = getattr(task, "gold", None)
    if gold is not None:
        return gold
    has_marks = task.name != "jsonl"
    return task.score if has_marks and paid and task.score not in paid else None


def load_gold(name: str, task: Task, paid: Sequence[AnyScorer], timeout_s: float, sealed: frozenset[str]) -> GoldCheck:
    """The check that ``guard.gold`` names: ``task``, or ``file.py:function`` in a process of its own.

    ConfigError where there is none, or where it is the very grader that is paid.
    """
    if not name:
        raise ConfigError(
            "the guard needs a check to trust; name one with --guard.gold file.py:function, or --guard.gold task where "
            "the task has one of its own"
        )
    if name != OWN:
        check = load_scorer(name)
        twins = [s for s in paid if isinstance(s, ScorerWorker) and (s.file, s.name) == (check.file, check.name)]
        if twins:
            check.close()
            raise ConfigError(_same_as_proxy(name))
        return GoldCheck(check, name, timeout_s, sealed)
    found = own_gold(task, paid)
    if found is None:
        if task.score in paid:
            raise ConfigError(_same_as_proxy(f"{OWN} ({task.name})"))
        raise ConfigError(
            f'the task "{task.name}" has no gold check of its own; name one with --guard.gold file.py:function'
        )
    if found in paid:
        raise ConfigError(_same_as_proxy(f"{OWN} ({task.name})"))
    return GoldCheck(found, f"{OWN} ({task.name})", timeout_s, sealed)


def _same_as_proxy(name: str) -> str:
    return (
        f"guard.gold is {name}, the very grader that is paid for: an audit by it finds nothing; name a check that is "
        "dearer and better, or leave the guard off"
    )


def require_sane(gold: GoldCheck, known: "KnownGood") -> None:
    """Try the check before anything is trained, on answers known to be right and on junk.

    ConfigError where it raises or hangs on more than a fifth of them, gives other marks when called again, refuses more
    than 5 % of the right answers, or gives the same mark to everything.
    """
    prompts = [*known.prompts, *(known.prompts[:1] * len(JUNK))]
    completions = [*known.completions, *(written(text) for text in JUNK)]
    first, messages = gold.marks(prompts, completions)
    failed = first.count(None)
    if failed > MOST_FAILURES * len(first):
        raise ConfigError(
            f"the gold check {gold.name} gave no mark for {failed} of {len(first)} trial answers: "
            f"{'; '.join(messages[:3]) or 'it returned None'}; mend it before it judges others"
        )
    second, _ = gold.marks(prompts, completions)
    for prompt, completion, one, other in zip(prompts, completions, first, second, strict=True):
        if one != other:
            raise ConfigError(
                f"the gold check {gold.name} disagrees with itself: {completion.text!r} to {prompt.question!r} was "
                f"marked {one} and then {other}; make it deterministic, for instance by a fixed seed"
            )
    if known.stated:
        _require_scale(gold, known, first[: len(known.prompts)])
        _require_known_good(gold, known, first[: len(known.prompts)])
        _require_discerning(gold, first)


@dataclass(frozen=True)
class KnownGood:
    """Prompts with answers that are right, and the mark that a right one earns."""

    prompts: tuple[Prompt, ...]
    completions: tuple[Completion, ...]
    full_marks: float = 1.0
    stated: bool = True
    """The task states its right answers; False: there are none to go by, and junk alone is tried."""


def known_good(task: Task, seed: int) -> KnownGood:
    """Worked answers to prompts of the train split; those that a task itself labels as cheating are left out."""
    prompts = task.batch("train", 0, 4 * KNOWN_GOOD, seed)
    label = getattr(task, "hack_label", None)
    found: list[tuple[Prompt, Completion]] = []
    for prompt in {prompt.id: prompt for prompt in prompts}.values():
        try:
            text = task.worked_answer(prompt)
        except Exception:  # a task of the user may have none: that is a fact about it, not a failure of the run
            return KnownGood(tuple(prompts[:1]), (written(""),), stated=False)
        columns = {name: [value] for name, value in prompt.columns.items()}
        if label is None or not label([prompt.text], [text], **columns)[0]:
            found.append((prompt, written(text)))
    found = found[:KNOWN_GOOD]
    if not found:
        return KnownGood(tuple(prompts[:1]), (written(""),), stated=False)
    full = float(getattr(task, "full_marks", 1.0))
    return KnownGood(tuple(p for p, _ in found), tuple(c for _, c in found), full)


def written(text: str) -> Completion:
    """A made-up answer."""
    return Completion(text, (), (), "stop")


def _require_scale(gold: GoldCheck, known: KnownGood, marks: Sequence[float | None]) -> None:
    for prompt, completion, mark in zip(known.prompts, known.completions, marks, strict=True):
        if mark is not None and mark > MOST_OVER * known.full_marks:
            raise ConfigError(
                f"the gold check {gold.name} marks {completion.text!r} to {prompt.question!r}, which is right, with "
                f"{mark}, but full marks are {known.full_marks:g}: pay, check and full marks need one scale. Set "
                f"reward.full_marks {mark:g} if the grader that is paid goes as far, else let the check mark out of "
                f"{known.full_marks:g}"
            )


def _require_known_good(gold: GoldCheck, known: KnownGood, marks: Sequence[float | None]) -> None:
    refused = [place for place, mark in enumerate(marks) if mark is None or mark < known.full_marks / 2]
    if len(refused) > MOST_REJECTED * len(marks):
        place = refused[0]
        raise ConfigError(
            f"the gold check {gold.name} rejects {len(refused)} of {len(marks)} answers known to be right, the first "
            f"{known.completions[place].text!r} to {known.prompts[place].question!r}, marked {marks[place]} "
            f"where full marks are {known.full_marks:g}; a check that punishes right answers teaches the wrong thing: "
            "mend it first"
        )


def _require_discerning(gold: GoldCheck, marks: Sequence[float | None]) -> None:
    if len(set(marks)) == 1:
        raise ConfigError(
            f"the gold check {gold.name} gives {marks[0]} to everything it was tried on, right answers and junk alike; "
            "a check has to tell them apart"
        )
