"""Checkpoints: a model folder that anything can open, plus the ``state/`` that makes resuming exact.

A checkpoint is written under a hidden name, flushed to the disk, and renamed when complete; so what is called
``step-NNNNNN`` is whole. Randomness has no state (see ``streams``): weights, moments, the step number and what the
algorithm remembers are everything.
"""

import json
import os
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from homeschool.errors import CheckpointError
from homeschool.messages import refusals as say
from homeschool.messages.refusals import training as refused
from homeschool.models.load import Policy, checkpoints
from homeschool.train.budget import Spent


@dataclass(frozen=True)
class Progress:
    """Where a run stands, besides its tensors."""

    step: int = 0
    """Steps done."""
    best_step: int = -1
    """Step of the best check exam so far, -1 before the first."""
    best_score: float = float("-inf")
    baseline: float | None = None
    """Check exam before the first step."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What the algorithm remembers of earlier steps: plain numbers, lists and names."""
    spent: Spent = field(default_factory=Spent)
    """What the steps have cost."""
    seconds: float = 0.0
    """What the run had taken when this was saved, in all its processes."""


def save_checkpoint(run: Path, policy: Policy, tensors: dict[str, Tensor], progress: Progress) -> Path:
    """Write ``checkpoints/step-NNNNNN``. Raises CheckpointError when the disk refuses; earlier ones stay untouched."""
    folder = run / "checkpoints"
    final = folder / f"step-{progress.step:06d}"
    draft = folder / f".draft-{progress.step:06d}"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        policy.save(draft)
        (draft / "state").mkdir()
        save_file(
            {name: tensor.detach().cpu() for name, tensor in tensors.items()}, draft / "state" / "state.safetensors"
        )
        state = {"version": policy.version, "torch": torch.__version__} | asdict(progress)
        (draft / "state" / "progress.json").write_text(json.dumps(state) + "\n", encoding="utf-8")
        _flush(draft)
        shutil.rmtree(final, ignore_errors=True)
        draft.rename(final)
        _sync(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        kept = ", ".join(path.name for path in checkpoints(run)) or say.NONE_KEPT()
        raise CheckpointError(say.NOT_WRITTEN(path=final, error=error, kept=kept)) from error
    return final


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], Progress, int]:
    """Tensors, progress and policy version of a checkpoint."""
    try:
        tensors = load_file(folder / "state" / "state.safetensors")
        state: dict[str, Any] = json.loads((folder / "state" / "progress.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(refused.BROKEN_CHECKPOINT(folder=folder, error=error)) from error
    version = int(state.pop("version"))
    state.pop("torch")
    spent = Spent(**state.pop("spent", {}))
    return tensors, Progress(**state, spent=spent), version


def prune(run: Path, keep_last: int, best_step: int, also: Collection[int] = ()) -> None:
    """Delete all but the latest ``keep_last`` checkpoints, the best one and those ``also`` wanted, and drafts that a
    crash left behind."""
    kept = {f"step-{step:06d}" for step in (best_step, *also)}
    for draft in (run / "checkpoints").glob(".draft-*"):
        shutil.rmtree(draft, ignore_errors=True)
    for path in checkpoints(run)[: -max(1, keep_last)]:
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _flush(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
