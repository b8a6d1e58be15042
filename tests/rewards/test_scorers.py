"""Reward functions of every kind, good and bad: what they earn, and that none of them costs the run."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from homeschool.errors import ScorerError, UsageError
from homeschool.messages.scorers import CONVENTIONS
from homeschool.messages.sentence import in_language
from homeschool.rewards import scorers, worker
from homeschool.rewards.conventions import Batch, Mark, choose_convention, read_mark, read_marks
from homeschool.rewards.scorers import ScoredBatch, ScorerWorker, check_scorer, load_scorer, score_completions
from homeschool.types import Completion, Prompt, Scorer

Write = Callable[[str], str]
PROMPTS = [Prompt(f"sums/{i}", f"{i} + 1 =", {"answer": str(i + 1), "level": i}) for i in range(4)]


def written(*texts: str) -> list[Completion]:
    return [Completion(text, (7, 8), (-0.1, -0.2), "stop") for text in texts]


ANSWERS = written("1", "2", "3", "5")  # the last is wrong


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a reward file and give its path."""

    def write_file(source: str) -> str:
        file = tmp_path / "rewards.py"
        file.write_text(textwrap.dedent(source), encoding="utf-8")
        return str(file)

    return write_file


@pytest.fixture
def load(write: Write) -> Iterator[Callable[..., ScorerWorker]]:
    """Write a reward file and load it; the process is closed with the test."""
    opened: list[ScorerWorker] = []

    def load_source(source: str, name: str = "", **options: Any) -> ScorerWorker:
        opened.append(load_scorer(write(source) + (f":{name}" if name else ""), **options))
        return opened[-1]

    yield load_source
    for scorer in opened:
        scorer.close()


Load = Callable[..., ScorerWorker]

# A reward file whose completions say what it does.
OBEDIENT = """
    import os, re, sys, time

    def reward(prompts, completions, answer, **columns):
        return [obey(completion, right) for completion, right in zip(completions, answer)]

    def obey(completion, right):
        match completion:
            case "raise": raise ValueError("as told")
            case "exit": sys.exit(1)
            case "crash": os._exit(3)
            case "die": os.kill(os.getpid(), 11)
            case "hang": re.match(r"(a+)+$", "a" * 60 + "b")  # in C code, for years
            case "sleep": time.sleep(60)
            case "eat": return len(bytearray(8 << 30))
            case "nan": return float("nan")
            case "inf": return -float("inf")
            case "text": return "1.0"
            case "none": return None
            case "list": return [1.0]
            case "print": print("1.0" * 10_000); os.write(1, b"noise"); return 0.25
        return float(completion == right)
"""


# Loading


def test_the_function_of_a_file_marks_completions(load: Load) -> None:
    scored = score_completions(load(OBEDIENT), PROMPTS, ANSWERS)
    assert scored.scores == [1.0, 1.0, 1.0, 0.0]
    assert scored.findings == [(), (), (), ()]
    assert (scored.failed, scored.skipped, scored.messages) == (0, 0, ())
    assert 0 < scored.seconds < 10


def test_which_function_is_taken(load: Load) -> None:
    two = "def reward(completions): return [1.0]\ndef other(completions): return [2.0]\n"
    assert load(two).name == "rewards.py:reward"
    assert score_completions(load(two, "other"), PROMPTS[:1], ANSWERS[:1]).scores == [2.0]
    alone = "import math\nfrom os.path import join\ndef _help(): pass\ndef marks(completions): return [3.0]\n"
    assert load(alone).name == "rewards.py:marks"
    assert (
        load("class Judge:\n  def __call__(self, completions): return [4.0]\nreward = Judge()").name
        == "rewards.py:Judge"
    )


