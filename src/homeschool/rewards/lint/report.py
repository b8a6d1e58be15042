"""What was found, in plain lines for people and as JSON for machines."""

from dataclasses import asdict, dataclass
from typing import Any

from homeschool.messages import lint as say
from homeschool.messages.scorers import CONVENTIONS
from homeschool.rewards.lint.harness import MAX_HANGS, Examination, Reply
from homeschool.rewards.lint.judge import FAILURES, Finding

SHOWN = 70
"""Characters of an example on one line."""
KEPT = 300
"""Characters of an example in JSON."""


@dataclass(frozen=True)
class LintReport:
    """The result of one lint; ``clean`` is True where nothing is certainly wrong."""

    name: str
    convention: str
    """A key of ``CONVENTIONS``."""
    task: str
    findings: tuple[Finding, ...]
    examination: Examination
    questions: int
    seconds: float
    accepted: tuple[str, ...] = ()
    """Findings that are meant so and were left out."""
    apart: bool = True
    """It ran in a process of its own."""

    @property
    def problems(self) -> list[Finding]:
        """What is certainly wrong."""
        return [finding for finding in self.findings if finding.severity == "problem"]

    @property
    def notes(self) -> list[Finding]:
        """What may be meant so."""
        return [finding for finding in self.findings if finding.severity == "note"]

    @property
    def clean(self) -> bool:
        return not self.problems

    @property
    def rules(self) -> list[str]:
        """The names of the problems: ``["denial", "hedge"]``."""
        return [finding.rule for finding in self.problems]

    def lines(self) -> list[str]:
        """What a person reads."""
        lines = [
            say.HEAD(
                name=self.name,
                asked=self.examination.asked,
                items=self.examination.items,
                golds=len(self.examination.gold),
                seconds=self.seconds,
            ),
            "  " + say.CALLED_AS(convention=CONVENTIONS[self.convention]()),
        ]
        if self.examination.form:
            lines.append("  " + say.FORM(form=_shown(self.examination.form)))
        if not self.apart:
            lines.append("  " + say.IN_PROCESS())
        for finding in self.findings:
            lines += finding_lines(finding)
        lines += self.limits()
        if self.accepted:
            lines.append(say.ACCEPTED(rules=", ".join(self.accepted)))
        lines.append(say.CLEAN() if self.clean else say.FOUND(problems=len(self.problems), notes=len(self.notes)))
        return lines

    def limits(self) -> list[str]:
        """What could not be judged."""
        found, lines = self.examination, []
        if not found.gold:
            lines.append(say.NO_GOLD())
        elif len(found.gold) < self.questions:
            lines.append(say.SOME_WITHOUT_GOLD(count=self.questions - len(found.gold), total=self.questions))
        if any(finding.rule == "gold_refused" and finding.count == finding.tried for finding in self.findings):
            lines.append(say.NOTHING_PAID())
        if found.not_judged:
            lines.append(say.NOT_JUDGED(count=found.not_judged))
        if found.left_out:
            lines.append(say.LEFT_OUT(count=found.left_out, hangs=MAX_HANGS))
        if found.untried:
            lines.append(say.UNTRIED(count=found.untried))
        return lines

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        found = self.examination
        return {
            "reward": self.name,
            "convention": self.convention,
            "task": self.task,
            "clean": self.clean,
            "questions": self.questions,
            "gold_tried": len(found.gold),
            "items_attacked": found.items,
            "answers_marked": found.asked,
            "attacks_not_judged": found.not_judged,
            "attacks_left_out": found.left_out,
            "answers_not_tried": found.untried,
            "form": found.form,
            "seconds": round(self.seconds, 2),
            "accepted": list(self.accepted),
            "findings": [_as_json(finding) for finding in self.findings],
        }


def finding_lines(finding: Finding) -> list[str]:
    """One finding: what, how often, the shortest example, what to do."""
    words = say.RULES[finding.rule]
    lines = [say.FINDING(severity=say.SEVERITIES[finding.severity](), rule=finding.rule, seen=words.seen())]
    if finding.rule not in ("slow_growth", "runs_code"):
        rate = finding.rate
        often = say.RATE(count=finding.count, tried=finding.tried, low=rate.low, high=rate.high)
        lines.append("  " + often + (say.SHARE(share=finding.share) if finding.share is not None else ""))
    if finding.attacks:
        names = _names(finding.attacks)
        failed = finding.rule in FAILURES.values()
        lines.append("  " + (say.SET_OFF_BY(names=names) if failed else say.WAYS(names=names)))
    if finding.example:
        lines.append("  " + _example(finding.example, finding.right))
    if finding.detail:
        lines.append("  " + finding.detail)
    return [*lines, "  " + say.ADVICE(advice=words.advice())]


def _example(reply: Reply, right: float | None) -> str:
    line = say.EXAMPLE(text=_shown(reply.text), question=_shown(reply.item.prompt.question))
    if reply.item.answer is not None:
        line += say.ANSWER(answer=_shown(reply.item.answer))
    if reply.mark is not None:
        line += say.MARK(mark=reply.mark)
        line += say.RIGHT_MARK(right=right) if right is not None else ""
    return line


def _names(names: tuple[str, ...], most: int = 4) -> str:
    listed = "; ".join(_shown(say.way(name), 40) for name in names[:most])
    return say.MORE_WAYS(names=listed, count=len(names) - most) if len(names) > most else listed


def _shown(text: str, most: int = SHOWN) -> str:
    """Quoted, with invisible characters spelt out, cut where it is long."""
    return repr(text if len(text) <= most else f"{text[: most - 20]}...{text[-10:]}")


def _as_json(finding: Finding) -> dict[str, Any]:
    row: dict[str, Any] = {
        "rule": finding.rule,
        "severity": finding.severity,
        "count": finding.count,
        "tried": finding.tried,
        "rate": asdict(finding.rate),
        "share_of_full_marks": finding.share,
        "right_mark": finding.right,
        "attacks": list(finding.attacks),
        "detail": finding.detail,
        "advice": say.RULES[finding.rule].advice(),
    }
    if finding.example:
        reply = finding.example
        row["example"] = {
            "prompt": reply.item.prompt.question[:KEPT],
            "completion": reply.text[:KEPT],
            "characters": len(reply.text),
            "answer": (reply.item.answer or "")[:KEPT],
            "mark": reply.mark,
        }
    return row
