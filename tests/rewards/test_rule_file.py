"""A user's own rule: paid like a built-in one, and refused with its line where it does what a rule may not."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from homeschool.errors import ConfigError, ScorerError
from homeschool.rewards import rules
from homeschool.rewards.incentive import Incentive, build_incentive
from homeschool.rewards.rule_file import FileRule

COUNTING = """\
import math


def start(tiers=(50,), pays=(0, 1)):
    return {"tiers": list(tiers), "pays": list(pays), "exams": 0, "edges": {"not": "numbers"}, "edits": "none"}


def rule(attempt, history):
    return history["pays"][sum(attempt["score"] >= edge for edge in history["tiers"])] + math.sin(0)


def learn(attempts, history):
    return {**history, "exams": history["exams"] + 1}
"""


def rule_of(folder: Path, source: str, **settings: object) -> Incentive:
    file = folder / "rule.py"
    file.write_text(source, encoding="utf-8")
    return build_incentive(str(file), settings, timeout_s=2.0)


def test_a_rule_file_pays_learns_and_takes_settings(tmp_path: Path) -> None:
    incentive = rule_of(tmp_path, COUNTING, tiers=(50, 60), pays=(0, 1, 3))
    try:
        assert incentive.pay([("a", [49.0, 50.0, 61.0])]) == [[0.0, 1.0, 3.0]]
        incentive.learn()
        assert (incentive.history["tiers"], incentive.history["exams"]) == ([50, 60], 1)
        found = incentive.metrics()
        assert found["reward/edge_2"] == 60 and "reward/edits" not in found
    finally:
        incentive.close()
    with pytest.raises(ConfigError, match=r'the rule "rule.py" reads tiers, pays'):
        rule_of(tmp_path, COUNTING, rates=(0.5,))
    with pytest.raises(ConfigError, match=r"reward\.tiers are not sorted"):
        rule_of(tmp_path, COUNTING, tiers=(60, 50), pays=(0, 1, 3))


@pytest.mark.parametrize("name", rules.RULES)
def test_a_rule_of_ours_is_a_rule_file_as_it_is(name: str) -> None:
    """The same attempts, in this process and in the other, to the bit."""
    built_in = build_incentive(name)
    as_file = build_incentive(str(Path(rules.__file__).parent / f"{name}.py"))
    try:
        for exam in range(12):
            papers = [("a", [7.3 * exam, 61.0, 88.8]), (f"b{exam}", [50.0, 100 / 3])]
            assert as_file.pay(papers) == built_in.pay(papers)
            built_in.learn()
            as_file.learn()
        assert as_file.state_dict() == built_in.state_dict()
    finally:
        as_file.close()


REFUSED = {
    "raises": ("def rule(a, h):\n    x = 1\n    return a['nope']\n", "rule.py, line 3, in rule: KeyError: 'nope'"),
    "loops": ("def rule(a, h):\n    while True:\n        pass\n", "in rule: did not return within 2 s"),
    "loops in C": ("def rule(a, h):\n    return len(range(10**9)) and sum(range(10**11))\n", "rule.py"),
    "loops while it loads": ("while True:\n    pass\n", "did not return within 2 s"),
    "imports": (
        "import math\nimport numpy\ndef rule(a, h): return 1\n",
        "rule.py, line 2: imports numpy, which is not",
    ),
    "imports below": (
        "def rule(a, h):\n    from torch.nn import Linear\n    return 1\n",
        "rule.py, line 2: imports torch.nn, which is not in the standard library",
    ),
    "imports a neighbour": ("from . import x\ndef rule(a, h): return 1\n", "line 1: imports ., which is not"),
    "imports in disguise": (
        "def rule(a, h):\n    return __import__('numpy').float64(1)\n",
        "rule.py, line 2, in rule: ModuleNotFoundError: No module named 'numpy'",
    ),
    "returns text": (
        "def rule(a, h):\n    return '1'\n",
        "line 2, in rule: returned str '1', expected a finite number",
    ),
    "returns None": (
        "def rule(a, h):\n    if a['score'] < 80:\n        return 0\n",
        "line 2, in rule: returned NoneType None, expected a finite number",
    ),
    "returns NaN": (
        "def rule(a, h):\n    if a['score'] > 90:\n        return float('nan')\n    return 0\n",
        "rule.py, line 3, in rule: returned float nan, expected a finite number",
    ),
    "returns True": ("def rule(a, h):\n    return a['score'] > 1\n", "line 2, in rule: returned bool False"),
    "changes the history": ("def rule(a, h):\n    h['n'] = 1\n    return 1\n", "in rule: it changed what it was given"),
    "throws dice": (
        "import random\ndef rule(a, h):\n    return random.random()\n",
        "in rule: paid the same attempts differently when asked again",
    ),
    "takes all memory": ("def rule(a, h):\n    x = [0] * 10**9\n    return 1\n", "line 2, in rule: MemoryError"),
    "ends the process": ("import os\ndef rule(a, h):\n    os._exit(3)\n", "rule.py: its process ended: exit code 3"),
    "is no Python": ("def rule(a, h)\n    return 1\n", "rule.py, line 1: SyntaxError: expected ':'"),
    "has no rule": ("x = 1\n", "rule.py has no function rule(attempt, history)"),
    "has a number for a rule": ("rule = 3\n", "rule.py: rule is 3, expected a function"),
    "learns a list": (
        "def learn(a, h):\n    return [1]\ndef rule(a, h): return 1\n",
        "line 2, in learn: returned list [1], expected a history, which is a dictionary",
    ),
    "returns what no float holds": (
        "def rule(a, h):\n    return 10**400\n",
        "rule.py, line 2, in rule: returned int 1000",
    ),
    "never lets go": (
        "def rule(a, h):\n    while True:\n        try:\n            while True: pass\n"
        "        except BaseException: pass\n",
        "rule.py, line 4, in rule: did not return within 2 s",
    ),
    "calls itself": (
        "def rule(a, h):\n    return rule(a, h)\n",
        "rule.py, line 2, in rule: RecursionError",
    ),
    "takes one argument": (
        "x = 1\ndef rule(a):\n    return 1\n",
        "rule.py, line 2, in rule: expected rule(attempt, history), but too many positional arguments",
    ),
    "has a text for tiers": (
        "def start(tiers='80'):\n    return {}\ndef rule(a, h): return 1\n",
        "reward.tiers are '80', expected a list of numbers",
    ),
    "has a text among tiers": (
        "def start(tiers=(80, '90')):\n    return {}\ndef rule(a, h): return 1\n",
        "reward.tiers are [80, '90'], expected a list of numbers",
    ),
    "has a text for a number": (
        "def start(pace='fast'):\n    return {}\ndef rule(a, h): return 1\n",
        "reward.pace is 'fast', expected a number",
    ),
    "starts with a set": ("def start():\n    return {'a': {1}}\ndef rule(a, h): return 1\n", "rule.py, in start"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_a_rule_may_not_do_is_refused_with_line_and_reason(kind: str, tmp_path: Path) -> None:
    source, message = REFUSED[kind]
    began = time.monotonic()
    with pytest.raises(ConfigError) as refused:
        rule_of(tmp_path, source)
    assert message in str(refused.value)
    assert time.monotonic() - began < 30


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "rule.py").write_bytes("x = 1\n# 规则\n".encode("gb18030") + b"def rule(a, h): return 1\n")
    with pytest.raises(ConfigError, match=r"rule\.py, line 2: is not UTF-8 text"):
        build_incentive(str(tmp_path / "rule.py"))


def test_a_rule_that_fails_later_stops_with_its_line(tmp_path: Path) -> None:
    incentive = rule_of(tmp_path, "def rule(attempt, history):\n    return 1 / (attempt['score'] - 42)\n")
    try:
        assert incentive.pay([("a", [43.0])]) == [[1.0]]
        with pytest.raises(ScorerError, match=r"rule.py, line 2, in rule: ZeroDivisionError"):
            incentive.pay([("a", [42.0])])
    finally:
        incentive.close()


SLOW = """\
import time