def test_a_reward_file_may_import_its_neighbours_and_this_package(load: Load, tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("BONUS = 5.0\n", encoding="utf-8")
    scorer = load("""
        from homeschool.rewards.verify import number_match
        from neighbour import BONUS

        def reward(completions, answer, **columns):
            return [BONUS * number_match(c, a, where="last") for c, a in zip(completions, answer)]
    """)
    assert score_completions(scorer, PROMPTS[:2], written("0 + 1 = 1", "1 + 1 = 3")).scores == [5.0, 0.0]


def test_the_worker_loads_neither_torch_nor_numpy(load: Load) -> None:
    scorer = load("""
        import sys

        def reward(completions):
            return [float("torch" in sys.modules or "numpy" in sys.modules)]
    """)
    assert score_completions(scorer, PROMPTS[:1], ANSWERS[:1]).scores == [0.0]


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        (
            "def one(completions): ...\ndef two(completions): ...",
            "",
            r"no function named reward, .*rewards\.py: one, two",
        ),
        ("x = 1", "", r"public functions in rewards\.py: none"),
        ("def reward(completions): ...", "rewrad", r"'rewrad' in .*rewards\.py is not there.*rewards\.py: reward"),
        ("reward = 3", "reward", r"is a int, not a reward function"),
        ("class reward: ...", "reward", r"is a class, not a reward function"),
        (
            "def reward(completions)\n    return",
            "",
            r"could not be loaded: rewards\.py, line 1: SyntaxError: expected ':'",
        ),
        (
            "x = 1\nimport no_such_module",
            "",
            r"rewards\.py, line 2: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("def f():\n    return 1 / 0\nf()", "", r"rewards\.py, line 2, in f: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit('bye')", "", r"rewards\.py, line 2: SystemExit: bye"),
        ("import os\nos._exit(5)", "", r"rewards\.py ended its process: exit code 5; run it by itself"),
        ("def reward(text): ...", "", r"reward\(text\) fits no convention"),
        ("def reward(*args, **kwargs): ...", "", r"fits no convention[\s\S]*batch: f\(prompts, completions"),
        ("def reward(completions, completion): ...", "", r"fits more than one convention \(batch, verifiers\)"),
        ("def reward(completion, answer, entry): ...", "", r"more than one convention \(reasoning_gym, verifiers\)"),
    ],
)
def test_a_file_that_holds_no_reward_function_is_refused(write: Write, source: str, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_scorer(write(source) + (f":{name}" if name else ""))


@pytest.mark.parametrize(
    "spec", ["", "rewards", "rewards.txt:f", "rewards.py:", "rewards.py:a b", ":f", "rewards.py:f:g"]
)
def test_a_spec_that_names_no_file_and_function_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match=r"is not a reward function; expected FILE\.py or FILE\.py:NAME"):
        load_scorer(spec)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no reward file .*nowhere\.py"):
        load_scorer(f"{tmp_path}/nowhere.py:reward")


def test_a_file_that_never_finishes_loading_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "START_TIMEOUT_S", 0.5)
    with pytest.raises(UsageError, match=r"did not finish loading within 0\.5 s"):
        load_scorer(write("while True: pass"))


# What goes in


def test_columns_arrive_as_lists_and_only_those_that_are_asked_for(load: Load) -> None:
    scorer = load("""
        def named(completions, level):
            return level

        def everything(completions, **columns):
            return [float(sorted(columns) == ["answer", "level", "prompts"])] * len(completions)

        def nothing(completions, prompts):
            return [float(prompt.endswith(" + 1 =")) for prompt in prompts]
    """, "named")  # fmt: skip
    path = scorer._start["file"]
    assert score_completions(scorer, PROMPTS, ANSWERS).scores == [0.0, 1.0, 2.0, 3.0]
    with load_scorer(f"{path}:everything") as everything, load_scorer(f"{path}:nothing") as nothing:
        assert score_completions(everything, PROMPTS, ANSWERS).scores == [1.0] * 4
        assert score_completions(nothing, PROMPTS, ANSWERS).scores == [1.0] * 4


