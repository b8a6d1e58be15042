"""Has answers marked, and keeps what came of it: the marks, what failed, how long it took.

Every call goes through ``score_completions``: a reward file is called in its worker process, with its limits.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from homeschool.rewards.lint.attacks import Attack, attacks, either_end, others_of
from homeschool.rewards.lint.items import FORMS, Item, build_item
from homeschool.rewards.lint.mutations import written_otherwise
from homeschool.rewards.scorers import AnyScorer, score_completions
from homeschool.types import Completion, Prompt

MAX_HANGS = 6
"""Calls that ran out of time before the rest is left alone."""
SECONDS = 60.0
"""What all attacks together may take, as far as the time of the first marks tells."""
FEWEST = 4
VARIATIONS = {
    "whitespace_refused": ("{0}\n", " {0}", "{0} ", "\n\n{0}\n\n", "\t{0}\r\n"),
    "label_refused": ("Answer: {0}",),
}
"""The right answer, harmlessly varied."""
GROWTH_UNITS = ("a", "1", " ", "\n", "(", "<", "1 ", "= ", "\\boxed{", "<answer>")
GROWTH_SIZES = (2_000, 8_000, 32_000)
MEASUREMENTS = 6  # of what looks steep: only the fastest counts, and a busy machine is not slow six times in a row


@dataclass(frozen=True, slots=True)
class Reply:
    """What the reward function made of one completion."""

    item: Item
    text: str
    mark: float | None
    trouble: str = ""
    """Why there is no mark: a finding of ``scorers``."""
    attack: Attack | None = None

    @property
    def hung(self) -> bool:
        return self.trouble == "scorer_timeout"

    @property
    def is_untried(self) -> bool:
        """Others of its call ran out of time, and nobody came to it: nothing is known of it."""
        return self.trouble == "scorer_not_reached"


@dataclass
class Examination:
    """Everything that was asked and what came back; ``judge`` reads it."""

    form: str = ""
    """How answers had to be written to be paid, where it was not as the task writes them."""
    gold: list[Reply] = field(default_factory=list)
    variations: dict[str, list[Reply]] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    """To attacks."""
    pairs: list[tuple[Reply, Reply]] = field(default_factory=list)
    """Right and wrong answer in both orders."""
    respelled: list[Reply] = field(default_factory=list)
    samples: list[Reply] = field(default_factory=list)
    """The policy's own answers."""
    repeats: dict[str, list[tuple[Reply, Reply]]] = field(default_factory=dict)
    """The same answers asked again: first and second reply, by the way of asking."""
    growth: dict[str, list[float]] = field(default_factory=dict)
    """Seconds for each size of a text made of one unit."""
    messages: dict[str, str] = field(default_factory=dict)
    """The words of a failure, by the text that caused it."""
    ran_code: str = ""
    """The completion whose code was run."""
    not_judged: int = 0
    """Attacks that might have been right for their item."""
    left_out: int = 0
    """Attacks that were not tried because too many calls ran out of time."""
    untried: int = 0
    """Answers that nobody came to because others of their call ran out of time."""
    items: int = 0
    asked: int = 0
    seconds_per_mark: float = 0.0


