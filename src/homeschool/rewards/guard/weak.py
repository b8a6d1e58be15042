"""The guard of a run without a gold check: other keys, canaries, re-exams and a second opinion, together or alone.

All are weaker than audits: they may show that there is cheating and cannot show that there is none. Canaries and the
second opinion only report; what other keys give as well, or what does not repeat in a re-exam, is not paid.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from homeschool.config import GuardConfig
from homeschool.rewards.guard.canaries import TAG, Canaries
from homeschool.rewards.guard.opinion import SecondOpinion
from homeschool.rewards.guard.other_keys import OtherKeys
from homeschool.rewards.guard.reexam import AGAIN, paid_again, to_ask_again
from homeschool.rewards.guard.suspicion import Suspicion
from homeschool.rewards.guard.words import canary_line, opinion_lines, other_keys_line, reexam_line
from homeschool.rewards.marker import Marker
from homeschool.types import Prompt, RolloutGroup, Task

Row = dict[str, Any]
Ask = Callable[[Sequence[Prompt], int, str], list[RolloutGroup]]
"""ask(prompts, answers to each, what for) -> marked groups that belong to no batch; the last names the stream."""


class WeakGuard:
    """Looks at the groups of each step after they were paid and before anything learns from them; one for a run.

    ``other_keys``: None where the prompts have no key that could be another's. ``other``: the second grader, None
    without one. What the task cannot do is left out: ``canaries`` needs a task with ``canary``, re-exams
    one with ``isomorph``.
    """

    def __init__(
        self,
        config: GuardConfig,
        task: Task,
        *,
        seed: int,
        full_marks: float = 1.0,
        other_keys: OtherKeys | None = None,
        other: Marker | None = None,
    ) -> None:
        self.config, self.task, self.seed, self.full_marks, self.other = config, task, seed, full_marks, other
        self.other_keys = other_keys
        asks = config.canaries and hasattr(task, "canary")
        self.canaries = Canaries(task, seed, config.canaries, full_marks=full_marks) if asks else None  # type: ignore[arg-type]
        repeats = config.reexam and hasattr(task, "isomorph")
        self.suspicion = Suspicion(seed, full_marks, config.rewarded_above) if repeats else None
        self.opinion = SecondOpinion(full_marks) if other else None
        self.reexams, self.alarms, self.stopped = 0, 0, False
        self.metrics: dict[str, float] = {}
        """Of the last step."""
        self.events: list[Row] = []
        """Of events.jsonl, of the last step."""
        self.said: list[str] = []
        """The same in words."""

    @property
    def signs(self) -> list[str]:
        """The settings that are at work."""
        return ["reexam" if name == "suspicion" else name for name, part in self._parts().items() if part is not None]

    def watch(self, groups: Sequence[RolloutGroup], step: int, ask: Ask) -> list[RolloutGroup]:
        """The same groups, with less pay where other keys give it as well or a re-exam did not confirm it."""
        self.metrics, self.events, self.said = {"guard/extra_answers": 0.0}, [], []
        prompts = [group.prompt for group in groups]
        self._ask_canaries(prompts, step, ask)
        self._hear_other(groups, step)
        return self._examine_again(self._mark_again(groups, step), step, ask)

    def learn(self) -> None:
        """Nothing is left to learn at the end of a step: all signs have been heard in ``watch``."""

    def _ask_canaries(self, prompts: Sequence[Prompt], step: int, ask: Ask) -> None:
        if self.canaries is None:
            return
        asked = [prompt for prompt in self.canaries.among(prompts, step) if TAG in prompt.tags]
        groups = ask(asked, AGAIN, "canaries") if asked else []
        before = self.canaries.verdict.false_passes
        self.canaries.take_out(groups)
        self.metrics["guard/extra_answers"] += _answers(groups)
        self.metrics["guard/canaries"] = float(len(asked))
        self.metrics["guard/canary_evidence"] = self.canaries.verdict.value
        if asked:
            self.metrics["guard/canary_pass_rate"] = (self.canaries.verdict.false_passes - before) / len(asked)
        if self.canaries.verdict.alarm:
            self._alarm(step, "canaries", self.canaries.verdict.evidence(), [canary_line(self.canaries)])
            self.canaries.verdict.reset()

    def _mark_again(self, groups: Sequence[RolloutGroup], step: int) -> list[RolloutGroup]:
        if self.other_keys is None:
            return list(groups)
        paid = self.other_keys.pay(groups, step)
        self.metrics["guard/unearned"] = _held_back(groups, paid)
        if self.other_keys.verdict.alarm:
            self._alarm(step, "other_keys", self.other_keys.verdict.evidence(), [other_keys_line(self.other_keys)])
            self.other_keys.verdict.reset()
        return paid

    def _hear_other(self, groups: Sequence[RolloutGroup], step: int) -> None:
        if self.opinion is None or self.other is None:
            return
        paid = [r for group in groups for r in group.rollouts if (r.score or 0.0) > self.config.rewarded_above]
        if not paid:
            return
        marks = self.other.score([r.prompt for r in paid], [r.completion for r in paid]).scores
        heard = [(r.score or 0.0, mark) for r, mark in zip(paid, marks, strict=True) if mark is not None]
        self.opinion.observe([score for score, _ in heard], [mark for _, mark in heard])
        if heard:
            self.metrics["guard/opinion_refused"] = fmean(mark < score / 2 for score, mark in heard)
        if self.opinion.alarm:
            evidence = {f"{edge:g}": rate for edge, rate in self.opinion.rates.items()}
            self._alarm(step, "second_opinion", {"refused": evidence}, list(opinion_lines(self.opinion)))
            self.opinion.reset()

    def _examine_again(self, groups: Sequence[RolloutGroup], step: int, ask: Ask) -> list[RolloutGroup]:
        if self.suspicion is None:
            return list(groups)
        found = self.suspicion.p_values(groups)
        count = sum(len(group.rollouts) for group in groups)
        questions = to_ask_again(self.task, groups, found, self.seed + step, self.config.reexam)  # type: ignore[arg-type]
        self.suspicion.learn(groups, [None] * count)
        again = ask(list(questions.values()), AGAIN, "re-exam") if questions else []
        scores = {item: [r.score for r in group.rollouts] for item, group in zip(questions, again, strict=True)}
        paid = paid_again(groups, scores)
        self.reexams += len(questions)
        self.metrics["guard/extra_answers"] += _answers(again)
        self.metrics["guard/reexams"] = float(len(questions))
        self.metrics["guard/held_back"] = _held_back(groups, paid)
        for old, new in zip(groups, paid, strict=True):
            if new is not old:
                self._tell_held_back(step, old, [score for score in scores[old.prompt.id] if score is not None])
        return paid

    def _tell_held_back(self, step: int, group: RolloutGroup, again: list[float]) -> None:
        first = fmean(rollout.score for rollout in group.rollouts if rollout.score is not None)
        if fmean(again) < first:
            evidence = {"item": group.prompt.id, "first": first, "again": fmean(again)}
            self.events.append({"step": step + 1, "action": "hold_back", "reason": "reexam", "evidence": evidence})
            self.said.append(reexam_line(group, again))

    def _alarm(self, step: int, reason: str, evidence: Mapping[str, Any], lines: list[str]) -> None:
        self.alarms += 1
        self.stopped = self.config.on_alarm == "stop"
        action = "stop" if self.stopped else "observe"
        self.events.append({"step": step + 1, "action": action, "reason": reason, "evidence": dict(evidence)})
        self.said += lines

    def state_dict(self) -> dict[str, Any]:
        """Numbers, lists and names, ready for JSON. To be asked between steps."""
        counts = {"reexams": self.reexams, "alarms": self.alarms}
        return counts | {name: part.state_dict() for name, part in self._parts().items() if part is not None}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        self.reexams, self.alarms = state["reexams"], state["alarms"]
        for name, part in self._parts().items():
            if part is not None and name in state:
                part.load_state_dict(state[name])

    def _parts(self) -> dict[str, OtherKeys | Canaries | Suspicion | SecondOpinion | None]:
        return {
            "other_keys": self.other_keys,
            "canaries": self.canaries,
            "suspicion": self.suspicion,
            "opinion": self.opinion,
        }


def _answers(groups: Sequence[RolloutGroup]) -> int:
    return sum(len(group.rollouts) for group in groups)


def _held_back(before: Sequence[RolloutGroup], after: Sequence[RolloutGroup]) -> float:
    """Share of the pay that is gone; 0 where there was none."""
    first, now = (sum(r.reward or 0.0 for g in groups for r in g.rollouts) for groups in (before, after))
    return 1 - now / first if first > 0 else 0.0
