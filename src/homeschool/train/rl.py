"""One RL step, and the loop around it. PPO differs from GRPO by one model, one estimator and one loss term."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

import torch

from homeschool.algos import advantages, kl
from homeschool.algos.table import Algorithm
from homeschool.rewards.marker import Marker
from homeschool.rollout.collect import Engine, collect
from homeschool.text import Tokenizer
from homeschool.train.batch import TrainBatch, build_batch
from homeschool.train.forward import batch_logprobs, batch_values
from homeschool.train.learner import Learner
from homeschool.train.update import update
from homeschool.types import Prompt, RolloutGroup, Sampling

Metrics = dict[str, float]


@dataclass
class RlRun:
    """Everything one RL step needs."""

    learner: Learner
    engine: Engine
    marker: Marker
    algo: Algorithm
    sampling: Sampling
    seed: int
    total_steps: int

    @property
    def tokenizer(self) -> Tokenizer:
        return self.learner.policy.tokenizer


def rl_step(run: RlRun, prompts: Sequence[Prompt], step: int) -> tuple[list[RolloutGroup], TrainBatch, Metrics]:
    """Sample, score, batch, annotate, credit, update, publish."""
    clock = Clock()
    groups = collect(
        run.engine, run.marker, prompts, run.sampling, group_size=run.algo.group_size, seed=run.seed, step=step
    )
    clock.lap("rollout_s")
    batch = build_batch(groups, run.tokenizer)
    batch = annotate(batch, run)
    clock.lap("annotate_s")
    batch = credit(batch, run.algo)
    stats = update(
        run.learner,
        batch,
        run.algo,
        step=step,
        total_steps=run.total_steps,
        seed=run.seed,
        max_length=run.sampling.max_tokens,
        temperature=run.sampling.temperature,
    )
    clock.lap("update_s")
    run.engine.load_weights(run.learner.policy, run.learner.policy.version)
    clock.lap("publish_s")
    return groups, batch, step_metrics(groups, batch, run.algo) | stats | clock.result(len(batch.tokens))


def annotate(batch: TrainBatch, run: RlRun) -> TrainBatch:
    """What the models think of each token, without gradient; only what the algorithm reads."""
    learner, algo, temperature = run.learner, run.algo, run.sampling.temperature
    if algo.updates_per_batch > 1 or (algo.kl_in == "reward" and algo.needs_reference):
        old = batch_logprobs(learner.policy.model, batch, learner.micro_tokens, temperature)
        batch = batch.add(old_logprobs=old)
    if learner.reference and algo.needs_reference:
        batch = batch.add(ref_logprobs=batch_logprobs(learner.reference, batch, learner.micro_tokens, temperature))
    if learner.critic:
        assert batch.finished is not None
        values, final_values = batch_values(learner.critic, batch, learner.micro_tokens)
        # A completion that ended by itself earns nothing more; one that was cut off would have gone on.
        batch = batch.add(values=values, final_values=torch.where(batch.finished, 0.0, final_values))
    return batch


def credit(batch: TrainBatch, algo: Algorithm) -> TrainBatch:
    """Advantages, and with a critic returns."""
    assert batch.rewards is not None
    charge = torch.zeros(len(batch.tokens))
    if algo.kl_in == "reward" and algo.needs_reference:
        assert batch.old_logprobs is not None and batch.ref_logprobs is not None
        charge = algo.kl_coef * kl.ESTIMATORS[algo.kl_estimator](batch.old_logprobs, batch.ref_logprobs)
        charge = charge * batch.loss_mask
    if algo.has_critic:
        return _credit_by_critic(batch, algo, charge)
    paid = batch.rewards - torch.zeros(batch.num_rows).index_add_(0, batch.rows, charge)
    per_row = advantages.GROUP_ESTIMATORS[algo.advantage](paid, batch.groups)
    per_row = advantages.whiten(per_row) if algo.whiten else per_row
    return batch.add(advantages=per_row[batch.rows])


def _credit_by_critic(batch: TrainBatch, algo: Algorithm, charge: torch.Tensor) -> TrainBatch:
    assert batch.rewards is not None and batch.values is not None and batch.final_values is not None
    token_rewards = -charge
    token_rewards[torch.tensor(batch.starts[1:]) - 1] += batch.rewards
    found, returns = advantages.gae(
        batch.padded(token_rewards),
        batch.padded(batch.values),
        batch.final_values,
        batch.lengths,
        algo.gae_gamma,
        algo.gae_lambda,
    )
    flat = batch.flat(found)
    return batch.add(advantages=advantages.whiten(flat) if algo.whiten else flat, returns=batch.flat(returns))


def step_metrics(groups: Sequence[RolloutGroup], batch: TrainBatch, algo: Algorithm) -> Metrics:
    """What happened in the exam room, one number each (docs: the metrics glossary)."""
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    rewards = [rollout.reward for rollout in rollouts if rollout.reward is not None]
    lengths = [len(rollout.completion.tokens) for rollout in rollouts]
    metrics = {
        "reward/mean": fmean(rewards),
        "reward/std": pstdev(rewards),
        "reward/zero_std_group_frac": fmean(group.is_uniform for group in groups),
        "rollout/length_mean": fmean(lengths),
        "rollout/truncated_frac": fmean(rollout.completion.finish_reason == "length" for rollout in rollouts),
        "rollout/unmarked_frac": fmean(rollout.score is None for rollout in rollouts),
    }
    if algo.has_critic and batch.values is not None and batch.returns is not None:
        metrics["value/explained_variance"] = advantages.explained_variance(batch.values, batch.returns)
    if batch.old_logprobs is not None and batch.rollout_logprobs is not None:
        metrics["policy/mismatch_kl"] = float(kl.k3(batch.rollout_logprobs, batch.old_logprobs).mean())
    return metrics


class Clock:
    """Seconds of each part of a step."""

    def __init__(self) -> None:
        self.start = self.last = time.perf_counter()
        self.laps: Metrics = {}

    def lap(self, name: str) -> None:
        """The time since the last lap belongs to ``name``."""
        now = time.perf_counter()
        self.laps[f"time/{name}"] = now - self.last
        self.last = now

    def result(self, tokens: int) -> Metrics:
        """Seconds of each part and of the whole, and trained tokens per second."""
        total = self.last - self.start
        return self.laps | {"time/step_s": total, "perf/tokens_per_s": tokens / total}
