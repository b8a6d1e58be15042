"""From a batch with advantages (or plain text) to new weights: epochs, minibatches, one divide, one clip.

The share of every token in the loss is fixed over the whole minibatch before the first backward, so how it is cut into
micro-batches changes memory and nothing else.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from homeschool.algos import kl, losses
from homeschool.algos.table import Aggregation, Algorithm
from homeschool.errors import NonFiniteError
from homeschool.models.heads import Critic
from homeschool.streams import stream
from homeschool.train.batch import TrainBatch
from homeschool.train.forward import Part, hidden_states, parts, trained_logprobs
from homeschool.train.learner import Learner
from homeschool.train.optimizer import learning_rate


@dataclass
class Sums:
    """Metrics as weighted sums, divided once at the end: a mean over tokens, not over micro-batches."""

    totals: Counter[str] = field(default_factory=Counter)
    weights: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, values: Tensor) -> None:
        """Values of single tokens; their mean will be reported."""
        self.totals[name] += float(values.detach().sum())  # type: ignore[assignment]
        self.weights[name] += values.numel()

    def add_sum(self, name: str, value: float) -> None:
        """A part of a sum; the sum will be reported."""
        self.totals[name] += value  # type: ignore[assignment]

    def result(self) -> dict[str, float]:
        """Means and sums by name."""
        return {name: total / (self.weights[name] or 1) for name, total in sorted(self.totals.items())}


def update_on_text(learner: Learner, batch: TrainBatch, step: int, total_steps: int) -> dict[str, float]:
    """One weight update towards the text itself: the mean cross-entropy of its trained tokens."""
    weighted = _weighted(batch, "token_mean", 1)
    sums = Sums()
    with _blamed_on(batch):
        for part in parts(weighted, learner.micro_tokens, learner.policy.model.device):
            logprobs, entropy = trained_logprobs(learner.policy.model, part, 1.0)
            loss = -(logprobs * part.trained("weights")).sum()
            loss.backward()
            sums.add_sum("policy/loss", float(loss.detach()))
            sums.add("policy/entropy", entropy)
        _step_policy(learner, step, total_steps, sums)
    learner.policy.version += 1
    return sums.result() | {"policy/tokens": float(batch.loss_mask.sum())}


def update(
    learner: Learner,
    batch: TrainBatch,
    algo: Algorithm,
    *,
    step: int,
    total_steps: int,
    seed: int,
    max_length: int,
    temperature: float,
) -> dict[str, float]:
    """The weight updates of one RL step. Returns metrics averaged over tokens and updates.

    ``max_length`` is the constant of the ``constant_length`` aggregation. Raises NonFiniteError before any weight has
    been touched by a loss or gradient that is not a number.
    """
    sums = Sums()
    for epoch in range(algo.epochs):
        for rows in _minibatches(batch, algo.minibatches, seed, step, epoch):
            mini = _weighted(batch if rows is None else batch.take(rows), algo.aggregation, max_length)
            with _blamed_on(mini):
                _backward(learner, mini, algo, temperature, sums)
                _step_policy(learner, step, total_steps, sums)
                _step_critic(learner, step, total_steps, sums)
    learner.policy.version += algo.updates_per_batch
    return sums.result()


def _backward(learner: Learner, mini: TrainBatch, algo: Algorithm, temperature: float, sums: Sums) -> None:
    rows = _rows_with_gradient(mini, algo)
    for part in parts(mini, learner.micro_tokens, learner.policy.model.device, rows):
        _policy_loss(learner, part, algo, temperature, sums)
        if learner.critic:
            _critic_loss(learner.critic, part, algo, sums)


@contextmanager
def _blamed_on(batch: TrainBatch) -> Iterator[None]:
    """A number that is not one leaves with the batch it came from."""
    try:
        yield
    except NonFiniteError as error:
        error.batch = batch
        raise


def _minibatches(batch: TrainBatch, count: int, seed: int, step: int, epoch: int) -> Iterator[list[int] | None]:
    """Groups dealt out at random; None stands for the whole batch."""
    if count == 1:
        yield None
        return
    groups = batch.groups.tolist()
    order = stream(seed, "minibatch", step, epoch).permutation(len(batch.prefixes))
    for part in range(count):
        chosen = set(order[part::count].tolist())
        rows = [row for row, group in enumerate(groups) if group in chosen]
        if rows:
            yield rows


def _weighted(batch: TrainBatch, aggregation: Aggregation, max_length: int) -> TrainBatch:
    weights = torch.zeros(len(batch.tokens))
    rows = batch.rows[batch.loss_mask]
    weights[batch.loss_mask] = losses.token_weights(rows, batch.num_rows, aggregation, max_length)
    return batch.add(weights=weights)


def _rows_with_gradient(batch: TrainBatch, algo: Algorithm) -> list[int] | None:
    """Rows whose loss has a gradient. A tie in a group makes it exactly zero, unless a KL or a critic is in the
    loss."""
    if (algo.kl_in == "loss" and algo.kl_coef) or algo.has_critic or batch.advantages is None:
        return None
    largest = batch.padded(batch.advantages.abs()).amax(1)
    return [row for row, size in enumerate(largest.tolist()) if size > 0]


def _policy_loss(learner: Learner, part: Part, algo: Algorithm, temperature: float, sums: Sums) -> None:
    logprobs, entropy = trained_logprobs(learner.policy.model, part, temperature)
    old = logprobs.detach() if part.batch.old_logprobs is None else part.trained("old_logprobs")
    advantages = part.trained("advantages")
    ratio = losses.token_ratio(logprobs, old)
    if algo.surrogate == "clip":
        loss = losses.clipped_surrogate(ratio, advantages, algo.clip_low, algo.clip_high)
        sums.add("policy/clip_frac", losses.clipped_share(ratio, advantages, algo.clip_low, algo.clip_high))
    else:
        loss = losses.logprob_surrogate(logprobs, advantages)
    if algo.needs_reference:
        ref_logprobs = part.trained("ref_logprobs")
        sums.add("ref/kl", kl.k3(logprobs.detach(), ref_logprobs))
        if algo.kl_in == "loss":
            loss = loss + algo.kl_coef * kl.ESTIMATORS[algo.kl_estimator](logprobs, ref_logprobs)
    total = (loss * part.trained("weights")).sum()
    total.backward()
    sums.add_sum("policy/loss", float(total.detach()) / algo.updates_per_batch)
    sums.add("policy/entropy", entropy)
    sums.add("policy/approx_kl", kl.k3(old, logprobs.detach()))
    if part.batch.old_logprobs is None and part.batch.rollout_logprobs is not None:
        sums.add("policy/mismatch_kl", kl.k3(part.trained("rollout_logprobs"), logprobs.detach()))


def _critic_loss(critic: Critic, part: Part, algo: Algorithm, sums: Sums) -> None:
    hidden = hidden_states(critic, part.packed)
    values = critic.values(hidden[part.packed.predictors[part.mask]])
    loss = losses.value_loss(values, part.trained("values"), part.trained("returns"), algo.value_clip)
    total = algo.value_coef * (loss * part.trained("weights")).sum()
    total.backward()
    sums.add("value/loss", loss)


def _step_policy(learner: Learner, step: int, total_steps: int, sums: Sums) -> None:
    loss = sums.totals["policy/loss"]
    if loss != loss or loss in (float("inf"), float("-inf")):
        raise NonFiniteError(f"the loss is {loss}")
    rate = learning_rate(learner.optimizer.optim, step, total_steps)
    sums.add("optim/grad_norm", torch.tensor(learner.optimizer.step(rate)))
    sums.add("optim/lr", torch.tensor(rate))


def _step_critic(learner: Learner, step: int, total_steps: int, sums: Sums) -> None:
    if learner.critic_optimizer:
        rate = learning_rate(learner.critic_optimizer.optim, step, total_steps)
        sums.add("optim/critic_grad_norm", torch.tensor(learner.critic_optimizer.step(rate)))
