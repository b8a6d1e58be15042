"""Combinations of columns that cannot be meant, and those that can but have a known flaw. Each says why."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from math import inf
from typing import Any, Literal, get_args, get_origin, get_type_hints

from homeschool.algos.columns import GROUP_BASELINES, Algorithm
from homeschool.errors import ConfigError
from homeschool.messages import algorithms as say
from homeschool.messages.refusals import algorithms as refusals
from homeschool.messages.refusals import settings
from homeschool.messages.suggestion import suggestion

RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("group_size", "epochs", "minibatches", "kl_horizon"), (1, inf)),
    **dict.fromkeys(
        ("resample", "kl_coef", "kl_target", "entropy_coef", "entropy_target", "likelihood_coef"), (0, inf)
    ),
    **dict.fromkeys(("clip_high", "value_coef", "value_clip", "critic_layers", "critic_warmup"), (0, inf)),
    **dict.fromkeys(("clip_low", "divergence", "gae_gamma", "gae_lambda", "gae_lambda_critic"), (0, 1)),
    **dict.fromkeys(("gate_positive", "gate_negative", "mismatch_cap"), (1e-9, inf)),
    **dict.fromkeys(("overlong", "critic_mask", "critic_entropy_mask"), (0, 0.999)),
    "gae_length_alpha": (0, inf),
    "dual_clip": (0, inf),
}
"""Least and largest value of a column."""

READ_ONLY_WITH: dict[str, tuple[str, tuple[str, ...]]] = {
    "clip_low": ("surrogate", ("clip",)),
    "clip_high": ("surrogate", ("clip", "stop_gradient")),
    "dual_clip": ("surrogate", ("clip",)),
    **dict.fromkeys(("gate_positive", "gate_negative"), ("surrogate", ("soft_gate",))),
    "divergence": ("surrogate", ("divergence_mask",)),
    **dict.fromkeys(("kl_coef", "kl_estimator", "kl_corrected", "kl_control"), ("kl_in", ("reward", "loss"))),
    **dict.fromkeys(("kl_target", "kl_horizon"), ("kl_control", ("adaptive", "lagrangian"))),
    **dict.fromkeys(("mismatch_level", "mismatch_cap"), ("mismatch", ("truncate", "mask"))),
    **dict.fromkeys(("gae_gamma", "gae_lambda", "gae_lambda_critic", "gae_length_alpha"), ("advantage", ("gae",))),
    **dict.fromkeys(("value_coef", "value_clip"), ("advantage", ("gae",))),
    **dict.fromkeys(("critic", "critic_layers", "critic_warmup"), ("advantage", ("gae",))),
    **dict.fromkeys(("critic_mask", "critic_entropy_mask"), ("critic", ("pair",))),
    "gae_bootstrap": ("advantage", ("gae",)),
}
"""Columns that mean something only beside certain values of another."""


def is_read(row: Algorithm, column: str) -> bool:
    """Whether anything reads this column of the row."""
    selector, readers = READ_ONLY_WITH.get(column, ("", ()))
    return not selector or getattr(row, selector) in readers


def require_known(columns: Mapping[str, Any]) -> None:
    """Raise ConfigError for a column that there is not, or a value that it cannot have, with the nearest right one."""
    hints = get_type_hints(Algorithm)
    known = [field.name for field in fields(Algorithm) if field.name not in ("name", "source")]
    for name, value in columns.items():
        if name not in known:
            raise ConfigError(refusals.NO_COLUMN(name=name, nearest=suggestion(name, known)))
        choices = get_args(hints[name]) if get_origin(hints[name]) is Literal else ()
        if choices and value not in choices:
            raise ConfigError(refusals.NOT_A_CHOICE(name=name, value=value, nearest=suggestion(str(value), choices)))


def refuse_unread(row: Algorithm, published: Algorithm, columns: Mapping[str, Any]) -> None:
    """Raise ConfigError for a column that was set by hand to a value that nothing would read."""
    defaults = {field.name: field.default for field in fields(row)}
    for name, value in columns.items():
        is_change = value not in (getattr(published, name), defaults[name])
        if is_change and not is_read(row, name):
            selector, readers = READ_ONLY_WITH[name]
            selected, wanted = getattr(row, selector), refusals.OR().join(readers)
            raise ConfigError(
                refusals.UNREAD(name=name, value=value, selector=selector, selected=selected, readers=wanted)
            )


def refuse_contradictions(row: Algorithm) -> None:
    """Raise ConfigError for columns that cannot mean anything together: the reason, and the way out."""
    for name, (least, most) in RANGES.items():
        value = getattr(row, name)
        if value is not None and not least <= value <= most:
            expected = _range(name, least, most)
            raise ConfigError(settings.OUT_OF_RANGE(name=name, value=value, expected=expected))
    for reason in (*_baseline(row), *_update(row), *_kl(row), *_critic(row)):
        raise ConfigError(reason)


def _range(name: str, least: float, most: float) -> str:
    if name in ("clip_low", "clip_high"):
        return refusals.DISTANCE_FROM_ONE()
    if least == 1e-9:
        return refusals.ABOVE_ZERO()
    return settings.AT_LEAST(least=least) if most == inf else settings.BETWEEN(least=least, most=most)


def _baseline(row: Algorithm) -> Iterator[str]:
    if row.advantage in GROUP_BASELINES and row.group_size < 2:
        yield refusals.GROUP_OF_ONE(group_size=row.group_size, advantage=row.advantage)
    if row.advantage == "tracker" and row.group_size > 1:
        yield refusals.GROUP_FOR_TRACKER(group_size=row.group_size)
    if row.advantage in ("tracker", "group_mean_normalized") and (row.overlong or _charges_reward(row)):
        yield refusals.NO_PASS_RATE(advantage=row.advantage)
    if row.advantage == "gae" and row.whiten not in ("none", "tokens"):
        yield refusals.WHITENS_ANSWERS(whiten=row.whiten)
    if row.combine == "standardized" and row.advantage != "group_standardized":
        yield refusals.STANDARDIZED_ELSEWHERE(advantage=row.advantage)
    if row.combine == "standardized" and (row.overlong or _charges_reward(row)):
        yield refusals.STANDARDIZED_MARKS_ONLY()
    if row.resample and row.group_size < 2:
        yield refusals.RESAMPLE_FOR_ONE()


def _charges_reward(row: Algorithm) -> bool:
    return row.kl_in == "reward" and row.needs_reference


def _update(row: Algorithm) -> Iterator[str]:
    if row.ratio == "none" and row.surrogate != "logprob":
        yield refusals.NO_RATIO(surrogate=row.surrogate)
    if row.surrogate == "logprob" and row.ratio != "none":
        yield refusals.UNUSED_RATIO(ratio=row.ratio)
    if row.surrogate == "logprob" and row.updates_per_batch > 1:
        yield refusals.LOGPROB_TWICE(updates=row.updates_per_batch)
    if row.surrogate == "divergence_mask" and row.ratio != "token":
        yield refusals.MASK_OF_TOKENS(ratio=row.ratio)
    if row.surrogate == "divergence_mask" and row.mismatch != "none":
        yield refusals.MISMATCH_TWICE()
    if row.dual_clip and row.dual_clip <= 1 + row.clip_high:
        yield refusals.DUAL_CLIP_TOO_LOW(dual_clip=row.dual_clip, bound=1 + row.clip_high)


def _kl(row: Algorithm) -> Iterator[str]:
    if row.kl_in == "loss" and row.kl_estimator == "k1" and row.needs_reference:
        yield refusals.K1_IN_LOSS()
    if row.kl_corrected and (row.kl_in != "loss" or row.kl_estimator != "k3"):
        yield refusals.NOTHING_TO_MEND(kl_in=row.kl_in, kl_estimator=row.kl_estimator)
    if row.kl_control != "fixed" and (row.kl_target == 0 or row.kl_in == "none"):
        yield refusals.NO_KL_TO_HOLD(kl_control=row.kl_control)
    if row.kl_control != "fixed" and row.kl_coef == 0:
        yield refusals.STAYS_ZERO(kl_control=row.kl_control)


def _critic(row: Algorithm) -> Iterator[str]:
    if row.has_critic and row.value_coef == 0:
        yield refusals.CRITIC_NEVER_LEARNS()
    if row.critic == "shared" and row.critic_layers:
        yield refusals.NO_LAYERS_OF_ITS_OWN(critic_layers=row.critic_layers)
    if row.critic_entropy_mask and not (row.entropy_coef or row.entropy_target):
        yield refusals.NO_ENTROPY_TO_MASK(mask=row.critic_entropy_mask)
    if row.gae_length_alpha and row.gae_lambda != 1:
        yield refusals.LAMBDA_TWICE(alpha=row.gae_length_alpha, gae_lambda=row.gae_lambda)


def warnings(row: Algorithm, *, prompts: int, max_tokens: int, scorers: int = 0) -> list[str]:
    """What is known to be wrong with a combination that is allowed all the same: a sentence each, with its source.

    ``prompts`` a step, ``max_tokens`` of a completion and the number of ``scorers`` (0: not known yet) decide whether
    some columns can do anything.
    """
    return [*_biased(row), *_without_effect(row, prompts, max_tokens, scorers)]


def _biased(row: Algorithm) -> Iterator[str]:
    if row.kl_in == "loss" and row.needs_reference and row.kl_estimator == "k3" and not row.kl_corrected:
        yield say.K3_IN_LOSS()
    if row.kl_in == "loss" and row.needs_reference and row.kl_estimator == "k2" and row.updates_per_batch > 1:
        yield say.K2_IN_LOSS(updates=row.updates_per_batch)
    if row.ratio == "sequence" and row.surrogate == "clip" and row.clip_high > 0.05:
        yield say.SEQUENCE_CLIP(clip_high=row.clip_high)
    if row.whiten in ("batch", "tokens") and row.likelihood_coef == 0 and row.advantage == "group_mean_normalized":
        yield say.WHITEN_TAKES_BACK()


def _without_effect(row: Algorithm, prompts: int, max_tokens: int, scorers: int) -> Iterator[str]:
    if row.combine == "standardized" and scorers == 1:
        yield say.ONE_SCORER()
    if row.minibatches > prompts:
        yield say.FEWER_UPDATES(minibatches=row.minibatches, prompts=prompts)
    if row.gae_length_alpha and row.gae_length_alpha * max_tokens <= 1:
        alpha = row.gae_length_alpha
        yield say.SHORT_FOR_ALPHA(alpha=alpha, tokens=1 / alpha, max_tokens=max_tokens)
    if row.overlong and row.overlong * max_tokens < 2:
        yield say.STEEP_OVERLONG(overlong=row.overlong, max_tokens=max_tokens)


def costs(row: Algorithm) -> list[str]:
    """What a step computes beyond one update of the policy on its own samples, a phrase each."""
    return list(_costs(row))


def _costs(row: Algorithm) -> Iterator[str]:
    if row.group_size == 1:
        yield say.READ_FOR_ONE()
    if row.needs_old_logprobs:
        several = row.updates_per_batch > 1
        yield say.OLD_LOGPROBS(why=say.WHY_UPDATES(count=row.updates_per_batch) if several else say.WHY_KL())
    if row.epochs > 1:
        yield say.EPOCHS(count=row.epochs)
    if row.needs_reference:
        yield say.REFERENCE_EXACT() if row.kl_estimator == "exact" else say.REFERENCE()
    if row.has_critic:
        yield say.CRITIC()
    if row.resample:
        yield say.RESAMPLE(rounds=row.resample)
    if row.advantage == "tracker":
        yield say.REREAD()
    if row.entropy_coef or row.entropy_target or row.likelihood_coef or (row.kl_in == "loss" and row.needs_reference):
        yield say.EVERY_ANSWER()