@dataclass
class Examiner:
    """Asks one reward function; counts what it asks, and stops where it hangs too often.

    Many answers go through in one call. A function that would not have finished them within ``timeout_s`` gets fewer
    at once, since slow is not wrong: the limit is on the time that a single answer takes.
    """

    scorer: AnyScorer
    timeout_s: float = 5.0
    pace: float = inf
    """Seconds for an answer, at best."""
    asked: int = 0
    untried: int = 0
    hangs: int = 0
    messages: dict[str, str] = field(default_factory=dict)

    def ask(self, questions: Sequence[tuple[Item, str]], attack: Attack | None = None) -> list[Reply]:
        """Replies to completions in one call."""
        return self.timed(questions, attack)[0]

    def timed(self, questions: Sequence[tuple[Item, str]], attack: Attack | None = None) -> tuple[list[Reply], float]:
        """Replies, and the seconds that the calls took."""
        replies: list[Reply] = []
        seconds = 0.0
        while len(replies) < len(questions):
            part, took = self._call(questions[len(replies) : len(replies) + self.at_once], attack)
            replies += part
            seconds += took
        untried = sum(reply.is_untried for reply in replies)
        self.asked += len(questions) - untried
        self.untried += untried
        self.hangs += any(reply.hung for reply in replies)
        return replies, seconds

    @property
    def at_once(self) -> int:
        """Answers that half of the time is enough for; a single one until the pace is known."""
        return max(1, int(self.timeout_s / 2 / max(self.pace, 1e-9)))

    def _call(self, questions: Sequence[tuple[Item, str]], attack: Attack | None) -> tuple[list[Reply], float]:
        prompts = [item.prompt for item, _ in questions]
        written = [Completion(text, tuple(text.encode("utf-8", "replace")[:64]), (), "stop") for _, text in questions]
        batch = score_completions(self.scorer, prompts, written, self.timeout_s, each_s=self.timeout_s)
        replies = [
            Reply(item, text, mark, "".join(trouble), attack)
            for (item, text), mark, trouble in zip(questions, batch.scores, batch.findings, strict=True)
        ]
        for reply in replies:
            if reply.trouble and batch.messages and reply.text not in self.messages:
                self.messages[reply.text] = batch.messages[0]
        if not batch.failed:
            self.pace = min(self.pace, batch.seconds / len(questions))
        return replies, batch.seconds


def examine(
    scorer: AnyScorer,
    prompts: Sequence[Prompt],
    worked_answer: Callable[[Prompt], str | None],
    *,
    items: int = 24,
    form: str = "",
    timeout_s: float = 5.0,
    samples: Iterable[tuple[Prompt, str]] = (),
) -> Examination:
    """Ask everything. All ``prompts`` have their gold answer tried, the first ``items`` of them every attack.

    ``worked_answer`` gives the right answer of a prompt or None; ``form`` says how it has to be written, else the
    common ones are tried; ``samples`` are answers of a policy.
    """
    examiner = Examiner(scorer, timeout_s)
    found = Examination()
    known = [(prompt, worked_answer(prompt)) for prompt in prompts]
    found.form = form or _paid_form(examiner, known)
    everything = [build_item(prompt, worked, found.form) for prompt, worked in known]
    found.gold = _ask_gold(examiner, found, [item for item in everything if item.answer is not None])
    chosen = everything[: _affordable(found.seconds_per_mark, items)]
    found.items = len(chosen)
    _vary(examiner, found, [item for item in chosen if item.answer is not None])
    with tempfile.TemporaryDirectory() as folder:
        _attack(examiner, found, chosen)
        _run_code(examiner, found, chosen[0], Path(folder) / "ran")
    found.samples = examiner.ask([(build_item(p, worked_answer(p), found.form), text) for p, text in samples])
    _ask_again(examiner, found)
    _grow(examiner, found, chosen[0])
    found.asked, found.untried, found.messages = examiner.asked, examiner.untried, examiner.messages
    return found


def _paid_form(examiner: Examiner, known: Sequence[tuple[Prompt, str | None]]) -> str:
    """The common form in which right answers earn clearly more than as they stand, if there is one."""
    few = [(prompt, worked) for prompt, worked in known if worked][:8]
    if not few:
        return ""
    junk = _mean(examiner.ask([(build_item(*one), "I do not know.") for one in few]))
    means = {}
    for form in ("", *FORMS):
        written = [build_item(*one, form) for one in few]
        means[form] = _mean(examiner.ask([(item, item.gold) for item in written]))
    best = max(means, key=means.__getitem__)
    return best if means[best] - means[""] > 0.1 * (means[best] - junk) else ""


def _mean(replies: Sequence[Reply]) -> float:
    marks = [reply.mark or 0.0 for reply in replies]
    return sum(marks) / len(marks)


def _ask_gold(examiner: Examiner, found: Examination, known: Sequence[Item]) -> list[Reply]:
    replies: list[Reply] = []
    seconds = 0.0
    for start in range(0, len(known), 32):
        part, took = examiner.timed([(item, item.gold) for item in known[start : start + 32]])
        replies += part
        seconds += took
    found.seconds_per_mark = seconds / max(1, len(replies))
    return replies


def _affordable(seconds_per_mark: float, items: int) -> int:
    """Fewer items where marking is slow: about 250 attacks are tried on each."""
    return max(min(items, FEWEST), min(items, int(SECONDS / (250 * max(seconds_per_mark, 1e-9)))))