def test_columns_that_are_not_asked_for_need_not_be_sendable(load: Load) -> None:
    prompts = [Prompt("a", "?", {"answer": "1", "secret": object()})]
    scorer = load("def reward(completions, answer): return [1.0]")
    assert score_completions(scorer, prompts, ANSWERS[:1]).scores == [1.0]
    with pytest.raises(UsageError, match=r"columns answer, secret cannot all be sent to rewards\.py:reward"):
        score_completions(load("def reward(completions, **columns): return [1.0]"), prompts, ANSWERS[:1])


def test_an_item_without_the_column_gives_none(load: Load) -> None:
    prompts = [Prompt("a", "?", {"hint": 1}), Prompt("b", "?")]
    scorer = load("def reward(completions, hint): return [0.0 if h is None else 1.0 for h in hint]")
    assert score_completions(scorer, prompts, ANSWERS[:2]).scores == [1.0, 0.0]


def test_dialogues_arrive_as_lists_of_messages(load: Load) -> None:
    prompt = Prompt("a", ({"role": "system", "content": "be kind"}, {"role": "user", "content": "hello"}))
    scorer = load("def reward(prompts, completions): return [float(p[-1]['content'] == 'hello') for p in prompts]")
    assert score_completions(scorer, [prompt], ANSWERS[:1]).scores == [1.0]


def test_any_text_survives_the_way_to_the_worker(load: Load) -> None:
    texts = ["\ud800 lone surrogate", "\x00\x01", "苹果 🍎", "a" * 2_000_000, '"}\n{"marks": [[1.0, "", ""]]}']
    scorer = load("def reward(completions, size): return [float(len(c) == n) for c, n in zip(completions, size)]")
    prompts = [Prompt(str(i), "?", {"size": len(text)}) for i, text in enumerate(texts)]
    assert score_completions(scorer, prompts, written(*texts)).scores == [1.0] * 5


def test_the_callers_lists_are_never_changed(load: Load) -> None:
    source = """
        def reward(prompts, completions, tests, **columns):
            scores = [float(len(t)) for t in tests]
            for given in (prompts, completions, tests[0], tests, columns):
                given.clear()
            return scores
    """
    prompts = [Prompt(str(i), ({"role": "user", "content": "?"},), {"tests": [1, 2, i]}) for i in range(2)]
    local: dict[str, Any] = {}
    exec(textwrap.dedent(source), local)
    for scorer in (load(source), local["reward"]):
        assert score_completions(scorer, prompts, ANSWERS[:2]).scores == [3.0, 3.0]
        assert [prompt.columns for prompt in prompts] == [{"tests": [1, 2, 0]}, {"tests": [1, 2, 1]}]
        assert prompts[0].text == ({"role": "user", "content": "?"},)


def test_no_completion_no_call() -> None:
    def reward(completions: list[str]) -> list[float]:
        raise AssertionError("called")

    scored = score_completions(reward, [], [])
    assert (scored.scores, scored.findings) == ([], [])


def test_prompts_and_completions_must_pair_up() -> None:
    with pytest.raises(UsageError, match="4 prompts and 1 completions"):
        score_completions(lambda completions: [1.0], PROMPTS, ANSWERS[:1])
    with pytest.raises(UsageError, match="timeout_s is 0"):
        score_completions(lambda completions: [1.0], PROMPTS, ANSWERS, timeout_s=0)


# Conventions


def marks_of(function: Callable[..., Any], **columns: list[Any]) -> list[Mark]:
    batch = Batch(["2 + 2 ="], ["4"], {"answer": ["4"], **columns}, [[7, 8]])
    return choose_convention(function).mark(batch)


def test_batch_functions_written_for_trl() -> None:
    seen: dict[str, Any] = {}

    def reward(prompts, completions, completion_ids, trainer_state, log_extra, log_metric, **kwargs):  # type: ignore[no-untyped-def]
        log_metric("accuracy", 0.5)
        log_extra("golden", ["a"])
        seen.update(kwargs, ids=completion_ids, step=trainer_state.global_step)
        return [1.0]

    assert marks_of(reward, level=[3]) == [Mark(1.0)]
    assert seen == {"answer": ["4"], "level": [3], "ids": [[7, 8]], "step": 0}
    assert choose_convention(reward).convention == "batch"


