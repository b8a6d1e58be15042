"""Our side of the oracle: loss, gradients and advantages of one update on given weights and answers.

The code is what a run executes: ``build_batch``, ``annotate``, ``credit``, ``update``. Used by ``test_oracle.py`` on
recorded results of TRL, and by ``benchmarks/oracle.py`` on fresh ones.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn

from homeschool.algos.table import algorithm
from homeschool.config import OptimConfig
from homeschool.models.decoder import Decoder
from homeschool.models.heads import Critic
from homeschool.models.load import Policy, decoder_config
from homeschool.rewards.marker import Marker
from homeschool.train.annotate import annotate
from homeschool.train.answers import shaped
from homeschool.train.batch import TrainBatch, build_batch
from homeschool.train.credit import credit
from homeschool.train.forward import batch_logprobs
from homeschool.train.learner import Learner, build_learner
from homeschool.train.optimizer import Optimizer
from homeschool.train.rl import RlRun
from homeschool.train.update import update
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup, Sampling

Json = Mapping[str, Any]
Weights = Mapping[str, Mapping[str, Tensor]]
"""By name: old (sampled the answers), new (being trained), reference, critic-old, critic-new."""

PAD, END = 0, 1
LONGEST = 8
MICRO_TOKENS = 24
"""Small, so that ours too is cut into micro-batches, other ones than the peer's."""


@dataclass(frozen=True)
class Found:
    """What one update computes."""

    loss: float
    value_loss: float
    gradients: dict[str, Tensor]
    """By name, ``policy/...`` and ``critic/...``, named as in a ``transformers`` model."""
    advantages: Tensor
    """fp32 [T], one for each token that trains."""


@dataclass(frozen=True)
class Gap:
    """How far two sides are apart."""

    loss: float
    """Largest absolute difference of the losses of policy and critic."""
    gradient: float
    """Norm of the difference over the norm of the peer's: the worse of all parameters together and each one alone. A
    parameter with less than a thousandth of the whole is held against that thousandth."""
    worst: str
    """The parameter that is furthest apart."""
    advantages: float
    """Largest absolute difference at a token that trains."""
    parameters: Mapping[str, float]
    """The gradient's gap of each parameter, and of all parameters of policy and critic."""

    def within(self, loss: float, gradient: float) -> bool:
        """Both bounds hold; a number that is not one is outside."""
        return self.loss <= loss and self.gradient <= gradient and self.advantages <= loss


def find(case: Json, settings: Json, weights: Weights, removed: Collection[str] = ()) -> Found:
    """One update of the row ``case["algo"]`` with ``case["columns"]`` on the answers of the case.

    ``settings`` is the config.json of the model. ``removed`` names differences of ``docs/differences.json`` that are
    taken out of what we compute, to show that nothing else differs; a name that is not known here is a KeyError.
    """
    if unknown := set(removed) - REMOVABLE:
        raise KeyError(f"no way to take out {', '.join(sorted(unknown))}")
    if "entropy_by_aggregation" in removed:
        return with_mean_entropy(case, settings, weights)
    run = build_run(case, settings, weights)
    batch = build_batch(shaped(groups_of(case), run.algo, LONGEST), run.tokenizer)
    if case["extras"].get("mask_cut"):
        assert batch.finished is not None
        batch = batch.add(loss_mask=batch.finished[batch.rows])
    if "cut_bootstraps" in removed:
        batch = batch.add(finished=torch.ones(batch.num_rows, dtype=torch.bool))
    if "mark_after_the_end" in removed:
        batch = with_a_place_after_the_end(batch)
    batch = annotate(batch, run)
    if case["stale"] and batch.old_logprobs is None:
        old = batch_logprobs(run.learner.policy.model, batch, run.learner.micro_tokens, case["temperature"])
        batch = batch.add(old_logprobs=old)
    if "whiten_population" in removed or "gdpo_epsilon" in removed:
        batch = whitened_like_the_peer(credit(batch, replace(run.algo, whiten="none"), run.state, run.marker.weights))
    else:
        batch = credit(batch, run.algo, run.state, run.marker.weights)
    if case["stale"]:
        move(run.learner, weights)
    micro_rows = case["extras"]["micro_rows"] if "micro_batch_mean" in removed else None
    found = updated(run, batch, case, micro_rows)
    if "value_after_the_end" in removed:
        everywhere = updated(run, batch.add(loss_mask=torch.ones_like(batch.loss_mask)), case, micro_rows)
        critic = {name: gradient for name, gradient in everywhere.gradients.items() if name.startswith("critic/")}
        found = replace(found, value_loss=everywhere.value_loss, gradients=found.gradients | critic)
    if "rloo_loss_value" in removed:
        found = replace(found, loss=-float(found.advantages[batch.starts[:-1]].mean()))
    if "unmarked_leaves" in removed:
        found = mixed([found], batch.num_rows / sum(map(len, case["answers"]["marks"])))
    return found


