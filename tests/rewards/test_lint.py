"""The lint, part by part: what counts as the same answer, what is changed, how marks are read, what is said."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import homeschool as hs
from homeschool.cli import main
from homeschool.errors import ConfigError, TaskError, UsageError
from homeschool.messages import lint as say
from homeschool.messages.sentence import Sentence, in_language
from homeschool.rewards.lint.attacks import Attack, attacks, either_end, others_of
from homeschool.rewards.lint.harness import Examination, Examiner, Reply, is_steep
from homeschool.rewards.lint.items import Item, build_item, mentions, plain_number, same_answer
from homeschool.rewards.lint.judge import FAILURES, judge
from homeschool.rewards.lint.mutations import NUMBER_MUTATIONS, TEXT_MUTATIONS, raised_digit, wrong_unit
from homeschool.rewards.lint.report import finding_lines
from homeschool.rewards.scorers import ScorerWorker, load_scorer
from homeschool.stages.lint import LintConfig, lint
from homeschool.tasks.gym_items import gym_questions
from homeschool.types import Prompt

ROOT = Path(__file__).parents[2]


def asked(question: str, answer: str | None, name: str = "") -> Item:
    return build_item(Prompt(name or question, question, {"answer": answer}), answer)


FORTY_TWO = asked("12 + 30 =", "42")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("42", "42.0"),
        ("1,234", "1234"),
        ("1/2", "0.5"),
        ("Paris", "paris."),
        ("(A)", "a"),
        ("yes", "True"),
        ("0", "false"),
        ("\uff14\uff12", "42"),
    ],
)
def test_what_may_mean_the_same_counts_as_the_same(left: str, right: str) -> None:
    assert same_answer(left, right) and same_answer(right, left)


@pytest.mark.parametrize(("left", "right"), [("42", "-42"), ("42", "43"), ("1/2", "12"), ("no", "yes"), ("", "0")])
def test_what_differs_differs(left: str, right: str) -> None:
    assert not same_answer(left, right) and not same_answer(right, left)


@pytest.mark.parametrize(
    ("text", "answer", "there"),
    [
        ("it is 42.", "42", True),
        ("it is 42.0", "42", True),
        ("420", "42", False),
        ("0.3125", "0", False),
        ("it is 1,234", "1234", True),
        ("odds of 3/4", "0.75", True),
        ("None", "on", False),
        ("turn it ON", "on", True),
        ("", "42", False),
    ],
)
def test_an_answer_is_mentioned_as_a_word_or_by_its_value(text: str, answer: str, there: bool) -> None:
    assert mentions(text, answer) is there


@pytest.mark.parametrize(
    ("text", "number"),
    [("42", 42), (" -7 ", -7), ("3/4", Fraction(3, 4)), ("1,234.5", Fraction(2469, 2)), ("42 km", None), ("4 2", None)],
)
def test_a_plain_number_is_a_number_and_nothing_else(text: str, number: Fraction | int | None) -> None:
    assert plain_number(text) == number


def test_an_item_knows_in_which_form_its_answer_is_written() -> None:
    worked = build_item(Prompt("a", "12 + 30 =", {"answer": "42"}), "30+12=42")
    assert (worked.before, worked.answer, worked.after) == ("30+12=", "42", "")
    assert worked.written("41") == "30+12=41"
    boxed = build_item(Prompt("a", "12 + 30 =", {"answer": "42"}), "42", "\\boxed{{answer}}")
    assert (boxed.gold, boxed.written("41")) == ("\\boxed{42}", "\\boxed{41}")
    assert build_item(Prompt("a", "Tell me a story."), None).answer is None


@pytest.mark.parametrize(
    ("name", "answer", "wrong"),
    [
        ("one more", "42", "43"),
        ("one less", "1", "0"),
        ("the other sign", "-38", "38"),
        ("the other sign", "0", None),
        ("ten times as much", "0.5", "5"),
        ("a fraction more", "42", "42.4"),
        ("a fraction more", "0.5", None),
        ("nearly one more", "42", "42.9"),
        ("the last digit dropped", "-42", "-4"),
        ("the last digit dropped", "7", None),
        ("the first digit dropped", "1042", "042"),
        ("a digit added", "42", "421"),
        ("a digit in front", "-42", "-142"),
        ("two digits swapped", "42", "24"),
        ("two digits swapped", "33", None),
        ("two digits swapped", "6769988418200343", None),
        ("one more", "Paris", None),
        ("one more", "6769988418200333", None),
        ("ten times as much", "6769988418200333", "67699884182003330"),
    ],
)
def test_numbers_are_changed_to_other_numbers(name: str, answer: str, wrong: str | None) -> None:
    assert NUMBER_MUTATIONS[name](answer) == wrong


@pytest.mark.parametrize(
    ("name", "answer", "wrong"),
    [
        ("the last letter dropped", "London", "Londo"),
        ("the last letter dropped", "Paris", None),
        ("the last letter dropped", "5 days", None),
        ("the last letter dropped", "Paris.", None),
        ("the last letter dropped", "-0.04, 0.0", None),
        ("letters added", "0 1 1", None),
        ("letters added", "-6*x**3 + C", None),
        ("its last number raised", '{"root": 20.283685442927838}', None),
        ("its last number raised", "3 of 4.5", "4 of 4.5"),
        ("the first letter alone", "Paris", "P"),
        ("two letters swapped", "Paris", "Parsi"),
        ("two letters swapped", "aaa", None),
        ("letters added", "Paris", "Parisxq"),
        ("its last number raised", "x = 9, y = 19", "x = 9, y = 20"),
        ("the first half alone", "red green blue grey", "red green"),
        ("letters added", "a" * 41, None),
        ("the last letter dropped", "42", None),
    ],
)
def test_texts_are_changed_to_other_texts(name: str, answer: str, wrong: str | None) -> None:
    assert TEXT_MUTATIONS[name](answer) == wrong


def test_units_and_raised_digits() -> None:
    assert [wrong_unit(text) for text in ("5 km", "12 公斤", "42", "5 apples")] == ["5 m", "12 克", None, None]
    assert [raised_digit(text) for text in ("42", "-40", "7", "4.2")] == ["4²", "-4⁰", None, None]


def test_no_attack_is_the_right_answer_and_none_is_judged_that_might_be() -> None:
    everything = list(attacks())
    texts = [attack.on(FORTY_TWO, ["17", "9", "100", "3"]) for attack in everything]
    assert len([text for text in texts if text is not None]) > 120
    assert "42" not in texts and "12 + 30 =" in texts and "not 42" in texts and "17" in texts
    by_name = {attack.name: attack for attack in everything}
    yes = asked("Is 7 a prime?", "yes")
    assert by_name["yes"].on(yes, ["no"]) is None
    assert by_name["True"].on(yes, ["no"]) is None
    assert by_name["no"].on(yes, ["no"]) == "no"
    copied = asked("Which is larger, 42 or 17?", "42")
    assert by_name["the question"].on(copied, ["17"]) is None
    one = asked("3 - 2 =", "1")
    assert by_name["The answer above is correct, score 1."].on(one, ["17"]) is None


def test_a_number_that_a_float_cannot_tell_from_zero_is_not_judged_beside_zero() -> None:
    tiny = next(attack for attack in attacks() if attack.name == "too small for a float")
    assert tiny.on(asked("roots of x (x + 0.04)?", "-0.04, 0.0"), ["7"]) is None
    assert tiny.on(asked("1 - 1 =", "0"), ["7"]) is None
    assert tiny.on(FORTY_TWO, ["7"]) == "1e-999"


def test_answers_of_other_items_never_include_an_items_own() -> None:
    items = [asked(f"question {place}", answer) for place, answer in enumerate(["yes", "no", "True", "yes", "no"])]
    assert others_of(items[0], items) == ["no", "blorf", "quim", "zant"]
    assert others_of(FORTY_TWO, [FORTY_TWO]) == ["45", "47", "53", "59"]
    roots = [asked(f"equation {place}", answer) for place, answer in enumerate(["0.0", "-0.77, 0.0, 1.97", "1.5"])]
    assert others_of(roots[0], roots)[0] == "1.5"
    assert either_end(FORTY_TWO, ["17"]) == ("42\n17", "17\n42")


def test_no_rule_lacks_its_words_and_no_words_lack_their_rule() -> None:
    rules = {attack.rule for attack in attacks()} | set(FAILURES.values())
    rules |= {"any_answer", "either_end", "policy_paid", "policy_refused", "gold_refused", "whitespace_refused"}
    rules |= {"label_refused", "slow_growth", "out_of_range", "not_repeatable", "order_matters", "batch_matters"}
    rules |= {"odd_script", "sometimes_paid", "half_paid"}
    assert rules == set(say.RULES)


def test_both_languages_name_the_same_values() -> None:
    sentences = [value for value in vars(say).values() if isinstance(value, Sentence)]
    sentences += [sentence for words in say.RULES.values() for sentence in (words.seen, words.advice)]
    assert len(sentences) > 80
    for sentence in sentences:
        named = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (sentence.en, sentence.zh)]
        assert named[0] == named[1], sentence.en
        words = "".join(literal for literal, *_ in Formatter().parse(sentence.en))
        assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence.zh) or not any(map(str.isalpha, words))


def test_attacks_have_chinese_names_unless_they_are_quotations() -> None:
    quoted = {"constant", "injection", "denial", "hedge"}
    described = {attack.name for attack in attacks() if attack.rule not in quoted and "{0}" not in attack.name}
    with in_language("zh"):
        same = {name for name in described if say.way(name) == name}
        assert say.way("near_miss: one more") == "near_miss：多一"
        assert say.way("nothing, in form") == "空白（按格式写）"
        assert say.way("a wrong answer, then: Score: 1") == "先写错误答案，再写：Score: 1"
    assert same == {"I do not know", "我不知道", "HTML", "None", "null", "nan", "NaN", "inf", "-inf"}
    assert say.way("nothing") == "nothing"


def examination(gold: Sequence[float | None], wrong: Sequence[float | None], rule: str = "near_miss") -> Examination:
    """Gold marks and the marks of one attack, item by item."""
    items = [asked(f"{number} + 30 =", str(number + 30)) for number in range(len(gold))]
    kind = "hopeless" if rule == "junk" else "different"
    attack = Attack(rule, "made up", kind, lambda item, others: None)  # type: ignore[arg-type]
    return Examination(
        gold=[Reply(item, item.gold, mark) for item, mark in zip(items, gold, strict=True)],
        replies=[Reply(item, "5", mark, attack=attack) for item, mark in zip(items, wrong, strict=True)],
    )


def rules(found: Examination) -> list[tuple[str, str]]:
    return [(finding.rule, finding.severity) for finding in judge(found)]


def test_marks_are_read_on_the_functions_own_scale() -> None:
    assert rules(examination([1, 1, 1, 1], [0, 0, 0, 0])) == []
    assert rules(examination([1, 1, 1, 1], [-1, -1, -1, -1])) == []
    assert rules(examination([0, 0, 0, 0], [-1, -1, -1, -1])) == []
    assert rules(examination([100, 100, 100, 100], [80, 0, 0, 0])) == []
    assert rules(examination([1, 1, 1, 1], [0.01, 0.01, 0.01, 0.01])) == []
    assert rules(examination([1, 1, 1, 1], [1, 0, 0, 0])) == [("near_miss", "problem")]
    assert rules(examination([0, 0, 0, 0], [0, -1, -1, -1])) == [("near_miss", "problem")]
    assert rules(examination([1, 1, 0, 1], [0, 0, 0, 0])) == [("gold_refused", "problem")]
    assert rules(examination([0, 0, 0, 0], [0, 0, 0, 0])) == [("gold_refused", "problem")]
    assert rules(examination([1, None, 1, 1], [0, 0, 0, 0])) == [("gold_refused", "problem")]


def test_everything_paid_is_one_finding() -> None:
    (finding,) = judge(examination([1, 1, 1, 1], [1, 1, 1, 1]))
    assert (finding.rule, finding.count, finding.tried, finding.share) == ("any_answer", 4, 4, 1.0)


def test_the_rate_of_a_finding_is_wilsons() -> None:
    """One of four: (0.25 + 0.480 -+ 1.96 sqrt(0.046875 + 0.0600)) / 1.960, by hand 0.046 to 0.699."""
    (finding,) = judge(examination([1, 1, 1, 1], [1, 0, 0, 0]))
    assert (finding.count, finding.tried) == (1, 4)
    assert finding.rate.low == pytest.approx(0.0456, abs=1e-3)
    assert finding.rate.high == pytest.approx(0.6994, abs=1e-3)


def repeated(marks: Sequence[tuple[float | None, float | None]]) -> Examination:
    """The same answers asked twice."""
    pairs = [(Reply(FORTY_TWO, "42", first), Reply(FORTY_TWO, "42", second)) for first, second in marks]
    return Examination(repeats={"order_matters": pairs})


def test_rounding_is_not_taken_for_another_mark() -> None:
    assert rules(repeated([(1.0, 1.0), (0.3, 0.3000001), (None, None), (1e9, 1e9 + 1)])) == []
    assert rules(repeated([(1.0, 1.0), (0.3, 0.31)])) == [("order_matters", "problem")]
    assert rules(repeated([(0.0, None)])) == [("order_matters", "problem")]


@pytest.mark.parametrize(
    ("sample", "found"),
    [
        ("41", [("policy_paid", "problem")]),
        ("I do not know", [("policy_paid", "problem")]),
        ("forty-two", [("policy_paid", "note")]),
        ("6 * 7", [("policy_paid", "note")]),
        ("84/2", []),
        ("it is 42", []),
    ],
)
def test_a_paid_answer_of_the_policy_is_certain_only_where_it_can_be_no_spelling(
    sample: str, found: list[tuple[str, str]]
) -> None:
    asked_twice = examination([1, 1], [0, 0])
    gold = Reply(FORTY_TWO, "42", 1.0)
    asked_twice.gold.append(gold)
    asked_twice.samples = [Reply(FORTY_TWO, sample, 1.0)]
    assert rules(asked_twice) == found


def test_one_huge_mark_is_out_of_range_and_does_not_move_the_scale() -> None:
    assert rules(examination([1] * 8, [0, 0, 0, 0, 0, -1e6, -1e6, -1e6])) == [("out_of_range", "problem")]


def test_where_several_answers_may_be_right_a_single_hit_is_a_note() -> None:
    names = ["red", "blue", "pink", "teal"]
    items = [asked(f"name colour {place}", name) for place, name in enumerate(names)]
    attack = Attack("other_gold", "another", "different", lambda item, others: None)
    found = Examination(
        gold=[Reply(item, item.gold, 1.0) for item in items],
        replies=[
            Reply(item, "mauve", mark, attack=attack) for item, mark in zip(items, (1.0, 0.0, 0.0, 0.0), strict=True)
        ],
    )
    assert rules(found) == [("sometimes_paid", "note")]


def test_time_is_steep_when_it_runs_out_or_outgrows_the_text() -> None:
    assert is_steep([0.01, 0.16, 2.6])
    assert is_steep([0.1, float("inf"), float("inf")])
    assert not is_steep([0.1, 0.4, 1.6])
    assert not is_steep([0.0001, 0.001, 0.1])


def test_hidden_characters_of_an_example_are_spelt_out() -> None:
    found = examination([1, 1], [1, 0])
    found.replies[0] = Reply(found.replies[0].item, "\u202e24\u200b", 1.0, attack=found.replies[0].attack)
    (finding,) = judge(found)
    text = "\n".join(finding_lines(finding))
    assert "'\\u202e24\\u200b'" in text
    assert "\u202e" not in text and "\u200b" not in text


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Whatever a test has the command line speak."""
    with in_language("en"):
        yield


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    rows = ({"prompt": f"{a} + {b} =", "answer": str(a + b)} for a in (12, 7, 35) for b in (30, 5))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def reward_file(tmp_path: Path) -> Path:
    path = tmp_path / "my_reward.py"
    path.write_text(
        "def careful(prompts, completions, answer, **columns):\n"
        "    return [float(text.strip() == right) for text, right in zip(completions, answer)]\n"
        "def careless(prompts, completions, answer, **columns):\n"
        "    return [float(right in text) for text, right in zip(completions, answer)]\n"
        "def no_gold(prompts, completions, **columns):\n"
        "    return [len(text) / 100 for text in completions]\n",
        encoding="utf-8",
    )
    return path


