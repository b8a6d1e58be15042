"""From a batch with advantages (or plain text) to new weights: epochs, minibatches, one divide, one clip.

The share of every token in the loss is fixed over the whole minibatch before the first backward, so how it is cut into
micro-batches changes memory and nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch

from homeschool import spans
from homeschool.algos import losses
from homeschool.algos.columns import Aggregation, Algorithm
from homeschool.errors import NonFiniteError
from homeschool.messages.refusals import training as refused
from homeschool.streams import stream
from homeschool.train.batch import TrainBatch, micro_batches
from homeschool.train.critics import backward_apart, backward_on_policy
from homeschool.train.forward import joined_gradient, parts, trained_logprobs
from homeschool.train.gradient_penalty import penalise_gradient
from homeschool.train.learner import Learner
from homeschool.train.not_finite import NotFinite
from homeschool.train.optimizer import learning_rate
from homeschool.train.policy_loss import policy_loss
from homeschool.train.sums import Sums


def update_on_text(learner: Learner, batch: TrainBatch, step: int, total_steps: int) -> dict[str, float]:
    """One weight update towards the text itself: the mean cross-entropy of its trained tokens."""
    weighted = _weighted(batch, "token_mean", 1)
    sums = Sums()
    with _blamed_on(batch):
        for part in parts(weighted, learner.micro_tokens, learner.policy.model.device):
            logprobs, entropy = trained_logprobs(learner.policy.model, part, 1.0)
            loss = -(logprobs * part.trained("weights")).sum()
            loss.backward()
            sums.add_sum("policy/loss", loss)
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

    ``max_length`` is the constant of the ``constant_length`` aggregation. In the first ``critic_warmup`` steps the
    policy stays as it is. Raises NonFiniteError before any weight has been touched by a loss or gradient that is not a
    number.
    """
    sums = Sums()
    fresh, policy_learns = True, not algo.has_critic or step >= algo.critic_warmup
    for epoch in range(algo.epochs):
        for rows in _minibatches(batch, algo.minibatches, seed, step, epoch):
            mini = _weighted(batch if rows is None else batch.take(rows), algo.aggregation, max_length)
            with _blamed_on(mini):
                with spans.part("backward"):
                    _backward(learner, mini, algo, temperature, sums, fresh=fresh, policy_learns=policy_learns)
                    penalise_gradient(
                        learner.optimizer,
                        partial(
                            _backward,
                            learner,
                            mini,
                            algo,
                            temperature,
                            Sums(),
                            fresh=False,
                            policy_learns=policy_learns,
                        ),
                        learner.gradient_penalty,
                    )
                if policy_learns:
                    _step_policy(learner, step, total_steps, sums)
                    learner.policy.version += 1
                    fresh = False
                _step_critic(learner, step, total_steps, sums)
    return sums.result()


def _backward(
    learner: Learner,
    mini: TrainBatch,
    algo: Algorithm,
    temperature: float,
    sums: Sums,
    *,
    fresh: bool,
    policy_learns: bool,
) -> None:
    backward_apart(learner, mini, algo, sums)
    model, rows = learner.policy.model, _rows_that_train(mini, algo, learner.micro_tokens)
    for number, part in enumerate(parts(mini, learner.micro_tokens, model.device, rows)):
        is_read = policy_learns or number == 0  # a policy that waits for its critic is looked at all the same
        if not is_read and not learner.reads_policy:
            break
        with torch.set_grad_enabled(policy_learns):
            states = learner.first_pass.hidden_states(model, part.packed)[part.places]
        with joined_gradient(states) as stand_in:
            if is_read:
                with torch.set_grad_enabled(policy_learns):
                    loss = policy_loss(learner, part, stand_in, algo, temperature, sums, fresh=fresh)
            if policy_learns:
                loss.backward()
            backward_on_policy(learner, stand_in, part, algo, sums)
    learner.first_pass.forget()


@contextmanager
def _blamed_on(batch: TrainBatch) -> Iterator[None]:
    """A number that is not one leaves with the batch it came from."""
    try:
        yield
    except NonFiniteError as error:
        error.batch = batch
        raise


def _minibatches(batch: TrainBatch, count: int, seed: int, step: int, epoch: int) -> Iterator[list[int] | None]:
    """Groups dealt out at random, at most one minibatch for each; None stands for the whole batch."""
    count = min(count, len(batch.prefixes))
    if count == 1:
        yield None
        return
    groups = batch.groups.tolist()
    order = stream(seed, "minibatch", step, epoch).permutation(len(batch.prefixes))
    for number in range(count):
        chosen = set(order[number::count].tolist())
        yield [row for row, group in enumerate(groups) if group in chosen]


def _weighted(batch: TrainBatch, aggregation: Aggregation, max_length: int) -> TrainBatch:
    """Each token's share in the loss of this minibatch, and in the imitation of its right answers."""
    weights, likelihood = torch.zeros(len(batch.tokens)), torch.zeros(len(batch.tokens))
    rows = batch.rows[batch.loss_mask]
    weights[batch.loss_mask] = losses.token_weights(rows, batch.num_rows, aggregation, max_length)
    if batch.right is not None:
        likelihood[batch.loss_mask] = losses.likelihood_weights(rows, batch.right)
    return batch.add(weights=weights, likelihood_weights=likelihood)


def _rows_that_train(batch: TrainBatch, algo: Algorithm, micro_tokens: int) -> list[int] | None:
    """Rows whose loss has a gradient, None for all. Where a group ties it is exactly zero, unless something besides
    the advantage is in the loss.

    Where nothing has a gradient, the first micro-batch is computed all the same: it adds zero, and every step measures
    its entropy and its distance from the sampler.
    """
    charged = algo.kl_in == "loss" and algo.needs_reference
    if charged or algo.has_critic or algo.entropy_coef or algo.entropy_target or batch.advantages is None:
        return None
    size = batch.padded(torch.where(batch.loss_mask, batch.advantages.abs(), 0.0)).amax(1)
    if algo.likelihood_coef and batch.right is not None:
        size = torch.maximum(size, batch.right.float())
    return torch.nonzero(size).flatten().tolist() or micro_batches(batch, micro_tokens)[0]


def _step_policy(learner: Learner, step: int, total_steps: int, sums: Sums) -> None:
    loss = sums.totals["policy/loss"]
    if loss != loss or loss in (float("inf"), float("-inf")):
        raise NotFinite(refused.LOSS_NOT_A_NUMBER, loss)
    rate = learner.pace * learning_rate(learner.optimizer.optim, step, total_steps)
    with spans.part("optimizer"):
        norm = learner.optimizer.step(rate)
    sums.add("optim/grad_norm", torch.tensor(norm))
    sums.add("optim/lr", torch.tensor(rate))


def _step_critic(learner: Learner, step: int, total_steps: int, sums: Sums) -> None:
    if learner.critic_optimizer:
        rate = learning_rate(learner.critic_optimizer.optim, step, total_steps)
        with learner.critic_watch:
            norm = learner.critic_optimizer.step(rate)
        sums.add("optim/critic_grad_norm", torch.tensor(norm))
