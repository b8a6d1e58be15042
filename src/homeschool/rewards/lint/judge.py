"""From marks to findings. A finding is certain; what is a matter of taste, or of tasks with many answers, is a note.

Marks are read on a scale of the function's own: ``share = (mark - wrong) / (right - wrong)``, with ``right`` the mark
of the item's gold answer and ``wrong`` what wrong answers usually get. 1 is full marks, 0 is nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isclose
from statistics import fmean, quantiles
from typing import Literal

from homeschool.rewards.lint.harness import Examination, Reply, is_steep
from homeschool.rewards.lint.items import mentions, plain_number
from homeschool.stats import Interval, wilson

# Full marks, with some room for what length may cost. Where nearly right answers earn a part, only the whole is proof.
FULL, FULL_OF_GRADED = 0.9, 0.98
EXACTLY = 0.9999  # for wrong answers that a mark for closeness pays nearly in full
HALF = 0.5
COMMON = 0.2
NEARLY_ALL = 0.9
BEYOND = 100  # times the largest mark of a right answer: out of any usual range
SHORT = 1000  # characters; the marks of longer texts say nothing about the usual range
FAILURES = {
    "scorer_error": "crash",
    "scorer_timeout": "time_out",
    "scorer_length": "bad_mark",
    "scorer_not_finite": "bad_mark",
    "scorer_not_number": "bad_mark",
}
# What share of the answers to a text must be paid before it is certain, where the right answer is not a number: there
# may be several right ones, and a change may have hit another.
_ENOUGH = {"hopeless": 0.0, "contains": COMMON, "different": HALF}

_NUMERAL = re.compile(
    r"\d|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|teen|twenty|thirty|forty|fifty|hundred"
    r"|thousand|million|[零一二两三四五六七八九十百千万亿]",
    re.IGNORECASE,
)

Severity = Literal["problem", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a reward function."""

    rule: str
    severity: Severity
    count: int
    """Answers concerned, of those to the worst attack."""
    tried: int
    example: Reply | None
    """The shortest."""
    right: float | None = None
    """The mark of the right answer to the example's question."""
    share: float | None = None
    """Mean share of full marks that the worst attack earns."""
    attacks: tuple[str, ...] = ()
    """All attacks that led to it, the worst one first."""
    detail: str = ""

    @property
    def rate(self) -> Interval:
        """Share of answers concerned with its 95 % interval, Wilson's."""
        return wilson(self.count, self.tried)


@dataclass(frozen=True)
class Scale:
    """How to read this function's marks."""

    wrong: float
    right: dict[str, float]
    """The mark of each gold answer that is paid, by prompt id."""
    full: float

    def share(self, reply: Reply) -> float | None:
        """The share of full marks; None without a mark, or for an item whose gold answer is not paid."""
        right = self.right.get(reply.item.prompt.id)
        if reply.mark is None or right is None:
            return None
        if right <= self.wrong:
            return 1.0 if reply.mark >= right else 0.0
        return (reply.mark - self.wrong) / (right - self.wrong)


def judge(found: Examination) -> list[Finding]:
    """Findings and notes, problems first."""
    scale = _scale(found)
    findings = [*_refused(found, scale), *_failures(found)]
    if scale.right:
        findings += _paid(found, scale)
        findings += _samples(found, scale)
    findings += [*_unsteady(found), *_growth(found), *_range(found, scale)]
    if found.ran_code and not any(finding.rule == "runs_code" for finding in findings):
        findings.append(Finding("runs_code", "problem", 1, 1, None, detail=found.ran_code))
    return sorted(findings, key=lambda finding: finding.severity == "note")


