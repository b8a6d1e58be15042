"""What a guard costs besides its gold calls: a guarded step against an unguarded one on the same work.

    python benchmarks/guard_overhead.py                      # both models, 31 rounds each; goes on where it stopped
    python benchmarks/guard_overhead.py --models guard --rounds 11 --accept-load

All arms do full steps (sample, score, audit, update, publish, write down) on one policy, on the same prompts, with
answers of one length; they take turns in one process on one thread. The grader pays two answers in five. In the arm
``wrong`` a quarter of these is false and nothing tells which, so the guard reads every paid answer, audits more than
usual and its predictor learns; in ``right`` none is, and there is nothing to read. Reported are processor seconds,
which other programs disturb less than the clock: those of the guard's own work as a share of the rest of the step, and
how much longer the whole step is than the unguarded one of the same round. Medians with bootstrap 95 % intervals; the
gold check's own time is left out.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from laps import LAP, Round, Row, append_rows, begin, counted, new_policy, next_round, prompts_of, read_rows, timed
from summary import bootstrap_median
from work import QUICKSTART, Shape, Work

from homeschool.algos.table import algorithm
from homeschool.config import GuardConfig, OptimConfig
from homeschool.rewards.guard.gold import GoldCheck
from homeschool.rewards.guard.guard import Guard
from homeschool.rewards.guard.price import Price
from homeschool.rewards.marker import Marker
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.stages.auditing import write_audits
from homeschool.streams import fraction
from homeschool.train.batch import TrainBatch
from homeschool.train.learner import Learner, build_learner, first_layers
from homeschool.train.loop import Silent
from homeschool.train.rl import RlRun, rl_step
from homeschool.train.run_folder import RunFolder, hold
from homeschool.types import Sampling

WARM_UP = 6
"""Rounds that are not counted, at each start of the program: the predictor needs its first audits."""
AIM = 0.03
WORKS = {
    "guard": Work("overhead-guard", Shape("guard", 261, 128, 3, 4, 4, 352, 64), 32, 8, 8, 4),
    "quickstart": Work("overhead-quickstart", QUICKSTART, 32, 8, 12, 8),
}
"""The model and answers of recipes/guard-*.toml (0.6 M parameters), and those of the quickstart (1.3 M)."""
ARMS = ("none", "wrong", "right")
PAID, FALSE = 0.4, 0.25
COLUMNS = ["round", "kind", "place", "arm", "seconds", "cpu_seconds", "gold_s", "guard_s", "audits", "tokens"]
COLUMNS += LAP


def pays(prompts: Sequence[Any], completions: Sequence[str], **_: Any) -> list[float]:
    """A grader with no sense at all: two answers in five."""
    return [float(fraction("paid", completion) < PAID) for completion in completions]


def truth(prompts: Sequence[Any], completions: Sequence[str], **_: Any) -> list[float]:
    """What is paid is right three times in four."""
    right = [fraction("right", completion) >= FALSE for completion in completions]
    return [paid * good for paid, good in zip(pays(prompts, completions), right, strict=True)]


def build_runs(work: Work) -> dict[str, RlRun]:
    """One run per arm, all on one policy and its optimiser."""
    policy = new_policy(work.shape)
    base = build_learner(policy, OptimConfig(lr=1e-6, micro_tokens=8192))
    engine, sampling = TorchEngine(policy), Sampling(max_tokens=work.completion_tokens, ignore_stop=True)
    algo = algorithm("audited", {"group_size": work.group_size})
    runs = {}
    for arm in ARMS:
        learner = Learner(policy, base.optimizer, base.micro_tokens)
        run = RlRun(learner, engine, Marker(pays), algo, sampling, seed=0, total_steps=10**4)
        if arm != "none":
            learner.reader = first_layers(policy.model)
            gold = GoldCheck(truth if arm == "wrong" else pays, arm)
            settings = GuardConfig(mode="audited", gold="task", screen=False, quarantine=False)
            run.guard = Guard(settings, gold, seed=0, answers=10**4 * work.sequences)
            run.guard.price = Price(time.process_time)
        runs[arm] = run
    return runs


def one_round(runs: dict[str, RlRun], work: Work, folder: RunFolder, number: int, kind: str) -> Iterator[Row]:
    """A step of each arm, in an order that alternates."""
    prompts = prompts_of(work, number)
    for place in range(len(ARMS)):
        arm = ARMS[(place + number) % len(ARMS)]
        run = runs[arm]

        def step(run: RlRun = run) -> tuple[TrainBatch, dict[str, float]]:
            _, batch, metrics = rl_step(run, prompts, number)
            if run.guard:
                write_audits(run.guard, folder, Silent())
            return batch, metrics

        (batch, metrics), lap = timed(step)
        found = run.guard.price.of_step(lap["cpu_seconds"]) if run.guard else {}
        yield {
            "round": number,
            "kind": kind,
            "place": place,
            "arm": arm,
            **lap,
            "gold_s": found.get("perf/gold_s", 0.0),
            "guard_s": found.get("perf/guard_s", 0.0),
            "audits": int(metrics.get("guard/audits", 0)),
            "tokens": len(batch.tokens),
        }


def measure(name: str, path: Path, rounds: int, accept_load: bool) -> None:
    """Add rounds to the file until enough count, at most twice as many as are missing."""
    rows = read_rows(path)
    missing = rounds - len(counted(rows, ARMS, accept_load))
    if missing <= 0:
        return
    work, start = WORKS[name], next_round(rows)
    runs = build_runs(work)
    with tempfile.TemporaryDirectory() as place, RunFolder(Path(place), hold(Path(place))) as folder:
        for number in range(start, start + WARM_UP + 2 * missing):
            kind = "warm-up" if number < start + WARM_UP else "measured"
            append_rows(path, COLUMNS, one_round(runs, work, folder, number, kind))
            if len(counted(read_rows(path), ARMS, accept_load)) >= rounds:
                return


def summarise(out: Path, accept_load: bool) -> None:
    """TABLE.md and summary.json from the CSV files that are there."""
    found: list[Row] = []
    for name in WORKS:
        kept = counted(read_rows(out / f"{name}.csv"), ARMS, accept_load)
        for arm in ARMS[1:] if kept else ():
            found.append({"model": name, "arm": arm, "rounds": len(kept)} | added(kept, arm))
    (out / "summary.json").write_text(json.dumps({"aim": AIM, "rows": found}, indent=2) + "\n")
    lines = ["| model | grader | the guard's own work | of the rest of a step | whole step, longer by | aim |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for row in found:
        is_met = "met" if row["share"][2] <= AIM else "missed" if row["share"][1] > AIM else "not shown"
        share, longer = (
            "{:.1f} % [{:.1f}, {:.1f}]".format(*(100 * x for x in row[key])) for key in ("share", "longer")
        )
        lines.append(
            f"| {row['model']} | {row['arm']} | {1000 * row['guard_s']:.1f} ms | {share} | {longer} | "
            f"at most {100 * AIM:.0f} %: {is_met} ({row['rounds']} rounds) |"
        )
    (out / "TABLE.md").write_text("\n".join(lines) + "\n")


def added(kept: Sequence[Round], arm: str) -> Row:
    """What a guard adds to a step: median, and for shares the interval as well."""
    own = [float(one[arm]["guard_s"]) for one in kept]
    gold = [float(one[arm]["gold_s"]) for one in kept]
    whole = [float(one[arm]["cpu_seconds"]) - spent for one, spent in zip(kept, gold, strict=True)]
    plain = [float(one["none"]["cpu_seconds"]) for one in kept]
    shares = [guard / (total - guard) for guard, total in zip(own, whole, strict=True)]
    longer = [total / other - 1 for total, other in zip(whole, plain, strict=True)]
    return {
        "guard_s": statistics.median(own),
        "step_s": statistics.median(plain),
        "share": [statistics.median(shares), *bootstrap_median(shares)],
        "longer": [statistics.median(longer), *bootstrap_median(longer)],
    }


def main() -> None:
    options, out = begin(__doc__, WORKS, 31, "guard-overhead")
    for name in options.models.split(","):
        measure(name, out / f"{name}.csv", options.rounds, options.accept_load)
        summarise(out, options.accept_load)
    print((out / "TABLE.md").read_text())


if __name__ == "__main__":
    main()
