"""What a run would cost: literal sums on a model small enough to count by hand, and the page that tells them."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from homeschool import cost
from homeschool.cli import main
from homeschool.config import (
    AdamConfig,
    AlgorithmColumns,
    CheckConfig,
    ExamConfig,
    GuardConfig,
    OptimConfig,
    PretrainConfig,
    RewardModelConfig,
    RlConfig,
    SftConfig,
    StopConfig,
    TaskConfig,
)
from homeschool.cost import (
    Memory,
    Operations,
    Plan,
    Work,
    Writing,
    memory,
    operations,
    plan_rl,
    require_memory,
    way_out,
)
from homeschool.errors import ConfigError, ModelError
from homeschool.explain import build_plan, duration, explain
from homeschool.messages.sentence import in_language, width
from homeschool.models.decoder import Decoder, DecoderConfig
from homeschool.models.layout import Layout, PackedAttention
from homeschool.models.load import Policy, new_decoder
from homeschool.probe import Rates, measure_rates
from homeschool.stages.pretrain import pretrain
from homeschool.stages.rl import rl
from homeschool.stages.sft import sft
from homeschool.tasks import load_task
from homeschool.text import ByteTokenizer
from homeschool.train.learner import build_learner, rl_learner
from homeschool.types import Sampling

CPU = torch.device("cpu")
# Parameters: embedding 800; a layer 192 in attention, 384 in the MLP, 16 in norms; last norm 8; 1,992 in all.
SMALL = DecoderConfig(
    vocab_size=100, hidden_size=8, num_layers=2, num_heads=2, num_key_heads=1, head_dim=4, mlp_size=16
)
WORK = Work(tokens=1000, trained=800, longest=50, context=20)
PLAN = Plan(SMALL, torch.float32, CPU, OptimConfig(micro_tokens=200), steps=10, work=WORK)


@pytest.fixture(autouse=True)
def _short_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeschool.probe.SECONDS", 0.0)
    monkeypatch.setattr("homeschool.probe.TRIAL", 0.001)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model that reads bytes."""
    tokenizer = ByteTokenizer()
    shape = replace(SMALL, vocab_size=tokenizer.vocab_size, max_positions=256)
    Policy(new_decoder(shape, 0), tokenizer, "small").save(tmp_path / "model")
    return tmp_path / "model"


def rl_config(**changes: object) -> RlConfig:
    return replace(
        RlConfig(
            algo="ppo",
            rl=AlgorithmColumns(group_size=4),
            steps=10,
            prompts=6,
            sampling=Sampling(max_tokens=5),
            exam=ExamConfig(items=20),
        ),
        **changes,  # type: ignore[arg-type]
    )


def plan_of(config: RlConfig, dtype: torch.dtype = torch.float32) -> Plan:
    return plan_rl(config, SMALL, dtype, CPU, ByteTokenizer(), load_task("sums", digits=2, operators="+"))


def test_what_is_kept_in_fp32() -> None:
    assert memory(PLAN).kept == {
        "weights (fp32)": 7968,
        "gradients (fp32)": 7968,
        "Adam's two moments (fp32)": 15936,
    }


def test_bf16_keeps_masters_and_a_copy_for_writing() -> None:
    kept = memory(replace(PLAN, dtype=torch.bfloat16, sampling=Sampling())).kept
    assert kept["weights (bf16)"] == 3984
    assert kept["master weights (fp32)"] == 7968
    assert kept["copy of the weights for writing"] == 3904  # two layers of 576 and a head of 800, two bytes each


def test_the_critic_and_the_reference_count_only_where_there_is_one() -> None:
    with_both = memory(plan_of(rl_config())).kept
    assert with_both["critic: all of the above once more"] == 2001 * 16  # a value head of 8 weights and a bias
    assert with_both["frozen reference"] == 7968
    with_none = memory(plan_of(rl_config(algo="grpo", rl=AlgorithmColumns(group_size=4, kl_coef=0.0)))).kept
    assert with_none.keys() == memory(PLAN).kept.keys()


