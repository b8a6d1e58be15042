"""What a result means, in words: gains with intervals, what the exam could have shown, which kinds of question fail."""

from homeschool.exam import ExamResult, error_notebook
from homeschool.stages import StageResult
from homeschool.stats import detectable_effect, difference_sd, paired_difference


def points_scale(*results: ExamResult) -> float:
    """100 where all marks lie between 0 and 1, else 1."""
    scores = [score for result in results for score in result.scores]
    return 100.0 if scores and max(map(abs, scores)) <= 1 else 1.0


def gain_lines(before: ExamResult, after: ExamResult) -> list[str]:
    """Before, after, difference, and the smallest effect that this exam could have shown."""
    scale = points_scale(before, after)
    difference = paired_difference(before.scores, after.scores)
    smallest = detectable_effect(difference_sd(before.scores, after.scores), len(after.items))
    meaning = "it got better" if difference.estimate > 0 else "it got worse"
    if not difference.excludes_zero:
        meaning = "no change shown"
    return [
        f"hidden exam, {len(after.items)} questions: before {before.interval.points(scale)}, "
        f"after {after.interval.points(scale)} (95 % intervals)",
        f"difference {difference.points(scale)}: {meaning}; the smallest true gain this exam would show is "
        f"{smallest * scale:.1f}",
    ]


def rl_verdict(result: StageResult) -> list[str]:
    """The last words of an RL run."""
    assert result.before and result.after
    lines = gain_lines(result.before, result.after)
    if result.after.unmarked:
        lines.append(f"{result.after.unmarked} answers of the last exam could not be marked and count as wrong")
    lines.append(
        f"{result.seconds:.0f} s, peak memory {result.peak_bytes / 2**20:,.0f} MiB; everything is in {result.folder}"
    )
    lines.append(f"next: homeschool chat {result.folder}, or homeschool eval --policy {result.folder}")
    return lines


def exam_report(result: ExamResult, earlier: ExamResult | None) -> str:
    """The result of an exam with its error notebook, as text."""
    scale = points_scale(result, earlier) if earlier else points_scale(result)
    lines = [f"{len(result.items)} questions: {result.interval.points(scale)} (95 % interval)"]
    if earlier:
        lines += gain_lines(earlier, result)
    if result.unmarked:
        lines.append(f"{result.unmarked} answers could not be marked and count as wrong")
    lines += ["", "error notebook, weakest kinds first:"]
    for line in error_notebook(result):
        lines.append(f"  {line.tag:<24}{line.count:>5}  {line.score.points(scale)}")
        for item in line.mistakes if line.score.estimate < 1 else ():
            answer = item.answers[0].replace("\n", " ")[:60]
            right = f"   right: {item.right}" if item.right else ""
            lines.append(f"      {item.question[:60]}  ->  {answer}{right}")
    return "\n".join(lines)
