"""What a critic does in a step, whichever kind it is: it reads the batch before the update, and learns in it.

A critic with a model of its own reads and learns by itself. A shared one reads the hidden states of the policy's
forward and sends its loss back into them, so that both go through the trunk once. What that costs is counted, see
:func:`critic_metrics`.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

import torch
from torch import Tensor

from homeschool.algos.columns import Algorithm
from homeschool.algos.values import value_loss as token_losses
from homeschool.models.heads import AnyCritic, Critic, CriticPair, SharedCritic
from homeschool.train.batch import TrainBatch
from homeschool.train.forward import FirstPass, Part, batch_values, parts, read_batch, write_values
from homeschool.train.learner import Learner
from homeschool.train.sums import Sums
from homeschool.train.token_logprobs import token_logprobs


def add_values(learner: Learner, batch: TrainBatch, algo: Algorithm, temperature: float) -> TrainBatch:
    """The batch with the values of its states; from a shared trunk also with ``old_logprobs``, where they are needed.

    Where the first update reads the batch as a whole, the first forward is kept and the update goes on from it: with
    one update per batch no state is computed twice.
    """
    assert learner.critic is not None
    first_pass = learner.first_pass if algo.minibatches == 1 else None
    if isinstance(learner.critic, SharedCritic):
        batch = _read_on_policy(learner, learner.critic, batch, algo, temperature, first_pass)
    else:
        with learner.critic_watch:
            read = _read_as_pair if isinstance(learner.critic, CriticPair) else _read_alone
            batch = read(learner.critic.models, batch, learner.micro_tokens, first_pass)
    # A completion that ended by itself earns nothing more; one that was cut off would have gone on.
    assert batch.final_values is not None and batch.finished is not None
    goes_on = ~batch.finished if algo.gae_bootstrap else torch.zeros_like(batch.finished)
    return batch.add(final_values=torch.where(goes_on, batch.final_values, 0.0))


def _read_alone(
    models: Sequence[Critic], batch: TrainBatch, micro_tokens: int, first_pass: FirstPass | None
) -> TrainBatch:
    (critic,) = models
    values, final_values = batch_values(critic, batch, micro_tokens, None, first_pass)
    return batch.add(values=values, final_values=final_values)


def _read_as_pair(
    models: Sequence[Critic], batch: TrainBatch, micro_tokens: int, first_pass: FirstPass | None
) -> TrainBatch:
    """Both critics read all answers; answers are dealt out in turn for each to learn from."""
    shards = torch.arange(batch.num_rows) % len(models)
    found, after = [], []
    for number, critic in enumerate(models):
        foreign = batch_values(critic, batch, micro_tokens, _rows(shards != number))
        own = batch_values(critic, batch, micro_tokens, _rows(shards == number), first_pass)
        found.append(foreign[0] + own[0])
        after.append(foreign[1] + own[1])
    first, second = found
    return batch.add(
        values=(first + second) / 2,
        final_values=(after[0] + after[1]) / 2,
        value_gaps=(first - second).abs(),
        shards=shards,
    )


def _read_on_policy(
    learner: Learner,
    critic: SharedCritic,
    batch: TrainBatch,
    algo: Algorithm,
    temperature: float,
    first_pass: FirstPass | None,
) -> TrainBatch:
    model, watch = learner.policy.model, learner.critic_watch
    values, final_values = torch.zeros(len(batch.tokens)), torch.zeros(batch.num_rows)
    old = torch.zeros(len(batch.tokens)) if algo.needs_old_logprobs else None
    started = watch.now()
    for part, hidden in read_batch(model, batch, learner.micro_tokens, None, first_pass):
        if old is None and not learner.first_pass.keeps(part.packed):  # a forward that nobody else would have made
            watch.add(watch.now() - started)
        with watch:
            write_values(critic, part, hidden, values, final_values)
        if old is not None:
            with torch.no_grad():
                logprobs = token_logprobs(model, hidden[part.places], part.trained("tokens"), temperature)[0]
            old[part.index[part.mask]] = logprobs.cpu()
        started = watch.now()
    known = {} if old is None else {"old_logprobs": old}
    return batch.add(values=values, final_values=final_values, **known)


def backward_apart(learner: Learner, mini: TrainBatch, algo: Algorithm, sums: Sums) -> None:
    """Gradients of the critics that have a model of their own, from a whole minibatch; of a pair each from its own
    answers."""
    models = learner.critic.models if learner.critic else ()
    with learner.critic_watch:
        for number, critic in enumerate(models):
            rows, scale = _own_share(mini, number)
            for part in parts(mini, learner.micro_tokens, critic.device, rows):
                hidden = learner.first_pass.hidden_states(critic, part.packed)
                (scale * value_loss(critic, hidden[part.places], part, algo, sums)).backward()


def backward_on_policy(learner: Learner, states: Tensor, part: Part, algo: Algorithm, sums: Sums) -> None:
    """Gradient of a shared critic from the policy's ``states`` [T, hidden_size] at the trained tokens of a micro-batch:
    into its head, and where the policy learns into ``states``."""
    if isinstance(learner.critic, SharedCritic):
        with learner.critic_watch:
            value_loss(learner.critic, states, part, algo, sums).backward()


def value_loss(critic: Critic | SharedCritic, states: Tensor, part: Part, algo: Algorithm, sums: Sums) -> Tensor:
    """This micro-batch's share of the critic's loss on the whole minibatch, a number with a gradient."""
    values = critic.values(states)
    loss = token_losses(values, part.trained("values"), part.trained("returns"), algo.value_clip)
    sums.add("value/loss", loss)
    return algo.value_coef * (loss * part.trained("weights")).sum()


def _own_share(mini: TrainBatch, number: int) -> tuple[list[int] | None, float]:
    """The rows that critic ``number`` learns from, None for all, and what makes their weights add up to those of the
    whole minibatch."""
    if mini.shards is None or mini.weights is None:
        return None, 1.0
    own = mini.shards == number
    weight = mini.weights[own[mini.rows]].sum()
    return _rows(own), float(mini.weights.sum() / weight) if weight else 0.0


def _rows(chosen: Tensor) -> list[int]:
    return torch.nonzero(chosen).flatten().tolist()


def critic_metrics(learner: Learner, batch: TrainBatch) -> dict[str, float]:
    """The wage: seconds of the step, parameters, and bytes with their gradients and optimiser state."""
    if learner.critic is None:
        return {}
    metrics = {
        "time/critic_s": learner.critic_watch.take(),
        "value/parameters": float(num_parameters(learner.critic)),
        "value/bytes": float(num_bytes(learner.critic)),
    }
    if batch.value_gaps is not None:
        metrics["value/disagreement"] = float(batch.value_gaps[batch.loss_mask].mean())
    return metrics


def critic_wage(steps: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """What a critic cost over a run, and what it was worth, from the metrics of its steps; at least one.

    ``explained_variance`` is the mean of the last tenth of the steps, ``share`` that of the time of all steps.
    """
    seconds = sum(step["time/critic_s"] for step in steps)
    last = steps[-max(1, len(steps) // 10) :]
    return {
        "parameters": int(steps[-1]["value/parameters"]),
        "bytes": int(steps[-1]["value/bytes"]),
        "seconds": round(seconds, 3),
        "share": round(seconds / sum(step["time/step_s"] for step in steps), 4),
        "explained_variance": round(fmean(step["value/explained_variance"] for step in last), 4),
    }


def num_parameters(critic: AnyCritic) -> int:
    """Trained numbers that the policy does not have."""
    return sum(parameter.numel() for parameter in critic.parameters())


def num_bytes(critic: AnyCritic) -> int:
    """Weights, fp32 masters of those that are not fp32, fp32 gradients and Adam's two moments."""
    sizes = ((parameter.numel(), parameter.element_size()) for parameter in critic.parameters())
    return sum(count * (width + 12 + 4 * (width < 4)) for count, width in sizes)
