"""Columns of the algorithm table, for whoever sets some by hand."""

from dataclasses import dataclass

from homeschool.algos.columns import (
    Advantage,
    Aggregation,
    Combine,
    CriticKind,
    KlControl,
    KlEstimator,
    KlPlace,
    Mismatch,
    MismatchLevel,
    Ratio,
    Surrogate,
    Whiten,
)


@dataclass(frozen=True)
class AlgorithmColumns:
    """Columns of the algorithm table set by hand; those left out keep the published row."""

    advantage: Advantage | None = None
    """What a reward is compared with: reward (nothing), group_mean, group_standardized, leave_one_out,
    group_mean_normalized, shrinkage (the group), tracker (the prompt's past) or gae (a critic)."""
    whiten: Whiten | None = None
    """Scale of the advantages: none, batch or tokens (mean 0, variance 1), batch_scale or slow_scale (divide only)."""
    combine: Combine | None = None
    """Several scorers: sum, or standardized (each within its group first)."""
    ratio: Ratio | None = None
    """Where the importance ratio is taken: token, sequence or none."""
    surrogate: Surrogate | None = None
    """Loss of one token: clip, stop_gradient, soft_gate, divergence_mask or logprob."""
    aggregation: Aggregation | None = None
    """How the losses of tokens become one: token_mean, sequence_mean, sequence_sum or constant_length."""
    clip_low: float | None = None
    """Distance below a ratio of 1 at which the gain stops."""
    clip_high: float | None = None
    """Distance above a ratio of 1 at which it stops."""
    dual_clip: float | None = None
    """Largest ratio that counts against a bad answer; 0: no limit."""
    gate_positive: float | None = None
    """soft_gate: how fast it closes for good answers."""
    gate_negative: float | None = None
    """soft_gate: how fast it closes for bad answers."""
    divergence: float | None = None
    """divergence_mask: how far a token's probability may move."""
    group_size: int | None = None
    """Completions per prompt."""
    epochs: int | None = None
    """Passes over each batch."""
    minibatches: int | None = None
    """Weight updates per pass."""
    resample: int | None = None
    """Rounds in which prompts whose answers all earned the same are replaced; 0: none."""
    overlong: float | None = None
    """Share of max_tokens at its end in which the reward falls to -1; 0: none."""
    kl_in: KlPlace | None = None
    """Where the distance to the reference is charged: none, reward or loss."""
    kl_estimator: KlEstimator | None = None
    """How it is estimated: k1, k2, k3 or exact."""
    kl_corrected: bool | None = None
    """k3 in the loss: weigh it by the importance ratio."""
    kl_coef: float | None = None
    """Weight of the KL."""
    kl_control: KlControl | None = None
    """Whether its weight follows it: fixed, adaptive or lagrangian."""
    kl_target: float | None = None
    """Controlled: nats per token to hold."""
    kl_horizon: float | None = None
    """Controlled: answers over which the weight responds."""
    entropy_coef: float | None = None
    """Weight of a bonus for entropy."""
    entropy_target: float | None = None
    """Nats per token below which the bonus grows; 0: its weight is fixed."""
    likelihood_coef: float | None = None
    """Weight of imitation of answers with full marks."""
    mismatch: Mismatch | None = None
    """Where sampler and trainer disagree: none, truncate or mask."""
    mismatch_level: MismatchLevel | None = None
    """Where that disagreement is measured: token or sequence."""
    mismatch_cap: float | None = None
    """Largest weight between sampler and trainer."""
    gae_gamma: float | None = None
    """Discount per token."""
    gae_lambda: float | None = None
    """Trust in the critic: 0 all, 1 none."""
    gae_lambda_critic: float | None = None
    """The same for what the critic learns from; left out: as gae_lambda."""
    gae_length_alpha: float | None = None
    """gae_lambda from the length of the answer; 0: the same for all."""
    gae_bootstrap: bool | None = None
    """A completion that was cut off is worth what the critic expects beyond; false: its mark is the end."""
    value_coef: float | None = None
    """Weight of the critic's loss."""
    value_clip: float | None = None
    """How far a value may move per batch; 0: any distance."""
    critic: CriticKind | None = None
    """Who forecasts: separate (a model of its own), shared (a head on the policy) or pair (two small ones)."""
    critic_layers: int | None = None
    """Layers of the critic; 0: as many as the policy."""
    critic_warmup: int | None = None
    """First steps in which only the critic learns."""
    critic_mask: float | None = None
    """pair: share of the tokens that do not train because both critics agree on them."""
    critic_entropy_mask: float | None = None
    """pair: share of the tokens that earn no bonus for entropy because both critics disagree on them."""
