"""What a stage refuses and what stops a training is said in Chinese too, with the numbers and the way out."""

import json
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeschool.config import (
    AlgorithmColumns,
    ExamConfig,
    GradientPenaltyConfig,
    GuardConfig,
    ModelConfig,
    OptimConfig,
    PretrainConfig,
    RewardConfig,
    RewardModelConfig,
    RlConfig,
    TaskConfig,
)
from homeschool.errors import HomeschoolError
from homeschool.messages.sentence import in_language
from homeschool.rewards.designer.search import Budget
from homeschool.rewards.marker import Marker
from homeschool.stages.design import design_training
from homeschool.stages.exams import require_hidden_questions
from homeschool.stages.lint import LintConfig, lint
from homeschool.stages.marking import build_marker, exam_marks
from homeschool.stages.other_keys import other_keys_of
from homeschool.stages.paying import refuse_unread_rule, rule_of
from homeschool.stages.pretrain import decoder_shape, pretrain, pretrain_rows
from homeschool.stages.refusing import refuse_settings
from homeschool.stages.reward import pairs_of_files, train_reward_model
from homeschool.stages.starting import build_task
from homeschool.stages.weak import weak_of
from homeschool.tasks import load_task
from homeschool.text import ByteTokenizer
from homeschool.train.batch import build_batch
from homeschool.train.checkpoint import load_checkpoint
from homeschool.train.loop import Silent
from homeschool.train.run_folder import hold
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup, Sampling

GRADER = "def reward(prompts, completions, **columns):\n    return [1.0] * len(completions)\n"


def said(act: Callable[[], object]) -> str:
    """What ``act`` is refused with in Chinese."""
    with in_language("zh"), pytest.raises(HomeschoolError) as refusal:
        act()
    return str(refusal.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"algo": "ppo", "gradient_penalty": GradientPenaltyConfig(0.1)},
            "gradient_penalty.weight 是 0.1，可带评论家时（算法“ppo”），沿梯度再看一次会把评论家教两遍；"
            "请去掉这一项，或者换个不带评论家的算法",
        ),
        (
            {"gradient_penalty": GradientPenaltyConfig(0.1), "dtype": "bf16"},
            "gradient_penalty.weight 是 0.1，可权重是 bfloat16，沿梯度挪动得这么小，会被舍入掉；请去掉这一项，"
            "或者加上 --dtype fp32",
        ),
        (
            {"algo": "ppo", "rl": AlgorithmColumns(critic="shared"), "critic_from": "x"},
            "“shared”这种评论家没有自己的层：去掉 rl.critic_layers 和 critic_from，或者设 rl.critic separate",
        ),
        (
            {"algo": "ppo", "rl": AlgorithmColumns(critic_layers=1), "critic_from": "x"},
            "critic_from 指定的模型，打分用的头接在最后一层上，rl.critic_layers 1 会把它截掉；两样去掉一样",
        ),
        (
            {"algo": "dapo", "follow_notebook": True},
            "follow_notebook 和 resample 10 都要选题，一个扔掉的题另一个无从知道；设 rl.resample 0，"
            "或者 follow_notebook false",
        ),
        (
            {"reward": RewardConfig(ensemble="minimum")},
            "reward.ensemble 是“minimum”，可 reward.scorer 里没有奖励模型；应该写成 model:A+B+C",
        ),
        (
            {"reward": RewardConfig(variance_weight=2.0)},
            "reward.variance_weight 是 2.0，可 reward.ensemble 是“mean”时用不上它；应该是“mean_minus_variance”",
        ),
        (
            {"guard": GuardConfig(rate=0.2)},
            "guard.rate 是 0.2，可 guard.mode 是“off”时用不上它；加上 --guard audited 或 --guard observe",
        ),
        (
            {"guard": GuardConfig(mode="weak", on_alarm="rollback")},
            "guard.on_alarm 是 rollback，可 --guard weak 只能 note 或 stop：没有抽查，它不知道该退回到哪份权重",
        ),
        (
            {"guard": GuardConfig(mode="observe", gold="task", canaries=0.1)},
            "guard.canaries 是 0.1，可只有 --guard weak 用得上它，而 guard.mode 是“observe”：金标准检查的抽查比它更说明"
            "问题；请去掉这一项",
        ),
        (
            {"guard": GuardConfig(mode="audited", gold="task", predictor="proxy", other_keys=0.5)},
            "guard.other_keys 是 0.5，可 guard.predictor 是“proxy”，它除了分数什么也不看；请去掉这一项",
        ),
    ],
)
def test_settings_of_an_rl_run(settings: dict[str, Any], message: str) -> None:
    assert said(lambda: refuse_settings(replace(RlConfig(policy="p"), **settings))) == message


