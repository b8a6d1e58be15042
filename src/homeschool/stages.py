"""The stages of a school: pre-training, fine-tuning and exams, each from its configuration to a finished run folder."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from homeschool import __version__, data
from homeschool.algos.table import changed_columns
from homeschool.config import (
    EvalConfig,
    ModelConfig,
    PretrainConfig,
    RlConfig,
    RunConfig,
    SftConfig,
    TaskConfig,
    refuse_impossible,
)
from homeschool.cost import plan_rl, plan_text, require_memory
from homeschool.errors import ConfigError, TaskError
from homeschool.exam import ExamResult, load_exam, take_exam
from homeschool.models.decoder import Decoder, DecoderConfig
from homeschool.models.foreign import ForeignModel
from homeschool.models.load import Policy, choose_dtype, load_policy, new_decoder
from homeschool.readiness import READINESS_PROMPTS, measure_readiness, require_readiness
from homeschool.resources import peak_bytes, reset_peak
from homeschool.rewards.marker import Marker
from homeschool.rewards.scorers import AnyScorer, load_scorer
from homeschool.rollout.collect import Engine
from homeschool.rollout.hf_engine import HFEngine
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.stats import Interval, detectable_effect, difference_sd, paired_difference
from homeschool.tasks import load_task
from homeschool.tasks.jsonl import JsonlTask
from homeschool.tasks.sums import Sums
from homeschool.tasks.textbook import alphabet, documents
from homeschool.text import ByteTokenizer, CharTokenizer, Tokenizer
from homeschool.train.batch import TrainBatch, text_batch, trained_rollouts
from homeschool.train.learner import build_learner
from homeschool.train.loop import Loop, Reporter, Silent
from homeschool.train.rl import RlRun, rl_step
from homeschool.train.run_folder import RunFolder, open_run
from homeschool.train.update import update_on_text
from homeschool.types import RolloutGroup, Task


@dataclass(frozen=True)
class StageResult:
    """What a finished stage hands over."""

    folder: Path
    policy: Policy
    seconds: float
    peak_bytes: int
    before: ExamResult | None = None
    after: ExamResult | None = None

    @property
    def gain(self) -> Interval | None:
        """Hidden exam after minus before, paired by question."""
        if self.before is None or self.after is None:
            return None
        return paired_difference(self.before.scores, self.after.scores)


def pretrain(config: PretrainConfig, reporter: Reporter | None = None) -> StageResult:
    """Read the textbook: a new model learns to predict the next token of documents."""
    started, reporter = _begin(config, reporter)
    tokenizer = build_tokenizer(config)
    rows = pretrain_rows(config, tokenizer)
    model = new_model(config, tokenizer)
    require_memory(plan_text(config, model.config, model.dtype, model.device, rows))
    with open_run(config, "pretrain") as folder:
        policy = Policy(model, tokenizer, str(folder.path))
        learner = build_learner(policy, config.optim)

        def step(number: int) -> dict[str, float]:
            return update_on_text(learner, text_batch(rows(number)), number, config.steps)

        loop = Loop(folder, learner, config.steps, config.keep, reporter, step)
        loop.restore()
        reporter.start("pretrain", config.steps, "reading the textbook: predict the next character")
        loop.run()
        reporter.end()
        return _finish(folder, config, policy, started)


def sft(
    config: SftConfig, reporter: Reporter | None = None, *, policy: Policy | None = None, task: Task | None = None
) -> StageResult:
    """Imitate worked examples: question and answer are shown, the answer trains.

    ``policy`` and ``task`` stand in for what ``config`` names; the policy is trained in place.
    """
    started, reporter = _begin(config, reporter)
    policy = policy or load_policy(_required(config.policy, "sft"), config.dtype, config.device)
    task = None if config.data else task or build_task(config.task)
    shape = policy.model.config
    rows = sft_rows(config, policy.tokenizer, shape.max_positions, task)
    if isinstance(shape, DecoderConfig):  # what transformers needs for the others is not known
        require_memory(plan_text(config, shape, policy.model.dtype, policy.model.device, rows))
    with open_run(config, "sft") as folder:
        learner = build_learner(policy, config.optim)

        def step(number: int) -> dict[str, float]:
            return update_on_text(learner, text_batch(rows(number)), number, config.steps)

        check = _sft_check(config, policy, task) if task and config.check.every else None
        every, enough = config.check.every, config.check.stop_at
        loop = Loop(folder, learner, config.steps, config.keep, reporter, step, check, every, enough)
        loop.restore()
        reporter.start("sft", config.steps, "imitating worked examples: question and answer shown")
        loop.run()
        reporter.end()
        return _finish(folder, config, policy, started)


def rl(
    config: RlConfig,
    reporter: Reporter | None = None,
    *,
    policy: Policy | None = None,
    task: Task | None = None,
    scorer: AnyScorer | None = None,
) -> StageResult:
    """Exams: the policy answers, the scorer marks, what was better than expected becomes more likely.

    ``policy``, ``task`` and ``scorer`` stand in for what ``config`` names; the policy is trained in place.
    """
    algo = config.algorithm
    started, reporter = _begin(config, reporter)
    policy = policy or load_policy(_required(config.policy, "rl"), config.dtype, config.device)
    task = task or build_task(config.task, config.reward.scorer)
    shape = policy.model.config
    if isinstance(shape, DecoderConfig):
        require_memory(plan_rl(config, shape, policy.model.dtype, policy.model.device, policy.tokenizer, task))
    with (
        open_run(config, "rl") as folder,
        closing(build_marker(config, task, scorer)) as marker,
        closing(build_engine(policy)) as engine,
    ):
        if marker.scorer != task.score:
            reporter.note(str(marker.check(task.batch("train", 0, 2, config.seed))))
        before = _exam_before(config, folder, engine, marker, task, reporter)
        learner = build_learner(
            policy,
            config.optim,
            critic_optim=config.critic if algo.has_critic else None,
            with_reference=algo.needs_reference,
        )
        run = RlRun(learner, engine, marker, algo, config.sampling, config.seed, config.steps)

        def step(number: int) -> dict[str, float]:
            prompts = task.batch("train", number, config.prompts, config.seed)
            groups, batch, metrics = rl_step(run, prompts, number)
            for row in rollout_rows(number + 1, groups, batch, config.rollouts_kept):
                folder.append("rollouts", row)
            return metrics

        check = _check_exam(config, engine, marker, task, config.exam.samples) if config.check.every else None
        every, enough = config.check.every, config.check.stop_at
        loop = Loop(folder, learner, config.steps, config.keep, reporter, step, check, every, enough)
        if loop.restore():
            engine.load_weights(policy, policy.version)
        reporter.start(
            "rl", config.steps, f"exams with {algo.name}: {config.prompts} questions, {algo.group_size} answers each"
        )
        loop.run()
        reporter.end()
        after = _hidden_exam(config, engine, marker, task, "after")
        after.save(folder.path / "exams" / "after.jsonl")
        return _finish(folder, config, policy, started, before, after)


def evaluate(
    config: EvalConfig,
    *,
    policy: Policy | None = None,
    task: Task | None = None,
    scorer: AnyScorer | None = None,
) -> ExamResult:
    """One exam of one model, no learning. ``policy``, ``task`` and ``scorer`` stand in for what ``config`` names."""
    refuse_impossible(config)
    set_threads(config.threads)
    policy = policy or load_policy(_required(config.policy, "eval"), config.dtype, config.device)
    task = task or build_task(config.task, config.reward.scorer)
    questions = task.exam(config.split, config.items, config.seed)
    with closing(build_marker(config, task, scorer)) as marker, closing(build_engine(policy)) as engine:
        return take_exam(engine, marker, questions, config.sampling, samples=config.samples, seed=config.seed)


def build_engine(policy: Policy) -> Engine:
    """The engine that can run this policy."""
    return HFEngine(policy) if isinstance(policy.model, ForeignModel) else TorchEngine(policy)


def build_task(config: TaskConfig, scorer: str = "") -> Task:
    """The task by name; ``jsonl`` brings no marks of its own and needs the user's scorer."""
    options: dict[str, Any] = config.options()
    if config.name == "jsonl":
        options["scorer"] = load_scorer(scorer) if scorer else None
    return load_task(config.name, **options)


