"""What a stage costs, before it runs: bytes by what holds them, and floating-point operations. Arithmetic on shapes.

:mod:`plan` says what the stage will do, :mod:`holding` and :mod:`computing` what that costs, :mod:`room` whether it
fits. The formulas follow the code that does the work: ``train/update.py``, ``train/optimizer.py``,
``rollout/torch_engine.py``.
"""

from homeschool.cost.computing import Operations, operations, step_operations
from homeschool.cost.holding import Memory, memory
from homeschool.cost.plan import (
    Plan,
    Work,
    Writing,
    critic_shape,
    exam_answers,
    longest_pairs,
    plan_pairs,
    plan_rl,
    plan_text,
)
from homeschool.cost.room import available, peak_memory, require_memory, reset_peaks, size, way_out
from homeschool.cost.shapes import layer_matrices, layer_operations

__all__ = [
    "Memory",
    "Operations",
    "Plan",
    "Work",
    "Writing",
    "available",
    "critic_shape",
    "exam_answers",
    "layer_matrices",
    "layer_operations",
    "longest_pairs",
    "memory",
    "operations",
    "peak_memory",
    "plan_pairs",
    "plan_rl",
    "plan_text",
    "require_memory",
    "reset_peaks",
    "size",
    "step_operations",
    "way_out",
]
