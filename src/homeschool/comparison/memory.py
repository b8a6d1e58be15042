"""Bytes of a run by what needs them, by the same arithmetic that ``homeschool explain`` shows."""

from pathlib import Path

from homeschool.config import RlConfig, build_config, read_recipe
from homeschool.cost import Plan, memory
from homeschool.errors import HomeschoolError
from homeschool.explain import build_plan

WRITING = "while writing answers"


def planned_bytes(folder: Path) -> dict[str, int]:
    """Bytes for sampling, for the critic and for the update of the policy; empty where the model is not to be had.

    Sampling is what its phase holds, the update what is kept all the time and what its phase holds, both without the
    critic's own. They are upper ends: every completion as long as it may be.
    """
    try:
        config = build_config(RlConfig, read_recipe(folder / "config.toml"), str(folder))
        plan = build_plan(config)
    except HomeschoolError:
        return {}
    if not isinstance(plan, Plan):
        return {}
    needed = memory(plan)
    critic = sum(size for name, size in needed.kept.items() if "critic" in name)
    learning = max(sum(items.values()) for name, items in needed.phases.items() if name != WRITING)
    return {
        "sampling": sum(needed.phases.get(WRITING, {}).values()),
        "critic": critic,
        "update": sum(needed.kept.values()) - critic + learning,
    }