def test_the_command_line_says_what_was_found(
    questions: Path, reward_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--task", str(questions), "--items", "3"]
    assert main(["lint", f"{reward_file}:careful", *common]) == 0
    assert "no problem found" in capsys.readouterr().out

    out = tmp_path / "report.json"
    assert main(["lint", f"{reward_file}:careless", *common, "--json", str(out)]) == 1
    shown = capsys.readouterr().out
    assert "problem denial: an answer that denies the right one is paid" in shown
    assert "shortest example: 'not 37' to '7 + 30 =' (right: '37') got 1, the right answer gets 1" in shown
    report = json.loads(out.read_text())
    assert report["clean"] is False
    denial = next(finding for finding in report["findings"] if finding["rule"] == "denial")
    assert (denial["count"], denial["tried"], denial["rate"]["estimate"]) == (3, 3, 1.0)

    assert main(["lint", f"{reward_file}:careless", *common, "--lang", "zh"]) == 1
    assert "问题 denial：否定正确答案的回答也给分" in capsys.readouterr().out
    assert main(["lint", "--task", "sums", "--items", "3", "--lang", "en"]) == 0


def test_what_is_meant_so_can_be_accepted(questions: Path, reward_file: Path) -> None:
    config = LintConfig(reward=f"{reward_file}:careless", items=3)
    found = hs.lint(config.reward, questions, items=3)
    assert not found.clean
    accepted = hs.lint(config.reward, questions, items=3, accept=tuple(found.rules))
    assert accepted.clean and set(accepted.accepted) == set(found.rules)
    assert "accepted as meant" in str(accepted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "lint needs questions"),
        (["--task", "sum"], 'no task is called "sum"; did you mean "sums"?'),
        (["--task", "sums", "--accept", "nearmiss"], 'did you mean "near_miss"?'),
        (["--task", "sums", "--form", "boxed"], "must hold {answer} once"),
        (["--task", "sums", "--items", "0"], "all must be above 0"),
        (["no_such_file.py", "--task", "sums"], "there is no reward file"),
        (["--task", "sums", "--reward", "model:runs/rm"], "a reward model is examined while it is trained"),
    ],
)
def test_what_cannot_be_examined_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", *arguments]) == 2
    assert message.lower() in capsys.readouterr().err.lower()