REMOVABLE = {
    "cut_bootstraps",
    "entropy_by_aggregation",
    "gdpo_epsilon",
    "mark_after_the_end",
    "micro_batch_mean",
    "rloo_loss_value",
    "unmarked_leaves",
    "value_after_the_end",
    "whiten_population",
}
"""Differences of ``docs/differences.json`` that :func:`find` can take out."""


def with_mean_entropy(case: Json, settings: Json, weights: Weights) -> Found:
    """The case with the entropy bonus of ``token_mean``, whatever the aggregation of the rest."""

    def found(**columns: Any) -> Found:
        return find(dict(case) | {"columns": case["columns"] | columns}, settings, weights)

    rest = found(entropy_coef=0.0)
    bonus = mixed([found(aggregation="token_mean"), mixed([found(aggregation="token_mean", entropy_coef=0.0)], -1)], 1)
    return mixed([rest, bonus], 1)


def with_a_place_after_the_end(batch: TrainBatch) -> TrainBatch:
    """Answers shorter than the longest get one place more, which trains nothing: the state after their last token."""
    rows, masks = [], []
    for start, end in pairwise(batch.starts):
        more = [PAD] if end - start < LONGEST else []
        rows.append(torch.cat([batch.tokens[start:end], torch.tensor(more, dtype=torch.long)]))
        masks.append(torch.cat([batch.loss_mask[start:end], torch.zeros(len(more), dtype=torch.bool)]))
    tokens = torch.cat(rows)
    return TrainBatch(
        batch.prefixes,
        batch.groups,
        torch.tensor([len(row) for row in rows]),
        tokens,
        torch.cat(masks),
        prompt_ids=batch.prompt_ids,
        rewards=batch.rewards,
        finished=batch.finished,
        rollout_logprobs=torch.zeros(len(tokens)),
    )


def whitened_like_the_peer(batch: TrainBatch) -> TrainBatch:
    """Mean 0, and the deviation with n - 1: over tokens with 1e-8 under the root (PPO), or over the answers of several
    scorers with 1e-4 beside it (GDPO)."""
    assert batch.advantages is not None
    if batch.parts is None:
        chosen = batch.advantages[batch.loss_mask]
        white = (batch.advantages - chosen.mean()) / (chosen.var() + 1e-8).sqrt()
        return batch.add(advantages=torch.where(batch.loss_mask, white, 0.0))
    per_row = batch.advantages[batch.starts[:-1]]
    return batch.add(advantages=((per_row - per_row.mean()) / (per_row.std() + 1e-4))[batch.rows])


def updated(run: RlRun, batch: TrainBatch, case: Json, micro_rows: Sequence[Sequence[int]] | None = None) -> Found:
    """Gradients and losses of :func:`update`; with ``micro_rows`` the mean over these parts of the batch, each divided
    by its own number of tokens."""
    if micro_rows is not None:
        each = [updated(run, batch.take(sorted(rows)), case) for rows in micro_rows]
        assert batch.advantages is not None
        return replace(mixed(each, 1 / len(each)), advantages=batch.advantages[batch.loss_mask])
    gradients: dict[str, Tensor] = {}
    watch(run.learner.optimizer, "policy", gradients)
    if run.learner.critic_optimizer:
        watch(run.learner.critic_optimizer, "critic", gradients)
    stats = update(
        run.learner,
        batch,
        run.algo,
        step=0,
        total_steps=1,
        seed=0,
        max_length=LONGEST,
        temperature=case["temperature"],
    )
    assert batch.advantages is not None
    advantages = batch.advantages[batch.loss_mask]
    return Found(stats["policy/loss"], stats.get("value/loss", 0.0), gradients, advantages)


