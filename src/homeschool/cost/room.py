"""Whether a stage fits into the memory that is left, and the smallest change that makes it fit."""

from collections.abc import Iterator
from dataclasses import replace

import torch

from homeschool.config import OptimConfig
from homeschool.cost.holding import Memory, memory
from homeschool.cost.plan import Plan
from homeschool.errors import ConfigError
from homeschool.messages import explain as say
from homeschool.resources import available_bytes, peak_bytes, reset_peak

LEAST_TOKENS = 256
"""Smallest micro-batch worth suggesting."""


def available(device: torch.device) -> int | None:
    """Bytes that can still be had on ``device``; None where the system does not say."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        # What torch keeps of what it got back, it hands out again.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return available_bytes()


def peak_memory(device: torch.device) -> int:
    """Most bytes held at a time since :func:`reset_peaks`: of the GPU where it computes, else of this process."""
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else peak_bytes()


def reset_peaks() -> None:
    """Start counting anew, so that a stage is not charged for the one before it."""
    reset_peak()
    if torch.cuda.is_initialized():  # else nothing has been held there
        for number in range(torch.cuda.device_count()):
            torch.cuda.reset_peak_memory_stats(number)


def require_memory(plan: Plan) -> None:
    """Raise ConfigError when the stage will not fit into memory: the numbers, and the way out.

    To be called once the model is loaded: what is available is then without its weights.
    """
    room = available(plan.device)
    needed = memory(plan)
    more = needed.total - plan.weight_bytes
    if room is not None and more > room:
        parts = {"needed": size(more), "room": size(room), "largest": _largest(needed)}
        raise ConfigError(say.TOO_LITTLE(**parts, way_out=way_out(plan, room)))


def _largest(needed: Memory) -> str:
    phase = max(needed.phases.values(), key=lambda items: sum(items.values()))
    items = sorted((needed.kept | phase).items(), key=lambda item: -item[1])[:3]
    return say.BETWEEN().join(f"{name} {size(count)}" for name, count in items)


def way_out(plan: Plan, room: int) -> str:
    """The smallest change that makes the stage fit into ``room`` bytes besides the model, by the same arithmetic."""
    for optim in _gentler(plan.optim):
        needed = memory(replace(plan, optim=optim))
        if needed.total - plan.weight_bytes <= room:
            changed = {name: value for name, value in vars(optim).items() if value != getattr(plan.optim, name)}
            settings = say.AND().join(
                f"--optim.{name}" + f" {value}" * (value is not True) for name, value in changed.items()
            )
            return say.FITS_WITH(settings=settings)
    if sum(needed.kept.values()) - plan.weight_bytes > room:
        return say.KEPT_IS_TOO_MUCH_RL() if plan.algo else say.KEPT_IS_TOO_MUCH()
    return say.NOT_ENOUGH_RL() if plan.algo else say.NOT_ENOUGH()


def _gentler(optim: OptimConfig) -> Iterator[OptimConfig]:
    """Smaller micro-batches first, which cost nothing; recomputing activations only where they are not enough."""
    for checkpointing in sorted({optim.checkpointing, True}):
        tokens = optim.micro_tokens
        yield replace(optim, checkpointing=checkpointing)
        while tokens >= 2 * LEAST_TOKENS:
            tokens //= 2
            yield replace(optim, micro_tokens=tokens, checkpointing=checkpointing)


def size(count: float) -> str:
    """``1.5 GiB``, ``12 MiB``."""
    for unit, bytes_each in (("GiB", 2**30), ("MiB", 2**20)):
        if count >= bytes_each:
            return (
                f"{count / bytes_each:.1f} {unit}" if count < 100 * bytes_each else f"{count / bytes_each:,.0f} {unit}"
            )
    return f"{count / 1024:.1f} KiB"
