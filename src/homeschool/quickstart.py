"""The whole school from one command: textbook, worked examples, exams, and one table at the end."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from homeschool import data
from homeschool.algos.table import ALGORITHMS, algorithm
from homeschool.config import (
    AlgorithmColumns,
    CheckConfig,
    ExamConfig,
    KeepConfig,
    OptimConfig,
    PretrainConfig,
    RlConfig,
    RunConfig,
    SftConfig,
    TaskConfig,
)
from homeschool.diagnosis.run import happened_lines
from homeschool.errors import RunFolderError, TaskError
from homeschool.exam import ExamResult, load_exam, take_exam
from homeschool.files import write_atomically
from homeschool.messages import school as say
from homeschool.messages.refusals import comparing as refused
from homeschool.messages.sentence import left, right
from homeschool.models.load import Policy, checkpoints, load_policy
from homeschool.rewards.marker import Marker
from homeschool.stages.pretrain import build_tokenizer, new_model, pretrain, pretrain_rows
from homeschool.stages.rl import rl
from homeschool.stages.sft import sft
from homeschool.stages.starting import build_engine, build_task, set_threads
from homeschool.stats import paired_difference
from homeschool.train.batch import text_batch
from homeschool.train.learner import build_learner, rl_learner
from homeschool.train.loop import Reporter
from homeschool.train.rl import RlRun, rl_step
from homeschool.train.update import update_on_text
from homeschool.types import Sampling
from homeschool.verdict import gain_lines

TASK = TaskConfig("sums", digits=2, operators="+", show_work=0.4)
"""Four in ten worked examples show how the answer was found, the others give it bare; either earns the mark."""
SAMPLING = Sampling(max_tokens=14)
QUESTIONS = 400
ENOUGH = 0.35
"""Mark of the check exam at which the worked examples stop. How fast a model gets there is a matter of luck, even of
how its arithmetic is rounded; without this, one run would leave the exams nothing to teach and another nothing to start
from."""
SET_BY_HAND: dict[str, dict[str, Any]] = {"ppo": {"epochs": 1, "gae_lambda": 1.0, "critic_layers": 2}}
"""Columns of a row that suit minutes better than its paper's. PPO's four passes cost four steps' time and taught less
than four steps; and a critic of half the policy's layers forecasts as well here, at half the wage."""
FULL_MINUTES = 5.0
FULL_STEPS = {"pretrain": 250, "sft": 400, "rl": 400}
SHARES = {"pretrain": 0.3, "sft": 0.25, "rl": 0.4}
"""Of the time; the rest goes to exams and to opening and saving models."""


TOO_SHORT = "too-short.txt"
"""Left in the folder of a school whose model was not ready for exams: it is over, and going on would not help."""


@dataclass(frozen=True)
class QuickstartConfig(RunConfig):
    """The whole school on this computer."""

    algo: str = field(default="grpo", metadata={"choices": tuple(ALGORITHMS)})
    """Row of the algorithm table."""
    minutes: float = FULL_MINUTES
    """Time to fit the run into, on this machine as fast as it is now."""


def quickstart(config: QuickstartConfig, reporter: Reporter) -> dict[str, Any]:
    """Raise a new model through three stages and examine it after each; returns what the table shows."""
    started = time.perf_counter()
    out = _folder(config)
    set_threads(config.threads)
    steps = _plan(config, out, reporter)
    results = [
        _stage("pretrain", pretrain, _pretrain_config(config, out, steps), out, reporter),
        _stage("sft", sft, _sft_config(config, out, steps), out, reporter),
        _exams(config, out, steps, reporter),
    ]
    exams = {row["stage"]: load_exam(out / "exams" / f"{row['stage']}.jsonl") for row in results}
    for line in _answers(exams["sft"], exams["rl"], config.algo):
        reporter.note(line)
    for line in table(results, exams):
        reporter.note(line)
    for line in [*gain_lines(exams["sft"], exams["rl"]), *happened_lines(out / "rl")]:
        reporter.note(line)
    seconds = time.perf_counter() - started
    reporter.note(say.SCHOOL_IS_OVER(seconds=seconds, folder=out, model=out / "rl"))
    summary = {
        "seconds": round(seconds, 1),
        "algorithm": config.algo,
        "seed": config.seed,
        "stages": results,
        "difference": asdict(paired_difference(exams["sft"].scores, exams["rl"].scores)),
    }
    write_atomically(out / "summary.json", json.dumps(summary, indent=2) + "\n")
    return summary