def build_marker(config: RlConfig | EvalConfig, task: Task, scorer: AnyScorer | None = None) -> Marker:
    """Who marks: the user's scorer where one is given (to the task, or in ``config``), else the task."""
    if scorer is None and isinstance(task, JsonlTask):
        scorer = task.scorer
    if scorer is None and config.reward.scorer:
        scorer = load_scorer(config.reward.scorer)
    if scorer is None and isinstance(task, JsonlTask):
        raise TaskError('task "jsonl" has no marks of its own; name a scorer: --reward.scorer file.py:function')
    return Marker(scorer or task.score, config.reward.timeout_s, config.reward.max_failures)


def build_tokenizer(config: PretrainConfig) -> Tokenizer:
    """A tokenizer that covers the corpus: the textbook's closed alphabet, a file's characters, or plain bytes."""
    if config.model.tokenizer == "byte":
        return ByteTokenizer()
    if config.corpus == "textbook":
        return CharTokenizer(alphabet())
    return CharTokenizer.train(data.read_documents(Path(config.corpus)))


def pretrain_rows(config: PretrainConfig, tokenizer: Tokenizer) -> data.Rows:
    """The rows of each pre-training step."""
    if config.corpus != "textbook":
        return data.corpus_rows(Path(config.corpus), tokenizer, config.rows, config.length, config.seed)
    sums = build_task(config.task)
    if not isinstance(sums, Sums):
        raise ConfigError(
            f'the textbook works sums, but task.name is "{config.task.name}"; use "sums" or another corpus'
        )

    def book(start: int):  # type: ignore[no-untyped-def]
        return documents(config.seed, start, data.DOCUMENTS_PER_ROW, sums, config.sums_share)

    return data.generated_rows(book, tokenizer, config.rows, config.length)


