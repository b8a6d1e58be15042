"""What every stage ends with: the summary of the run, and what it hands over."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from homeschool import __version__
from homeschool.algos.table import changed_columns
from homeschool.config import RlConfig, RunConfig
from homeschool.cost import peak_memory
from homeschool.diagnosis.run import diagnose_run
from homeschool.exam import ExamResult
from homeschool.models.load import Policy
from homeschool.resources import machine_facts
from homeschool.rewards.guard.gold import OWN
from homeschool.stats import Interval, detectable_effect, difference_sd, paired_difference
from homeschool.train.critics import critic_wage
from homeschool.train.run_folder import RunFolder, read_lines


@dataclass(frozen=True)
class StageResult:
    """What a finished stage hands over."""

    folder: Path
    policy: Policy
    seconds: float
    peak_bytes: int
    before: ExamResult | None = None
    after: ExamResult | None = None
    gold: str = ""
    """The check that marked the exams a second time; empty where that was the task, or nobody."""

    @property
    def gain(self) -> Interval | None:
        """Hidden exam after minus before, paired by question."""
        if self.before is None or self.after is None:
            return None
        return paired_difference(self.before.scores, self.after.scores)

    @property
    def true_marks(self) -> tuple[ExamResult, ExamResult] | None:
        """Before and after by the gold check or the task's own marks, where somebody else paid."""
        before, after = (exam.true_marks if exam else None for exam in (self.before, self.after))
        return (before, after) if before and after else None


def finish(
    folder: RunFolder,
    config: RunConfig,
    policy: Policy,
    started: float,
    *,
    before: ExamResult | None = None,
    after: ExamResult | None = None,
    guard: dict[str, Any] | None = None,
) -> StageResult:
    """Write the summary of a finished run."""
    seconds = earlier_seconds(folder.path) + time.perf_counter() - started
    named = config.guard.gold if isinstance(config, RlConfig) else ""
    peak = peak_memory(policy.model.device)
    result = StageResult(folder.path, policy, seconds, peak, before, after, "" if named == OWN else named)
    summary = cost_summary(config, policy, result.seconds, result.peak_bytes)
    if isinstance(config, RlConfig):
        summary |= _algorithm_summary(config, folder)
    if before and after:
        summary |= _exam_summary(result, before, after)
    if guard:
        summary["guard"] = guard
    summary["findings"] = diagnose_run(folder.path).rows()
    folder.write("summary.json", json.dumps(summary, indent=2) + "\n")
    folder.event("finished")
    return result


def earlier_seconds(folder: Path) -> float:
    """What the processes before this one took, up to the checkpoint it went on from; 0 for a run never resumed."""
    events = folder / "events.jsonl"
    rows = read_lines(events) if events.exists() else ()
    resumed = [row.get("seconds", 0.0) for row in rows if row.get("event") == "resumed"]
    return float(resumed[-1]) if resumed else 0.0


def cost_summary(config: RunConfig, policy: Policy, seconds: float, peak: int) -> dict[str, Any]:
    """What ``summary.json`` says of every run: versions, sizes, time and memory."""
    return {
        "homeschool": __version__,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "dtype": str(policy.model.dtype).removeprefix("torch."),
        "parameters": sum(parameter.numel() for parameter in policy.model.parameters()),
        "seed": config.seed,
        "seconds": round(seconds, 1),
        "peak_mib": round(peak / 2**20),
        "machine": machine_facts() | _accelerator(policy.model.device),
    }


def _accelerator(device: torch.device) -> dict[str, str]:
    """Name and memory of the GPU that computed; nothing for a run on the processor."""
    if device.type != "cuda":
        return {}
    found = torch.cuda.get_device_properties(device)
    return {"gpu": f"{found.name}, {found.total_memory / 2**30:.0f} GiB"}


def _algorithm_summary(config: RlConfig, folder: RunFolder) -> dict[str, Any]:
    """Which row of the table it was, and what the critic cost."""
    algo = config.algorithm
    summary: dict[str, Any] = {"algorithm": config.algo, "changed_columns": changed_columns(algo)}
    if algo.has_critic:
        wage = critic_wage(list(read_lines(folder.path / "metrics.jsonl")))
        summary["critic"] = {"kind": algo.critic, **wage}
    return summary


def _exam_summary(result: StageResult, before: ExamResult, after: ExamResult) -> dict[str, Any]:
    """Before, after and the difference: by the marks that were paid, by true ones, and in cheating."""
    summary: dict[str, Any] = {}
    if result.gain:
        sd = difference_sd(before.scores, after.scores)
        summary |= {
            "items": len(after.items),
            "before": vars(before.interval),
            "after": vars(after.interval),
            "difference": vars(result.gain),
            "smallest_effect_this_exam_shows": detectable_effect(sd, len(after.items)),
            "unmarked": after.unmarked,
        }
    if result.true_marks:
        true_before, true_after = result.true_marks
        summary |= {
            "true_before": vars(true_before.interval),
            "true_after": vars(true_after.interval),
            "true_difference": vars(paired_difference(true_before.scores, true_after.scores)),
        }
    if after.hack_rate is not None:
        summary |= {"hack_rate_before": before.hack_rate, "hack_rate_after": after.hack_rate}
    return summary