def examined(**settings: Any) -> Callable[[], object]:
    return lambda: lint(LintConfig(**{"task": TaskConfig("sums"), **settings}))


def paid(**settings: Any) -> Callable[[], object]:
    """A run that would pay by the rule of the child who tries hard."""

    def act() -> None:
        config = RlConfig(**settings)
        with rule_of(config, load_task("sums"), None):
            pass

    return act


def guarded(guard: GuardConfig, task: str = "spell_backward", algo: str = "audited", scorer: str = "") -> Any:
    def act() -> None:
        config = RlConfig(algo=algo, guard=guard, task=TaskConfig(task), reward=RewardConfig(scorer=scorer))
        asked = build_task(config.task, scorer)
        with ExitStack() as stack:
            marker = build_marker(config, asked, None, None)  # type: ignore[arg-type]
            stack.callback(marker.close)
            stack.enter_context(weak_of(config, asked, marker, 1.0))

    return act


REFUSED: list[tuple[Callable[[], object], str]] = [
    (
        lambda: require_hidden_questions(RlConfig(exam=ExamConfig(items=1)), load_task("sums")),
        "隐藏考试只有 1 道题，要看出差别至少得有 2 道；exam.items 是 1：调大",
    ),
    (
        paid(algo="grpo", rl=AlgorithmColumns(combine="standardized"), reward=RewardConfig(rule="fixed_tiers")),
        "reward.rule 是“fixed_tiers”，可 combine “standardized” 看的是各个打分函数自己的分，不看奖励；"
        '去掉这条规则，或者设 rl.combine "sum"',
    ),
    (
        paid(rl=AlgorithmColumns(advantage="tracker", group_size=1), reward=RewardConfig(rule="fixed_tiers")),
        "advantage “tracker” 把奖励当成 0 到 1 的通过率，可这条规则会付 -0.05；reward.pays 要设在 0 到 1 之间",
    ),
    (
        lambda: refuse_unread_rule(RewardConfig(rule="own_tiers")),
        "reward.rule 是“own_tiers”，可只有 rl 按规则付奖励；考试和成对的回答只看分数，请去掉这一项",
    ),
    (lambda: refuse_unread_rule(RewardConfig(pace=1.0)), "设了 reward.pace，可没有规则用得上它；设 reward.rule"),
    (
        lambda: other_keys_of(
            GuardConfig(other_keys=0.1, key="solution"), load_task("sums"), Marker(load_task("sums").score), 0, 1.0
        ),
        "guard.key 是“solution”，可任务“sums”的题没有这一列；有的列：answer。写上放正确答案的那一列，"
        "或者去掉 guard.key",
    ),
    (
        lambda: decoder_shape(ModelConfig(hidden_size=30, heads=4), 100),
        "model.hidden_size 是 30，model.heads 是 4；两者相除，每个头的宽度应该是整数，还得是偶数",
    ),
    (
        lambda: pretrain_rows(PretrainConfig(task=TaskConfig("spell_backward")), ByteTokenizer()),
        "课本里讲的是算式，可 task.name 是“spell_backward”；用“sums”，或者换一份 corpus",
    ),
    (
        lambda: train_reward_model(RewardModelConfig(sampling=Sampling(temperature=0.0))),
        "sampling.temperature 是 0，同一道题的回答全都一样，分不出好坏；调大些，通常用 1",
    ),
    (
        lambda: train_reward_model(RewardModelConfig(heldout_data="h.jsonl")),
        "heldout_data 是“h.jsonl”，可没有用来训练的 data；再加上 --data",
    ),
    (
        lambda: train_reward_model(RewardModelConfig(data="d.jsonl", reward=RewardConfig("r.py"))),
        "reward.scorer 是“r.py”，可 data 里的回答对已经标好了高下；两样去掉一样",
    ),
    (
        examined(accept=("near_mis",)),
        "accept 里的“near_mis”不是发现的名字；是不是想写“near_miss”？",
    ),
    (
        examined(form="\\boxed{}"),
        "form 是 '\\\\boxed{}'，里面应该有 {answer}，而且只有一个，例如 '\\boxed{{answer}}'",
    ),
    (examined(items=0), "items 是 0，samples 是 4，timeout_s 是 5.0；都应该大于 0"),
    (
        examined(reward="model:runs/rm"),
        "reward 是 'model:runs/rm'，而 lint 检查的是打分函数。奖励模型在训练时就用留出的回答对检查过了："
        "见它文件夹里的 report.json",
    ),
    (
        lambda: lint(LintConfig()),
        "lint 要有题：--task 文件.jsonl、--task 任务名 或 --task gym:数据集名",
    ),
]