def sft_rows(config: SftConfig, tokenizer: Tokenizer, context: int, task: Task | None) -> data.Rows:
    """The rows of each step of fine-tuning: worked examples of the task, or dialogues of a file where there is none."""
    if task:
        return data.worked_examples(task, tokenizer, config.rows, config.seed)
    return data.dialogue_rows(Path(config.data), tokenizer, config.rows, config.seed, context)


def new_model(config: PretrainConfig, tokenizer: Tokenizer) -> Decoder:
    """A decoder with fresh weights, where and in the format that ``config`` asks for; auto is fp32."""
    model = new_decoder(decoder_shape(config.model, tokenizer.vocab_size), config.seed)
    return model.to(config.device, choose_dtype(config.dtype, {}, config.device))


def decoder_shape(model: ModelConfig, vocab_size: int) -> DecoderConfig:
    """The decoder that a ModelConfig describes."""
    if model.hidden_size % model.heads or (model.hidden_size // model.heads) % 2:
        raise ConfigError(
            f"model.hidden_size is {model.hidden_size} and model.heads {model.heads}; each head needs an even, "
            "whole width"
        )
    return DecoderConfig(
        vocab_size=vocab_size,
        hidden_size=model.hidden_size,
        num_layers=model.layers,
        num_heads=model.heads,
        num_key_heads=model.heads,
        head_dim=model.hidden_size // model.heads,
        mlp_size=model.mlp_size,
        max_positions=model.context,
    )


def rollout_rows(step: int, groups: Sequence[RolloutGroup], batch: TrainBatch, count: int) -> list[dict[str, Any]]:
    """An evenly spread sample of what was written, with what it earned."""
    assert batch.advantages is not None
    trained = [rollout for _, rollout in trained_rollouts(groups)]
    first = batch.advantages[torch.tensor(batch.starts[:-1])].tolist()
    stride = max(1, len(trained) // max(1, count))
    return [
        {
            "step": step,
            "prompt": rollout.prompt.id,
            "question": rollout.prompt.question,
            "completion": rollout.completion.text,
            "tokens": len(rollout.completion.tokens),
            "policy_version": rollout.completion.policy_version,
            "finish_reason": rollout.completion.finish_reason,
            "score": rollout.score,
            "reward": rollout.reward,
            "advantage": round(advantage, 6),
            "findings": list(rollout.findings),
        }
        for rollout, advantage in list(zip(trained, first, strict=True))[::stride][:count]
    ]


def _begin(config: RunConfig, reporter: Reporter | None) -> tuple[float, Reporter]:
    refuse_impossible(config)
    set_threads(config.threads)
    reset_peak()
    return time.perf_counter(), reporter or Silent()


def set_threads(threads: int) -> None:
    """Let torch use this many threads; 0 leaves its own choice."""
    if threads:
        torch.set_num_threads(threads)


def _required(policy: str, verb: str) -> str:
    if not policy:
        raise ConfigError(f"{verb} needs a model to start from: --policy FOLDER (a run folder or a model folder)")
    return policy


def _exam_before(
    config: RlConfig, folder: RunFolder, engine: Engine, marker: Marker, task: Task, reporter: Reporter
) -> ExamResult:
    """Readiness and the hidden exam of the untrained policy; taken once, kept for a resumed run."""
    path = folder.path / "exams" / "before.jsonl"
    if path.exists():
        return load_exam(path)
    if config.readiness:
        questions = task.exam("check", READINESS_PROMPTS, config.seed)
        readiness = measure_readiness(engine, marker, questions, config.sampling, config.seed)
        reporter.note(readiness.explain())
        folder.event("readiness", **vars(readiness))
        require_readiness(readiness)
    before = _hidden_exam(config, engine, marker, task, "before")
    before.save(path)
    return before


def _sft_check(config: SftConfig, policy: Policy, task: Task) -> Callable[[int], float]:
    """The check exam of fine-tuning, which has no engine of its own: it gets the newest weights first."""
    engine = build_engine(policy)
    take = _check_exam(config, engine, Marker(task.score), task, 0)

    def take_with_newest_weights(done: int) -> float:
        engine.load_weights(policy, policy.version)
        return take(done)

    return take_with_newest_weights


def _check_exam(
    config: SftConfig | RlConfig, engine: Engine, marker: Marker, task: Task, samples: int
) -> Callable[[int], float]:
    """The exam taken on the way: the mark after n steps, always on the same questions."""
    questions = task.exam("check", config.check.items, config.seed)

    def take(done: int) -> float:
        result = take_exam(engine, marker, questions, config.sampling, samples=samples, name=f"check {done}")
        return result.interval.estimate

    return take


def _hidden_exam(config: RlConfig, engine: Engine, marker: Marker, task: Task, name: str) -> ExamResult:
    questions = task.exam("hidden", config.exam.items, config.seed)
    if len(questions) < 2:
        raise TaskError(
            f"the hidden exam has {len(questions)} question(s), and a difference needs at least 2; exam.items is "
            f"{config.exam.items}: raise it, or give the task more items"
        )
    return take_exam(
        engine, marker, questions, config.sampling, samples=config.exam.samples, seed=config.seed, name=f"hidden {name}"
    )


def _finish(
    folder: RunFolder,
    config: RunConfig,
    policy: Policy,
    started: float,
    before: ExamResult | None = None,
    after: ExamResult | None = None,
) -> StageResult:
    """Write the summary of a finished run."""
    result = StageResult(folder.path, policy, time.perf_counter() - started, peak_bytes(), before, after)
    summary: dict[str, Any] = {
        "homeschool": __version__,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "dtype": str(policy.model.dtype).removeprefix("torch."),
        "parameters": policy.model.config.num_parameters,
        "seed": config.seed,
        "seconds": round(result.seconds, 1),
        "peak_mib": round(result.peak_bytes / 2**20),
    }
    if isinstance(config, RlConfig):
        summary |= {"algorithm": config.algo, "changed_columns": changed_columns(config.algorithm)}
    if before and after and result.gain:
        sd = difference_sd(before.scores, after.scores)
        summary |= {
            "items": len(after.items),
            "before": vars(before.interval),
            "after": vars(after.interval),
            "difference": vars(result.gain),
            "smallest_effect_this_exam_shows": detectable_effect(sd, len(after.items)),
            "unmarked": after.unmarked,
        }
    folder.write("summary.json", json.dumps(summary, indent=2) + "\n")
    folder.event("finished")
    return result
