"""The levels: what passes and what does not, that nothing else can be sent, and that the same is the same."""

import json
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from homeschool.errors import HomeschoolError, UsageError
from homeschool.play import graduation, meet, own_lines, patches
from homeschool.play.classes import HIDDEN
from homeschool.play.level import Choice, Draw, Level, Pick, Range, Switch, thinned
from homeschool.play.levels import LEVELS, level
from homeschool.play.page import page_data
from homeschool.play.sheet import PASSED_BY
from homeschool.play.tutor import Paper, advantages
from homeschool.rewards.rule_file import FileRule
from homeschool.story.simulate import WEAK

BY_NAME = {one.name: one for one in LEVELS}
EACH = pytest.mark.parametrize("one", LEVELS, ids=BY_NAME)


def test_levels_are_numbered_in_order() -> None:
    assert [one.number for one in LEVELS] == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert level(5).name == "incident"
    for wrong in (9, "1", True, None, 1.5):
        with pytest.raises(UsageError, match="there is no level"):
            level(wrong)


@EACH
def test_a_level_is_not_passed_as_it_stands_and_can_be_passed(one: Level) -> None:
    assert not one.run({}).passed
    assert one.run(PASSED_BY[one.name]).passed


@EACH
def test_the_same_settings_give_the_same_to_the_bit(one: Level) -> None:
    assert json.dumps(one.run({}).as_json()) == json.dumps(one.run({}).as_json())


@EACH
def test_every_guess_is_answered_by_what_was_run(one: Level) -> None:
    answers = one.run({}).answers
    assert set(answers) == {guess.name for guess in one.guesses}
    for guess in one.guesses:
        answer = answers[guess.name]
        if isinstance(guess, Pick):
            assert answer in guess.options
        else:
            assert isinstance(answer, list) and [len(line) for line in answer] == [guess.points] * len(guess.lines)
            assert [line[0] for line in answer] == pytest.approx(guess.starts, abs=0.5)
            assert all(0 <= value <= guess.high for line in answer for value in line)


@EACH
def test_a_guess_is_not_given_away_by_the_page(one: Level) -> None:
    """The data of the page hold questions; answers come with the first run."""
    (told,) = [row for row in page_data()["play"]["levels"] if row["name"] == one.name]
    assert '"answers"' not in json.dumps(told) and not any("right" in guess for guess in told["guesses"])


@EACH
def test_nothing_but_what_a_control_can_send_is_taken(one: Level) -> None:
    def refused(settings: Any) -> None:
        with pytest.raises(HomeschoolError):
            one.read(settings)

    refused([])
    refused({"nonsense": 1})
    for control in one.controls:
        wrong: list[Any] = [None, [], {}, float("nan"), float("inf")]
        if isinstance(control, Range):
            wrong += [control.low - 1, control.high + 1, "1", True]
            assert one.read({control.name: control.high})[control.name] == control.high
        elif isinstance(control, Choice):
            wrong += ["nonsense", control.start + " " + control.start, 1, "x" * 50_000]
        elif isinstance(control, Switch):
            wrong += [1, "true"]
        else:
            wrong += ["x" * 30_000, 3]
        for value in wrong:
            refused({control.name: value})


def test_a_control_that_is_left_out_stands_where_it_began() -> None:
    assert BY_NAME["mocks"].read({"divide": True}) == {"group": 16.0, "divide": True}


def test_one_bar_silences_one_of_them() -> None:
    """At 90 the weak child hardly ever sees a difference, at 60 the strong one is always paid in full."""
    high, low = BY_NAME["one_rule"].run({"claim": "weak"}), BY_NAME["one_rule"].run({"bar": 60.0, "claim": "strong"})
    assert [check.passed for check in high.checks] == [False, True]
    assert [check.passed for check in low.checks] == [True, True]
    assert low.facts[0][1] == "0%"
    assert [check.passed for check in BY_NAME["one_rule"].run({"bar": 60.0, "claim": "weak"}).checks] == [True, False]


def test_jumps_accuse_the_honest_and_audits_do_not() -> None:
    jumps = BY_NAME["incident"].run({"alarm": "jumps", "deviations": 3.0})
    assert [check.passed for check in jumps.checks] == [True, False]
    blind = BY_NAME["incident"].run({"alarm": "jumps", "deviations": 12.0})
    assert not blind.checks[0].passed
    none = BY_NAME["incident"].run({"alarm": "audits", "audits": 0.0})
    assert [check.passed for check in none.checks] == [False, True]


@pytest.mark.parametrize(
    ("settings", "passes"),
    [
        ({"clip_low": 0.02, "clip_high": 0.02}, [False, False]),
        ({"kl": 0.3}, [False, True]),
        ({"jump": True}, [False, False]),
        ({"audits": 0.05}, [True, True]),
        ({"audits": 0.05, "divide": True}, [False, False]),
    ],
)
def test_patches_delay_and_audits_cure_unless_the_spread_divides(settings: Any, passes: list[bool]) -> None:
    assert [check.passed for check in BY_NAME["patches"].run(settings).checks] == passes


