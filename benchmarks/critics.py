"""What a critic costs: a step of PPO with each kind of critic against a step of GRPO on the same tokens.

    python benchmarks/critics.py                      # both models, nine rounds each; goes on where it was interrupted
    python benchmarks/critics.py --models quickstart --rounds 5
    python benchmarks/critics.py --accept-load        # also count rounds in which other programs were busy

Every arm does full steps (sample, score, update, publish) of one epoch, without a KL, on the same prompts, with answers
of the same length and marks that never tie, so that GRPO has no group to skip. All arms take turns in one process on
one thread, train the same policy, and differ only in the row and the critic. A ratio is taken within each round; what
is reported is its median and the bootstrap 95 % interval.
"""

import json
import statistics
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from laps import LAP, append_rows, begin, counted, new_policy, next_round, prompts_of, read_rows, timed
from machine import cpu_name
from ours import marks
from summary import bootstrap_median
from work import QUICKSTART, SMOLLM2_135M, Work

from homeschool.algos.table import algorithm
from homeschool.config import AdamConfig, OptimConfig
from homeschool.rewards.marker import Marker
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.train.learner import Learner, build_learner, new_critic
from homeschool.train.optimizer import Optimizer
from homeschool.train.rl import RlRun, rl_step
from homeschool.types import Sampling

WARM_UP = 2
"""Rounds that are not counted, at each start of the program."""


@dataclass(frozen=True)
class Model:
    """A model, its work, and what its recipes set."""

    work: Work
    dtype: str
    micro_tokens: int
    small: int
    """Layers of a small critic: half of the model's."""


MODELS = {
    "quickstart": Model(Work("critics-quickstart", QUICKSTART, 32, 8, 12, 14), "fp32", 8192, 2),
    "smollm2": Model(Work("critics-smollm2", SMOLLM2_135M, 4, 8, 32, 32), "bf16", 2048, 15),
}
ARMS: dict[str, dict[str, Any]] = {
    "grpo": {},
    "separate": {"critic": "separate"},
    "small": {"critic": "separate", "critic_layers": -1},
    "pair": {"critic": "pair", "critic_layers": -1},
    "shared": {"critic": "shared"},
}
"""Columns of each arm; -1 layers stand for half of the model's."""
AIMS = {"separate": (2.2, 1.8), "shared": (1.25, 1.15)}
"""Ratios to stay below, and to strive for."""
COLUMNS = ["round", "kind", "place", "arm", "seconds", "cpu_seconds", "rollout_s", "annotate_s", "update_s", "critic_s"]
COLUMNS += ["tokens", "critic_parameters", "critic_bytes", *LAP]


def main() -> None:
    options, out = begin(__doc__, MODELS, 9, f"critics-{cpu_name()}")
    for name in options.models.split(","):
        measure(MODELS[name], out / f"{name}.csv", options.rounds, options.accept_load)
        summarise(out, options.accept_load)
    print((out / "TABLE.md").read_text())


def measure(model: Model, path: Path, rounds: int, accept_load: bool) -> None:
    """Add rounds to the file until enough count, at most twice as many as are missing."""
    rows = read_rows(path)
    missing = rounds - len(counted(rows, ARMS, accept_load))
    if missing <= 0:
        return
    runs, start = build_runs(model), next_round(rows)
    for number in range(start, start + WARM_UP + 2 * missing):
        kind = "warm-up" if number < start + WARM_UP else "measured"
        found = list(one_round(runs, model.work, number, kind))
        if len({row["tokens"] for row in found}) != 1:
            raise RuntimeError(f"the arms trained on different numbers of tokens: {found}")
        append_rows(path, COLUMNS, found)
        shown = ", ".join(f"{row['arm']} {row['seconds']:.2f}" for row in found)
        print(f"{path.stem} {kind} {number}: {shown}", file=sys.stderr, flush=True)
        if len(counted(read_rows(path), ARMS, accept_load)) >= rounds:
            return


