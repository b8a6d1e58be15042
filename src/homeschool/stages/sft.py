"""Supervised fine-tuning, worked examples: question and answer are shown, and the answer trains."""

from collections.abc import Callable
from pathlib import Path

from homeschool import data
from homeschool.config import SftConfig
from homeschool.cost import plan_text, require_memory
from homeschool.messages import school as say
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, load_policy
from homeschool.rewards.marker import Marker
from homeschool.stages.exams import ExamRoom, check_exam
from homeschool.stages.finishing import StageResult, finish
from homeschool.stages.starting import begin, build_engine, build_task, required
from homeschool.text import Tokenizer
from homeschool.track.tracking import observed_run
from homeschool.train.batch import text_batch
from homeschool.train.learner import build_learner
from homeschool.train.loop import Loop, Reporter
from homeschool.train.update import update_on_text
from homeschool.types import Task


def sft(
    config: SftConfig, reporter: Reporter | None = None, *, policy: Policy | None = None, task: Task | None = None
) -> StageResult:
    """Imitate worked examples: question and answer are shown, the answer trains.

    ``policy`` and ``task`` stand in for what ``config`` names; the policy is trained in place.
    """
    started, reporter = begin(config, reporter)
    policy = policy or load_policy(required(config.policy, "sft"), config.dtype, config.device)
    task = None if config.data else task or build_task(config.task)
    shape = policy.model.config
    rows = sft_rows(config, policy.tokenizer, shape.max_positions, task)
    if isinstance(shape, DecoderConfig):  # what transformers needs for the others is not known
        require_memory(plan_text(config, shape, policy.model.dtype, policy.model.device, rows))
    with observed_run(config, "sft", reporter) as folder:
        learner = build_learner(policy, config.optim)

        def step(number: int) -> dict[str, float]:
            return update_on_text(learner, text_batch(rows(number)), number, config.steps)

        check = _check(config, policy, task) if task and config.check.every else None
        every, enough = config.check.every, config.check.stop_at
        loop = Loop(folder, learner, config.steps, config.keep, reporter, step, check, every, enough)
        loop.started = started
        loop.restore()
        reporter.start("sft", config.steps, say.WHY_SFT())
        loop.run()
        reporter.end()
        return finish(folder, config, policy, started)


def sft_rows(config: SftConfig, tokenizer: Tokenizer, context: int, task: Task | None) -> data.Rows:
    """The rows of each step of fine-tuning: worked examples of the task, or dialogues of a file where there is none."""
    if task:
        return data.worked_examples(task, tokenizer, config.rows, config.seed)
    return data.dialogue_rows(Path(config.data), tokenizer, config.rows, config.seed, context)


def _check(config: SftConfig, policy: Policy, task: Task) -> Callable[[int], float]:
    """The check exam of fine-tuning, which has no engine of its own: it gets the newest weights first."""
    engine = build_engine(policy)
    take = check_exam(config, ExamRoom(task, engine, Marker(task.score)), 0)

    def take_with_newest_weights(done: int) -> float:
        engine.load_weights(policy, policy.version)
        return take(done)

    return take_with_newest_weights