def guarded(**columns: float | str) -> RlConfig:
    chosen = AlgorithmColumns(group_size=4, **columns)  # type: ignore[arg-type]
    return rl_config(algo="audited", rl=chosen, guard=GuardConfig(mode="audited", gold="task"))


def test_a_guard_keeps_an_eighth_of_the_layers_and_not_the_whole_model() -> None:
    """The embedding, one layer of 592 and the last norm: 1,400 of 1,992 numbers, four bytes each; as it is made."""
    name = "guard: copy of the first layers (1)"
    kept = memory(plan_of(guarded())).kept
    assert kept[name] == 1400 * 4
    assert "frozen reference" not in kept
    learner = rl_learner(Policy(new_decoder(SMALL, 0), ByteTokenizer(), "small"), guarded())
    assert learner.reference is None and learner.reader is not None
    assert kept[name] == sum(parameter.numel() * 4 for parameter in learner.reader.parameters())
    deep = memory(replace(plan_of(guarded()), shape=replace(SMALL, num_layers=24, tied=False), dtype=torch.bfloat16))
    assert deep.kept["guard: copy of the first layers (3)"] == (800 + 3 * 592 + 8) * 2, "no head of its own"


def test_a_guard_reads_with_the_reference_where_that_reads_every_answer() -> None:
    """Not with an exact KL, which reads it later; then there are both, as where only the distance is measured."""
    charged = memory(plan_of(guarded(kl_coef=0.1, kl_in="reward"))).kept
    assert charged["frozen reference"] == 7968
    assert not [name for name in charged if name.startswith("guard")]
    for config in (
        guarded(kl_coef=0.1, kl_in="reward", kl_estimator="exact"),
        replace(guarded(), stop=StopConfig(kl=0.1)),
    ):
        kept = memory(plan_of(config)).kept
        assert (kept["frozen reference"], kept["guard: copy of the first layers (1)"]) == (7968, 5600)
        learner = rl_learner(Policy(new_decoder(SMALL, 0), ByteTokenizer(), "small"), config)
        assert learner.reference is not None and learner.reader is not None
    proxy = replace(guarded(), guard=GuardConfig(mode="audited", gold="task", predictor="proxy"))
    assert memory(plan_of(proxy)).kept.keys() == memory(PLAN).kept.keys()


def test_what_learning_and_writing_hold() -> None:
    learning = memory(PLAN).phases["while learning"]
    assert learning["logits of its 160 trained tokens"] == 160 * 100 * 4
    assert learning["gradient of the head while it forms"] == 3200
    warm = memory(replace(PLAN, sampling=Sampling(temperature=0.7))).phases["while learning"]
    assert warm["logits of its 160 trained tokens"] == 2 * 160 * 100 * 4  # as computed, and divided
    exam = replace(PLAN, sampling=Sampling(), calls=((Writing(300, 2, 10, 5), 1),))
    writing = memory(exam).phases["while writing answers"]
    assert writing["keys and values of 256 answers"] == 256 * 5 * 64  # two of four numbers in each of two layers
    assert writing["keys and values of 256 prompts"] == 256 * 10 * 64
    assert writing["logits of one token of each answer"] == 256 * 100 * 16


def test_recomputed_activations_are_recomputed_in_the_critic_too() -> None:
    policy = Policy(new_decoder(SMALL, 0), ByteTokenizer(), "small")
    learner = build_learner(policy, OptimConfig(checkpointing=True), critic_optim=AdamConfig())
    assert policy.model.checkpointing and learner.critic and learner.critic.body.checkpointing


def test_phases_do_not_add_up() -> None:
    assert Memory({"weights": 100}, {"one": {"a": 5, "b": 6}, "other": {"c": 10}}).total == 111


def test_a_micro_batch_is_bounded_by_the_budget_the_minibatch_and_the_longest_sequence() -> None:
    def micro(tokens: int, **changes: object) -> int:
        return replace(PLAN, optim=OptimConfig(micro_tokens=tokens), **changes).micro_tokens  # type: ignore[arg-type]

    assert micro(200) == 200
    assert micro(5000) == 1000
    assert micro(10) == 50
    assert micro(5000, algo=replace(rl_config().algorithm, minibatches=4)) == 250


