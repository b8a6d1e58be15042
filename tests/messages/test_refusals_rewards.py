"""What is refused of reward functions, rules and gold checks is said in Chinese too, whichever process says it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from homeschool.config import RewardConfig
from homeschool.errors import HomeschoolError
from homeschool.messages.sentence import in_language
from homeschool.rewards.conventions import choose_convention
from homeschool.rewards.guard.coins import Fallen
from homeschool.rewards.guard.gold import AnyScorer, GoldCheck, KnownGood, load_gold, require_sane, written
from homeschool.rewards.guard.replay import replay
from homeschool.rewards.incentive import build_incentive
from homeschool.rewards.learned import load_learned_scorer
from homeschool.rewards.marker import Marker
from homeschool.rewards.scorers import check_scorer, load_scorer, score_completions
from homeschool.rewards.verify import exact_match, number_match
from homeschool.tasks import load_task
from homeschool.types import Prompt, Rollout

ASKED = Prompt("p", "1+1=", {"answer": "2"})
RIGHT = written("2")
RULE = "def rule(attempt, history):\n    return 1.0\n"


def said(act: Callable[[], object]) -> str:
    """What ``act`` is refused with in Chinese."""
    with in_language("zh"), pytest.raises(HomeschoolError) as refusal:
        act()
    return str(refusal.value)


def file(folder: Path, source: str) -> str:
    """A Python file of a user's."""
    path = folder / "mine.py"
    path.write_text(source, encoding="utf-8")
    return str(path)


def test_a_name_that_is_no_file() -> None:
    assert said(lambda: load_scorer("reward")) == "'reward' 不是打分函数；应该写成 FILE.py 或 FILE.py:NAME"
    assert said(lambda: load_scorer("nowhere.py")) == (
        f"没有奖励文件 nowhere.py（在 {Path.cwd()} 里找过）；应该写成 FILE.py 或 FILE.py:NAME"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os\nos._exit(3)\n", "{file} 让自己的进程结束了：退出码 3；单独运行它，看看为什么"),
        ("import os\nos.abort()\n", "{file} 让自己的进程结束了：被 SIGABRT 终止；单独运行它，看看为什么"),
        ("x = 1 / 0\n", "这个文件用不了：{file} could not be loaded: mine.py, line 1: ZeroDivisionError"),
        ("def reward(text): ...\n", "这个文件用不了：reward(text) 不符合任何一种约定，怎么调用它只能靠猜；请按下面的"),
    ],
)
def test_a_file_that_does_not_load(tmp_path: Path, source: str, message: str) -> None:
    name = file(tmp_path, source)
    assert said(lambda: load_scorer(name)).startswith(message.format(file=name))


def test_the_process_of_a_reward_file_speaks_as_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = file(tmp_path, "def reward(prompts, completions, **columns):\n    return [1.0]\n")
    with in_language("zh"), load_scorer(name) as scorer:
        assert score_completions(scorer, [ASKED] * 2, [RIGHT] * 2).messages == ("打分函数对 2 个回答返回了 1 个分数",)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with in_language("en"), load_scorer(name) as scorer:
        assert score_completions(scorer, [ASKED] * 2, [RIGHT] * 2).messages == (
            "the reward function returned 1 scores for 2 completions",
        )


def test_columns_that_cannot_be_sent(tmp_path: Path) -> None:
    name = file(tmp_path, "def reward(prompts, completions, **columns):\n    return [1.0] * len(completions)\n")
    with load_scorer(name) as scorer:
        message = said(lambda: score_completions(scorer, [replace(ASKED, columns={"when": {1, 2}})], [RIGHT]))
    assert message == (
        "when 这些列没法全部传给 mine.py:reward：Object of type set is not JSON serializable；请用文字、数、列表和字典"
    )


def returning(value: object) -> AnyScorer:
    """A function that returns this for each completion."""
    return lambda prompts, completions, **columns: [value] * len(completions)


def needing(completions: Sequence[str], key: Sequence[str]) -> list[float]:
    """Asks for a column that there is not."""
    return [1.0 for _ in zip(completions, key, strict=True)]


