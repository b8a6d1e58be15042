"""The gold check: dear, trusted, and asked only about answers on which a coin fell.

Everything that learns sees its marks through :class:`~homeschool.types.Audit` and in no other way: :meth:`reveal` wants
the coins that fell. The harness, which reports true scores and trains nothing, marks exams with ``scorer`` itself.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from homeschool.errors import ConfigError, ScorerError
from homeschool.messages.refusals import guard as say
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
Setting = Literal["guard.gold", "gold"]
"""Which setting names the check: that of a run, or that of an exam."""


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
            raise ScorerError(say.SEALED_PROMPT(prompt=met[0]))
        marks, messages = self.marks([a.prompt for a in chosen], [a.completion for a in chosen])
        self.calls += len(marks)
        self.failures += marks.count(None)
        self.recent.extend(mark is None for mark in marks)
        if len(self.recent) == RECENT and sum(self.recent) > MOST_FAILURES * RECENT:
            failed = sum(self.recent)
            raise ScorerError(say.GOLD_FAILS(name=self.name, failed=failed, audits=RECENT, why=_why(messages)))
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


def load_gold(
    name: str,
    task: Task,
    paid: Sequence[AnyScorer],
    timeout_s: float,
    sealed: frozenset[str],
    setting: Setting = "guard.gold",
) -> GoldCheck:
    """The check that ``setting`` names: ``task``, or ``file.py:function`` in a process of its own.

    ConfigError where there is none, or where it is the very grader that is paid.
    """
    if not name:
        raise ConfigError(say.NO_GOLD(setting=setting))
    if name != OWN:
        check = load_scorer(name)
        twins = [s for s in paid if isinstance(s, ScorerWorker) and (s.file, s.name) == (check.file, check.name)]
        if twins:
            check.close()
            raise ConfigError(say.SAME_AS_GRADER[setting](name=name))
        return GoldCheck(check, name, timeout_s, sealed)
    found, own = own_gold(task, paid), f"{OWN} ({task.name})"
    if found is None:
        if task.score in paid:
            raise ConfigError(say.SAME_AS_GRADER[setting](name=own))
        raise ConfigError(say.NO_OWN_GOLD(task=task.name, setting=setting))
    if found in paid:
        raise ConfigError(say.SAME_AS_GRADER[setting](name=own))
    return GoldCheck(found, own, timeout_s, sealed)


def _why(messages: Sequence[str]) -> str:
    return "; ".join(messages[:3]) or say.RETURNED_NONE()


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
        why = _why(messages)
        raise ConfigError(say.GOLD_FAILS_TRIAL(name=gold.name, failed=failed, count=len(first), why=why))
    second, _ = gold.marks(prompts, completions)
    for prompt, completion, one, other in zip(prompts, completions, first, second, strict=True):
        if one != other:
            raise ConfigError(
                say.GOLD_DISAGREES(
                    name=gold.name, answer=completion.text, question=prompt.question, first=one, second=other
                )
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
                say.OTHER_SCALE(
                    name=gold.name,
                    answer=completion.text,
                    question=prompt.question,
                    mark=mark,
                    full=known.full_marks,
                )
            )


def _require_known_good(gold: GoldCheck, known: KnownGood, marks: Sequence[float | None]) -> None:
    refused = [place for place, mark in enumerate(marks) if mark is None or mark < known.full_marks / 2]
    if len(refused) > MOST_REJECTED * len(marks):
        place = refused[0]
        raise ConfigError(
            say.REJECTS_RIGHT(
                name=gold.name,
                refused=len(refused),
                count=len(marks),
                answer=known.completions[place].text,
                question=known.prompts[place].question,
                mark=marks[place],
                full=known.full_marks,
            )
        )


def _require_discerning(gold: GoldCheck, marks: Sequence[float | None]) -> None:
    if len(set(marks)) == 1:
        raise ConfigError(say.ALL_THE_SAME(name=gold.name, mark=marks[0]))
