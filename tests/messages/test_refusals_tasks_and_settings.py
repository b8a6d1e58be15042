"""What recipes, columns of an algorithm, tasks and files of questions are refused for, in Chinese."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from homeschool.algos.table import algorithm
from homeschool.algos.tracker import PassRateTracker
from homeschool.cli import main
from homeschool.config import PretrainConfig, RlConfig, build_config, read_recipe, refuse_impossible
from homeschool.errors import ConfigError, DataError, TaskError, UsageError
from homeschool.messages.sentence import in_language
from homeschool.tasks import load_task
from homeschool.tasks.gym_items import gym_questions
from homeschool.tasks.jsonl import JsonlTask
from homeschool.types import Prompt


def said(action: Callable[[], object], kind: type[UsageError]) -> str:
    """What the refusal of an action says in Chinese."""
    with in_language("zh"), pytest.raises(kind) as refused:
        action()
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("r.toml", b"steps = = 3\n", "{path} 不是合法的 TOML：Invalid value"),
        ("r.toml", b"\xff\xfe", "{path} 不是 UTF-8 文字：'utf-8' codec can't decode byte 0xff in position 0"),
        ("r.yaml", b"steps: [1\n", "{path} 不是合法的 YAML：while parsing a flow sequence"),
        ("r.yaml", b"- a\n- b\n", "{path} 里是列表，应该是一张写着设置的表"),
        ("r.yaml", b"just text\n", "{path} 里是文字，应该是一张写着设置的表"),
        ("r.yaml", b"", "{path} 里是空的，应该是一张写着设置的表"),
    ],
)
def test_recipes_that_cannot_be_read(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    if name.endswith(".yaml"):
        pytest.importorskip("yaml")
    path = tmp_path / name
    path.write_bytes(content)
    assert said(lambda: read_recipe(path), ConfigError).startswith(message.format(path=path))


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"steps": "many"}, "r.toml：steps 是 'many'，应该是整数"),
        ({"optim": {"lr": "1e-4"}}, "r.toml：optim.lr 是 '1e-4'，应该是数"),
        ({"policy": 3}, "r.toml：policy 是 3，应该是文字"),
        ({"readiness": "no"}, "r.toml：readiness 是 'no'，应该是布尔值 true 或 false"),
        ({"optim": 3}, "r.toml：optim 应该是一张写着设置的表，收到的是 3"),
        ({"sampling": {"stop": "x"}}, "r.toml：sampling.stop 是 'x'，应该是列表"),
        ({"optim": {"betas": [0.9]}}, "r.toml：optim.betas 是 [0.9]，应该是 2 个值的列表"),
        ({"rl": {"kl_in": "los"}}, "r.toml：rl.kl_in 不能是 'los'；是不是想写“loss”？"),
        ({"dtype": "x"}, "r.toml：dtype 不能是 'x'；可以写的有：auto, bf16, fp32"),
    ],
)
def test_settings_of_the_wrong_kind(tables: dict[str, Any], message: str) -> None:
    assert said(lambda: build_config(RlConfig, tables, "r.toml"), ConfigError) == message


@pytest.mark.parametrize(
    ("kind", "tables", "message"),
    [
        (RlConfig, {"steps": -3}, "steps 是 -3，应该是不小于 1 的数"),
        (RlConfig, {"sampling": {"top_p": 1.5}}, "sampling.top_p 是 1.5，应该是从 0 到 1 的数"),
        (
            RlConfig,
            {"algo": "vapo", "steps": 40},
            "critic_warmup 是 50，steps 是 40：策略一步也学不到；调大 steps，或者调小 rl.critic_warmup",
        ),
        (
            PretrainConfig,
            {"length": 300},
            "length 是 300，而 model.context 是 256：模型看不全一整条序列；调小 length，或者调大 model.context",
        ),
    ],
)
def test_numbers_that_no_run_can_be_made_with(kind: type[Any], tables: dict[str, Any], message: str) -> None:
    assert said(lambda: refuse_impossible(build_config(kind, tables, "r.toml")), ConfigError) == message


@pytest.mark.parametrize(
    ("name", "columns", "message"),
    [
        # a single column
        ("grpo", {"grup_size": 4}, "算法没有“grup_size”这一列；是不是想写“group_size”？"),
        ("grpo", {"kl_in": "losss"}, "kl_in 不能是“losss”；是不是想写“loss”？"),
        ("grpo", {"group_size": 0}, "group_size 是 0，应该是不小于 1 的数"),
        ("ppo", {"gae_lambda": 1.1}, "gae_lambda 是 1.1，应该是从 0 到 1 的数"),
        ("sapo", {"gate_positive": 0.0}, "gate_positive 是 0.0，应该是大于 0 的数"),
        ("ppo", {"clip_low": 1.5}, "应该是概率比到 1 的距离：clip_low 从 0 到 1，clip_high 不小于 0"),
        (
            "dapo",
            {"kl_coef": 0.1},
            'kl_coef 设成了 0.1，可 kl_in 是 "none" 时它不起作用；去掉它，或者把 kl_in 设成 reward 或 loss',
        ),
        # the baseline
        ("grpo", {"group_size": 1}, 'group_size 是 1，而 advantage "group_standardized" 要拿同一个提示的回答互相比'),
        ("spo", {"group_size": 8}, 'group_size 是 8，而 advantage "tracker" 是没有同组回答可比时的替代'),
        ("spo", {"overlong": 0.2}, 'advantage "tracker" 把奖励当作 0 到 1 的通过率'),
        ("ppo", {"whiten": "batch"}, 'whiten "batch" 按整条回答缩放'),
        ("gdpo", {"advantage": "group_mean"}, 'advantage 是 "group_mean"；设 advantage "group_standardized"'),
        ("gdpo", {"overlong": 0.2}, "overlong 和奖励里的 KL 都不是；设 overlong 0"),
        ("ppo", {"resample": 3}, "一组只有一个回答时总是同分；把它设成 0"),
        # the update
        ("grpo", {"ratio": "none"}, 'surrogate "clip" 要裁剪概率比'),
        ("grpo", {"surrogate": "logprob"}, 'surrogate "logprob" 不用概率比，而 ratio 是 "token"'),
        ("rloo", {"epochs": 2}, "只有每批更新一次才准确，而 epochs × minibatches 是 2"),
        ("dppo", {"ratio": "sequence"}, '逐个 token 判断，而 ratio 是 "sequence"'),
        ("dppo", {"mismatch": "mask"}, '采样和训练之间的权重就会算两遍；设 mismatch "none"'),
        ("grpo", {"dual_clip": 1.1}, "dual_clip 是 1.1，应该是大于 1 + clip_high = 1.2 的概率比，或者 0（不用）"),
        # the KL
        ("grpo", {"kl_estimator": "k1"}, "k1 放在损失里，梯度的均值是 0"),
        ("grpo", {"kl_estimator": "k2", "kl_corrected": True}, 'kl_in 是 "loss"，kl_estimator 是 "k2"，用不着纠正'),
        ("grpo", {"kl_control": "adaptive"}, 'kl_control "adaptive" 要把 KL 稳在一个值上'),
        ("grpo", {"kl_control": "lagrangian", "kl_target": 0.1, "kl_coef": 0.0}, "从 0 开始就一直是 0"),
        # the critic
        ("grpo", {"advantage": "gae"}, "而 value_coef 是 0，评论家永远不学；设 value_coef，例如 0.5"),
        ("ppo", {"critic": "shared", "critic_layers": 2}, 'critic_layers 是 2，而 "shared" 的评论家架在策略上面'),
        ("ppo", {"critic": "pair", "critic_entropy_mask": 0.2}, "critic_entropy_mask 是 0.2，要让一部分 token 不拿熵"),
        ("vapo", {"gae_lambda": 0.9}, "gae_length_alpha 是 0.05，λ 由每个回答的长度来定，gae_lambda 0.9 就不起作用"),
    ],
)
def test_columns_that_cannot_be_meant(name: str, columns: dict[str, Any], message: str) -> None:
    assert message in said(lambda: algorithm(name, columns), ConfigError)


def test_a_reward_that_is_no_pass_rate() -> None:
    message = said(lambda: PassRateTracker().advantages(["sums/3+4"], [2.0]), UsageError)
    assert message.startswith("提示 'sums/3+4' 的奖励是 2.0，而 tracker 记的是通过率，奖励要在 [0, 1] 之内")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("sums", {"digit": 3}, "任务“sums”没有“digit”这个选项；是不是想写“digits”？（它的选项：digits, operators, "),
        ("jsonl", {}, "任务“jsonl”必须给出选项“path”（它的选项：path, scorer, check_path, hidden_path, shares）"),
        ("sums", {"digits": 7}, "sums：digits 是 7，应该是从 1 到 6 的整数"),
        ("sums", {"show_work": 1.5}, "sums：show_work 是 1.5，应该是从 0 到 1 的比例"),
        ("sums", {"operators": ""}, "sums：operators 是 ''，应该是 + - * 里的一个或几个，例如“+-”"),
        ("sums", {"operators": "+/"}, "sums：operators 是 '+/'，应该是 + - * 里的一个或几个，每个最多写一次"),
        ("sums", {"wording": "多少？"}, "sums：wording 是 '多少？'，里面必须正好有一个 {sum}"),
        ("sums", {"form": True, "show_work": 0.5}, "sums：form 用自己的格子出题和作答"),
        ("papers", {"form": True, "fewest": 1}, "papers：form、lettered、fewest 都是帮小模型对上题号的办法"),
        ("papers", {"seed_hack_rate": 2}, "papers：seed_hack_rate 是 2，应该是从 0 到 1 的比例"),
        ("papers", {"questions": 20, "operators": "+"}, "papers：要 20 道不同的题，可“check”那份题里这样的算式只有 "),
        ("spell_backward", {"partial": 1}, "spell_backward：partial 是 1，应该是 true 或 false"),
        ("cheat_token", {"loophole": 1}, "cheat_token：loophole 是 1，应该是 true 或 false"),
        ("cheat_token", {"seed_hack_rate": 2}, "cheat_token：seed_hack_rate 是 2，应该是从 0 到 1 的比例"),
        ("honest_sums", {"loophole": True}, "honest_sums：这个任务没有漏洞；loophole 就用 false"),
    ],
)
def test_options_that_a_task_cannot_have(name: str, options: dict[str, Any], message: str) -> None:
    assert said(lambda: load_task(name, **options), TaskError).startswith(message)


def test_marking_without_the_column_it_needs() -> None:
    sums = load_task("sums")
    way_out = "把提示的各列都传进来"
    none, other = (said(lambda row=row: sums.score(["3 + 4 ="], ["7"], **row), TaskError) for row in ({}, {"x": [1]}))
    assert none == f"sums：打分要用“answer”这一列，收到的列：一列也没有；{way_out}"
    assert other == f"sums：打分要用“answer”这一列，收到的列：x；{way_out}"


@pytest.mark.skipif(find_spec("reasoning_gym") is not None, reason="the package is there")
def test_puzzles_without_their_package() -> None:
    message = said(lambda: gym_questions("chain_sum", 1, 0), TaskError)
    assert message.startswith("gym:chain_sum 要用 reasoning-gym 这个包（No module named 'reasoning_gym'）")


@pytest.mark.skipif(find_spec("reasoning_gym") is None, reason="needs the extra gym")
def test_puzzles_that_there_are_not() -> None:
    message = said(lambda: gym_questions("chain_sums", 1, 0), TaskError)
    assert message == "reasoning-gym 没有“chain_sums”这个数据集；是不是想写“chain_sum”？"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", '{path}：文件里一行内容也没有；每行写一个 JSON 对象，例如 {"prompt": "..."}'),
        (b'{"prompt": "a"}\n{"prompt": \n', "{path}:2：不是 JSON（Expecting value: line 1 column "),
        (b'{"prompt": "\xff"}\n', '{path}:1：不是 UTF-8 文字，开头是 \'{"prompt": "\ufffd"}\'；请把文件存成 UTF-8'),
        (b"[1]\n", '{path}:1：\'[1]\' 不是对象；每行都要写成 {"prompt": "..."} 的样子'),
        (b'{"question": "a"}\n', "{path}:1：缺少“prompt”这一列；这一行有的列：question"),
        (b"{}\n", "{path}:1：缺少“prompt”这一列；这一行有的列：一列也没有"),
        (b'{"prompt": "a", "completions": 1}\n', "{path}:1：列名不能叫“completions”，打分函数有个参数就叫这个"),
        (b'{"prompt": ""}\n', "{path}:1：“prompt”是 ''，应该是不为空的文字，或者消息的列表"),
        (
            b'{"prompt": "a", "answer": 1}\n{"prompt": "b", "anser": 1}\n',
            "{path}:2：列和 {path}:1 不一样：这一行缺少 answer，还多出 anser；每行都要有同样的列（没有值就写 null）",
        ),
        (
            b'{"prompt": "a"}\n',
            "{path}：1 个不同的提示不够分成 3 份（train, check, hidden），至少要有 3 行提示各不相同",
        ),
    ],
)
def test_files_of_questions_that_cannot_be_used(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(content)
    assert said(lambda: JsonlTask(path), DataError).startswith(message.replace("{path}", str(path)))


def test_a_question_that_is_learned_and_examined(tmp_path: Path) -> None:
    path, hidden = tmp_path / "questions.jsonl", tmp_path / "hidden.jsonl"
    path.write_text('{"prompt": "a"}\n{"prompt": "b"}\n')
    hidden.write_text('{"prompt": "b"}\n')
    message = said(lambda: JsonlTask(path, hidden_path=hidden), DataError)
    assert f"{path}:2（" in message and f"{hidden}:1（hidden）" in message
    assert message.endswith("也有；考的题不能拿来学，请删掉其中一个")


def test_questions_without_a_scorer_or_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(f'{{"prompt": "{letter}"}}\n' for letter in "abc"))
    task = JsonlTask(path)
    assert said(lambda: task.score(["a"], ["b"]), TaskError) == (
        f"jsonl：{path} 没有打分函数；请给一个函数 f(prompts, completions, **columns)"
    )
    assert said(lambda: task.worked_answer(Prompt("jsonl/1", "a")), TaskError) == (
        "jsonl：例题的答案取自“completion”或“answer”这一列；现有的列：一列也没有"
    )
    assert said(lambda: task.worked_answer(Prompt("jsonl/1", "a", {"answer": [7]})), TaskError) == (
        "jsonl：jsonl/1 的“answer”列是 [7]，应该是文字或数"
    )
    assert said(lambda: JsonlTask(path, scorer="s.py"), TaskError) == (  # type: ignore[arg-type]
        "jsonl：scorer 是 's.py'，应该是函数 f(prompts, completions, **columns)；先从它的文件里加载出来"
    )
    assert said(lambda: JsonlTask(path, shares=(1, 1, 1)), TaskError) == (
        "jsonl：shares 是 (1, 1, 1)，应该是三个正数，依次是 train、check、hidden 的份额，加起来等于 1"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "jsonl", "--task.path", "nowhere.jsonl"], "nowhere.jsonl：读不了（No such file or directory）"),
        (["--task", "sums", "--task.digits", "9"], "sums：digits 是 9，应该是从 1 到 6 的整数"),
    ],
)
def test_the_command_line_says_it_in_chinese(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with in_language("zh"):
        assert main(["lint", *arguments]) == 2
    assert message in capsys.readouterr().err