def test_the_high_clip_slows_the_cheat_and_the_low_one_its_punishment() -> None:
    """Without audits only the bound above delays; with few audits, a bound below alone lets the cheat spread first."""

    def fact(place: int, **settings: float) -> str:
        return BY_NAME["patches"].run(settings).facts[place][1]

    unclipped, low, high = (int(fact(0, **one)) for one in ({}, {"clip_low": 0.02}, {"clip_high": 0.02}))
    assert high > 2 * unclipped and low < 1.5 * unclipped
    worst = {name: float(fact(1, audits=0.01, **{name: 0.02}).rstrip("%")) for name in ("clip_low", "clip_high")}
    assert worst["clip_low"] > 60 and worst["clip_high"] < 10


def test_no_pay_for_a_group_that_jumps(tmp_path: Path) -> None:
    """Expected 10 give or take 30: a group of eight with one right is 12.5 and paid; two and a half times
    30 / sqrt(8) above 10, which is 36.5, lies between two right and three."""
    (tmp_path / "rule.py").write_text(patches.NO_PAY_FOR_JUMPS)
    rule = FileRule(tmp_path / "rule.py", 30.0)

    def paid(right: int) -> list[float]:
        others = [100.0] * (right - 1) + [0.0] * (8 - right)
        return rule.pay([{"score": 100.0, "others": others, "expected": 10.0, "spread": 30.0}], rule.start())

    try:
        assert [paid(right) for right in (1, 2, 3)] == [[1.0], [1.0], [0.0]]
    finally:
        rule.close()


@pytest.mark.parametrize(
    ("settings", "speaks"),
    [
        ({"line": "quantile", "quantile": 0.0}, False),
        ({"line": "quantile", "quantile": 0.5}, True),
        ({"line": "best"}, False),
        ({"line": "best", "decay": 0.1}, True),
    ],
)
def test_a_line_at_the_worst_or_best_exam_says_little_unless_it_fades(settings: Any, speaks: bool) -> None:
    found = BY_NAME["own_lines"].run(settings)
    assert [check.passed for check in found.checks] == [True, True, speaks]


def test_a_long_memory_that_fades_lags_less() -> None:
    """In the hidden classes a line from forty exams tells the weak child something more often where they fade."""
    kept, faded = (
        fmean(own_lines.sit(WEAK, own_lines.Drawn("mean", 40, decay=decay), seed).signal for seed in HIDDEN)
        for decay in (0.0, 0.3)
    )
    assert faded > kept + 0.03


def test_a_larger_tutor_explains_more_and_costs_more() -> None:
    settings = {"sight": "both", "pace": 0.1, "lambda": 0.95}
    small, large = (BY_NAME["tutor"].run(settings | {"layers": layers}) for layers in (1.0, 4.0))
    assert (small.checks[0].passed, large.checks[0].passed) == (False, True)
    assert float(large.facts[1][1]) > float(small.facts[1][1]) + 0.3
    assert (small.facts[4][1], large.facts[4][1]) == ("4", "13")  # the level, and three kinds or all twelve
    blind = [BY_NAME["tutor"].run({"sight": "level", "layers": layers}).facts for layers in (1.0, 4.0)]
    assert blind[0] == blind[1]


def test_a_tutor_who_looks_at_nothing_is_worse_than_a_constant() -> None:
    found = BY_NAME["tutor"].run({"sight": "nothing"})
    assert not found.passed and float(found.facts[1][1]) < 0
    assert BY_NAME["tutor"].run({"sight": "kind", "pace": 0.1, "lambda": 0.95}).passed


def test_generalised_advantages_of_a_paper() -> None:
    """Marks 10, 25, 20, 15 of a paper expected at 80: V is 80, 60, 40, 20 and the errors are -10, 5, 0, -5.

    With lambda 0 each part has its error; with 1 the sum from there on; with 1/2 half of what follows. With gamma 0 a
    part is what it brought less an even share.
    """
    paper = Paper(True, (2, 5, 4, 3), (0.5,) * 4)
    assert advantages(paper, 80.0, 1.0, 0.0) == [-10.0, 5.0, 0.0, -5.0]
    assert advantages(paper, 80.0, 1.0, 1.0) == [-10.0, 0.0, -5.0, -5.0]
    assert advantages(paper, 80.0, 1.0, 0.5) == [-8.125, 3.75, -2.5, -5.0]
    assert advantages(paper, 80.0, 0.0, 1.0) == [-10.0, 5.0, 0.0, -5.0]