def test_the_tokens_are_sent_where_they_are_named(load: Load) -> None:
    scorer = load("def reward(completions, completion_ids): return [float(sum(ids)) for ids in completion_ids]")
    assert score_completions(scorer, PROMPTS, ANSWERS).scores == [15.0] * 4


def test_functions_written_for_verl() -> None:
    def compute_score(data_source, solution_str, ground_truth, extra_info=None):  # type: ignore[no-untyped-def]
        return {"score": float(solution_str == ground_truth), "source": data_source, "seen": sorted(extra_info)}

    assert choose_convention(compute_score).convention == "verl"
    assert marks_of(compute_score) == [Mark(1.0)]
    assert marks_of(compute_score, ground_truth=["5"]) == [Mark(0.0)]
    assert marks_of(compute_score, reward_model=[{"style": "rule", "ground_truth": "5"}]) == [Mark(0.0)]
    assert marks_of(lambda solution_str, ground_truth: {"acc": 1}) == [
        Mark(None, "scorer_not_number", "the reward function returned dict {'acc': 1} as a score")
    ]


def test_functions_written_for_reasoning_gym() -> None:
    def score_answer(answer, entry):  # type: ignore[no-untyped-def]
        assert entry["question"] == "2 + 2 ="
        assert entry["metadata"] == {}
        return float(answer == entry["answer"])

    assert choose_convention(score_answer).convention == "reasoning_gym"
    assert marks_of(score_answer) == [Mark(1.0)]


def test_functions_written_for_verifiers() -> None:
    async def correct(completion, answer, state, info, level):  # type: ignore[no-untyped-def]
        assert state["prompt"] == "2 + 2 ="
        assert info["level"] == level == 3
        return float(completion == answer)

    assert choose_convention(correct).convention == "verifiers"
    assert marks_of(correct, level=[3]) == [Mark(1.0)]


def test_what_the_model_wrote_wins_over_a_column_of_that_name() -> None:
    assert marks_of(lambda completion: float(completion == "4"), completion=["5"]) == [Mark(1.0)]
    assert marks_of(lambda completions: [float(completions == ["4"])], completions=["5"]) == [Mark(1.0)]


def test_a_function_that_exits_costs_one_mark_and_no_process(load: Load) -> None:
    scorer = load(OBEDIENT + "\n    def one(completion): return obey(completion, '1')", "one")
    for scored in (score_completions(scorer, PROMPTS, written("1", "exit", "1", "1")) for _ in range(2)):
        assert scored.scores == [1.0, None, 1.0, 1.0]
        assert scored.messages == ("rewards.py, line 10, in obey: SystemExit: 1",)
    assert scorer.state == {"calls": 2, "completions": 8, "scorer_error": 2}
    batch = load(OBEDIENT)
    score_completions(batch, PROMPTS, written("1", "exit", "1", "1"))
    assert "restarts" not in batch.state


def test_a_function_per_completion_fails_per_completion(load: Load) -> None:
    scorer = load("""
        def score(completion, answer):
            return 1 / (int(completion) - 2)
    """)
    scored = score_completions(scorer, PROMPTS, ANSWERS)
    assert scorer.convention == "verifiers"
    assert scored.scores == [-1.0, None, 1.0, 1 / 3]
    assert scored.messages == ("rewards.py, line 3, in score: ZeroDivisionError: division by zero",)
    assert scorer.state == {"calls": 1, "completions": 4, "scorer_error": 1}


def test_positional_only_parameters_and_bound_methods() -> None:
    class Task:
        def score(self, prompts: list[str], completions: list[str], /, **columns: list[Any]) -> list[float]:
            return [float(columns["answer"] == completions)]

    assert marks_of(Task().score) == [Mark(1.0)]


def test_a_missing_column_is_named() -> None:
    def reward(completions, target):  # type: ignore[no-untyped-def]
        return [1.0]

    with pytest.raises(LookupError, match="needs 'target', and no column has that name; the columns are: answer"):
        marks_of(reward)
    assert "needs 'ground_truth'" in choose_convention(lambda solution_str, ground_truth: 1.0).mark(
        Batch(["?"], ["4"])
    )[0].message  # fmt: skip


