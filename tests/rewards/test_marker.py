"""The examiner: one scorer or several, weighted; failures of each are failures of the whole."""

from collections.abc import Sequence
from typing import Any

import pytest

from homeschool.errors import ConfigError, ScorerError
from homeschool.rewards.marker import Marker
from homeschool.types import Completion, Prompt

PROMPTS = [Prompt(str(n), "?") for n in range(4)]
COMPLETIONS = [Completion(text, (1,), (0.0,), "stop") for text in ("a", "bb", "", "dddd")]


def length(completions: Sequence[str], **_: Any) -> list[float]:
    return [float(len(text)) for text in completions]


def is_short(completions: Sequence[str], **_: Any) -> list[float]:
    return [float(len(text) < 2) for text in completions]


def no_mark_for_nothing(completions: Sequence[str], **_: Any) -> list[float | None]:
    return [1.0 if text else None for text in completions]


def test_one_scorer_is_its_own_sum() -> None:
    marks = Marker(length).score(PROMPTS, COMPLETIONS)
    assert marks.scores == [1.0, 2.0, 0.0, 4.0]
    assert marks.parts == ((), (), (), ())


def test_several_are_added_with_their_weights_and_kept() -> None:
    marker = Marker((length, is_short), weights=(0.5, 10.0))
    marks = marker.score(PROMPTS, COMPLETIONS)
    assert marks.scores == [10.5, 1.0, 10.0, 2.0]
    assert marks.parts == ((1.0, 1.0), (2.0, 0.0), (0.0, 1.0), (4.0, 0.0))
    assert Marker((length, is_short)).score(PROMPTS, COMPLETIONS).scores == [2.0, 2.0, 1.0, 4.0]


def test_without_one_of_its_marks_a_completion_has_none() -> None:
    marks = Marker((length, no_mark_for_nothing)).score(PROMPTS, COMPLETIONS)
    assert marks.scores == [2.0, 3.0, None, 5.0]
    assert marks.parts == ((1.0, 1.0), (2.0, 1.0), (), (4.0, 1.0))
    assert marks.findings == [(), (), ("skipped",), ()]
    assert marks.skipped == 1 and marks.failed == 0


def test_failures_of_one_of_several_are_counted_and_told() -> None:
    def broken(completions: Sequence[str], **_: Any) -> list[float]:
        return [float("nan")] * len(completions)

    with pytest.raises(ScorerError, match=r"4 of 4 completions got no mark .* scorer_not_finite 4"):
        Marker((length, broken)).score(PROMPTS, COMPLETIONS)


def test_each_scorer_is_tried_before_anything_long_starts() -> None:
    reports = Marker((length, is_short)).check(PROMPTS)
    assert [report.name for report in reports] == ["length", "is_short"]


def test_weights_and_scorers_have_to_match() -> None:
    with pytest.raises(ConfigError, match=r"1 reward weights \[1.0\] and 2 scorers"):
        Marker((length, is_short), weights=(1.0,))
    with pytest.raises(ConfigError, match="there is no scorer"):
        Marker(())


def test_all_of_them_are_closed() -> None:
    closed = []

    class Scorer:
        def __call__(self, completions: Sequence[str], **_: Any) -> list[float]:
            return [0.0] * len(completions)

        def close(self) -> None:
            closed.append(self)

    scorers = (Scorer(), Scorer(), length)
    Marker(scorers).close()
    assert closed == list(scorers[:2])