@pytest.mark.parametrize(("act", "message"), REFUSED, ids=[message[:24] for _, message in REFUSED])
def test_what_a_stage_is_given(act: Callable[[], object], message: str) -> None:
    assert said(act) == message


def test_a_name_like_none_of_the_findings_is_answered_with_all_of_them() -> None:
    message = said(examined(accept=("qqqq",)))
    assert message.startswith("accept 里的“qqqq”不是发现的名字；可以写的有：any_answer, bad_mark, ")
    assert message.endswith(", whitespace_refused, wrong_unit")


def test_a_guard_without_signs_or_with_the_paid_grader_as_its_own_second_opinion(tmp_path: Path) -> None:
    (tmp_path / "reward.py").write_text(GRADER)
    scorer = f"{tmp_path}/reward.py:reward"
    nothing = GuardConfig(mode="weak", other_keys=0.0, canaries=0.0, reexam=0.0)
    assert said(guarded(nothing)).startswith(
        "--guard weak 没有东西可看：任务“spell_backward”的“answer”列里没有标准答案，也没有金丝雀题和换个说法的题"
    )
    assert said(guarded(replace(nothing, opinion=scorer), scorer=scorer)) == (
        f"guard.opinion 是 {scorer}，正是付分的那个评分器：两者永远一致；请换一个"
    )


def test_a_file_without_marks_and_one_with_too_few_questions(tmp_path: Path) -> None:
    path = tmp_path / "three.jsonl"
    path.write_text("".join(f'{{"prompt": "{n} + 4 =", "answer": "{n + 4}"}}\n' for n in range(3)))
    config = RlConfig(task=TaskConfig("jsonl", path=str(path)))
    task = build_task(config.task)
    assert said(lambda: require_hidden_questions(config, task)) == (
        "隐藏考试只有 1 道题，要看出差别至少得有 2 道；任务“jsonl”再没有别的题了：请加题，其中约十分之一归隐藏考试"
    )
    assert said(lambda: build_marker(config, task, None, None)) == (  # type: ignore[arg-type]
        "任务“jsonl”自己不会打分；指定一个打分函数：--reward.scorer file.py:function"
    )
    assert said(examined(task=TaskConfig(str(path)))) == (
        "任务“jsonl”自己不会打分；指定一个奖励文件：homeschool lint my_reward.py ..."
    )


def test_the_task_is_blamed_by_its_name() -> None:
    with in_language("zh"):
        own = exam_marks(load_task("sums"), Marker(lambda completions: [1.0] * len(completions)))["own"]
    assert own is not None and own.who == "任务 sums 自己"


def test_a_reward_file_that_always_fails_leaves_lint_nothing_to_examine(tmp_path: Path) -> None:
    (tmp_path / "reward.py").write_text("def reward(prompts, completions, **columns):\n    raise KeyError('no')\n")
    assert said(examined(reward=f"{tmp_path}/reward.py")).startswith("没有东西可检查：")