def _folder(config: QuickstartConfig) -> Path:
    out = Path(config.out or f"runs/quickstart-{config.algo}")
    is_over = any((out / name).exists() for name in ("summary.json", TOO_SHORT))
    if (out / "plan.json").exists() and (not config.resume or (out / TOO_SHORT).exists()):
        if config.out and is_over:
            raise RunFolderError(refused.SCHOOL_IS_OVER(folder=out))
        if not is_over:
            raise RunFolderError(refused.SCHOOL_BEGUN(folder=out))
        number = next(n for n in range(2, 1000) if not Path(f"{out}-{n}").exists())
        out = Path(f"{out}-{number}")
    out.mkdir(parents=True, exist_ok=True)
    return out


def _plan(config: QuickstartConfig, out: Path, reporter: Reporter) -> dict[str, int]:
    """Steps of each stage: the full plan, or as much of it as the time allows. Measured once, kept for a resumed
    run."""
    path = out / "plan.json"
    if path.exists():
        plan: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
        return plan
    reporter.note(say.MEASURING())
    seconds = _seconds_per_step(config)
    budget = config.minutes * 60
    steps = {}
    for stage, full in FULL_STEPS.items():
        most = full * max(1.0, config.minutes / FULL_MINUTES)
        steps[stage] = max(5, int(min(most, SHARES[stage] * budget / seconds[stage])))
    shown = [say.PLAN_STAGE(stage=stage, count=count, seconds=seconds[stage]) for stage, count in steps.items()]
    reporter.note(say.PLAN(minutes=config.minutes, stages="; ".join(shown)))
    if any(steps[stage] < FULL_STEPS[stage] for stage in steps):
        reporter.note(say.PLAN_IS_SHORT())
    write_atomically(path, json.dumps(steps) + "\n")
    return steps


def _seconds_per_step(config: QuickstartConfig) -> dict[str, float]:
    """Time of one step of each stage on a throwaway model, the best of four: the first pays for warming up, and what
    else the machine does for a moment should not shorten the school."""
    reading = _pretrain_config(config, Path(), FULL_STEPS)
    copying = _sft_config(config, Path(), FULL_STEPS)
    exams = _rl_config(config, Path(), FULL_STEPS)
    tokenizer = build_tokenizer(reading)
    policy = Policy(new_model(reading, tokenizer), tokenizer, "probe")
    learner = build_learner(policy, reading.optim)
    task, algo = build_task(TASK), exams.algorithm
    rows = {
        "pretrain": pretrain_rows(reading, tokenizer)(0),
        "sft": data.worked_examples(task, tokenizer, copying.rows, 0)(0),
    }
    # An ordinary step: a policy that does not wait for its critic, and prompts that need not be replaced.
    algo = replace(exams.algorithm, resample=0, critic_warmup=0)
    run = RlRun(rl_learner(policy, exams), build_engine(policy), Marker(task.score), algo, SAMPLING, 0, 2)
    prompts = task.batch("train", 0, exams.prompts, 0)
    actions: dict[str, Callable[[], object]] = {
        stage: partial(update_on_text, learner, text_batch(some), 0, 2) for stage, some in rows.items()
    }
    actions["rl"] = partial(rl_step, run, prompts, 0)
    return {stage: min(_seconds_of(action) for _ in range(4)) for stage, action in actions.items()}


