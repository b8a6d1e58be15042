"""Reinforcement learning: everything that a run of exams can be told."""

from dataclasses import dataclass, field, fields

from homeschool.algos.columns import Algorithm
from homeschool.algos.table import ALGORITHMS, algorithm
from homeschool.config.algorithm import AlgorithmColumns
from homeschool.config.exam import CheckConfig, ExamConfig
from homeschool.config.guard import GuardConfig
from homeschool.config.optim import AdamConfig, OptimConfig
from homeschool.config.reward import RewardConfig
from homeschool.config.run import KeepConfig, RunConfig
from homeschool.config.task import TaskConfig
from homeschool.types import Sampling


@dataclass(frozen=True)
class BudgetConfig:
    """What the steps may cost in all; the first step that reaches a limit is the last. 0: no limit but steps."""

    tokens: int = 0
    """Generated tokens, those of exams not counted."""
    updates: int = 0
    """Weight updates of the policy."""
    seconds: float = 0.0
    """Seconds of the steps; where it ends depends on the machine, and no second run ends at quite the same place."""
    flops: float = 0.0
    """Floating-point operations by formula."""


@dataclass(frozen=True)
class StopConfig:
    """When exams end before their last step, besides a budget: remedies against over-optimisation that no audit tells
    anything. Neither is reason to believe the marks."""

    kl: float = 0.0
    """Nats per token that the policy may be from where it started; the step that reaches it is the last. Reads every
    answer with a frozen copy. 0: any distance."""
    plateau: int = 0
    """The run ends when the last so many steps earned no more on average than as many before them. 0: never."""


@dataclass(frozen=True)
class GradientPenaltyConfig:
    """A penalty on the size of the gradient, weight |g|^2 / 2, for flat regions (arXiv:2602.18037); doubles the work of
    an update."""

    weight: float = 0.0
    """Weight of the penalty; 0: none."""
    reach: float = 0.1
    """How far along the gradient the second look is taken, in gradients."""


@dataclass(frozen=True)
class RlConfig(RunConfig):
    """Reinforcement learning: exams with marks and no answers given."""

    policy: str = ""
    """Model folder to start from."""
    algo: str = field(default="grpo", metadata={"choices": tuple(ALGORITHMS)})
    """Row of the algorithm table."""
    rl: AlgorithmColumns = field(default_factory=AlgorithmColumns)
    task: TaskConfig = field(default_factory=TaskConfig)
    reward: RewardConfig = field(default_factory=RewardConfig)
    guard: GuardConfig = field(default_factory=GuardConfig)
    steps: int = 100
    """Batches of answers, at most."""
    budget: BudgetConfig = field(default_factory=BudgetConfig)
    stop: StopConfig = field(default_factory=StopConfig)
    prompts: int = 32
    """Prompts per batch."""
    follow_notebook: bool = False
    """Half of them from the error notebook: items failed before, those first that teach most."""
    sampling: Sampling = field(default_factory=Sampling)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(lr=3e-4, warmup_steps=5))
    gradient_penalty: GradientPenaltyConfig = field(default_factory=GradientPenaltyConfig)
    critic: AdamConfig = field(default_factory=lambda: AdamConfig(lr=1e-3, warmup_steps=5))
    """The critic's own optimiser, for algorithms that have one; it computes in the policy's micro-batches."""
    critic_from: str = ""
    """Folder of a reward model that the critic starts from; empty: the policy."""
    exam: ExamConfig = field(default_factory=ExamConfig)
    check: CheckConfig = field(default_factory=CheckConfig)
    keep: KeepConfig = field(default_factory=KeepConfig)
    readiness: bool = True
    """Sample the policy first and refuse a task on which it cannot learn."""
    rollouts_kept: int = 16
    """Rollouts per step written to rollouts.jsonl: as many whole groups as hold so many, one at least; 0: none."""

    @property
    def algorithm(self) -> Algorithm:
        """The row with the columns set by hand."""
        columns = {f.name: getattr(self.rl, f.name) for f in fields(self.rl)}
        return algorithm(self.algo, {name: value for name, value in columns.items() if value is not None})