def saved_bytes(model: Decoder, layout: Layout) -> int:
    """Bytes that autograd keeps for the backward of a forward, weights left out."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(torch.zeros(layout.total_tokens, dtype=torch.long), layout.positions(), PackedAttention(layout, CPU))
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in kept}
    return sum(size for place, size in storages.items() if place not in weights)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("num_key_heads", [1, 4])
def test_activations_are_those_that_autograd_keeps(dtype: torch.dtype, checkpointing: bool, num_key_heads: int) -> None:
    """Within a quarter, for the layers alone: the third and fourth layer of four against two."""
    shape = DecoderConfig(64, 64, 2, 4, num_key_heads, 16, 160)
    layout = Layout((7, 9), (20, 20, 20, 17), (0, 0, 0, 1))

    def kept(layers: int) -> int:
        model = Decoder(replace(shape, num_layers=layers)).to(dtype)
        model.checkpointing = checkpointing
        return saved_bytes(model, layout)

    def estimate(layers: int) -> int:
        plan = replace(PLAN, shape=replace(shape, num_layers=layers), dtype=dtype)
        plan = replace(plan, optim=OptimConfig(micro_tokens=layout.total_tokens, checkpointing=checkpointing))
        learning = memory(plan).phases["while learning"]
        return next(size for name, size in learning.items() if name.startswith("activations"))

    assert estimate(4) - estimate(2) == pytest.approx(kept(4) - kept(2), rel=0.25)


def test_operations_of_reading_text() -> None:
    """A layer: 1000 tokens x (2 x 576 weights + 4 x 8 x 20 pairs) = 1,792,000 forward; the head: 800 x 2 x 800."""
    done = operations(PLAN)
    assert done.learning == 10 * 3 * 2 * 1_792_000
    assert done.learning_head == 10 * 3 * 1_280_000
    assert (done.reading, done.writing, done.updates) == (0, 0, 10 * 1992)
    recomputed = operations(replace(PLAN, optim=OptimConfig(checkpointing=True)))
    assert recomputed.learning == 10 * 4 * 2 * 1_792_000


def test_operations_of_ppo() -> None:
    """Two models, four epochs; before them one pass of the reference, and where the sampler is not exact one of the
    policy. The critic's pass is the first half of its first update."""
    plan = plan_of(rl_config(readiness=False))
    once = cost.layer_operations(SMALL, plan.work.tokens, plan.work.context) * 2
    written = cost.layer_operations(SMALL, 10 * 24 * 5 + 2 * 20 * 5, plan.work.context) * 2
    done = operations(plan)
    assert done.learning == pytest.approx(10 * 4 * 2 * 3 * once)
    assert 10 * once < done.reading < 10 * once + written * 5
    rounded = operations(plan_of(rl_config(readiness=False), torch.bfloat16))
    assert rounded.reading == pytest.approx(done.reading + 10 * once)
    assert done.writing == pytest.approx(written)
    assert done.updates == 10 * 4 * 2 * 1992


def test_what_is_written_in_exams() -> None:
    config = rl_config(steps=10, check=CheckConfig(every=4, items=7))
    exams = plan_of(config).calls[1:]
    assert [(call.prompts, call.group_size, times) for call, times in exams] == [(48, 8, 1), (20, 1, 2), (7, 1, 3)]
    assert cost.exam_answers(config) == 48 * 8 + 2 * 20 + 3 * 7
    assert cost.exam_answers(replace(config, readiness=False, exam=ExamConfig(items=20, samples=3))) == 3 * (40 + 21)


@pytest.mark.parametrize(("prompts", "group_size", "rows"), [(4, 8, 32), (400, 1, 256), (2, 300, 300)])
def test_answers_side_by_side(prompts: int, group_size: int, rows: int) -> None:
    assert Writing(prompts, group_size, 10, 10).rows == rows