def nested(completion: str) -> float:
    """Written for lists of messages."""
    return float(completion[0]["content"])  # type: ignore[index]


@pytest.mark.parametrize(
    ("scorer", "message"),
    [
        (lambda completions: 3, "打分函数返回了 int 3；应该返回一个列表，里面是 1 个数或 None"),
        (lambda completions: [1, 2], "打分函数对 1 个回答返回了 2 个分数"),
        (returning("good"), "打分函数返回的分数是 str 'good'，不是一个有限的数"),
        (returning(float("nan")), "打分函数返回的分数是 float nan，不是一个有限的数"),
        (needing, "打分函数要用 'key'，可没有哪一列叫这个名字；现有的列：answer"),
    ],
)
def test_marks_that_are_none(scorer: AnyScorer, message: str) -> None:
    assert said(lambda: Marker(scorer).score([ASKED], [RIGHT])).endswith(message)


def test_a_call_that_takes_too_long(tmp_path: Path) -> None:
    name = file(tmp_path, "import time\ndef reward(completions):\n    time.sleep(60)\n")
    with in_language("zh"), load_scorer(name) as scorer:
        late = score_completions(scorer, [ASKED] * 2, [RIGHT] * 2, timeout_s=0.2, each_s=0.3)
    assert late.messages[0] == "打分函数在 0.3 秒内没有返回"
    assert late.messages[-1].startswith(("打分函数在 ", "没轮到：这一批已经用了 0.4 秒"))


def test_a_process_that_is_lost_again_and_again(tmp_path: Path) -> None:
    name = file(tmp_path, "import os\ndef reward(completions):\n    os._exit(1)\n")
    with in_language("zh"), load_scorer(name) as scorer:
        lost = score_completions(scorer, [ASKED] * 17, [RIGHT] * 17, timeout_s=30)
    assert lost.messages == ("它的进程结束了：退出码 1", "没有再试：打分函数的进程在这一批上已经丢了 16 次")


def test_all_trials_fail() -> None:
    message = said(lambda: check_scorer(nested, [ASKED]))
    assert message.startswith("nested 对 8 个试探用的回答一个分数也没给。test_refusals_rewards.py, line ")
    assert message.endswith(
        "。题目的列：answer。这里的回答是普通字符串，不是消息列表：用 completion，不要用 completion[0]['content']。"
    )
    assert said(lambda: check_scorer(nested, [])) == "没有提示或回答可以拿来试打分函数；至少各要有一个"


def test_how_to_call_it_is_unclear() -> None:
    def both(completions: str, completion: str) -> None: ...

    assert said(lambda: choose_convention(both)).startswith(
        "both(completions: str, completion: str) 同时符合几种约定（batch, verifiers），怎么调用它只能靠猜；"
        "请按下面的一种改参数名：\n  batch: f(prompts, completions, **columns) -> 列表"
    )
    assert said(lambda: choose_convention(max)).startswith("读不出 max 的参数（")


def test_the_marker() -> None:
    assert said(lambda: Marker(())) == "没有打分函数；至少要给一个 f(prompts, completions, **columns)"
    assert said(lambda: Marker(returning(1), weights=(1.0, 2.0))) == (
        "奖励的权重有 2 个 [1.0, 2.0]，打分函数有 1 个；请给每个打分函数一个权重，或者一个也不给"
    )
    assert said(lambda: Marker(returning("x")).score([ASKED], [RIGHT])).startswith(
        "1 个回答里有 1 个没有从打分函数得到分数（最多容许 20%）：scorer_not_number 1。"
    )


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("model:a++b", RewardConfig(), "reward.scorer 是“model:a++b”；应该写成 model:FOLDER，"),
        ("model:a+a", RewardConfig(), "reward.scorer 是“model:a+a”：同一个奖励模型写两遍没有用；每个只写一次"),
        (
            "model:a",
            RewardConfig(ensemble="minimum"),
            "reward.ensemble 是“minimum”，可 reward.scorer “model:a”只有一个奖励模型；请用 + 连起几个，",
        ),
    ],
)
def test_reward_models(name: str, config: RewardConfig, message: str) -> None:
    assert said(lambda: load_learned_scorer(name, config, None)).startswith(message)  # type: ignore[arg-type]


