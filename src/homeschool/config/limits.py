"""Numbers that no run can be made with."""

from math import inf
from typing import Any

from homeschool.config.names import flatten
from homeschool.config.rl import RlConfig
from homeschool.config.text import PretrainConfig
from homeschool.errors import ConfigError
from homeschool.messages.refusals import settings as say

RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("steps", "rows", "length", "prompts", "items", "keep.every", "keep.last"), (1, inf)),
    **dict.fromkeys(("check.items", "exam.items", "sampling.max_tokens", "micro_tokens"), (1, inf)),
    **dict.fromkeys(("hidden_size", "layers", "heads", "mlp_size", "context"), (1, inf)),
    **dict.fromkeys(("threads", "samples", "check.every", "rollouts_kept", "warmup_steps", "timeout_s"), (0, inf)),
    **dict.fromkeys(("budget.tokens", "budget.updates", "budget.seconds", "budget.flops"), (0, inf)),
    **dict.fromkeys(("stop.kl", "stop.plateau", "gradient_penalty.weight"), (0, inf)),
    "gradient_penalty.reach": (1e-6, inf),
    **dict.fromkeys(("lr", "weight_decay", "epsilon", "grad_clip", "temperature", "top_k"), (0, inf)),
    **dict.fromkeys(("margin", "center", "variance_weight"), (0, inf)),
    **dict.fromkeys(("guard.rate", "guard.most"), (1e-6, 1)),
    **dict.fromkeys(("guard.appeals", "guard.tolerance"), (0, 1)),
    **dict.fromkeys(
        ("guard.variance", "guard.budget", "guard.warmup", "guard.norm_room", "guard.other_keys"), (0, inf)
    ),
    **dict.fromkeys(("guard.canaries", "guard.reexam"), (0, 0.5)),
    "pairs": (1, inf),
    "heldout": (50, inf),
    "answers": (2, inf),
    "flip": (0, 0.5),
    **dict.fromkeys(("heldout_share", "sums_share", "final_share", "max_failures", "top_p", "min_p"), (0, 1)),
}
"""Least and largest value of settings, by full name or by its last part; columns of an algorithm have rules of their
own."""


def refuse_impossible(config: Any) -> None:
    """Raise ConfigError for a number that no run can be made with: its name, its value, and what is possible."""
    for key, value in flatten(config).items():
        least, most = RANGES.get(key) or RANGES.get(key.rpartition(".")[2], (-inf, inf))
        if isinstance(value, int | float) and not least <= value <= most:
            expected = say.AT_LEAST(least=least) if most == inf else say.BETWEEN(least=least, most=most)
            raise ConfigError(say.OUT_OF_RANGE(name=key, value=value, expected=expected))
    if isinstance(config, RlConfig) and config.algorithm.critic_warmup >= config.steps:
        raise ConfigError(say.ONLY_WARM_UP(warmup=config.algorithm.critic_warmup, steps=config.steps))
    if isinstance(config, PretrainConfig) and config.length > config.model.context:
        raise ConfigError(say.LONGER_THAN_CONTEXT(length=config.length, context=config.model.context))