def _vary(examiner: Examiner, found: Examination, known: Sequence[Item]) -> None:
    for rule, patterns in VARIATIONS.items():
        questions = [(item, pattern.replace("{0}", item.gold)) for pattern in patterns for item in known]
        found.variations[rule] = examiner.ask(questions) if questions else []
    respelled = [(item, item.written(text)) for item in known for _, text in written_otherwise(item.answer or "")]
    found.respelled = examiner.ask(respelled) if respelled else []


def _attack(examiner: Examiner, found: Examination, chosen: Sequence[Item]) -> None:
    others = {item.prompt.id: others_of(item, chosen) for item in chosen}
    for attack in attacks():
        if examiner.hangs >= MAX_HANGS:
            found.left_out += 1
            continue
        targets = chosen[:1] if attack.alone or examiner.hangs > 1 else chosen
        written = [(item, attack.on(item, others[item.prompt.id])) for item in targets]
        questions = [(item, text) for item, text in written if text is not None]
        if questions:
            found.replies += examiner.ask(questions, attack)
        found.not_judged += sum(
            text is None and attack.write(item, others[item.prompt.id]) is not None for item, text in written
        )
    both = [(item, ends) for item in chosen if (ends := either_end(item, others[item.prompt.id]))]
    if both:
        last = examiner.ask([(item, ends[0]) for item, ends in both])
        first = examiner.ask([(item, ends[1]) for item, ends in both])
        found.pairs = list(zip(last, first, strict=True))


def _run_code(examiner: Examiner, found: Examination, item: Item, trace: Path) -> None:
    """Completions that leave an empty file behind if somebody runs them."""
    program = f"__import__('pathlib').Path({str(trace)!r}).touch()"
    for text in (program, item.written(program), f"```python\n{program}\n```", f"[{program}]"):
        examiner.ask([(item, text)])
        if trace.exists():
            found.ran_code = text.replace(str(trace), "FILE")
            return


def _ask_again(examiner: Examiner, found: Examination) -> None:
    """The same answers once more, in reverse order, and each by itself."""
    marked = [
        reply
        for reply in [*found.gold[:16], *found.replies, *found.samples[:16]]
        if not (reply.hung or reply.is_untried)
    ]
    stride = max(1, len(marked) // 64)
    chosen = [reply for reply in marked[::stride] if len(reply.text) < 1000][:80]
    if not chosen:
        return
    questions = [(reply.item, reply.text) for reply in chosen]
    first = examiner.ask(questions)
    second = examiner.ask(questions)
    backward = examiner.ask(questions[::-1])[::-1]
    alone = [examiner.ask([question])[0] for question in questions[:24]]
    found.repeats = {
        "not_repeatable": list(zip(first, second, strict=True)),
        "order_matters": list(zip(first, backward, strict=True)),
        "batch_matters": list(zip(first, alone, strict=False)),
    }


def _grow(examiner: Examiner, found: Examination, item: Item) -> None:
    """How the time grows with the length of the answer. What looks steep is measured again: the machine may be busy."""
    for unit in GROWTH_UNITS:
        if examiner.hangs >= MAX_HANGS:
            return
        seconds = _seconds(examiner, item, unit)
        for _ in range(MEASUREMENTS - 1):
            if is_steep(seconds) and inf not in seconds:
                again = _seconds(examiner, item, unit)
                seconds = [min(one, other) for one, other in zip(seconds, again, strict=True)]
        found.growth[unit] = seconds


def _seconds(examiner: Examiner, item: Item, unit: str) -> list[float]:
    """Seconds for each size, infinite from the first one that runs out of time."""
    seconds: list[float] = []
    for size in GROWTH_SIZES:
        if inf in seconds:
            seconds.append(inf)
            continue
        (reply,), took = examiner.timed([(item, (unit * size)[:size])])
        seconds.append(inf if reply.hung else took)
    return seconds


def is_steep(seconds: Sequence[float]) -> bool:
    """The longest text runs out of time, or takes noticeable time and more than twice its share of it."""
    return seconds[-1] == inf or (seconds[-1] > 0.4 and seconds[-1] > 8 * seconds[-2])