def test_too_few_pairs(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    rows = ({"prompt": f"{n}?", "chosen": "yes", "rejected": "no"} for n in range(20))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    message = said(lambda: pairs_of_files(RewardModelConfig(data=str(path), heldout_share=0.01)))
    assert message == (
        f"{path}：其中留出 1 对，用来训练的有 19 对；至少要留出 50 对，正确率比瞎猜高 20 个百分点就看得出来"
        "（只有 1 对的话，什么也看不出来）；请加些回答对，调大 heldout_share，或者另给 heldout_data"
    )
    message = said(lambda: pairs_of_files(RewardModelConfig(data=str(path), heldout_share=0.5)))
    assert "（只有 12 对的话，要高 44 个百分点才看得出来）" in message


def test_a_design_with_a_rate_that_nobody_reads_or_too_few_questions(tmp_path: Path) -> None:
    config, budget = RlConfig(policy="p", task=TaskConfig("sums")), Budget(40, 4, 2, 2, 2, 1.0)
    assert said(lambda: design_training(config, {"guard.rate": 0.1}, budget, tmp_path / "design")) == (
        "要调 guard.rate，可 guard.mode 是“off”；把 guard.mode 设成“audited”，或者别调 guard.rate"
    )
    message = said(lambda: design_training(config, {}, replace(budget, items=500), tmp_path / "design"))
    assert message.startswith("19 场考试、每场 500 道题，共要 9500 道不同的题，可 sums 的 check 那份题只有 ")
    assert message.endswith(" 道；把 items 或预算调小，或者换个题多的任务")


def test_a_broken_checkpoint_and_a_folder_in_use(tmp_path: Path) -> None:
    message = said(lambda: load_checkpoint(tmp_path / "step-000002"))
    assert message.startswith(f"{tmp_path}/step-000002 读不出来：")
    assert message.endswith("；把它删掉，就从前一个检查点接着跑")
    with hold(tmp_path):
        assert said(lambda: hold(tmp_path)) == f"另一个进程正在用 {tmp_path}；等它结束，或者用 --out 换个文件夹"


def test_a_step_in_which_nothing_was_marked() -> None:
    prompt = Prompt("1", "1 + 1 =")
    group = RolloutGroup(
        prompt, tuple(Rollout(prompt, Completion("2", (5,), (-0.1,), "stop"), None, None) for _ in range(3))
    )
    assert said(lambda: build_batch([group], ByteTokenizer())) == (
        "这一步的 3 个回答一个分数也没有（打分函数返回了 None，或者生成中途放弃）；要参与训练的回答，请返回一个数"
    )


def textbook(out: Path, **settings: Any) -> PretrainConfig:
    shape = ModelConfig(hidden_size=16, layers=1, heads=2, mlp_size=24, context=32)
    return PretrainConfig(out=str(out), model=shape, steps=6, rows=1, length=8, task=TaskConfig("sums"), **settings)


def test_a_run_that_diverges_says_so_in_chinese_and_keeps_an_english_record(tmp_path: Path) -> None:
    config = textbook(tmp_path / "run", optim=OptimConfig(lr=1e38, warmup_steps=0))
    message = said(lambda: pretrain(config))
    (event,) = (
        row
        for row in map(json.loads, (tmp_path / "run" / "events.jsonl").read_text().splitlines())
        if row["event"] == "non_finite"
    )
    kind, value = event["error"].rsplit(" is ", 1)
    told = {"the loss": f"损失是 {value}", "the gradient norm": f"梯度范数是 {value}"}[kind]
    assert message == (
        f"第 {event['step']} 步：{told}；这一批已存进 {tmp_path}/run。最后一个完好的检查点：还没有。通常的办法："
        "调低 optim.lr，或者用 dtype fp32"
    )


def test_a_signal(tmp_path: Path) -> None:
    class Impatient(Silent):
        def step(self, done: int, metrics: dict[str, float]) -> None:
            if done == 2:
                os.kill(os.getpid(), signal.SIGTERM)

    message = said(lambda: pretrain(textbook(tmp_path / "run"), Impatient()))
    assert message == (
        f"收到 SIGTERM，在第 2 步之后停下，共 6 步；全部内容已经存好，接着跑用 --resume --out {tmp_path}/run"
    )