def mixed(found: Sequence[Found], share: float) -> Found:
    """Losses and gradients added up, each with this share; the advantages of the first."""
    return Found(
        share * sum(one.loss for one in found),
        share * sum(one.value_loss for one in found),
        {name: share * sum(one.gradients[name] for one in found) for name in found[0].gradients},  # type: ignore[misc]
        found[0].advantages,
    )


def watch(optimizer: Optimizer, prefix: str, gradients: dict[str, Tensor]) -> None:
    """Note the gradient as the optimiser is given it, and leave the weights alone."""

    def step(rate: float) -> float:
        del rate
        for name, master in zip(optimizer.names, optimizer.masters, strict=True):
            assert master.grad is not None
            plain = name.removeprefix("body.").replace("value_head", "score")
            gradients[f"{prefix}/{plain}"] = master.grad.clone()
        optimizer.zero_grad()
        return 0.0

    optimizer.step = step  # type: ignore[method-assign]


def gap(case: Json, ours: Found, theirs: Mapping[str, Tensor]) -> Gap:
    """Ours against a peer's tensors: ``loss``, ``value_loss``, ``advantages``, and gradients by name."""
    names = {name for name in theirs if name.startswith(("policy/", "critic/"))}
    if odd := names ^ (ours.gradients.keys() - {"critic/score.bias"}):
        raise KeyError(f"{case['name']}: gradients of different parameters: {sorted(odd)}")
    apart: dict[str, float] = {}
    for model in {name.split("/")[0] for name in names}:
        inside = [name for name in names if name.startswith(model)]
        whole = norm([theirs[name] for name in inside])
        apart[model] = norm([ours.gradients[name] - theirs[name] for name in inside]) / whole
        for name in inside:
            size = max(norm([theirs[name]]), 1e-3 * whole)
            apart[name] = norm([ours.gradients[name] - theirs[name]]) / size
    worst = max(apart, key=lambda name: apart[name])
    loss = abs(ours.loss - float(theirs["loss"]))
    if "value_loss" in theirs:
        loss = max(loss, abs(ours.value_loss - float(theirs["value_loss"])))
    advantages = (ours.advantages - at_trained_tokens(case, theirs["advantages"])).abs().max()
    return Gap(loss, apart[worst], worst, float(advantages), apart)


def at_trained_tokens(case: Json, advantages: Tensor) -> Tensor:
    """A peer's advantages, for each answer one or one per token, at the tokens that train on our side: fp32 [T]."""
    rows = [
        (answer, marks)
        for answers, found in zip(case["answers"]["answers"], case["answers"]["marks"], strict=True)
        for answer, marks in zip(answers, found, strict=True)
    ]
    kept = []
    for (answer, marks), found in zip(rows, advantages, strict=True):
        is_cut = case["extras"].get("mask_cut") and answer[-1] != END
        if marks[0] is not None and not is_cut:
            kept.append(found[: len(answer)] if found.dim() else found.repeat(len(answer)))
    return torch.cat(kept)


def norm(tensors: Sequence[Tensor]) -> float:
    """Of all entries together, in double precision."""
    return math.sqrt(sum(float(tensor.double().square().sum()) for tensor in tensors))


Layout = Sequence[tuple[str, Sequence[int]]]
"""Names and shapes of the parameters of a model, in the order in which one long tensor holds them."""


def flat(tensors: Mapping[str, Tensor], layout: Layout) -> Tensor:
    """All parameters in one row."""
    return torch.cat([tensors[name].flatten() for name, _ in layout])


def unflat(row: Tensor, layout: Layout) -> dict[str, Tensor]:
    """The inverse of :func:`flat`."""
    sizes = [math.prod(shape) for _, shape in layout]
    return {name: part.view(*shape) for (name, shape), part in zip(layout, row.split(sizes), strict=True)}


class Numbers:
    """A tokenizer for prompts that are written as token numbers: ``"3 14 5"`` is three tokens."""

    name = "numbers"
    pad_id = PAD
    vocab_size = 24
    stop_ids = frozenset({END})
    has_chat = False

    def encode_prompt(self, prompt: str) -> list[int]:
        return [int(number) for number in prompt.split()]


