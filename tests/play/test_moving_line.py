"""The line that follows the child, by hand."""

from homeschool.play import moving_line


def attempts(*scores: float) -> list[dict[str, float]]:
    return [{"score": score} for score in scores]


def test_the_line_stands_at_the_mean_of_the_last_exams() -> None:
    history = moving_line.start(line="mean", k=2, margin=5.0)
    assert moving_line.edge(history) == 90.0
    for marks in ((10.0, 30.0), (40.0, 60.0), (60.0, 80.0)):
        history = moving_line.learn(attempts(*marks), history)
    assert history["recent"] == [50.0, 70.0]
    assert moving_line.edge(history) == 65.0
    assert moving_line.rule({"score": 65.0}, history) == 1.0 and moving_line.rule({"score": 64.9}, history) == 0.0


def test_the_best_never_falls_and_nothing_is_above_full_marks() -> None:
    history = moving_line.start(line="best", margin=30.0)
    for marks in ((80.0,), (20.0,)):
        history = moving_line.learn(attempts(*marks), history)
    assert history["best"] == 80.0 and moving_line.edge(history) == 100.0


def test_a_fixed_line_stays_and_an_empty_exam_changes_nothing() -> None:
    history = moving_line.start(line="fixed")
    assert moving_line.edge(moving_line.learn(attempts(1.0), history)) == 90.0
    assert moving_line.learn([], history) == history


def test_what_lies_back_counts_less() -> None:
    """Marks 80, 40, 20, the last one last, each exam back counting half: (80 / 4 + 40 / 2 + 20) / (7 / 4)."""
    history = moving_line.start(line="mean", decay=0.5)
    for mark in (80.0, 40.0, 20.0):
        history = moving_line.learn(attempts(mark), history)
    assert moving_line.edge(history) == 60 / 1.75
    forgets = moving_line.start(line="mean", decay=1.0)
    for mark in (80.0, 40.0):
        forgets = moving_line.learn(attempts(mark), forgets)
    assert moving_line.edge(forgets) == 40.0


def test_a_quantile_is_a_mark_that_was_got() -> None:
    """A fifth of the weight lies at each; fading by half, of 31 parts 8 lie at 10, then 2, 16, 1 and 4 at 50."""
    marks = (40.0, 20.0, 50.0, 10.0, 30.0)

    def line(quantile: float, decay: float = 0.0) -> float:
        history = moving_line.start(line="quantile", quantile=quantile, decay=decay)
        for mark in marks:
            history = moving_line.learn(attempts(mark), history)
        return moving_line.edge(history)

    assert [line(share) for share in (0.0, 0.2, 0.21, 0.5, 0.8, 1.0)] == [10.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert [line(share, 0.5) for share in (0.25, 0.3, 0.5, 0.83, 0.85, 0.9)] == [10.0, 20.0, 30.0, 30.0, 40.0, 50.0]


def test_the_best_comes_down_as_it_fades() -> None:
    """From 80 by a quarter of the way to 20, and again: 65, 53.75. A better exam is the best at once."""
    history = moving_line.start(line="best", decay=0.25)
    for mark, best in ((80.0, 80.0), (20.0, 65.0), (20.0, 53.75), (60.0, 60.0)):
        history = moving_line.learn(attempts(mark), history)
        assert history["best"] == best
