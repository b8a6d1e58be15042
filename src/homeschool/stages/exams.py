"""Exams of a stage: before, on the way and after; and one exam of one model, without learning."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from homeschool.config import EvalConfig, RlConfig, SftConfig, refuse_impossible
from homeschool.errors import TaskError
from homeschool.exam import ExamResult, load_exam, take_exam
from homeschool.messages.refusals import stages as refused
from homeschool.models.load import Policy, load_policy
from homeschool.readiness import READINESS_PROMPTS, measure_readiness, require_readiness
from homeschool.rewards.guard.gold import GoldCheck, load_gold
from homeschool.rewards.marker import Marker
from homeschool.rollout.collect import Engine
from homeschool.stages.marking import build_marker, exam_marks
from homeschool.stages.scorers import Scorers
from homeschool.stages.starting import build_engine, build_task, required, set_threads
from homeschool.train.loop import Reporter
from homeschool.train.run_folder import RunFolder
from homeschool.types import Task


@dataclass(frozen=True)
class ExamRoom:
    """Who asks, who answers and who marks."""

    task: Task
    engine: Engine
    marker: Marker
    gold: GoldCheck | None = None
    """Marks the same answers a second time, where there is a gold check."""


def require_hidden_questions(config: RlConfig, task: Task) -> None:
    """Raise TaskError where the hidden exam would have too few questions to show a difference."""
    items = config.exam.items
    count = len(task.exam("hidden", min(items, 2), config.seed))
    if count < 2:
        cure = refused.NO_MORE_QUESTIONS(task=task.name) if items > 1 else refused.RAISE_ITEMS(items=items)
        raise TaskError(refused.TOO_FEW_HIDDEN(count=count, cure=cure))


def exam_before(config: RlConfig, room: ExamRoom, folder: RunFolder, reporter: Reporter) -> ExamResult:
    """Readiness and the hidden exam of the untrained policy; taken once, kept for a resumed run."""
    path = folder.path / "exams" / "before.jsonl"
    if path.exists():
        return load_exam(path)
    if config.readiness:
        questions = room.task.exam("check", READINESS_PROMPTS, config.seed)
        readiness = measure_readiness(room.engine, room.marker, questions, config.sampling, config.seed)
        reporter.note(readiness.explain())
        folder.event("readiness", **vars(readiness))
        require_readiness(readiness)
    before = _hidden_exam(config, room, "before")
    before.save(path)
    return before


def exam_after(config: RlConfig, room: ExamRoom, folder: RunFolder) -> ExamResult:
    """The same hidden exam of the trained policy."""
    after = _hidden_exam(config, room, "after")
    after.save(folder.path / "exams" / "after.jsonl")
    return after


def _hidden_exam(config: RlConfig, room: ExamRoom, name: str) -> ExamResult:
    return take_exam(
        room.engine,
        room.marker,
        room.task.exam("hidden", config.exam.items, config.seed),
        config.sampling,
        samples=config.exam.samples,
        seed=config.seed,
        name=f"hidden {name}",
        **exam_marks(room.task, room.marker, room.gold),
    )


def check_exam(config: SftConfig | RlConfig, room: ExamRoom, samples: int) -> Callable[[int], float]:
    """The exam taken on the way: the mark after n steps, always on the same questions."""
    questions = room.task.exam("check", config.check.items, config.seed)

    def take(done: int) -> float:
        name = f"check {done}"
        result = take_exam(room.engine, room.marker, questions, config.sampling, samples=samples, name=name)
        return result.interval.estimate

    return take


def evaluate(
    config: EvalConfig, *, policy: Policy | None = None, task: Task | None = None, scorer: Scorers | None = None
) -> ExamResult:
    """One exam of one model, no learning. ``policy``, ``task`` and ``scorer`` stand in for what ``config`` names."""
    refuse_impossible(config)
    set_threads(config.threads)
    policy = policy or load_policy(required(config.policy, "eval"), config.dtype, config.device)
    task = task or build_task(config.task, config.reward.scorer)
    questions = task.exam(config.split, config.items, config.seed)
    with (
        closing(build_marker(config, task, scorer, policy)) as marker,
        closing(build_engine(policy)) as engine,
        _gold_of(config, task, marker) as gold,
    ):
        return take_exam(
            engine,
            marker,
            questions,
            config.sampling,
            samples=config.samples,
            seed=config.seed,
            **exam_marks(task, marker, gold),
        )


@contextmanager
def _gold_of(config: EvalConfig, task: Task, marker: Marker) -> Iterator[GoldCheck | None]:
    """The check that ``config`` names; None where it names none."""
    if not config.gold:
        yield None
        return
    check = load_gold(config.gold, task, marker.scorers, config.reward.timeout_s, frozenset(), "gold")
    with closing(check) as gold:
        yield gold
