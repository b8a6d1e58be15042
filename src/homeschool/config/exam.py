"""Exams: the hidden one, those on the way, and one by itself."""

from dataclasses import dataclass, field

from homeschool.config.reward import RewardConfig
from homeschool.config.run import Dtype
from homeschool.config.task import TaskConfig
from homeschool.types import Sampling, Split


@dataclass(frozen=True)
class ExamConfig:
    """The hidden exam, taken before and after learning."""

    items: int = 400
    """Questions."""
    samples: int = 0
    """Answers drawn per question at the sampling temperature; 0: one greedy answer. Holds for check exams too."""


@dataclass(frozen=True)
class CheckConfig:
    """The check exam, taken on the way."""

    every: int = 0
    """Steps between check exams; 0: none."""
    items: int = 100
    """Questions, none of them from the hidden exam."""
    stop_at: float = 0.0
    """End the stage once a check exam reaches this mark; 0: never."""


@dataclass(frozen=True)
class EvalConfig:
    """One exam, no learning."""

    policy: str = ""
    """Model folder."""
    task: TaskConfig = field(default_factory=TaskConfig)
    reward: RewardConfig = field(default_factory=RewardConfig)
    gold: str = ""
    """A check that marks the same answers a second time, named as `guard.gold` is; empty: none but the task's own."""
    sampling: Sampling = field(default_factory=Sampling)
    split: Split = "check"
    """check while you are still changing things; hidden once, at the end."""
    items: int = 400
    """Questions."""
    samples: int = 0
    """Answers drawn per question; 0: one greedy answer."""
    baseline: str = ""
    """A second model folder, or an earlier result file, for a paired difference on the same questions."""
    out: str = ""
    """File for the marks of each item; empty: none."""
    seed: int = 0
    """Chooses the questions."""
    threads: int = 0
    """Threads of torch; 0: all cores."""
    device: str = "cpu"
    """cpu, cuda, or cuda:N."""
    dtype: Dtype = "auto"
    """Number format of the computation."""