def _seconds_of(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _common(config: QuickstartConfig, out: Path, stage: str) -> dict[str, Any]:
    folder = out / stage
    resume = (folder / "config.toml").exists()
    same = {name: getattr(config, name) for name in ("seed", "threads", "device", "dtype", "track", "trace")}
    return same | {"out": str(folder), "resume": resume}


def _pretrain_config(config: QuickstartConfig, out: Path, steps: dict[str, int]) -> PretrainConfig:
    return PretrainConfig(
        **_common(config, out, "pretrain"),
        steps=steps["pretrain"],
        sums_share=0.7,
        task=TASK,
        optim=OptimConfig(lr=4e-3, warmup_steps=20, decay="cosine", weight_decay=0.1, micro_tokens=8192),
    )


def _sft_config(config: QuickstartConfig, out: Path, steps: dict[str, int]) -> SftConfig:
    return SftConfig(
        **_common(config, out, "sft"),
        policy=str(out / "pretrain"),
        steps=steps["sft"],
        rows=192,
        task=TASK,
        optim=OptimConfig(lr=4e-3, warmup_steps=5, decay="linear", micro_tokens=8192),
        check=CheckConfig(every=20, items=200, stop_at=ENOUGH),
        sampling=SAMPLING,
        keep=KeepConfig(every=1000),
    )


def _rl_config(config: QuickstartConfig, out: Path, steps: dict[str, int]) -> RlConfig:
    """Groups of eight and no reference model, so that a step is short; beside :data:`SET_BY_HAND` the rest is the
    published row."""
    published = algorithm(config.algo, {})
    alone = published.advantage == "tracker"  # which stands in for a group
    warmup = min(published.critic_warmup, steps["rl"] // 10) if published.critic_warmup else None
    by_hand = SET_BY_HAND.get(config.algo, {})
    columns = AlgorithmColumns(group_size=None if alone else 8, kl_coef=0.0, critic_warmup=warmup, **by_hand)
    return RlConfig(
        **_common(config, out, "rl"),
        policy=str(out / "sft"),
        algo=config.algo,
        rl=columns,
        task=TASK,
        steps=steps["rl"],
        prompts=256 if alone else 32,
        sampling=SAMPLING,
        optim=OptimConfig(lr=3e-4, warmup_steps=10, decay="linear", micro_tokens=8192),
        exam=ExamConfig(items=QUESTIONS),
        keep=KeepConfig(every=50),
    )


def _exams(config: QuickstartConfig, out: Path, steps: dict[str, int], reporter: Reporter) -> dict[str, Any]:
    """The last stage. A model that had too little time before it is not ready, and more time is the way out."""
    try:
        return _stage("rl", rl, _rl_config(config, out, steps), out, reporter)
    except TaskError as error:
        write_atomically(out / TOO_SHORT, f"{error}\n")
        minutes = max(FULL_MINUTES, 2 * config.minutes)
        raise TaskError(
            refused.TOO_LITTLE_TIME(minutes=minutes, error=error, pretrain=steps["pretrain"], sft=steps["sft"])
        ) from error


def _stage(name: str, run: Any, config: Any, out: Path, reporter: Reporter) -> dict[str, Any]:
    """Run a stage unless it is finished, then the hidden exam; what the table needs."""
    kept = out / f"{name}.json"
    if kept.exists():
        row: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return row
    result = run(config, reporter)
    exam = result.after or _examine(result.folder, config)
    exam.save(out / "exams" / f"{name}.jsonl")
    row = {
        "stage": name,
        "steps": int(checkpoints(result.folder)[-1].name.removeprefix("step-")),
        "score": asdict(exam.interval),
        "seconds": round(result.seconds, 1),
        "peak_mib": round(result.peak_bytes / 2**20),
        "folder": str(result.folder),
    }
    write_atomically(kept, json.dumps(row) + "\n")
    return row


def _examine(folder: Path, config: RunConfig) -> ExamResult:
    policy = load_policy(folder, config.dtype, config.device)
    task = build_task(TASK)
    questions = task.exam("hidden", QUESTIONS, config.seed)
    return take_exam(build_engine(policy), Marker(task.score), questions, SAMPLING, seed=config.seed)


def _answers(before: ExamResult, after: ExamResult, algo: str, count: int = 6) -> list[str]:
    """Questions spread evenly over the hidden exam, not chosen: some will have got better and some not."""
    stride = max(1, len(before.items) // count)
    pairs = list(zip(before.items, after.items, strict=True))[::stride]
    rows = [(say.SOME_QUESTIONS(), say.RIGHT(), say.BEFORE_RL(algorithm=algo), say.AFTER())]
    rows += [(old.question, old.right, old.answers[0][:12], new.answers[0][:12]) for old, new in pairs[:count]]
    return ["", *(left(a, 24) + right(b, 8) + right(c, 16) + right(d, 14) for a, b, c, d in rows)]


def table(results: list[dict[str, Any]], exams: dict[str, ExamResult]) -> list[str]:
    """One line per stage."""
    rows = [(say.STAGE(), say.STEPS(), say.HIDDEN_EXAM(), say.SECONDS(), say.PEAK(), say.MODEL())]
    for row in results:
        score = exams[row["stage"]].interval.points(100)
        cost = (f"{row['seconds']:.0f}", str(row["peak_mib"]))
        rows.append((row["stage"], str(row["steps"]), score, *cost, row["folder"]))
    lines = [f"{left(a, 12)}{right(b, 6)}  {left(c, 26)}{right(d, 8)}{right(e, 10)}  {f}" for a, b, c, d, e, f in rows]
    return ["", *lines, ""]