def test_every_convention_is_described() -> None:
    with pytest.raises(UsageError) as caught:
        choose_convention(lambda text: 1.0)
    assert all(f"\n  {name}: {how()}" in str(caught.value) for name, how in CONVENTIONS.items())


# What comes out


@pytest.mark.parametrize(
    ("value", "score"),
    [
        (1, 1.0),
        (0.5, 0.5),
        (-3.0, -3.0),
        (True, 1.0),
        (False, 0.0),
        (np.float32(0.5), 0.5),
        (np.int64(2), 2.0),
        (np.bool_(True), 1.0),
        (np.array(0.25), 0.25),
        (Fraction(1, 4), 0.25),
        (Decimal("0.25"), 0.25),
    ],
)
def test_numbers_of_every_kind_are_scores(value: object, score: float) -> None:
    assert read_mark(value) == Mark(score)


@pytest.mark.parametrize(
    ("value", "finding"),
    [
        (None, "skipped"),
        ("1.0", "scorer_not_number"),
        (b"1", "scorer_not_number"),
        ([1.0], "scorer_not_number"),
        ({"score": 1.0}, "scorer_not_number"),
        (1 + 0j, "scorer_not_number"),
        (np.array([1.0]), "scorer_not_number"),
        (object, "scorer_not_number"),
        (float("nan"), "scorer_not_finite"),
        (float("-inf"), "scorer_not_finite"),
        (np.float64("nan"), "scorer_not_finite"),
        (10**400, "scorer_not_finite"),
        (Decimal("sNaN"), "scorer_not_finite"),
    ],
)
def test_everything_else_is_no_score(value: object, finding: str) -> None:
    mark = read_mark(value)
    assert (mark.score, mark.finding) == (None, finding)
    assert bool(mark.message) is (finding != "skipped")


@pytest.mark.parametrize(
    "result", [[1.0, 0.0], (1.0, 0.0), np.array([1.0, 0.0]), iter([1.0, 0.0]), {1.0: 2, 0.0: 2}.keys()]
)
def test_sequences_of_every_kind_are_batches(result: Any) -> None:
    assert read_marks(result, 2) == [Mark(1.0), Mark(0.0)]


def endless() -> Iterator[float]:
    while True:
        yield 1.0


@pytest.mark.parametrize(
    "result", [None, 1.0, "10", b"10", {"a": 1, "b": 2}, [], [1.0], [1.0] * 3, np.array(1.0), endless()]
)
def test_anything_but_one_value_per_completion_is_no_score_for_all(result: Any) -> None:
    marks = read_marks(result, 2)
    assert [(mark.score, mark.finding) for mark in marks] == [(None, "scorer_length")] * 2


@pytest.mark.parametrize(
    ("what", "score", "finding"),
    [
        ("raise", None, "scorer_error"),
        ("exit", None, "scorer_error"),
        ("crash", None, "scorer_error"),
        ("die", None, "scorer_error"),
        ("eat", None, "scorer_error"),
        ("hang", None, "scorer_timeout"),
        ("sleep", None, "scorer_timeout"),
        ("nan", None, "scorer_not_finite"),
        ("inf", None, "scorer_not_finite"),
        ("text", None, "scorer_not_number"),
        ("list", None, "scorer_not_number"),
        ("none", None, "skipped"),
        ("print", 0.25, None),
    ],
)
def test_one_bad_completion_does_not_cost_the_others_their_marks(
    load: Load, what: str, score: float | None, finding: str | None
) -> None:
    scorer = load(OBEDIENT)
    scored = score_completions(scorer, PROMPTS, written("1", what, "3", "5"), timeout_s=2)
    assert scored.scores == [1.0, score, 1.0, 0.0]
    assert scored.findings == [(), (finding,) if finding else (), (), ()]
    assert score_completions(scorer, PROMPTS, ANSWERS).scores == [1.0, 1.0, 1.0, 0.0]