def test_too_little_memory_is_refused_with_the_numbers_and_a_way_out_that_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = replace(PLAN, work=replace(WORK, tokens=100_000, trained=100_000), optim=OptimConfig(micro_tokens=65536))
    needed = memory(plan).total - 7968
    monkeypatch.setattr(cost.room, "available", lambda _: needed // 8)
    with pytest.raises(ConfigError, match="too little memory") as refused:
        require_memory(plan)
    message = str(refused.value)
    assert cost.size(needed) in message and cost.size(needed // 8) in message
    assert "It fits with --optim.micro_tokens 4096, and the results stay the same" in message
    require_memory(replace(plan, optim=OptimConfig(micro_tokens=4096)))
    with pytest.raises(ConfigError):
        require_memory(replace(plan, optim=OptimConfig(micro_tokens=8192)))


def test_enough_memory_and_memory_that_is_not_known_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost.room, "available", lambda _: memory(PLAN).total)
    require_memory(PLAN)
    monkeypatch.setattr(cost.room, "available", lambda _: None)
    require_memory(PLAN)


def test_the_way_out_where_no_setting_of_the_micro_batch_helps() -> None:
    assert "take a smaller model or a larger machine" in way_out(PLAN, 100)
    assert "algorithms without a critic" in way_out(plan_of(rl_config()), 100)
    long = replace(PLAN, work=Work(10**6, 10**6, 10**6, 10**5))
    assert "lower the length of the sequences" in way_out(long, 10**6)
    deep = replace(PLAN, shape=replace(SMALL, num_layers=50), optim=OptimConfig(micro_tokens=256))
    room = memory(replace(deep, optim=replace(deep.optim, checkpointing=True))).total
    assert "It fits with --optim.checkpointing, and" in way_out(deep, room)


def test_stages_refuse_before_they_leave_anything_behind(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost.room, "available", lambda _: 1000)
    out, task = str(tmp_path / "run"), TaskConfig("sums", digits=2)
    with pytest.raises(ConfigError, match="too little memory"):
        pretrain(PretrainConfig(out=out))
    with pytest.raises(ConfigError, match="too little memory"):
        sft(SftConfig(out=out, policy=str(folder), task=task))
    with pytest.raises(ConfigError, match="too little memory"):
        rl(RlConfig(out=out, policy=str(folder), task=task))
    assert not (tmp_path / "run").exists()


def test_time_is_work_over_rate() -> None:
    work = Operations(100, 20, 30, 40, 50, 60, 7)
    assert Rates(10, 2, 3, 4, 5, 6, 1).seconds(work) == 67
    assert work.total == 300


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_kind_of_work_is_tried(dtype: torch.dtype) -> None:
    for plan in (PLAN, plan_of(rl_config(prompts=2), dtype)):
        assert all(0 < rate < 1e15 for rate in vars(measure_rates(plan)).values())


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0.5 s"), (45, "45 s"), (200, "3 min"), (5000, "83 min"), (12600, "3.5 h")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def numbers(page: str) -> dict[str, str]:
    """``{"steps": "10", ...}`` from the lines of the part on work."""
    lines: Iterator[str] = (line for line in page.splitlines() if line.startswith("  ") and line[22:38].strip())
    return {line[2:22].strip(): line[22:38].strip() for line in lines}


def test_the_page_of_pretrain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = explain("pretrain", PretrainConfig(steps=50, rows=4, length=100))
    assert "steps = 50  # set" in page and "rows = 4  # set" in page and "length = 100  # set" in page
    assert page.count("# set") == 4  # with the title, which says what it means
    found = numbers(page)
    assert (found["steps"], found["weight updates"], found["sequences"]) == ("50", "50", "200")
    assert (found["tokens read"], found["tokens trained"]) == ("20,200", "20,000")
    assert "parameters" in page and "it fits" in page and "an estimate" in page
    assert list(tmp_path.iterdir()) == []


def test_the_page_of_rl_shows_the_row_and_what_was_set_by_hand(folder: Path) -> None:
    page = explain("rl", rl_config(policy=str(folder), task=TaskConfig("sums", digits=2)))
    assert "algorithm ppo: Schulman et al. 2017" in page
    assert "group_size 4 set by hand; published: 1" in " ".join(page.split())
    assert "\n  epochs            4\n" in page
    assert "divergence" not in page  # a column that this row does not read
    found = numbers(page)
    assert (found["weight updates"], found["prompts"], found["completions"]) == ("40", "60", "240")
    assert (found["tokens sampled"], found["tokens trained"]) == ("1,200", "4,800")
    assert found["answers in exams"] == "424"
    assert "critic: all of the above once more" in page and "while writing answers" in page


def test_without_a_model_the_page_says_what_is_missing() -> None:
    page = explain("rl", RlConfig())
    assert "name one with --policy FOLDER" in page
    assert "tokens sampled" in page and "memory, estimated" not in page


def test_a_run_that_does_not_fit_is_told_the_way_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeschool.explain.available", lambda _: 10_000)
    page = explain("sft", SftConfig(policy=str(folder), task=TaskConfig("sums", digits=2)))
    assert "it does NOT fit. What is kept all the time is too much already" in page


@pytest.mark.parametrize(("load", "is_told"), [(0.3, False), (5.0, True)])
def test_a_busy_machine_is_told(load: float, is_told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("homeschool.explain.usable_cores", lambda: 2)
    page = explain("pretrain", PretrainConfig())
    assert ("keep this machine busy (load 5.0 on 2 core(s))" in page) is is_told


def test_what_the_run_would_refuse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match='no model "no/such/model"'):
        explain("sft", SftConfig(policy="no/such/model"))
    with pytest.raises(ConfigError, match="steps is 0"):
        explain("pretrain", PretrainConfig(steps=0))


def test_a_model_of_another_family_is_named(folder: Path) -> None:
    settings = (folder / "config.json").read_text(encoding="utf-8")
    (folder / "config.json").write_text(settings.replace('"llama"', '"gpt2"'), encoding="utf-8")
    assert build_plan(SftConfig(policy=str(folder))) == (
        'models of type "gpt2" run through transformers: no estimate of memory and time'
    )


def test_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "rl", "algo=grpo", "rl.group_size=6"]) == 0
    printed = capsys.readouterr().out
    assert "group_size 6 set by hand; published: 64" in " ".join(printed.split())