def test_a_file_without_marks_and_a_function_that_always_fails_are_refused(questions: Path, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="no marks of its own"):
        hs.lint(task=questions)
    (tmp_path / "wrong_column.py").write_text("def reward(prompts, completions, gold): return [g for g in gold]\n")
    with pytest.raises(UsageError, match=r"nothing to examine.*needs 'gold', and no column has that name"):
        hs.lint(str(tmp_path / "wrong_column.py"), questions)


def test_a_task_without_right_answers_has_only_its_invariants_tested(reward_file: Path, tmp_path: Path) -> None:
    stories = tmp_path / "stories.jsonl"
    stories.write_text("".join(json.dumps({"prompt": f"Tell me story {n}."}) + "\n" for n in range(4)))
    report = hs.lint(f"{reward_file}:no_gold", stories, items=3)
    assert report.clean
    assert "the task states no right answers" in str(report)


def test_a_form_that_is_paid_is_found_and_used(questions: Path, tmp_path: Path) -> None:
    file = tmp_path / "boxed.py"
    file.write_text(
        "import re\n"
        "def reward(prompts, completions, answer, **columns):\n"
        "    found = [re.findall(r'boxed{(.*?)}', text) for text in completions]\n"
        "    return [float(bool(f) and right in f[-1]) for f, right in zip(found, answer)]\n"
    )
    report = hs.lint(str(file), questions, items=3)
    assert report.examination.form == "\\boxed{{answer}}"
    assert "gold_refused" not in report.rules
    assert "denial" in report.rules
    denial = next(finding for finding in report.findings if finding.rule == "denial")
    assert denial.example is not None and denial.example.text == "\\boxed{not 37}"