def test_messages_say_what_happened_and_where(load: Load) -> None:
    scorer = load(OBEDIENT)
    scored = score_completions(scorer, PROMPTS, written("raise", "crash", "die", "nan"))
    assert scored.messages == (
        "rewards.py, line 9, in obey: ValueError: as told",
        "its process ended: exit code 3",
        "its process ended: killed by SIGSEGV",
        "the reward function returned float nan as a score",
    )
    assert scorer.state == {
        "calls": 5, "restarts": 2, "completions": 4, "scorer_error": 3, "scorer_not_finite": 1
    }  # fmt: skip


def test_a_wrong_length_is_not_guessed_away(load: Load) -> None:
    scorer = load("def reward(completions): return [1.0] * (len(completions) - 1)")
    scored = score_completions(scorer, PROMPTS, ANSWERS)
    assert scored.findings == [("scorer_length",)] * 4
    assert scored.messages == ("the reward function returned 3 scores for 4 completions",)
    assert scorer.state["calls"] == 1


def test_failed_and_skipped_are_counted_apart() -> None:
    scored = ScoredBatch([1.0, None, None, None], [(), ("skipped",), ("scorer_error",), ("scorer_error",)], 0.1)
    assert (scored.failed, scored.skipped) == (2, 1)


# Limits


def test_a_function_that_always_hangs_is_given_up_in_bounded_time(load: Load) -> None:
    started = time.monotonic()
    scored = score_completions(load(OBEDIENT), PROMPTS * 10, written(*["hang"] * 40), timeout_s=0.4)
    assert time.monotonic() - started < 30
    tried = scored.findings.count(("scorer_timeout",))
    assert 0 < tried < 40 and scored.findings[tried:] == [("scorer_not_reached",)] * (40 - tried)
    assert scored.messages[-1] == "not reached: 0.8 s were spent on this batch"


def test_a_function_that_always_crashes_is_restarted_a_bounded_number_of_times(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorers, "MAX_DEATHS", 3)
    scorer = load(OBEDIENT)
    scored = score_completions(scorer, PROMPTS * 5, written(*["crash"] * 20))
    assert scored.findings == [("scorer_error",)] * 20
    assert scorer.state["restarts"] == 3
    assert scored.messages == (
        "its process ended: exit code 3",
        "not tried: the process of the reward function was lost 3 times on this batch",
    )


def test_the_time_a_file_takes_to_load_is_no_part_of_the_limit(load: Load) -> None:
    scorer = load("import time\ntime.sleep(0.5)" + textwrap.dedent(OBEDIENT))
    scored = score_completions(scorer, PROMPTS, written("crash", "crash", "3", "5"), timeout_s=0.4)
    assert scored.scores == [None, None, 1.0, 0.0]
    assert scorer.start_seconds > 1.5


def test_a_file_that_loads_no_more_is_no_score(load: Load) -> None:
    scorer = load(OBEDIENT)
    Path(scorer._start["file"]).write_text("1 / 0", encoding="utf-8")
    scored = score_completions(scorer, PROMPTS[:2], written("crash", "2"))
    assert scored.scores == [None, None]
    assert "rewards.py, line 1: ZeroDivisionError: division by zero" in scored.messages[-1]


def test_memory_is_limited(load: Load) -> None:
    scorer = load(
        "def reward(completions): return [float(len(bytearray(int(c) << 20))) for c in completions]", memory_gib=0.5
    )
    scored = score_completions(scorer, PROMPTS[:2], written("64", "1024"))
    assert scored.scores == [float(64 << 20), None]
    assert [message.endswith(": MemoryError") for message in scored.messages] == [True]


def test_a_worker_lost_between_two_batches_costs_no_marks(load: Load) -> None:
    scorer = load("import os\ndef reward(completions): return [float(os.getpid())] * len(completions)")
    process = int(score_completions(scorer, PROMPTS, ANSWERS).scores[0] or 0)
    os.kill(process, signal.SIGKILL)
    assert None not in score_completions(scorer, PROMPTS, ANSWERS).scores