def test_memory_of_each_kind_of_critic() -> None:
    """1992 weights in two layers: an embedding of 100 x 8, twice 592 and a last norm of 8; with a head of 9 on top."""

    def kept(**columns: Any) -> dict[str, int]:
        chosen = AlgorithmColumns(group_size=4, kl_coef=0.0, **columns)
        with_critic = memory(plan_of(rl_config(rl=chosen))).kept
        return {name: count for name, count in with_critic.items() if name not in memory(PLAN).kept}

    assert kept() == {"critic: all of the above once more": 2001 * 16}
    assert kept(critic="shared") == {"critic: a head on the policy": 9 * 16}
    assert kept(critic_layers=1) == {"critic of 1 layers: weights, gradients, moments": (2001 - 592) * 16}
    pair = kept(critic="pair", critic_layers=1)
    assert pair == {"two critics: weights, gradients, moments": 2 * (2001 - 592) * 16}


def test_a_critic_from_a_reward_model_is_as_large_as_that_model(folder: Path) -> None:
    """Twice as wide as the policy and one layer deep: an embedding of 100 x 16, 384 weights in attention, 768 in the
    MLP, 48 in norms; 2,800 in all, and a head of 17 on top."""
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    wide = settings | {"hidden_size": 16, "num_hidden_layers": 1, "vocab_size": 100}
    (folder / "config.json").write_text(json.dumps(wide), encoding="utf-8")
    plan = plan_of(rl_config(critic_from=str(folder)))
    kept = memory(plan).kept
    assert kept["critic as large as its reward model: the same"] == 2817 * 16
    pair = memory(plan_of(rl_config(critic_from=str(folder), rl=AlgorithmColumns(critic="pair")))).kept
    assert pair["two critics: weights, gradients, moments"] == 2 * 2817 * 16
    # As many weights in its products as two layers of the policy, and half as much attention: 32 operations less for
    # each of 13.5 tokens looked back on, over 186 tokens in three passes, four epochs and ten steps.
    saved = operations(plan_of(rl_config())).learning - operations(plan).learning
    assert saved == pytest.approx(32 * 13.5 * 186 * 3 * 4 * 10)
    assert plan_of(rl_config(algo="grpo", critic_from=str(folder))).critic_shape is None
    with pytest.raises(ModelError):
        plan_of(rl_config(critic_from=str(folder / "nowhere")))