@pytest.mark.parametrize(
    ("settings", "plans"),
    [({"lambda": 0.95}, True), ({"lambda": 0.5}, False), ({"lambda": 1.0, "gamma": 0.5}, False)],
)
def test_who_believes_the_forecast_never_hears_what_planning_is_worth(settings: Any, plans: bool) -> None:
    found = BY_NAME["tutor"].run({"sight": "both", "pace": 0.1, "gamma": 1.0} | settings)
    assert [check.passed for check in found.checks] == [True, plans]


def test_the_price_of_believing_the_outcome_is_noise() -> None:
    calm, noisy = (BY_NAME["tutor"].run({"lambda": value}).facts[3][1] for value in (0.0, 1.0))
    assert 0 < float(calm[1:]) < float(noisy[1:])


def test_at_temperature_zero_all_sheets_are_alike_and_too_warm_ones_are_wrong() -> None:
    """Of the shipped answers: eight sheets find most at 0.75."""
    marks = PASSED_BY["meet"]["marks"]
    told = {
        heat: BY_NAME["meet"].run({"marks": marks, "temperature": heat}) for heat in (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
    }
    assert [heat for heat, found in told.items() if found.passed] == [0.75]
    assert told[0.0].facts[2][1] == "1.0" and told[0.0].facts[3][1] == "100%"
    assert all(len(set(one.answers)) == 1 for one in told[0.0].asked)
    warm = told[1.5].asked[0]
    assert len(warm.answers) == len(warm.right) == 8 and len(set(warm.answers)) > 1


def test_the_shipped_marks_are_those_of_the_checker() -> None:
    """The number after the last = is right, or it is not."""
    for child in meet.CHILDREN:
        for one in meet.voices(child):
            for shown in one["shown"]:
                left, right = map(int, shown["question"].removesuffix(" =").split(" + "))
                told = [answer.rpartition("=")[2] == str(left + right) for answer in shown["answers"]]
                assert told == shown["right"], shown


def test_one_recipe_for_everything() -> None:
    level = BY_NAME["graduation"]
    first = level.run({})
    assert [check.passed for check in first.checks] == [False, False]
    unaudited = level.run({"rule": "raw_score", "group": 4.0})
    assert not unaudited.checks[1].passed
    assert level.run(PASSED_BY["graduation"]).passed


def test_what_is_spent_on_audits_lacks_for_exams() -> None:
    few, many = (BY_NAME["graduation"].run({"audits": share}).facts[1][1] for share in (0.01, 0.3))
    assert int(few) > 1.2 * int(many)
    for recipe in (("raw_score", 4, 0.0, 0.3), graduation.FIRST):
        spent = graduation.school("weak", recipe, 1)[-1].exams * recipe[1]
        assert spent <= graduation.PURSE + graduation.TERMS * recipe[1]


def test_small_groups_waste_on_ties_and_large_ones_sit_few_exams() -> None:
    small, large = BY_NAME["mocks"].run({"group": 2.0}), BY_NAME["mocks"].run({"group": 16.0})
    assert [check.passed for check in small.checks] == [True, False]
    assert [check.passed for check in large.checks] == [False, True]
    assert (small.facts[2][1], large.facts[2][1]) == ("600", "75")


def test_levels_that_train_say_so_on_the_page() -> None:
    told = {row["name"]: row["real"] for row in page_data()["play"]["levels"]}
    assert [name for name, words in told.items() if words] == ["tutor", "patches", "father", "graduation"]
    assert [one.name for one in LEVELS if one.real] == ["tutor", "patches", "father", "graduation"]


def test_a_search_trains_with_the_rule_that_it_found() -> None:
    father = BY_NAME["father"]
    settings = father.read({"author": "search", "terms": 2.0, "program": "nonsense"})
    assert father.real is not None and father.real(settings).program == father.play(settings).program != ""


def test_thinned_keeps_both_ends() -> None:
    assert thinned([0.0, 1.0, 2.0, 3.0, 4.0], 3) == [0.0, 2.0, 4.0]
    assert thinned([1.23456, 2.0]) == [1.235, 2.0]


def test_the_page_holds_every_word_in_both_languages() -> None:
    data = page_data()

    def texts(part: Any) -> list[dict[str, str]]:
        if isinstance(part, dict):
            if set(part) == {"en", "zh"}:
                return [part]
            return [found for one in part.values() for found in texts(one)]
        return [found for one in part for found in texts(one)] if isinstance(part, list) else []

    found = texts(data["play"]["levels"])
    assert len(found) > 100
    assert all(bool(text["en"]) == bool(text["zh"]) and "{" not in text["en"] + text["zh"] for text in found)
    assert len(json.dumps(data["play"]["exhibits"])) < 400_000
    assert all(isinstance(guess, Pick | Draw) for one in LEVELS for guess in one.guesses)
