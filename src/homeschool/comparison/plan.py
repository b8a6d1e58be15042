"""Which runs a comparison consists of: arms times tasks times seeds, each an ordinary RL run.

A recipe of a comparison is a recipe of ``homeschool rl`` with a table of arms. Settings come in layers, later ones
winning: those at the top, those of a task in ``[tasks.NAME]``, those of the command line, those of an arm in
``[arms.NAME]``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Suppress

from homeschool.algos.table import ALGORITHMS
from homeschool.config import RlConfig, build_config, flatten, nested, set_by_user
from homeschool.errors import ConfigError
from homeschool.messages import refusals as say
from homeschool.messages.refusals import comparing as refused
from homeschool.messages.suggestion import suggestion

UNBOUNDED = 1_000_000
"""Steps of a run whose budget says nothing about their number."""
LOOKS = 8
"""Check exams of a run that asks for none, at least: without them there is no curve, and nothing to cut."""


@dataclass(frozen=True)
class CompareConfig(RlConfig):
    """A comparison: settings of the runs, as for ``homeschool rl``, and what is to be compared."""

    algos: str = ""
    """Arms without a recipe: rows of the algorithm table, separated by commas."""
    arms: Annotated[dict[str, Any], Suppress] = field(default_factory=dict)
    """Arms by name, each a table of settings of `homeschool rl`."""
    tasks: Annotated[dict[str, Any], Suppress] = field(default_factory=dict)
    """Tasks by name, each a table of settings of `homeschool rl`; none: the one of the settings."""
    baseline: str = ""
    """The arm that the others are compared with; empty: the first."""
    only: str = ""
    """Some of the arms, separated by commas, to look at first; empty: all. The others can follow in the same folder."""
    seeds: int = 5
    """Runs of each arm: seed, seed + 1, ..."""
    starts: tuple[str, ...] = ()
    """Commands that make the models to start from, where their folders are missing: `sft recipes/school-sft.toml`."""
    workers: int = 0
    """Runs at the same time, one thread each; 0: as many as there are cores."""
    recipe: Annotated[str, Suppress] = ""
    """Where these settings were read."""


OWN = {spec.name for spec in fields(CompareConfig)} - {spec.name for spec in fields(RlConfig)}
SET_HERE = ("out", "seed", "resume", "threads")
"""What the comparison itself sets in every run."""
SHARED = ("task", "exam", "check", "reward", "seed", "out", "resume", "threads")
"""What an arm may not change: arms that sat different exams could not be compared."""


@dataclass(frozen=True)
class Run:
    """One run of a comparison."""

    task: str
    """Name of the task in the recipe; empty where there is only one."""
    arm: str
    seed: int
    config: RlConfig
    program: tuple[str, ...] = ("homeschool.cli", "rl")
    """The module that makes it, and its verb; it is given the settings, --resume and --json."""

    @property
    def folder(self) -> Path:
        return Path(self.config.out)

    @property
    def name(self) -> str:
        """``sums ppo seed 2``."""
        return f"{self.task} {self.arm} seed {self.seed}".strip()


@dataclass(frozen=True)
class Plan:
    """A comparison, ready to be carried out."""

    out: Path
    baseline: str
    arms: dict[str, dict[str, Any]]
    """The settings of each arm, by name."""
    runs: tuple[Run, ...]
    starts: tuple[str, ...]
    workers: int

    @property
    def tasks(self) -> list[str]:
        return list(dict.fromkeys(run.task for run in self.runs))

    @property
    def seeds(self) -> list[int]:
        return sorted({run.seed for run in self.runs})

    def chosen(self, task: str, arm: str) -> list[Run]:
        """The runs of one arm on one task, by seed."""
        return [run for run in self.runs if (run.task, run.arm) == (task, arm)]


def build_plan(config: CompareConfig, written: CompareConfig | None = None) -> Plan:
    """The runs of ``config``. ``written`` is the recipe alone, so that what was typed after it is known.

    Raises ConfigError for fewer than two arms, for an unknown arm, key or algorithm, and for an arm that would sit
    another exam. Columns that contradict each other are left to the run, which refuses them: a result like any other.
    """
    written = written or CompareConfig()
    source = config.recipe or "compare"
    arms = {name: dict(_table(source, "arms", name, table)) for name, table in config.arms.items()}
    arms |= {name.strip(): {"algo": name.strip()} for name in config.algos.split(",") if name.strip()}
    arms = _chosen(source, arms, config.only)
    baseline = config.baseline or next(iter(arms), "")
    _refuse_arms(source, arms, baseline)
    if config.seeds < 1:
        raise ConfigError(refused.TOO_FEW_SEEDS(seeds=config.seeds))
    out = Path(config.out or f"runs/{Path(config.recipe).stem or 'compare-' + '-'.join(arms)}").expanduser()
    before, now = flatten(written), flatten(config)
    base = nested(_of_runs(set_by_user(written)))
    typed = nested(_of_runs({key: value for key, value in now.items() if before[key] != value}))
    tasks = {name: _table(source, "tasks", name, table) for name, table in config.tasks.items()} or {"": {}}
    runs = []
    for number in range(config.seed, config.seed + config.seeds):
        for task, of_task in tasks.items():
            for arm, of_arm in arms.items():
                tables = merged(merged(merged(base, of_task), typed), of_arm)
                where = f"{source}, arm {arm}" + (f" of task {task}" if task else "")
                folder = out / "runs" / task / arm / f"seed-{number}"
                runs.append(Run(task, arm, number, _run_config(tables, where, folder, number)))
    return Plan(out, baseline, arms, tuple(runs), config.starts, config.workers)


def _table(source: str, kind: str, name: str, table: Any) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise ConfigError(refused.NOT_A_TABLE(source=source, kind=kind, name=name, table=table))
    if not name or set(name) & set("/\\ ") or name.startswith("."):
        raise ConfigError(refused.NOT_A_FOLDER_NAME(source=source, name=name, kind=kind))
    return table


def _chosen(source: str, arms: dict[str, dict[str, Any]], only: str) -> dict[str, dict[str, Any]]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names:
        if name not in arms:
            raise ConfigError(refused.NO_SUCH_ARM(source=source, name=name, nearest=suggestion(name, arms)))
    return {name: table for name, table in arms.items() if name in names or not names}


def _refuse_arms(source: str, arms: Mapping[str, Mapping[str, Any]], baseline: str) -> None:
    if len(arms) < 2:
        raise ConfigError(refused.TOO_FEW_ARMS(source=source, count=len(arms), names=list(arms)))
    if baseline not in arms:
        raise ConfigError(refused.NO_BASELINE(source=source, name=baseline, nearest=suggestion(baseline, arms)))
    for name, table in arms.items():
        shared = sorted(set(table) & set(SHARED))
        if shared:
            raise ConfigError(refused.SHARED_BY_ARMS(source=source, name=name, setting=shared[0]))


def _run_config(tables: Mapping[str, Any], where: str, folder: Path, seed: int) -> RlConfig:
    """The settings of one run. What is wrong with every run of this arm is found here, before any of them begins."""
    config = build_config(RlConfig, tables, where)
    if config.algo not in ALGORITHMS:
        unknown = say.NO_ALGORITHM(name=config.algo, nearest=suggestion(config.algo, ALGORITHMS))
        raise ConfigError(refused.IN(source=where, problem=unknown))
    if not config.policy:
        raise ConfigError(refused.NO_START(source=where))
    limits = [limit for limit in vars(config.budget).values() if limit]
    if limits and "steps" not in tables:
        config = replace(config, steps=_most_steps(config))
    if not config.check.every:
        config = replace(config, check=replace(config.check, every=max(1, _fewest_steps(config) // LOOKS)))
    return replace(config, out=str(folder), seed=seed, resume=True, threads=1)


def _most_steps(config: RlConfig) -> int:
    """No fewer steps than the budget can pay for: a completion has a token at least."""
    most = [UNBOUNDED]
    if config.budget.tokens:
        most.append(math.ceil(config.budget.tokens / _answers(config)))
    if config.budget.updates:  # a warm-up of the critic takes steps and makes no update of the policy
        most.append(config.budget.updates + _column(config, "critic_warmup"))
    return min(most)


def _fewest_steps(config: RlConfig) -> int:
    """Steps if every completion is as long as it may be, and every step makes all its updates."""
    fewest = [config.steps]
    if config.budget.tokens:
        fewest.append(math.ceil(config.budget.tokens / _answers(config) / config.sampling.max_tokens))
    if config.budget.updates:
        fewest.append(math.ceil(config.budget.updates / _column(config, "epochs") / _column(config, "minibatches")))
    return min(fewest)


def _answers(config: RlConfig) -> int:
    return max(1, config.prompts * _column(config, "group_size"))


def _column(config: RlConfig, name: str) -> int:
    """As set by hand or published; whether the columns go together is for the run to say."""
    chosen = getattr(config.rl, name)
    return int(getattr(ALGORITHMS[config.algo], name) if chosen is None else chosen)


def _of_runs(flat: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in flat.items() if key.partition(".")[0] not in (*OWN, *SET_HERE)}


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two nested tables, the values of ``above`` winning."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result