def test_verifiers() -> None:
    assert said(lambda: exact_match("2", " ")) == "用来比对的答案是空的（' '）；请改正这道题的答案，或者删掉这道题"
    assert said(lambda: number_match("2", "1 or 2")) == (
        "答案 '1 or 2' 不是单独一个数（分数要约到最简）；请改正它，或者改用 exact_match"
    )
    assert said(lambda: number_match("2", "2", tolerance=-1)) == "tolerance 是 -1；应该是有限的数，0 或更大"


@pytest.mark.parametrize(
    ("rule", "settings", "message"),
    [
        ("fixed_teirs", {}, "“fixed_teirs”，没有这条规则；是不是想写“fixed_tiers”？；也可以写一个文件 FILE.py，"),
        ("raw_score", {"tiers": (1.0,)}, "可规则“raw_score”什么设置也不看；请去掉这一项"),
        ("fixed_tiers", {"pace": 1.0}, "设了 reward.pace，可规则“fixed_tiers”只看 tiers, pays；请去掉这一项"),
        ("fixed_tiers", {"tiers": "high"}, "reward.tiers 是 'high'，应该是一列数"),
        ("fixed_tiers", {"tiers": (50.0, 175.0)}, "reward.tiers 是 [50.0, 175.0]，应该是大于 0、最多 100 的分数"),
        ("fixed_tiers", {"pays": (0.0, 1.0)}, "项；pays 应该多一项，第一项给一档也没够到的作答"),
        ("fixed_tiers", {"tiers": ()}, "reward.tiers 是 []，应该是有限的数，至少一个"),
        ("fixed_tiers", {"tiers": (5.0, 5.0)}, "reward.tiers 有重复：[5.0, 5.0] 里 5 出现了两次；每一项都要比前一项大"),
        ("fixed_tiers", {"tiers": (7.0, 5.0)}, "reward.tiers 没有排好：[7.0, 5.0] 里 7 排在 5 前面；应该从小到大"),
        ("own_tiers", {"rates": (0.5, 2.0)}, "reward.rates 是 [0.5, 2.0]，应该是作答所占的比例，每个都大于 0、小于 1"),
        ("own_tiers", {"rates": (0.2, 0.5)}, "reward.rates 前后不合：[0.2, 0.5]；够到一档的，下面各档也都够到了，"),
        ("relative_smooth", {"softness": "soft"}, "reward.softness 是 'soft'，应该是一个数"),
        ("relative_smooth", {"softness": 0}, "reward.softness 是 0，应该大于 0，最多 100"),
        ("hand_kept_tiers", {"weary": 0.1}, "reward.weary 是 0.1，应该在 0.5 到 1 之间"),
    ],
)
def test_rules(rule: str, settings: dict[str, object], message: str) -> None:
    assert message in said(lambda: build_incentive(rule, settings))


def test_full_marks() -> None:
    assert said(lambda: build_incentive("raw_score", full_marks=0)) == (
        "full_marks 是 0，questions 是 1；两个都应该大于 0"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\n", "设置 reward.rule：这个文件用不了：mine.py has no function rule(attempt, history)"),
        (
            "from random import random\ndef rule(attempt, history):\n    return random()\n",
            "设置 reward.rule：mine.py 里的 rule：同样的作答再问一次，付的奖励就变了；请让它每次算出同样的结果",
        ),
        (
            "import os\ndef rule(attempt, history):\n    os._exit(2)\n",
            "设置 reward.rule：mine.py：它的进程结束了：退出码 2",
        ),
        (
            "import signal\ndef rule(attempt, history):\n    signal.setitimer(signal.ITIMER_REAL, 0)\n"
            "    while True:\n        pass\n",
            "设置 reward.rule：mine.py：规则在 0.5 秒内没有返回",
        ),
    ],
)
def test_rule_files(tmp_path: Path, source: str, message: str) -> None:
    name = file(tmp_path, source)
    assert said(lambda: build_incentive(name, timeout_s=0.5)) == message


