"""Floating-point operations: of a whole stage before it runs, and of a step as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import torch

from homeschool.algos.columns import Algorithm
from homeschool.config import RlConfig
from homeschool.cost.plan import Plan, Work, Writing, critic_body, critic_shape, with_looks
from homeschool.cost.shapes import head_weights, layer_operations
from homeschool.models.decoder import DecoderConfig


@dataclass(frozen=True)
class Operations:
    """Floating-point operations of a whole stage by kind of work, because each kind runs at its own rate."""

    learning: float
    """Layers, forward and backward."""
    learning_head: float
    reading: float
    """Layers, forward only: prompts, and log-probabilities and values before an update."""
    reading_head: float
    writing: float
    """Layers, one token of each answer at a time."""
    writing_head: float
    updates: float
    """Parameters updated; a count, not operations."""

    @property
    def total(self) -> float:
        """All but the updates, which are a thousandth of it."""
        return self.learning + self.learning_head + self.reading + self.reading_head + self.writing + self.writing_head


def operations(plan: Plan) -> Operations:
    """A product with a weight is 2 operations per token forward and 4 backward; attention 4 per pair and width."""
    shape, work, algo, steps = plan.shape, plan.work, plan.algo, plan.steps
    layers = layer_operations(shape, work.tokens, work.context) * shape.num_layers
    head = 2 * work.trained * head_weights(shape)
    gradients = _gradients(plan)
    share = _critic_share(plan)
    critics = 2 if algo and algo.critic == "pair" else 1
    passes = sum(_annotations(plan, algo)) if algo else 0
    per_pass = 3 + plan.optim.checkpointing
    prompts = sum(call.prompts * call.prompt_tokens * times for call, times in plan.calls)
    tokens = sum(call.completions * call.max_tokens * times for call, times in plan.calls)
    return Operations(
        # Each of two critics learns from half of the answers, but reads them all.
        learning=steps * gradients * (1 + share) * per_pass * layers,
        learning_head=steps * gradients * 3 * head,
        reading=steps * (passes + _critic_reading(plan)) * layers
        + shape.num_layers * layer_operations(shape, prompts, work.context / 2),
        reading_head=steps * passes * head,
        writing=shape.num_layers * layer_operations(shape, tokens, work.context),
        writing_head=2 * tokens * head_weights(shape),
        updates=plan.updates * (1 + critics * share) * shape.num_parameters,
    )


def _gradients(plan: Plan) -> int:
    """How often a gradient is taken of each answer in a step."""
    return (plan.algo.epochs if plan.algo else 1) * (1 + plan.is_penalised)


def _critic_reading(plan: Plan) -> float:
    """Forward passes of the policy's depth that a critic needs before the update, less what the update goes on from
    (see ``train.critics.add_values``)."""
    algo = plan.algo
    if algo is None or not algo.has_critic:
        return 0.0
    kept = min(1.0, plan.micro_tokens / plan.work.tokens) if algo.minibatches == 1 else 0.0
    if algo.critic == "shared":
        return float(not algo.needs_old_logprobs) - kept
    share = _critic_share(plan)
    return share * (2 - kept) if algo.critic == "pair" else share * (1 - kept)


def _critic_share(plan: Plan) -> float:
    """Work in the layers of a critic of its own, as a share of the policy's; a shared one has none."""
    shape, algo, context = plan.shape, plan.algo, plan.work.context
    if algo is None or not algo.has_critic or algo.critic == "shared":
        return 0.0
    body = critic_body(shape, algo, plan.critic_shape)
    own = layer_operations(body, 1, context) * body.num_layers
    return own / (layer_operations(shape, 1, context) * shape.num_layers)


def step_operations(
    config: RlConfig, shape: DecoderConfig, dtype: torch.dtype, prompts: Sequence[int], trained: int, sampled: int
) -> float:
    """Of one RL step as it was, from counts of tokens: of each prompt, of the answers that ``trained``, and of all that
    were ``sampled``, those of replaced prompts among them."""
    read = round(sum(prompts) * sampled / trained)  # replaced prompts are as long as the others, near enough
    answers = len(prompts) * config.algorithm.group_size
    context = (sum(prompts) + trained / config.algorithm.group_size / 2) / len(prompts)
    work = Work(sum(prompts) + trained, trained, max(prompts) + ceil(trained / answers), context)
    writing = Writing(1, 1, read, sampled)
    device = torch.device("cpu")  # the count is the same everywhere
    critic = critic_shape(config)
    plan = Plan(shape, dtype, device, config.optim, 1, work, config.algorithm, config.sampling, ((writing, 1),), critic)
    return operations(with_looks(plan, config)).total


def _annotations(plan: Plan, algo: Algorithm) -> tuple[int, int]:
    """Forward passes without a gradient that end in the head: of the policy, and of the reference (see
    ``train.annotate`` and ``train.policy_loss``)."""
    exact = algo.needs_reference and algo.kl_estimator == "exact"
    in_loss = exact and algo.kl_in == "loss"
    is_shared = algo.has_critic and algo.critic == "shared"  # it reads the policy's states in any case
    old = algo.needs_old_logprobs if is_shared else algo.reads_old_logprobs(plan.has_exact_sampler)
    measured = plan.is_measured and (in_loss or not algo.needs_reference)  # else the algorithm's own reading serves
    return old + (exact and not in_loss), algo.needs_reference * (_gradients(plan) if in_loss else 1) + measured