def test_closing_ends_the_process_and_what_it_started(load: Load, tmp_path: Path) -> None:
    scorer = load("""
        import os, subprocess
        child = subprocess.Popen(["sleep", "60"])
        def reward(completions): return [float(os.getpid()), float(child.pid)]
    """)
    pids = [int(score or 0) for score in score_completions(scorer, PROMPTS[:2], ANSWERS[:2]).scores]
    assert all(is_alive(pid) for pid in pids)
    scorer.close()
    scorer.close()
    assert eventually(lambda: not any(is_alive(pid) for pid in pids))


def test_the_context_closes_the_process(write: Write) -> None:
    with load_scorer(write("import os\ndef reward(completions): return [float(os.getpid())]")) as scorer:
        process = int(score_completions(scorer, PROMPTS[:1], ANSWERS[:1]).scores[0] or 0)
        assert is_alive(process)
    assert not is_alive(process)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a hang in C code outlives a killed parent")
@pytest.mark.parametrize("what", ["hang", "1"])
def test_the_worker_dies_with_a_killed_parent(write: Write, tmp_path: Path, what: str) -> None:
    note = tmp_path / "pid"
    path = write(OBEDIENT + f"\n    open({str(note)!r}, 'w').write(str(os.getpid()))\n")
    code = f"""if True:
        import time
        from homeschool.rewards.scorers import load_scorer, score_completions
        from homeschool.types import Completion, Prompt
        scorer = load_scorer({path!r})
        print("ready", flush=True)
        score_completions(scorer, [Prompt("a", "?", {{"answer": "1"}})], [Completion({what!r}, (), (), "stop")])
        time.sleep(60)
    """
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    time.sleep(0.3)
    process = int(note.read_text())
    assert is_alive(process)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: not is_alive(process))


def test_a_threaded_parent_is_no_obstacle(load: Load) -> None:
    scorer = load(OBEDIENT)
    found: list[list[float | None]] = []
    threads = [
        threading.Thread(target=lambda: found.append(score_completions(scorer, PROMPTS, ANSWERS).scores))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[1.0, 1.0, 1.0, 0.0]] * 4


# Functions of this process


def test_a_function_of_this_process_that_raises_costs_one_mark() -> None:
    def reward(completions: list[str]) -> list[float]:
        return [1 / (int(completion) - 2) for completion in completions]

    scored = score_completions(reward, PROMPTS, ANSWERS)
    assert scored.scores == [-1.0, None, 1.0, 1 / 3]
    assert scored.findings[1] == ("scorer_error",)
    assert scored.messages[0].startswith("test_scorers.py, line ")
    assert scored.messages[0].endswith("ZeroDivisionError: division by zero")


def test_a_function_of_this_process_that_hangs_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)  # the test runner's own timer, which would be left alone

    def reward(completions: list[str]) -> list[float]:
        while "hang" in completions:
            try:
                time.sleep(0.01)
            except Exception:
                continue
        return [1.0] * len(completions)

    before = signal.getsignal(signal.SIGALRM)
    scored = score_completions(reward, PROMPTS[:3], written("1", "hang", "2"), timeout_s=1)
    assert scored.scores == [1.0, None, 1.0]
    assert scored.findings[1] == ("scorer_timeout",)
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_timer_that_is_already_running_is_left_alone() -> None:
    signal.setitimer(signal.ITIMER_REAL, 100)
    try:
        score_completions(lambda completions: [1.0], PROMPTS[:1], ANSWERS[:1], timeout_s=0.2)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 90
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_a_task_may_use_a_reward_file_as_its_own_score(load: Load) -> None:
    own: Scorer = load(OBEDIENT)

    def score(prompts: list[Any], completions: list[str], **columns: list[Any]) -> Any:
        return own(prompts, completions, **columns)

    scored = score_completions(score, PROMPTS, written("1", "nan", "none", "crash"))
    assert scored.scores == [1.0, None, None, None]
    assert scored.findings == [(), ("scorer_not_finite",), ("skipped",), ("scorer_error",)]