def build_runs(model: Model) -> dict[str, RlRun]:
    """One run per arm, all on one policy and its optimiser."""
    policy = new_policy(model.work.shape, model.dtype)
    base = build_learner(policy, OptimConfig(lr=1e-6, micro_tokens=model.micro_tokens))
    engine = TorchEngine(policy)
    sampling = Sampling(max_tokens=model.work.completion_tokens, ignore_stop=True)
    runs = {}
    for arm, columns in ARMS.items():
        chosen = {"group_size": model.work.group_size, "kl_in": "none", "kl_coef": 0.0}
        chosen |= {name: model.small if value == -1 else value for name, value in columns.items()}
        algo = algorithm("ppo", chosen | {"epochs": 1}) if columns else algorithm("grpo", chosen)
        critic = new_critic(policy, algo.critic, algo.critic_layers) if columns else None
        optimizer = Optimizer(critic, AdamConfig(lr=1e-6)) if critic else None
        learner = Learner(policy, base.optimizer, base.micro_tokens, None, critic, optimizer)
        runs[arm] = RlRun(learner, engine, Marker(marks), algo, sampling, seed=0, total_steps=10**6)
    return runs


def one_round(runs: dict[str, RlRun], work: Work, number: int, kind: str) -> Iterator[dict[str, Any]]:
    """A step of each arm, in an order that alternates."""
    prompts = prompts_of(work, number)
    order = list(runs) if number % 2 == 0 else list(reversed(runs))
    for place, arm in enumerate(order):
        (_, batch, metrics), lap = timed(partial(rl_step, runs[arm], prompts, number))
        laps = {name: metrics.get(f"time/{name}", 0.0) for name in ("rollout_s", "annotate_s", "update_s", "critic_s")}
        yield {
            "round": number,
            "kind": kind,
            "place": place,
            "arm": arm,
            **lap,
            **laps,
            "tokens": len(batch.tokens),
            "critic_parameters": int(metrics.get("value/parameters", 0)),
            "critic_bytes": int(metrics.get("value/bytes", 0)),
        }


@dataclass(frozen=True)
class Ratio:
    """Seconds of an arm over those of GRPO in the same round; processor seconds beside, which load disturbs less."""

    model: str
    arm: str
    median: float
    low: float
    high: float
    cpu_median: float
    rounds: int
    dropped: int
    seconds: float
    grpo_seconds: float
    critic_share: float
    """Of the step's time, as the step itself logs it."""
    parameters: int
    bytes: int

    @property
    def verdict(self) -> str:
        if self.arm not in AIMS:
            return ""
        limit, goal = AIMS[self.arm]
        return f"at most {limit:g}: {'met' if self.high <= limit else 'missed'}; goal {goal:g}: " + (
            "met" if self.high <= goal else "missed"
        )


def summarise(out: Path, accept_load: bool) -> None:
    """TABLE.md and summary.json from the CSV files that are there."""
    found = [ratio for name in MODELS for ratio in ratios(name, read_rows(out / f"{name}.csv"), accept_load)]
    rows = [asdict(ratio) | {"verdict": ratio.verdict} for ratio in found]
    (out / "summary.json").write_text(json.dumps({"ratios": rows}, indent=2) + "\n")
    header = (
        "| model | critic | step / GRPO step | by processor seconds | critic's share | critic, MiB | rounds | aim |"
    )
    lines = [header, "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for ratio in found:
        lines.append(
            f"| {ratio.model} | {ratio.arm} | {ratio.median:.2f} [{ratio.low:.2f}, {ratio.high:.2f}] | "
            f"{ratio.cpu_median:.2f} | {100 * ratio.critic_share:.0f} % | {ratio.bytes / 2**20:.1f} | "
            f"{ratio.rounds} ({ratio.dropped} dropped) | {ratio.verdict} |"
        )
    (out / "TABLE.md").write_text("\n".join(lines) + "\n")


def ratios(name: str, rows: list[dict[str, str]], accept_load: bool) -> Iterator[Ratio]:
    kept = counted(rows, ARMS, accept_load)
    dropped = len(counted(rows, ARMS, True)) - len(kept)
    for arm in ARMS:
        if arm == "grpo" or not kept:
            continue
        quotients = [float(found[arm]["seconds"]) / float(found["grpo"]["seconds"]) for found in kept]
        by_cpu = [float(found[arm]["cpu_seconds"]) / float(found["grpo"]["cpu_seconds"]) for found in kept]
        low, high = bootstrap_median(quotients)
        yield Ratio(
            name,
            arm,
            statistics.median(quotients),
            low,
            high,
            statistics.median(by_cpu),
            len(kept),
            dropped,
            statistics.median(float(found[arm]["seconds"]) for found in kept),
            statistics.median(float(found["grpo"]["seconds"]) for found in kept),
            statistics.median(float(found[arm]["critic_s"]) / float(found[arm]["seconds"]) for found in kept),
            int(kept[-1][arm]["critic_parameters"]),
            int(kept[-1][arm]["critic_bytes"]),
        )


if __name__ == "__main__":
    main()
