"""The rule of the learner: where it runs, what is refused, and that both engines see the same file."""

from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from homeschool.errors import ConfigError, HomeschoolError, ScorerError
from homeschool.play import father
from homeschool.play.levels import level
from homeschool.play.rule_search import Tiers, TiersRule, search
from homeschool.rewards.incentive import BuiltInRule
from homeschool.rewards.rule_file import FileRule
from homeschool.rewards.rules import fixed_tiers

RAW = 'def rule(attempt, history):\n    return attempt["score"] / 100\n'


def test_the_given_rule_as_a_file_gives_what_the_rule_gives() -> None:
    """The process of its own changes no bit: the difference to the same rule inside is nothing in every class."""
    found = level(7).run({})
    assert found.checks[0].measured["en"].startswith("+0.0 marks in five hidden classes (95 % interval +0.0 to +0.0)")
    inside = father.courses(BuiltInRule("fixed_tiers", fixed_tiers), 1)
    assert found.charts[0].lines[1].values[-1] == round(inside["weak"].levels[-1], 3)


def test_the_hash_is_that_of_the_file() -> None:
    found = level(7).run({"program": RAW})
    assert found.hash == sha256(RAW.encode()).hexdigest()
    assert found.passed


def test_over_fitting_is_measured_elsewhere() -> None:
    """A rule that pays nothing teaches nothing, in any class."""
    found = level(7).run({"program": "def rule(attempt, history):\n    return 0.0\n"})
    assert not found.passed and found.facts[0][1] == "+0.0"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("def rule(attempt, history:\n", "rule.py, line 1"),
        ("import numpy\ndef rule(attempt, history):\n    return 1.0\n", "numpy, which is not in the standard library"),
        ("def rule(attempt, history):\n    return attempt['nothing']\n", "line 2"),
        ("def rule(attempt, history):\n    return 'much'\n", "expected a finite number"),
        ("x = 1\n", "no function rule"),
        ("def rule(attempt, history):\n    attempt['score'] = 1\n    return 1.0\n", "changed what it was given"),
        ("import os\ndef rule(attempt, history):\n    os._exit(3)\n", "its process ended"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(program: str, said: str) -> None:
    with pytest.raises(HomeschoolError, match=said):
        level(7).run({"program": program})


def test_a_rule_that_runs_on_is_ended() -> None:
    with pytest.raises(ConfigError, match=r"took more than 2 s of processor time$"):
        level(7).run({"program": "def rule(attempt, history):\n    while True:\n        pass\n"})


def test_a_rule_that_is_slow_on_the_clock_alone_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a busy machine: it takes far longer than its limit, and none of that is processor time."""
    monkeypatch.setattr(father, "CALL_S", 0.3)
    assert level(7).run({"program": "import time\ntime.sleep(0.8)\n" + RAW}).passed
    with pytest.raises(ConfigError, match=r"rule.py, line 2: took more than 0\.3 s of processor time"):
        level(7).run({"program": "import time\nwhile time.process_time() < 0.8: pass\n" + RAW})


WORKING = """\
import time


def rule(attempt, history):
    end = time.process_time() + 0.002
    while time.process_time() < end:
        pass
    return attempt["score"] / 100
"""


def test_all_calls_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(father, "WHOLE_S", 1.0)
    with pytest.raises(ScorerError, match="more than 1 s of processor time for all calls together"):
        level(7).run({"program": WORKING})


def test_a_page_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(father, "WHOLE_WAIT_S", 0.0)
    with pytest.raises(ScorerError, match="more than 0 s for all exams"):
        level(7).run({"program": RAW})


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    level(7).run({"program": RAW})
    assert list(tmp_path.iterdir()) == []


def test_the_search_begins_with_the_given_rule_and_keeps_what_is_better() -> None:
    found = search(father.gain_of, 1, 12)
    given = BuiltInRule("fixed_tiers", fixed_tiers)
    assert (found[0].tiers, found[0].term) == (Tiers(), 0)
    assert found[0].gain == father.gain_of(given, 1)
    assert all(later.gain > sooner.gain for sooner, later in pairwise(found))
    assert search(father.gain_of, 1, 5) == tuple(one for one in found if one.term <= 5)


def test_the_rule_that_was_found_pays_as_a_file_as_it_did_in_the_search(tmp_path: Path) -> None:
    """Every setting moved as far as the search may, and the text says it to the last digit."""
    tiers = Tiers()
    for term in range(1, 30):
        tiers = tiers.changed(3, term)
    assert len({tiers.first, tiers.step, tiers.follows, tiers.below, tiers.at} - set(vars(Tiers()).values())) >= 4
    (tmp_path / "rule.py").write_text(tiers.program(30))
    rule = FileRule(tmp_path / "rule.py", 5.0)
    try:
        attempts = [{"score": float(score), "expected": 50.0 + score / 3} for score in range(0, 101, 3)]
        assert rule.pay(attempts, rule.start()) == TiersRule(tiers).pay(attempts, {})  # type: ignore[arg-type]
    finally:
        rule.close()


def test_a_searched_rule_is_shown_and_examined_elsewhere() -> None:
    found = level(7).run({"author": "search", "terms": 10.0})
    assert found.program.startswith('"""Found by a search of 10 terms."""')
    assert found.hash == sha256(found.program.encode()).hexdigest()
    seen, hidden = found.charts[1].lines
    assert seen.values == sorted(seen.values) and len(seen.values) == len(hidden.values) == 11
    assert hidden.values[-1] == pytest.approx(float(found.facts[1][1]), abs=0.06)
    assert level(7).run({}).program == ""