def _scale(found: Examination) -> Scale:
    gold = {reply.item.prompt.id: reply.mark for reply in found.gold if reply.mark is not None}
    largest = BEYOND * max([1.0, *map(abs, gold.values())])
    marks = sorted(
        reply.mark
        for reply in found.replies
        if reply.attack and reply.attack.kind != "padded" and len(reply.text) <= SHORT
        if reply.mark is not None and abs(reply.mark) <= largest
    )
    if not gold or not marks:
        return Scale(0.0, {}, FULL)
    best = max(gold.values())
    wrong = quantiles(marks, n=4)[0] if len(marks) > 1 else marks[0]
    if wrong >= best:
        wrong = marks[0]
    floor = wrong + 0.1 * (best - wrong)
    paid = {key: mark for key, mark in gold.items() if mark > floor or (best == wrong and mark > 0)}
    scale = Scale(wrong, paid, FULL)
    near = [share for reply in _by_rule(found, "near_miss") if (share := scale.share(reply)) is not None]
    graded = sum(0.02 < share < FULL_OF_GRADED for share in near) > COMMON * len(near)
    return Scale(wrong, paid, FULL_OF_GRADED if graded else FULL)


def _by_rule(found: Examination, rule: str) -> list[Reply]:
    return [reply for reply in found.replies if reply.attack and reply.attack.rule == rule]


def _refused(found: Examination, scale: Scale) -> Iterable[Finding]:
    """Right answers that are not paid, as they stand or harmlessly varied."""
    tried = [reply for reply in found.gold if not reply.is_untried]
    refused = [reply for reply in tried if reply.item.prompt.id not in scale.right]
    if refused:
        yield Finding("gold_refused", "problem", len(refused), len(tried), _shortest(refused))
    for rule, replies in found.variations.items():
        known = [reply for reply in replies if reply.item.prompt.id in scale.right and not reply.is_untried]
        lost = [reply for reply in known if reply.mark is None or (scale.share(reply) or 0.0) < HALF]
        if lost:
            severity: Severity = "note" if rule == "label_refused" else "problem"
            yield _about(rule, severity, lost, len(known), scale)


def _failures(found: Examination) -> Iterable[Finding]:
    """Completions without a mark, by what went wrong."""
    everything = [*found.gold, *found.replies, *found.respelled, *found.samples, *(r for p in found.pairs for r in p)]
    everything += [reply for replies in found.variations.values() for reply in replies]
    by_rule: dict[str, dict[str, list[Reply]]] = defaultdict(lambda: defaultdict(list))
    tried = Counter(_way(reply) for reply in everything if not reply.is_untried)
    for reply in everything:
        if reply.trouble in FAILURES:
            by_rule[FAILURES[reply.trouble]][_way(reply)].append(reply)
    for rule, ways in by_rule.items():
        ordered = sorted(ways, key=lambda way: (-len(ways[way]) / tried[way], -tried[way]))
        example = _shortest([reply for failed in ways.values() for reply in failed])
        words = found.messages.get(example.text, "")
        worst = ordered[0]
        names = tuple(way for way in ordered if way)
        yield Finding(rule, "problem", len(ways[worst]), tried[worst], example, attacks=names, detail=words)


def _way(reply: Reply) -> str:
    return reply.attack.name if reply.attack else ""


def _paid(found: Examination, scale: Scale) -> list[Finding]:
    """What is paid and should not be."""
    judged: dict[tuple[str, str], list[tuple[Reply, float]]] = defaultdict(list)
    for reply in found.replies:
        share = scale.share(reply)
        if reply.attack and share is not None:
            judged[reply.attack.rule, reply.attack.name].append((reply, share))
    whatever = _whatever_is_paid([member for members in judged.values() for member in members], scale)
    if whatever:
        return [whatever, *(finding for finding in _by_attack(judged, scale) if finding.rule == "empty")]
    return [*_by_attack(judged, scale), *_either_end(found, scale), *_odd_script(found, scale)]


