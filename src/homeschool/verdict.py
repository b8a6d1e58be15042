"""What a result means, in words: gains with intervals, what the exam could have shown, which kinds of question fail."""

import json

from homeschool.config import EvalConfig, flatten
from homeschool.diagnosis.run import happened_lines
from homeschool.exam import ExamResult, error_notebook
from homeschool.messages import school as say
from homeschool.next_step import after_exams
from homeschool.stages.auditing import guard_line
from homeschool.stages.finishing import StageResult
from homeschool.stages.weak import weak_words
from homeschool.stats import Interval, detectable_effect, difference_sd, paired_difference, short

PER_CENT = 100.0
"""The scale of marks between 0 and 1."""


def points_scale(*results: ExamResult) -> float:
    """100 where all marks lie between 0 and 1, else 1."""
    scores = [score for result in results for score in result.scores]
    return PER_CENT if scores and max(map(abs, scores)) <= 1 else 1.0


def gain_lines(before: ExamResult, after: ExamResult) -> list[str]:
    """Before, after, difference, and the smallest effect that this exam could have shown."""
    scale = points_scale(before, after)
    difference = paired_difference(before.scores, after.scores)
    smallest = detectable_effect(difference_sd(before.scores, after.scores), len(after.items))
    meaning = say.BETTER if difference.estimate > 0 else say.WORSE
    if not difference.excludes_zero:
        meaning = say.NO_CHANGE
    marks = {"before": _marks(before.interval, scale), "after": _marks(after.interval, scale)}
    apart = {"difference": difference.points(scale), "smallest": short(smallest * scale)}
    points = say.POINTS() if scale == PER_CENT else ""
    return [
        say.EXAM_GAIN(items=len(after.items), **marks),
        say.DIFFERENCE(meaning=meaning(), **{name: value + points for name, value in apart.items()}),
    ]


def _marks(interval: Interval, scale: float) -> str:
    """The numbers, in per cent where marks lie between 0 and 1."""
    return interval.points(scale) + (say.PER_CENT() if scale == PER_CENT else "")


def _whose(gold: str) -> str:
    """Whose marks follow on those of the scorer that was paid."""
    return say.BY_GOLD(name=gold) if gold else say.TRUE_MARKS()


def rl_verdict(result: StageResult) -> list[str]:
    """The last words of an RL run."""
    assert result.before and result.after
    lines = gain_lines(result.before, result.after)
    true = result.true_marks
    if true:
        lines += [_whose(result.gold), *gain_lines(*true)]
    guard = json.loads((result.folder / "summary.json").read_text(encoding="utf-8")).get("guard")
    if guard and guard["mode"] == "weak":
        lines += weak_words(guard, result)
    elif guard:
        lines.append(guard_line(guard))
    if result.after.unmarked:
        lines.append(say.LAST_EXAM_UNMARKED(count=result.after.unmarked))
    lines += happened_lines(result.folder)
    lines.append(say.COST(seconds=result.seconds, mib=result.peak_bytes / 2**20, folder=result.folder))
    lines.append(after_exams(result.folder))
    return lines


def exam_report(result: ExamResult, earlier: ExamResult | None, gold: str = "") -> str:
    """The result of an exam with its error notebook, as text; ``gold``: the check that marked it a second time."""
    scale = points_scale(result, earlier) if earlier else points_scale(result)
    lines = [say.EXAM_RESULT(items=len(result.items), mark=_marks(result.interval, scale))]
    if earlier:
        lines += gain_lines(earlier, result)
    if result.unmarked:
        lines.append(say.UNMARKED(count=result.unmarked))
    if result.true_marks:
        own = result.true_marks
        lines += [_whose(gold), say.EXAM_RESULT(items=len(own.items), mark=_marks(own.interval, points_scale(own)))]
        lines += gain_lines(earlier.true_marks, own) if earlier and earlier.true_marks else []
    lines += ["", say.NOTEBOOK()]
    for line in error_notebook(result):
        lines.append(f"  {line.tag:<24}{line.count:>5}  {_marks(line.score, scale)}")
        for item in line.mistakes if line.score.estimate < 1 else ():
            answer = item.answers[0].replace("\n", " ")[:60]
            words = say.MISTAKE_AND_RIGHT if item.right else say.MISTAKE
            lines.append(words(question=item.question[:60], answer=answer, right=item.right))
    return "\n".join(lines)


def asked_line(config: EvalConfig, of_run: EvalConfig | None, is_named: bool) -> str:
    """What an exam asks and who marks it; and where both come from, if from the run or from nowhere.

    ``of_run`` is the exam in what the model learned, where its run tells; ``is_named``: the task was named.
    """
    chosen = {name: value for name, value in flatten(config.task).items() if value is not None and name != "name"}
    options = ", ".join(f"{name} {value}" for name, value in chosen.items())
    task = f"{config.task.name} ({options})" if options else config.task.name
    marker = config.reward.scorer or say.ITSELF()
    what = {"task": task, "marker": say.AND_GOLD(marker=marker, gold=config.gold) if config.gold else marker}
    if of_run and (of_run.task, of_run.reward, of_run.gold) == (config.task, config.reward, config.gold):
        return say.ASKED_AS_IN_RUN(policy=config.policy, **what)
    return say.ASKED(**what) if is_named or of_run else say.ASKED_BY_DEFAULT(policy=config.policy, **what)