# The trial at the start


def test_the_trial_reports_how_the_function_is_called(load: Load) -> None:
    report = check_scorer(load(OBEDIENT), PROMPTS)
    assert (report.name, report.convention, report.deterministic) == ("rewards.py:reward", "batch", True)
    assert report.examples[:2] == (("1", 1.0), ("", 0.0))
    assert report.findings == {}
    assert 0 < report.seconds_per_item < 1
    assert str(report).startswith(
        "rewards.py:reward is called as f(prompts, completions, **columns) -> "
        "a list with one number or None per completion\n"
    )
    assert str(report).endswith("the same scores twice")


def test_the_trial_is_told_in_chinese_as_well(load: Load) -> None:
    report = check_scorer(load("def score(completion, answer): return float(int(completion) == 1)"), PROMPTS[:1])
    with in_language("zh"):
        called, pace, failed, where = str(report).splitlines()[:4]
    assert called == "rewards.py:score 的调用方式：" + CONVENTIONS["verifiers"].zh
    assert pace.startswith("每个回答 ") and pace.endswith("，两次打分一样")
    assert failed == "试了 8 个回答，5 个 scorer_error"
    assert where.startswith("rewards.py, line 1, in score: ValueError")


def test_the_trial_notices_scores_that_change(load: Load) -> None:
    scorer = load("import random\ndef reward(completions): return [random.random() for _ in completions]")
    report = check_scorer(scorer, PROMPTS)
    assert not report.deterministic
    assert "other scores when called again" in str(report)


def test_the_trial_reports_single_failures_and_goes_on(load: Load) -> None:
    report = check_scorer(load("def score(completion, answer): return float(int(completion) == 1)"), PROMPTS[:1])
    assert report.findings == {"scorer_error": 5}
    assert "5 of 8 trial completions: scorer_error" in str(report)
    assert "rewards.py, line 1, in score: ValueError: invalid literal for int() with base 10: ''" in report.messages


def test_skipping_everything_is_allowed(load: Load) -> None:
    report = check_scorer(load("def reward(completions): return [None] * len(completions)"), PROMPTS, ["a", "b"])
    assert report.findings == {"skipped": 3}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "def reward(completions, **columns):\n    return [columns['target'][0]]",
            r"rewards\.py:reward gave no score for any of 8 trial completions\. "
            r"rewards\.py, line 2, in reward: KeyError: 'target'\. Columns of the items: answer, level\.",
        ),
        ("def reward(completions, target): return [1.0]", r"needs 'target', and no column has that name"),
        ("def reward(completions): return [1.0]", r"returned 1 scores for 8 completions"),
        ("def reward(completions): return 1.0", r"returned float 1\.0; expected a list of 8 numbers or None"),
        ("def reward(completions): return ['a'] * len(completions)", r"returned str 'a' as a score"),
        ("def reward(completions): return [float('nan')] * len(completions)", r"returned float nan as a score"),
        ("import os\ndef reward(completions): os.abort()", r"its process ended: killed by SIGABRT"),
        (
            "def reward(completions): return [c[0]['content'] for c in completions if c]",
            r"Completions are plain strings",
        ),
    ],
)
def test_a_function_that_fails_on_everything_stops_the_start(load: Load, source: str, message: str) -> None:
    with pytest.raises(ScorerError, match=message):
        check_scorer(load(source), PROMPTS)


def test_a_function_that_hangs_on_everything_stops_the_start(load: Load) -> None:
    with pytest.raises(ScorerError, match=r"did not return within 0\.1 s"):
        check_scorer(load("def reward(completions):\n    while True: pass"), PROMPTS, timeout_s=0.4)


def test_the_trial_needs_a_prompt() -> None:
    with pytest.raises(UsageError, match="no prompt or no completion"):
        check_scorer(lambda completions: [1.0], [])


def is_alive(process: int) -> bool:
    """Running, and not a zombie that waits to be collected."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