def _whatever_is_paid(judged: Sequence[tuple[Reply, float]], scale: Scale) -> Finding | None:
    """One finding instead of all, for a function that pays nearly every wrong answer with something in it."""
    by_item: dict[str, list[tuple[Reply, float]]] = defaultdict(list)
    for reply, share in judged:
        if reply.attack and reply.attack.kind != "padded" and reply.text.strip(" \n\t"):
            by_item[reply.item.prompt.id].append((reply, share))
    lost = [
        members
        for members in by_item.values()
        if sum(share >= scale.full for _, share in members) >= NEARLY_ALL * len(members)
    ]
    if len(lost) < NEARLY_ALL * len(by_item) or not lost:
        return None
    paid = [reply for members in lost for reply, share in members if share >= scale.full]
    mean = fmean(share for members in by_item.values() for _, share in members)
    return _about("any_answer", "problem", paid, len(by_item), scale, share=mean, count=len(lost))


def _by_attack(judged: dict[tuple[str, str], list[tuple[Reply, float]]], scale: Scale) -> list[Finding]:
    """The attacks that are paid, put together by rule."""
    certain: dict[str, list[Finding]] = defaultdict(list)
    possible: dict[str, list[Finding]] = defaultdict(list)
    for (rule, name), members in judged.items():
        finding, is_certain = _of_attack(rule, name, members, scale)
        if finding:
            (certain if is_certain else possible)[rule].append(finding)
    unsure = [finding for rule, findings in possible.items() if rule not in certain for finding in findings]
    notes = [_worst([f for f in unsure if f.rule == rule]) for rule in dict.fromkeys(f.rule for f in unsure)]
    return [*map(_worst, certain.values()), *notes]


def _of_attack(
    rule: str, name: str, members: Sequence[tuple[Reply, float]], scale: Scale
) -> tuple[Finding | None, bool]:
    """What the marks of one attack show, and whether it is certain."""
    kind = members[0][0].attack.kind if members[0][0].attack else "hopeless"
    if kind == "padded":
        paid = [reply for reply, share in members if share > 1 + 1e-6]
        return (_about(rule, "problem", paid, len(members), scale, name), True) if paid else (None, False)
    level = EXACTLY if kind == "different" else scale.full
    full = [reply for reply, share in members if share >= level]
    half = [reply for reply, share in members if share >= HALF]
    mean = fmean(share for _, share in members)
    numbers = [reply for reply in full if reply.item.number is not None and _only_numbers(reply, kind)]
    if kind == "hopeless" and len(half) >= HALF * len(members):
        return _about(rule, "problem", half, len(members), scale, name, mean), True
    enough = COMMON if rule == "prompt_copy" else _ENOUGH[kind]  # a question may hold one of several right answers
    if full and (numbers or len(full) > enough * len(members)):
        return _about(rule, "problem", full, len(members), scale, name, mean), True
    if rule == "constant" and mean >= HALF and len(members) > 1:
        return _about(rule, "problem", half, len(members), scale, name, mean), True
    if full:
        return _about("sometimes_paid", "note", full, len(members), scale, f"{rule}: {name}", mean), False
    if kind == "contains" and scale.full == FULL and len(half) >= HALF * len(members):
        return _about("half_paid", "note", half, len(members), scale, f"{rule}: {name}", mean), False
    return None, False


def _only_numbers(reply: Reply, kind: str) -> bool:
    """Whether a single paid answer is proof: it is another number, or holds the right one without giving it."""
    given = reply.text.removeprefix(reply.item.before).removesuffix(reply.item.after)
    return kind != "different" or plain_number(given) is not None


def _either_end(found: Examination, scale: Scale) -> list[Finding]:
    judged = [(last, first, scale.share(last), scale.share(first)) for last, first in found.pairs]
    known = [(last, first, min(a, b)) for last, first, a, b in judged if a is not None and b is not None]
    both = [last for last, _, share in known if share >= scale.full]
    if len(both) <= COMMON * len(known):
        return []
    return [_about("either_end", "problem", both, len(known), scale)]


def _odd_script(found: Examination, scale: Scale) -> list[Finding]:
    known = [(reply, share) for reply in found.respelled if (share := scale.share(reply)) is not None]
    paid = [reply for reply, share in known if share >= scale.full]
    return [_about("odd_script", "note", paid, len(known), scale)] if paid else []


