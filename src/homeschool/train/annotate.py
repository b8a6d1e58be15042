"""What the models think of each token before the update, without gradient; only what the algorithm reads."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from homeschool.algos import kl
from homeschool.algos.columns import Algorithm
from homeschool.train.batch import TrainBatch
from homeschool.train.critics import add_values
from homeschool.train.exact_kl import batch_exact_kl
from homeschool.train.forward import batch_logprobs
from homeschool.train.learner import Learner

if TYPE_CHECKING:
    from homeschool.train.rl import RlRun


def annotate(batch: TrainBatch, run: "RlRun") -> TrainBatch:
    """The batch with log-probabilities of the policy and the reference, their KL where the reward pays for it, and the
    critic's values."""
    learner, algo, temperature = run.learner, run.algo, run.sampling.temperature
    if algo.needs_old_logprobs and not learner.reads_policy:  # else they come with the values
        old = batch_logprobs(learner.policy.model, batch, learner.micro_tokens, temperature)
        batch = batch.add(old_logprobs=old)
    if learner.reference and algo.needs_reference and algo.kl_estimator != "exact":
        ref = batch_logprobs(learner.reference, batch, learner.micro_tokens, temperature)
        batch = batch.add(ref_logprobs=ref)
    if learner.critic:
        batch = add_values(learner, batch, algo, temperature)
    if learner.reference and algo.needs_reference and algo.kl_in == "reward":
        batch = batch.add(ref_kl=_divergence(batch, learner, algo, temperature))
    return batch


def _divergence(batch: TrainBatch, learner: Learner, algo: Algorithm, temperature: float) -> Tensor:
    """KL(policy, reference) at each token that trains, 0 elsewhere."""
    if algo.kl_estimator == "exact":
        assert learner.reference is not None
        return batch_exact_kl(learner.policy.model, learner.reference, batch, learner.micro_tokens, temperature)
    assert batch.old_logprobs is not None and batch.ref_logprobs is not None
    estimate = kl.ESTIMATORS[algo.kl_estimator](batch.old_logprobs, batch.ref_logprobs)
    return torch.where(batch.loss_mask, estimate, 0.0)