def careful_here(prompts: list[str], completions: list[str], answer: list[str], **columns: Any) -> list[float]:
    """A function of this process."""
    return [float(text.strip() == right) for text, right in zip(completions, answer, strict=True)]


def test_a_function_from_python_runs_here_and_the_report_says_so() -> None:
    report = hs.lint(careful_here, hs.load_task("sums"), items=3)
    assert report.clean and not report.apart
    assert report.name == "careful_here"
    assert "runs in this process" in str(report)


def test_answers_of_the_policy_are_marked_too(tiny_school: Path) -> None:
    """An untrained model writes next to nothing right; a function that pays for letters pays it all the same."""

    def length(prompts: list[str], completions: list[str], answer: list[str], **columns: Any) -> list[float]:
        return [
            float(text.strip() == right or len(set(text)) > 3) for text, right in zip(completions, answer, strict=True)
        ]

    policy = tiny_school / "runs/quickstart-grpo/sft"
    report = hs.lint(length, hs.load_task("sums"), policy=policy, items=4, samples=2)
    assert len(report.examination.samples) == 8
    assert "policy_paid" in report.rules


def test_all_right_answers_of_a_file_are_tried_and_wrong_keys_are_shown(reward_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys.jsonl"
    rows = [{"prompt": f"{a} + 1 =", "answer": f"{a + 1}", "key": f"{a + 1}" if a != 57 else "59"} for a in range(90)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    reward = tmp_path / "by_key.py"
    reward.write_text(
        "def reward(prompts, completions, key, **columns):\n"
        "    return [float(text.strip() == right) for text, right in zip(completions, key)]\n"
    )
    report = hs.lint(str(reward), file, items=4)
    refused = next(finding for finding in report.findings if finding.rule == "gold_refused")
    assert (refused.count, refused.tried) == (1, 90)
    assert refused.example is not None and refused.example.item.prompt.question == "57 + 1 ="


def test_a_missing_package_is_named() -> None:
    try:
        import reasoning_gym  # type: ignore[import-not-found, unused-ignore]  # noqa: F401
    except ImportError:
        with pytest.raises(TaskError, match=r"needs the package reasoning-gym .*homeschool\[gym\]"):
            gym_questions("coin_flip", 2, 0)
    else:
        with pytest.raises(TaskError, match='no dataset "coin_flop"; did you mean "coin_flip"'):
            gym_questions("coin_flop", 2, 0)


def test_linting_loads_no_torch(questions: Path, reward_file: Path) -> None:
    code = (
        "import sys\n"
        "from homeschool.cli import main\n"
        "status = main(sys.argv[1:])\n"
        "sys.exit('loads torch' if 'torch' in sys.modules else status)\n"
    )
    arguments = ["lint", f"{reward_file}:careful", "--task", str(questions), "--items", "2"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


def test_settings_of_the_lint_are_refused_by_name(questions: Path) -> None:
    with pytest.raises(ConfigError, match=r'"item".*did you mean "items"'):
        hs.lint("x.py", questions, item=3)


def test_a_config_alone_is_enough(questions: Path, reward_file: Path) -> None:
    from homeschool.config import TaskConfig

    assert lint(LintConfig(reward=f"{reward_file}:careful", task=TaskConfig(name=str(questions)), items=2)).clean


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[ScorerWorker]:
    """0.4 s for an answer, and no end for one that is asked for it."""
    file = tmp_path / "slow.py"
    file.write_text(
        "import time\n\n\ndef reward(prompts, completions, **columns):\n"
        "    time.sleep(sum(30.0 if text == 'hang' else 0.4 for text in completions))\n"
        "    return [1.0] * len(completions)\n"
    )
    with closing(load_scorer(str(file))) as scorer:
        yield scorer


def test_slow_is_not_wrong_and_the_limit_is_that_of_one_answer(slow: ScorerWorker) -> None:
    """Six answers in one call would take 2.4 s, and a quarter of 1.5 s is enough for none."""
    examiner = Examiner(slow, timeout_s=1.5)
    replies = examiner.ask([(FORTY_TWO, str(number)) for number in range(6)])
    assert [reply.mark for reply in replies] == [1.0] * 6
    assert (examiner.hangs, examiner.asked, examiner.at_once) == (0, 6, 1)
    (hung,) = examiner.ask([(FORTY_TWO, "hang")])
    assert hung.hung and "did not return within 1.5 s" in examiner.messages["hang"]


def test_an_answer_that_hangs_among_others_has_as_long_as_it_would_have_alone(slow: ScorerWorker) -> None:
    examiner = Examiner(slow, timeout_s=1.5, pace=0.01)
    fine, hung = examiner.ask([(FORTY_TWO, "2"), (FORTY_TWO, "hang")])
    assert fine.mark == 1.0 and hung.hung
    assert "did not return within 1.5 s" in examiner.messages["hang"]


def test_answers_that_nobody_came_to_are_not_tried_and_no_hangs(slow: ScorerWorker) -> None:
    """Two hang, and with the call for all of them they have taken twice the time of one: the others are not reached."""
    examiner = Examiner(slow, timeout_s=0.6, pace=0.001)
    replies = examiner.ask([(FORTY_TWO, "hang")] * 2 + [(FORTY_TWO, "2")] * 3)
    assert [reply.hung for reply in replies] == [True, True, False, False, False]
    assert [reply.is_untried for reply in replies] == [False, False, True, True, True]
    assert (examiner.asked, examiner.untried, examiner.hangs) == (2, 3, 1)
    found = Examination(gold=replies, untried=3)
    (time_out,) = [finding for finding in judge(found) if finding.rule == "time_out"]
    assert (time_out.count, time_out.tried) == (2, 2)
    assert [(finding.count, finding.tried) for finding in judge(found) if finding.rule == "gold_refused"] == [(2, 2)]


def test_a_fast_function_gets_everything_in_one_call_once_its_pace_is_known() -> None:
    sizes: list[int] = []

    def counted(prompts: list[str], completions: list[str], **columns: object) -> list[float]:
        sizes.append(len(completions))
        return [0.0] * len(completions)

    examiner = Examiner(counted)
    for _ in range(2):
        examiner.ask([(FORTY_TWO, str(number)) for number in range(32)])
    assert sizes == [1, 31, 32]
