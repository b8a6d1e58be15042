"""Between scoring and training: the guard sees the answers of a step, and what it makes of their rewards trains."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from homeschool.rewards.guard.answers import Views
from homeschool.rewards.guard.guard import Guard
from homeschool.spans import part
from homeschool.train.batch import TrainBatch, build_batch, trained_rollouts
from homeschool.train.forward import read_batch
from homeschool.train.learner import Learner
from homeschool.train.token_logprobs import token_logprobs
from homeschool.types import RolloutGroup

if TYPE_CHECKING:
    from homeschool.train.rl import RlRun


def audit(
    groups: list[RolloutGroup], batch: TrainBatch, run: "RlRun", step: int
) -> tuple[list[RolloutGroup], TrainBatch]:
    """The groups and the batch with audited rewards, and the pace at which the next update learns; without a guard as
    they are."""
    if run.guard is None:
        return groups, batch
    with run.guard.price:
        return _audited(run.guard, groups, batch, run, step)


def _audited(
    guard: Guard, groups: list[RolloutGroup], batch: TrainBatch, run: "RlRun", step: int
) -> tuple[list[RolloutGroup], TrainBatch]:
    learner, views = run.learner, None
    if guard.expectation.reads_start:
        if guard.expectation.unread:
            waited = build_batch([waiting.group for waiting in guard.expectation.unread], run.tokenizer)
            guard.expectation.catch_up(start_views(learner, waited, run.sampling.temperature)[0])
        wants_all = learner.reader is None and run.algo.needs_reference and run.algo.kl_estimator != "exact"
        asked = [row for row, (_, rollout) in enumerate(trained_rollouts(groups)) if guard.asks_about(rollout)]
        with part("reference"):
            views, batch = start_views(learner, batch, run.sampling.temperature, None if wants_all else asked)
    before, groups = groups, guard.audit(groups, views, step, run.total_steps - step)
    if run.incentive and guard.pays:
        run.incentive.believe([[rollout.score for rollout in group.rollouts] for group in guard.believed(groups)])
    learner.pace = guard.pace
    rollouts = [
        now
        for old, new in zip(before, groups, strict=True)
        for then, now in zip(old.rollouts, new.rollouts, strict=True)
        if then.trains
    ]
    kept = [row for row, rollout in enumerate(rollouts) if rollout.trains]
    batch = batch if len(kept) == len(rollouts) else batch.take(kept)
    return groups, batch.add(rewards=torch.tensor([float(rollouts[row].reward or 0.0) for row in kept]))


@torch.no_grad()
def start_views(
    learner: Learner, batch: TrainBatch, temperature: float, rows: Sequence[int] | None = None
) -> tuple[Views, TrainBatch]:
    """The answers as the frozen start model sees them, all from one forward; ``rows``: read only these, None for all.

    Hidden states are those after the last norm, at the answer's own tokens. They come from the learner's reader, which
    has the first layers only; likelihoods are then those that the sampler wrote down. Without a reader the whole start
    model is read, likelihoods are its own, and where all rows are read the batch has them for the KL as well.
    """
    model = learner.reader or learner.reference
    assert model is not None
    is_whole = learner.reader is None
    logprobs = torch.zeros(len(batch.tokens))
    hidden_size = model.config.hidden_size
    pooled = torch.zeros(batch.num_rows, hidden_size)
    if rows is None or len(rows):
        for piece, hidden in read_batch(model, batch, learner.micro_tokens, rows):
            if is_whole:
                found, _ = token_logprobs(model, hidden[piece.places], piece.trained("tokens"), temperature)
                logprobs[piece.index[piece.mask]] = found.cpu()
            states = hidden[piece.packed.predictors].float().cpu()
            sums = torch.zeros(piece.batch.num_rows, hidden_size).index_add_(0, piece.batch.rows, states)
            # Predictors stand one token before what they predict: drop the prompt's end, take the answer's.
            sums += hidden[piece.packed.ends].float().cpu() - states[piece.batch.starts[:-1]]
            pooled[list(piece.rows)] = sums / piece.batch.lengths[:, None]
    known = batch.add(ref_logprobs=logprobs) if is_whole and rows is None else batch
    if not is_whole and batch.rollout_logprobs is not None:
        logprobs = batch.rollout_logprobs
    means = torch.zeros(batch.num_rows).index_add_(0, batch.rows, logprobs) / batch.lengths
    return Views(pooled.double().numpy(), means.double().numpy(), is_whole), known