def test_operations_of_each_kind_of_critic() -> None:
    """In passes of the policy's layers over the batch, three for one epoch; the sampled tokens cost the same."""

    def passes(micro_tokens: int = 10**6, **columns: Any) -> float:
        chosen = AlgorithmColumns(**{"group_size": 4, "kl_coef": 0.0, "epochs": 1, **columns})
        config = rl_config(rl=chosen, readiness=False, optim=OptimConfig(micro_tokens=micro_tokens))
        plan = plan_of(config)
        once = cost.layer_operations(SMALL, plan.work.tokens, plan.work.context) * 2 * config.steps
        without = replace(plan, algo=replace(config.algorithm, advantage="reward", critic="shared"))
        done, base = operations(plan), operations(without)
        return round((done.learning + done.reading - base.learning - base.reading) / once, 3)

    assert passes() == 3
    assert passes(critic_layers=1) == 1.5
    assert passes(critic="shared") == 0
    assert passes(critic="pair", critic_layers=1) == 1.5 + 0.5
    assert passes(minibatches=2) == 4
    assert 0 < passes(micro_tokens=64, critic="shared") < 1
    assert 3 < passes(micro_tokens=64) < 4


def test_the_page_speaks_chinese_in_columns(folder: Path) -> None:
    """Numbers end in the columns where they end in English, though a Chinese character takes two."""
    config = rl_config(policy=str(folder), task=TaskConfig("sums", digits=2))
    with in_language("zh"):
        page = explain("rl", config)
        pairs = explain("reward-model", RewardModelConfig(policy=str(folder), task=TaskConfig("sums", digits=2)))
    settings, said = page[: page.index("\n算法")], page[page.index("\n算法") :]
    assert "# set" in settings and "手工改的，原来是 1" in said
    amounts = [
        line
        for line in (said + pairs).splitlines()
        if re.match(r"  (步数|题目|回答|参与训练的 token|成对的回答) ", line)
    ]
    assert len(amounts) == 6
    assert {width(re.match(r"  .*? +[\d,]+", line)[0]) for line in amounts} == {38}  # type: ignore[index]
    held = [line for line in (said + pairs).splitlines() if re.search(r"\d [KMG]iB$", line)]
    assert len(held) > 20 and {width(line) for line in held} == {64}
    assert "评论家：以上各项再来一份" in said and "放得下" in said and "时间（估计）" in said
    words = re.findall(r"[A-Za-z]{4,}", said[said.index("每一步，") :])
    assert set(words) <= {"token", "Python", "torch", "Adam", "logits", "GFLOP", "threads"}


def test_a_long_column_does_not_run_into_its_value() -> None:
    page = explain("rl", RlConfig(algo="ppo", rl=AlgorithmColumns(critic="pair", critic_layers=1)))
    assert "\n  critic_entropy_mask 0.0\n" in page and "\n  epochs              4\n" in page


def test_what_does_not_fit_and_other_families_in_chinese(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeschool.explain.available", lambda _: 10_000)
    with in_language("zh"):
        page = explain("sft", SftConfig(policy=str(folder), task=TaskConfig("sums", digits=2)))
        assert "放不下！光是一直占着的就太多了" in page
        assert "用 --policy FOLDER 指定一个" in explain("rl", RlConfig())
        assert [duration(seconds) for seconds in (0.5, 45, 200, 12600)] == ["0.5 秒", "45 秒", "3 分钟", "3.5 小时"]
        notes = explain("rl", RlConfig(algo="dapo", prompts=8))
    assert "注意：minibatches 是 16，可一步只有 8 道题" in notes
