"""The policy's loss on one micro-batch: ratio, surrogate, weight between sampler and trainer, KL, entropy, imitation.

Every line is a column of the algorithm's row, looked up in a table of functions; nothing here knows an algorithm by
name.
"""

import torch
from torch import Tensor

from homeschool.algos import kl
from homeschool.algos.columns import Algorithm
from homeschool.algos.mismatch import LOG_WEIGHTS, MISMATCH
from homeschool.algos.ratios import RATIOS, token_ratio
from homeschool.algos.surrogates import SURROGATES, Tokens
from homeschool.train.exact_kl import exact_kl
from homeschool.train.forward import Part, hidden_states
from homeschool.train.learner import Learner
from homeschool.train.sums import Sums
from homeschool.train.token_logprobs import token_logprobs


def policy_loss(
    learner: Learner, part: Part, states: Tensor, algo: Algorithm, temperature: float, sums: Sums, *, fresh: bool
) -> Tensor:
    """This micro-batch's share of the loss of the whole minibatch, a number with a gradient.

    ``states`` [T, hidden_size] are the policy's hidden states that predict the trained tokens. ``fresh``: no weight has
    changed since the old policy read the batch, so its log-probabilities, where they were not recorded, are those of
    this forward.
    """
    model = learner.policy.model
    logprobs, entropy = token_logprobs(model, states, part.trained("tokens"), temperature)
    old, rows = _old_logprobs(part, algo, logprobs, fresh), part.batch.rows[part.mask].to(logprobs.device)
    ratio = RATIOS[algo.ratio](logprobs, old, rows)
    surrogate = SURROGATES[algo.surrogate](Tokens(logprobs, old, ratio, part.trained("advantages")), algo)
    loss = surrogate.loss * _sampler_weights(part, algo, old, rows, sums)
    sums.add("policy/clip_frac", surrogate.limited)
    sums.add("policy/approx_kl", kl.k3(old, logprobs.detach()))
    sums.add("policy/entropy", entropy)
    if fresh and part.batch.old_logprobs is None and part.batch.rollout_logprobs is not None:
        sums.add("policy/mismatch_kl", kl.k3(part.trained("rollout_logprobs"), logprobs.detach()))
    if algo.kl_in == "loss" and algo.needs_reference:
        divergence = _divergence(learner, part, states, logprobs, algo, temperature)
        is_exact = algo.kl_estimator == "exact"
        sums.add("ref/kl", divergence if is_exact else kl.k3(logprobs.detach(), part.trained("ref_logprobs")))
        if algo.kl_corrected:
            divergence = kl.importance_corrected(divergence, token_ratio(logprobs, old, rows))
        loss = loss + algo.kl_coef * divergence
    if algo.entropy_coef:
        paid = entropy if part.batch.explores is None else entropy * part.trained("explores")
        loss = loss - algo.entropy_coef * paid
    total = (loss * part.trained("weights")).sum()
    if algo.likelihood_coef:
        total = total - algo.likelihood_coef * (logprobs * part.trained("likelihood_weights")).sum()
    sums.add_sum("policy/loss", total.detach().double() / algo.updates_per_batch)
    return total


def _old_logprobs(part: Part, algo: Algorithm, logprobs: Tensor, fresh: bool) -> Tensor:
    """The policy that the ratio compares with: the sampler itself, or the trainer's copy of it before the update. Where
    nobody read that copy, it is this forward as long as no weight has changed, and later what the sampler wrote."""
    if algo.surrogate == "divergence_mask":
        return part.trained("rollout_logprobs")
    if part.batch.old_logprobs is not None:
        return part.trained("old_logprobs")
    return logprobs.detach() if fresh else part.trained("rollout_logprobs")


def _sampler_weights(part: Part, algo: Algorithm, old: Tensor, rows: Tensor, sums: Sums) -> Tensor:
    """What makes up for a sampler that differs from the trainer: ones, unless the row says how."""
    if algo.mismatch == "none":
        return torch.ones_like(old)
    log_weights = LOG_WEIGHTS[algo.mismatch_level](old, part.trained("rollout_logprobs"), rows)
    weights = MISMATCH[algo.mismatch](log_weights, algo.mismatch_cap)
    sums.add("policy/mismatch_weight", weights)
    return weights


def _divergence(
    learner: Learner, part: Part, states: Tensor, logprobs: Tensor, algo: Algorithm, temperature: float
) -> Tensor:
    """KL(policy, reference) at each trained token, with gradient."""
    if algo.kl_estimator != "exact":
        return kl.ESTIMATORS[algo.kl_estimator](logprobs, part.trained("ref_logprobs"))
    assert learner.reference is not None
    with torch.no_grad():
        ref_states = hidden_states(learner.reference, part.packed)[part.packed.predictors[part.mask]]
    return exact_kl(learner.policy.model, states, learner.reference, ref_states, temperature)