def build_run(case: Json, settings: Json, weights: Weights) -> RlRun:
    """A run around the weights that sampled the answers."""
    algo = algorithm(case["algo"], case["columns"])
    policy = Policy(build_decoder(settings), Numbers(), "oracle")  # type: ignore[arg-type]
    assign(policy.model, weights["old"])
    optim = OptimConfig(grad_clip=0.0, micro_tokens=MICRO_TOKENS)
    critic = optim if algo.has_critic else None
    learner = build_learner(policy, optim, critic_optim=critic, with_reference=algo.needs_reference)
    if learner.reference is not None:
        assign(learner.reference, weights["reference"])
    if isinstance(learner.critic, Critic):
        assign(learner.critic, critic_names(weights["critic-old"]))
    scorers = [no_marks] * len(case["answers"]["marks"][0][0])
    marker = Marker(scorers, weights=case["extras"].get("reward_weights", ()))
    sampling = Sampling(max_tokens=LONGEST, temperature=case["temperature"])
    return RlRun(learner, NoEngine(), marker, algo, sampling, seed=0, total_steps=1)


def build_decoder(settings: Json) -> Decoder:
    """A decoder of the family and shape in ``settings``, its weights not yet set."""
    config = decoder_config(settings)
    assert config is not None
    return Decoder(config)


def assign(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Every parameter from the tensor of its name."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[name])


def critic_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our names for the weights of a ``transformers`` model with one score per token; its head has no bias."""
    ours = {f"body.{name}": tensor for name, tensor in tensors.items()}
    return ours | {"value_head.weight": tensors["score.weight"], "value_head.bias": torch.zeros(1)}


def move(learner: Learner, weights: Weights) -> None:
    """The weights that are being trained take the place of those that sampled, as after an earlier update."""
    learner.first_pass.forget()
    assign(learner.policy.model, weights["new"])
    if isinstance(learner.critic, Critic):
        assign(learner.critic, critic_names(weights["critic-new"]))


def groups_of(case: Json) -> list[RolloutGroup]:
    """The answers of the case as a run would have collected them."""
    found = case["answers"]
    sampled = iter(case["extras"].get("rollout_logprobs", []))
    groups = []
    rows = zip(found["prompts"], found["answers"], found["marks"], strict=True)
    for number, (prompt, answers, marks) in enumerate(rows):
        asked = Prompt(str(number), " ".join(map(str, prompt)))
        rollouts = []
        for answer, parts in zip(answers, marks, strict=True):
            logprobs = tuple(next(sampled, [0.0] * len(answer)))
            reason: Literal["stop", "length"] = "stop" if answer[-1] == END else "length"
            weights = case["extras"].get("reward_weights") or [1.0] * len(parts)
            mark = None if None in parts else sum(w * part for w, part in zip(weights, parts, strict=True))
            several = tuple(parts) if len(parts) > 1 else ()
            completion = Completion("", tuple(answer), logprobs, reason)
            rollouts.append(Rollout(asked, completion, mark, mark, parts=several))
        groups.append(RolloutGroup(asked, tuple(rollouts)))
    return groups


def sampled_logprobs(case: Json, settings: Json, weights: Weights) -> list[list[float]]:
    """Log-probabilities as another sampler would have reported them: ours with some noise."""
    run = build_run(case, settings, weights)
    batch = build_batch(groups_of(case), run.tokenizer)
    exact = batch_logprobs(run.learner.policy.model, batch, run.learner.micro_tokens, case["temperature"])
    noise = torch.randn(len(exact), generator=torch.Generator().manual_seed(7))
    found = exact + case["extras"]["sampler_noise"] * noise
    return [found[start:end].tolist() for start, end in pairwise(batch.starts)]


class NoEngine:
    """Nothing is sampled here."""

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("the answers of the oracle are recorded")

    def load_weights(self, policy: Policy, version: int) -> None:
        raise AssertionError("the oracle publishes nothing")

    def close(self) -> None:
        raise AssertionError("the oracle opened nothing")


def no_marks(prompts: Sequence[Any], completions: Sequence[str], **_: Any) -> list[float]:
    raise AssertionError("the marks of the oracle are recorded")
