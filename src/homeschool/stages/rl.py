"""Reinforcement learning, exams: no answers are given, only marks.

The stage from top to bottom: who marks, pays, answers and watches; the exam before; the steps, each of which chooses
prompts, has :func:`~homeschool.train.rl.rl_step` sample, mark, pay and update, and writes down what happened; the exam
after.
"""

from contextlib import closing

from homeschool.config import RlConfig
from homeschool.cost import plan_rl, require_memory, step_operations
from homeschool.messages import school as say
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, load_policy
from homeschool.rewards.rule_text import rule_text
from homeschool.stages import watch
from homeschool.stages.asking import build_notebook, draw_from
from homeschool.stages.exams import ExamRoom, check_exam, exam_after, exam_before, require_hidden_questions
from homeschool.stages.finishing import StageResult, finish
from homeschool.stages.guard import guard_of
from homeschool.stages.introduction import introduce
from homeschool.stages.keeping import keep_answers
from homeschool.stages.marking import build_marker, marks_out_of
from homeschool.stages.paying import full_marks, rule_of
from homeschool.stages.refusing import refuse_settings
from homeschool.stages.scorers import Scorers
from homeschool.stages.starting import begin, build_engine, build_task, required
from homeschool.stages.warming import start_guard
from homeschool.stages.weak import weak_of
from homeschool.track.tracking import observed_run
from homeschool.train.batch import TrainBatch
from homeschool.train.early_stop import EarlyStop
from homeschool.train.learner import rl_learner
from homeschool.train.loop import Loop, Reporter
from homeschool.train.rl import RlRun, rl_step
from homeschool.train.run_folder import RunFolder
from homeschool.types import Task


def rl(
    config: RlConfig,
    reporter: Reporter | None = None,
    *,
    policy: Policy | None = None,
    task: Task | None = None,
    scorer: Scorers | None = None,
) -> StageResult:
    """Exams: the policy answers, the scorer marks, what was better than expected becomes more likely.

    ``policy``, ``task`` and ``scorer`` stand in for what ``config`` names; the policy is trained in place.
    """
    algo = config.algorithm
    started, reporter = begin(config, reporter)
    refuse_settings(config)
    policy = policy or load_policy(required(config.policy, "rl"), config.dtype, config.device)
    task = task or build_task(config.task, config.reward.scorer)
    require_hidden_questions(config, task)
    _require_memory(config, policy, task)
    learner = rl_learner(policy, config)
    marks_in_all = config.reward.full_marks or full_marks(config, task, scorer)
    with (
        rule_of(config, task, scorer) as incentive,
        observed_run(config, "rl", reporter) as folder,
        closing(build_marker(config, task, scorer, policy)) as marker,
        closing(build_engine(policy)) as engine,
        guard_of(config, task, marker, incentive, marks_in_all) as (guard, gold),
        weak_of(config, task, marker, marks_in_all) as weak,
    ):
        room = ExamRoom(task, engine, marker, gold)
        introduce(config, task, marker, reporter)
        folder.event("marks", **marks_out_of(config, task, scorer, marker, gold))
        watch.introduce(guard, weak, task, reporter)
        before = exam_before(config, room, folder, reporter)
        run = RlRun(
            learner,
            engine,
            marker,
            algo,
            config.sampling,
            config.seed,
            config.steps,
            draw=draw_from(config, task),
            incentive=incentive,
            notebook=build_notebook(config, task, scorer),
            guard=guard,
            weak=weak,
            stop=EarlyStop(config.stop) if config.stop.kl or config.stop.plateau else None,
        )
        loop = _loop(config, room, run, folder, reporter)
        loop.started = started
        if loop.restore():
            engine.load_weights(policy, policy.version)
        else:
            start_guard(run, config, task, folder, reporter)
        if incentive:
            folder.event("rule", step=loop.progress.step, **rule_text(config.reward.rule))
        why = say.WHY_RL(algorithm=algo.name, prompts=config.prompts, answers=algo.group_size)
        reporter.start("rl", config.steps, why)
        loop.run()
        reporter.end()
        if run.notebook:
            folder.event("notebook", kinds=run.notebook.by_kind())
        after = exam_after(config, room, folder)
        return finish(folder, config, policy, started, before=before, after=after, guard=watch.summary(run))


def _require_memory(config: RlConfig, policy: Policy, task: Task) -> None:
    shape = policy.model.config
    if isinstance(shape, DecoderConfig):  # what transformers needs for the others is not known
        require_memory(plan_rl(config, shape, policy.model.dtype, policy.model.device, policy.tokenizer, task))


def _loop(config: RlConfig, room: ExamRoom, run: RlRun, folder: RunFolder, reporter: Reporter) -> Loop:
    """The steps of ``run``, with their check exams, and whoever watches able to end them."""

    def step(number: int) -> dict[str, float]:
        run.total_steps = loop.projected_steps()
        metrics = _step(config, room.task, run, folder, number)
        return metrics | watch.after_step(run, folder, reporter, metrics["time/step_s"])

    every, enough = config.check.every, config.check.stop_at
    check = check_exam(config, room, config.exam.samples) if every else None
    loop = Loop(
        folder, run.learner, config.steps, config.keep, reporter, step, check, every, enough, run, config.budget
    )
    watch.obey(loop, run)
    stop = run.stop
    if stop:
        loop.enough = lambda: stop.reason
    return loop


def _step(config: RlConfig, task: Task, run: RlRun, folder: RunFolder, number: int) -> dict[str, float]:
    """Step ``number``: its prompts, the step itself, what it cost, and a sample of its rollouts in the folder."""
    notebook, marking = run.notebook, run.marker.seconds
    prompts = notebook.choose(number) if notebook else task.batch("train", number, config.prompts, config.seed)
    groups, batch, metrics = rl_step(run, prompts, number)
    metrics["time/score_s"] = run.marker.seconds - marking
    metrics |= _operations(config, run, batch, int(metrics["rollout/tokens_sampled"]))
    if notebook:
        notebook.learn(number, run.guard.believed(groups) if run.guard else groups)
        metrics |= notebook.metrics()
    keep_answers(config, task, run, folder, number, groups, batch)
    return metrics


def _operations(config: RlConfig, run: RlRun, batch: TrainBatch, sampled: int) -> dict[str, float]:
    """Floating-point operations of a step, where the model is one whose operations can be counted."""
    model = run.learner.policy.model
    if not isinstance(model.config, DecoderConfig):
        return {}
    prefixes = list(map(len, batch.prefixes))
    return {"perf/flops": step_operations(config, model.config, model.dtype, prefixes, len(batch.tokens), sampled)}