def test_a_rule_file_that_is_not_there() -> None:
    assert said(lambda: build_incentive("nowhere.py")) == (
        f"没有规则文件 nowhere.py（在 {Path.cwd()} 里找过）；请检查文件名和路径"
    )


def load(name: str, paid: Sequence[AnyScorer] = (), **more: str) -> GoldCheck:
    """The check of that name for sums."""
    return load_gold(name, load_task("sums"), paid, 5.0, frozenset(), **more)  # type: ignore[arg-type]


def test_no_gold_check() -> None:
    assert said(lambda: load("")) == (
        "守卫需要一个可信的金标准检查；用 --guard.gold file.py:function 指定一个，任务自带的就写 --guard.gold task"
    )
    assert said(lambda: load("task")) == "任务“sums”没有自带的金标准检查；用 --guard.gold file.py:function 指定一个"
    assert said(lambda: load("task", setting="gold")) == (
        "任务“sums”没有自带的金标准检查；用 --gold file.py:function 指定一个"
    )


def test_the_grader_itself_is_no_gold_check() -> None:
    sums = load_task("sums")
    paid = (sums.score,)
    assert said(lambda: load_gold("task", sums, paid, 5.0, frozenset())) == (
        "guard.gold 是 task (sums)，正是给分的那个评分器：让它抽查什么也查不出；请指定一个更贵、"
        "更可靠的检查，或者关掉守卫"
    )
    assert said(lambda: load_gold("task", sums, paid, 5.0, frozenset(), "gold")) == (
        "gold 是 task (sums)，正是给这场考试打分的那个评分器：再问一遍结果也一样；请指定一个更贵、更可靠的检查，"
        "或者去掉 gold"
    )


def told(marks: Callable[[int], object]) -> str:
    """What is said of a check that gives answer number n of its life this mark, when the right answer is 2."""
    asked = 0

    def check(prompts: Sequence[str], completions: Sequence[str]) -> list[object]:
        nonlocal asked
        asked += len(completions)
        return [marks(asked - len(completions) + place) for place in range(len(completions))]

    known = KnownGood((ASKED,), (RIGHT,))
    return said(lambda: require_sane(GoldCheck(check, "mine.py:gold"), known))


def test_a_gold_check_on_trial() -> None:
    assert told(lambda number: None) == (
        "金标准检查 mine.py:gold 对 5 个试探用的回答有 5 个没给分：它返回了 None；先把它修好，再用它来判别人"
    )
    assert told(float) == (
        "金标准检查 mine.py:gold 前后不一：问题 '1+1=' 的回答 '2' 先打了 0.0，再打成了 5.0；"
        "请让它每次结果一样，例如固定随机种子"
    )
    assert told(lambda number: 10.0 if number % 5 == 0 else 0.0).startswith(
        "金标准检查 mine.py:gold 给问题 '1+1=' 的正确回答 '2' 打了 10.0，可满分是 1："
    )
    assert told(lambda number: 0.0).startswith(
        "金标准检查 mine.py:gold 把 1 个已知正确的回答判错了 1 个，头一个是问题 '1+1=' 的回答 '2'，"
        "打了 0.0，而满分是 1；"
    )
    assert told(lambda number: 1.0) == (
        "金标准检查 mine.py:gold 试什么都打 1.0，正确回答和废话一个样；检查得能把它们分开"
    )


def test_a_gold_check_on_the_way() -> None:
    sealed = GoldCheck(returning(1.0), "mine.py:gold", sealed=frozenset({"p"}))
    fallen, answers = [Fallen(place, 0.5, True) for place in range(50)], [Rollout(ASKED, RIGHT, 1.0, 1.0)] * 50
    assert said(lambda: sealed.reveal(fallen, answers)).startswith("题 'p' 是留给调参或隐藏考试的，训练里却问到了：")
    failing = GoldCheck(returning(None), "mine.py:gold")
    assert said(lambda: failing.reveal(fallen, answers)) == (
        "金标准检查 mine.py:gold 在最近 50 次抽查里有 50 次没给分，老是失败的检查不可信；它返回了 None"
    )


def test_no_guard_to_replay() -> None:
    assert said(lambda: replay([], [])).startswith("这些事件里没有守卫开始的记录；请给出一次用了 --guard observe")