def rule(attempt, history):
    if attempt["score"] == 42:
        time.sleep(1.2)
    until = time.process_time() + attempt["score"] / 100
    while time.process_time() < until:
        pass
    if attempt["score"] < 0:
        sum(range(10**12))
    return 1
"""


def slow(folder: Path, **limits: tuple[float, float]) -> FileRule:
    """A rule that works so many hundredths of a second as an attempt has marks; at 42 it waits too, below 0 it counts
    without coming back to the interpreter."""
    (folder / "rule.py").write_text(SLOW, encoding="utf-8")
    return FileRule(folder / "rule.py", 30.0, **limits)


def test_what_counts_is_processor_time_and_not_the_clock(tmp_path: Path) -> None:
    rule = slow(tmp_path, processor_s=(0.8, 60.0))
    try:
        began = time.monotonic()
        assert rule.pay([{"score": 42}], {}) == [1.0]
        assert time.monotonic() - began > 1.2
        with pytest.raises(ScorerError, match=r"rule.py, line 8, in rule: took more than 0\.8 s of processor time$"):
            rule.pay([{"score": 2000}], {})
        assert rule.pay([{"score": 1}], {}) == [1.0]  # the next call has its own time
    finally:
        rule.close()


def test_all_calls_together_have_so_much_processor_time(tmp_path: Path) -> None:
    rule = slow(tmp_path, processor_s=(1.0, 1.5))

    def work() -> None:
        for _ in range(40):
            rule.pay([{"score": 10}], {})

    try:
        with pytest.raises(
            ScorerError, match=r"in rule: took more than 1\.5 s of processor time for all calls together"
        ):
            work()
        with pytest.raises(
            ScorerError, match=r"^rule.py took more than 1\.5 s of processor time for all calls together"
        ):
            work()
    finally:
        rule.close()


def test_code_that_never_returns_to_the_interpreter_is_ended_by_the_system(tmp_path: Path) -> None:
    rule = slow(tmp_path, processor_s=(0.5, 60.0))
    with pytest.raises(ScorerError, match="its process ended: killed by SIGXCPU"):
        rule.pay([{"score": -1}], {})


def test_a_call_that_is_refused_its_time_leaves_no_alarm_behind() -> None:
    """It would end the process while that waits for the next call. In a process of its own: tests have an alarm too."""
    program = (
        "import signal\n"
        "from homeschool.rewards.rule_child import _limited, _RefusedError\n"
        "try:\n"
        "    with _limited({'file': 'rule.py', 'limit_s': 30.0, 'processor_s': (1.0, 0.0)}):\n"
        "        print('not refused')\n"
        "except _RefusedError:\n"
        "    print(signal.getitimer(signal.ITIMER_REAL))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "(0.0, 0.0)\n"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no rule file"):
        build_incentive(str(tmp_path / "none.py"))