def _samples(found: Examination, scale: Scale) -> Iterable[Finding]:
    """Answers of the policy that are paid though the right one stands nowhere in them, or are right and refused."""
    judged = [(reply, share) for reply in found.samples if (share := scale.share(reply)) is not None]
    paid = [r for r, share in judged if share >= scale.full and not mentions(r.text, r.item.answer or "")]
    if paid:
        sure = [reply for reply in paid if _is_no_spelling(reply)]
        yield _about("policy_paid", "problem" if sure else "note", sure or paid, len(judged), scale)
    right = [(reply, share) for reply, share in judged if reply.text.strip() == reply.item.gold.strip()]
    refused = [reply for reply, share in right if share < HALF]
    if refused:
        yield _about("policy_refused", "problem", refused, len(right), scale)


def _is_no_spelling(reply: Reply) -> bool:
    """Whether the text can be no other spelling of the right number: it is another number, or has nothing of one."""
    if reply.item.number is None:
        return False
    return plain_number(reply.text) is not None or not _NUMERAL.search(reply.text)


def _unsteady(found: Examination) -> Iterable[Finding]:
    """Marks that depend on when or with what an answer is marked. The first cause explains the others."""
    for rule, pairs in found.repeats.items():
        moved = [first for first, second in pairs if _moved(first, second)]
        if moved:
            example = _shortest(moved)
            again = next(second.mark for first, second in pairs if first is example)
            yield Finding(rule, "problem", len(moved), len(pairs), example, detail=f"{example.mark} / {again}")
            return


def _moved(first: Reply, second: Reply) -> bool:
    """Another mark, beyond the rounding of a computation that was cut into other batches."""
    if any(reply.hung or reply.is_untried for reply in (first, second)):
        return False
    if first.mark is None or second.mark is None:
        return first.mark is not second.mark
    return not isclose(first.mark, second.mark, rel_tol=1e-4, abs_tol=1e-6)


def _growth(found: Examination) -> Iterable[Finding]:
    steep = {unit: seconds for unit, seconds in found.growth.items() if is_steep(seconds)}
    if steep:
        unit, seconds = max(steep.items(), key=lambda one: one[1][-1])
        times = ", ".join(f"{second:.2g} s" for second in seconds)
        yield Finding("slow_growth", "problem", len(steep), len(found.growth), None, detail=f"{unit!r}: {times}")


def _range(found: Examination, scale: Scale) -> Iterable[Finding]:
    """Marks far beyond what right answers earn; a single one of them drowns a batch."""
    largest = BEYOND * max([1.0, *map(abs, scale.right.values())])
    short = [reply for reply in [*found.replies, *found.samples] if len(reply.text) <= SHORT and reply.mark is not None]
    beyond = [reply for reply in short if abs(reply.mark or 0.0) > largest]
    if beyond:
        yield _about("out_of_range", "problem", beyond, len(short), scale)


def _about(
    rule: str,
    severity: Severity,
    concerned: Sequence[Reply],
    tried: int,
    scale: Scale,
    attack: str = "",
    share: float | None = None,
    count: int | None = None,
) -> Finding:
    example = _shortest(concerned)
    right = scale.right.get(example.item.prompt.id)
    counted = len(concerned) if count is None else count
    return Finding(rule, severity, counted, tried, example, right, share, (attack,) if attack else ())


def _worst(findings: Sequence[Finding]) -> Finding:
    """The finding of the attack that is paid most often, with the shortest example of them all."""
    ordered = sorted(findings, key=lambda f: (-f.count / f.tried, -f.tried, _length(f.example) if f.example else 0))
    worst = ordered[0]
    names = tuple(dict.fromkeys(name for finding in ordered for name in finding.attacks))
    return Finding(worst.rule, worst.severity, worst.count, worst.tried, worst.example, worst.right, worst.share, names)


def _shortest(replies: Sequence[Reply]) -> Reply:
    return min(replies, key=lambda reply: (_length(reply), len(reply.item.prompt.question)))


def _length(reply: Reply) -> int:
    """In bytes: of two answers as long as each other, the one in plain characters is the shorter."""
    return len(reply.text.encode())
