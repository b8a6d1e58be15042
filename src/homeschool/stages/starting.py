"""What every stage begins with: settings that are possible, threads, a clock, a task and an engine."""

import time
from typing import Any

import torch

from homeschool.config import RunConfig, TaskConfig, refuse_impossible
from homeschool.cost import reset_peaks
from homeschool.errors import ConfigError
from homeschool.messages import refusals
from homeschool.models.foreign import ForeignModel
from homeschool.models.load import Policy
from homeschool.resources import keep_freed_memory
from homeschool.rewards.learned import is_learned
from homeschool.rewards.scorers import load_scorer
from homeschool.rollout.collect import Engine
from homeschool.rollout.hf_engine import HFEngine
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.stages.scorers import scorer_names
from homeschool.tasks import load_task
from homeschool.track.table import require_trackers
from homeschool.train.loop import Reporter, Silent
from homeschool.types import Task


def begin(config: RunConfig, reporter: Reporter | None) -> tuple[float, Reporter]:
    """What every stage does first: refuse what cannot be, set the threads, start the clock."""
    refuse_impossible(config)
    require_trackers(config.track)
    set_threads(config.threads)
    keep_freed_memory()
    reset_peaks()
    return time.perf_counter(), reporter or Silent()


def set_threads(threads: int) -> None:
    """Let torch use this many threads; 0 leaves its own choice."""
    if threads:
        torch.set_num_threads(threads)


def required(policy: str, verb: str) -> str:
    """The folder to start from, or a ConfigError where none was named."""
    if not policy:
        raise ConfigError(refusals.NO_POLICY(verb=verb))
    return policy


def build_task(config: TaskConfig, scorer: str = "") -> Task:
    """The task by name; ``jsonl`` brings no marks of its own and needs the user's scorer."""
    options: dict[str, Any] = config.options()
    if config.name == "jsonl":
        names = scorer_names(scorer)
        options["scorer"] = load_scorer(names[0]) if len(names) == 1 and not is_learned(names[0]) else None
    return load_task(config.name, **options)


def build_engine(policy: Policy) -> Engine:
    """The engine that can run this policy."""
    return HFEngine(policy) if isinstance(policy.model, ForeignModel) else TorchEngine(policy)
