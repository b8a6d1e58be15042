"""Bytes by what holds them: all the time, while learning, and while writing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from homeschool.cost.plan import Plan, Writing, critic_body
from homeschool.cost.shapes import head_weights, layer_matrices
from homeschool.messages import explain as say
from homeschool.models.decoder import DecoderConfig, kv_bytes_per_token
from homeschool.rewards.guard.answers import layers_read
from homeschool.rollout.torch_engine import MAX_ROWS, PREFILL_TOKENS

HELD = 0.3
"""Memory that the C library keeps of what it got back, as a share of what is in use at the peak. Seen: 0.2 to 0.4."""


@dataclass(frozen=True)
class Memory:
    """Bytes by what holds them. Two phases never overlap, so only the larger of them counts."""

    kept: dict[str, int]
    """All the time."""
    phases: dict[str, dict[str, int]]
    """By phase."""

    @property
    def total(self) -> int:
        return sum(self.kept.values()) + max(sum(phase.values()) for phase in self.phases.values())


def memory(plan: Plan) -> Memory:
    """What the stage will hold."""
    phases = {say.WHILE_LEARNING(): dict(_learning(plan))}
    if plan.calls:
        written = (dict(_writing(plan, call)) for call, _ in plan.calls)
        phases[say.WHILE_WRITING()] = max(written, key=lambda items: sum(items.values()))
    repacked = _repacked(plan)
    if repacked:
        phases[say.WHILE_HANDING_OVER()] = {say.NEXT_COPY(): repacked}
    return Memory(dict(_kept(plan)), phases)


def _kept(plan: Plan) -> Iterator[tuple[str, int]]:
    parameters, width = plan.shape.num_parameters, plan.dtype.itemsize
    yield say.WEIGHTS(dtype=_name(plan.dtype)), parameters * width
    if width < 4:
        yield say.MASTERS(), parameters * 4
    yield say.GRADIENTS(), parameters * 4
    yield say.MOMENTS(), parameters * 8
    if plan.algo and plan.algo.has_critic:
        yield _critic_name(plan), _critic_bytes(plan, width)
    if plan.algo and (plan.algo.needs_reference or plan.is_measured):
        yield say.REFERENCE(), parameters * width
    if _reads_part(plan):
        layers = layers_read(plan.shape.num_layers)
        yield say.READER(layers=layers), replace(plan.shape, num_layers=layers, tied=True).num_parameters * width
    if plan.is_penalised:
        yield say.FIRST_GRADIENT(), parameters * (4 + width)
    if repacked := _repacked(plan):
        yield say.COPY(), repacked


def _reads_part(plan: Plan) -> bool:
    """A guard has layers of its own to read with, unless the whole reference reads every answer for the KL (see
    ``train.learner.rl_learner``)."""
    algo = plan.algo
    return plan.is_guarded and algo is not None and not (algo.needs_reference and algo.kl_estimator != "exact")


def _critic_name(plan: Plan) -> str:
    algo = plan.algo
    assert algo is not None
    if plan.critic_shape and algo.critic == "separate":
        return say.CRITIC_AS_REWARD_MODEL()
    if algo.critic == "separate" and not algo.critic_layers:
        return say.CRITIC_ONCE_MORE()
    if algo.critic == "separate":
        return say.CRITIC_OF_LAYERS(layers=algo.critic_layers)
    return say.CRITIC_SHARED() if algo.critic == "shared" else say.CRITIC_PAIR()


def _critic_bytes(plan: Plan, width: int) -> int:
    """Weights, gradients and moments, and masters where the body computes in less than fp32; the head is fp32."""
    algo = plan.algo
    assert algo is not None
    if algo.critic == "shared":
        return (plan.shape.hidden_size + 1) * 16
    body = critic_body(plan.shape, algo, plan.critic_shape)
    head = (body.hidden_size + 1) * 16
    parameters = body.num_parameters - head_weights(body) * (not body.tied)
    return (2 if algo.critic == "pair" else 1) * (parameters * (width + 12 + 4 * (width < 4)) + head)


def _repacked(plan: Plan) -> int:
    """Generation keeps matrices in the layout of the product, where ``generation_copy`` makes one."""
    if plan.sampling is None or plan.device.type != "cpu" or plan.dtype != torch.bfloat16:
        return 0
    return (plan.shape.num_layers * layer_matrices(plan.shape) + head_weights(plan.shape)) * plan.dtype.itemsize


def _learning(plan: Plan) -> Iterator[tuple[str, int]]:
    shape, width, tokens = plan.shape, plan.dtype.itemsize, plan.micro_tokens
    per_token = shape.num_layers * _layer_activations(shape, width)
    if plan.optim.checkpointing:
        per_token = shape.num_layers * shape.hidden_size * width + _layer_activations(shape, width)
    # Embedding, last norm, and the gradients that pass through a layer.
    around = _norm(shape.hidden_size, width) + (2 * shape.hidden_size + 3 * shape.mlp_size) * width
    activations = tokens * (per_token + around)
    has_temperature = plan.sampling is not None and plan.sampling.temperature not in (0.0, 1.0)
    logits = plan.micro_trained * shape.vocab_size * width * (2 if has_temperature else 1)
    head = head_weights(shape) * width
    yield say.ACTIVATIONS(tokens=tokens), activations
    yield say.LOGITS(tokens=plan.micro_trained), logits
    yield say.HEAD_GRADIENT(), head
    yield from _held(plan, activations + logits + head)


def _held(plan: Plan, working: int) -> Iterator[tuple[str, int]]:
    if plan.device.type == "cpu":
        yield say.HELD_BLOCKS(), int(HELD * working)


def _layer_activations(shape: DecoderConfig, width: int) -> int:
    """Bytes per token that one layer keeps for its backward.

    Two norms; query, attention output and its packed copy; key and value; gate, up and their product; and in fp32 one
    log-sum-exp per head.
    """
    query, keys = shape.num_heads * shape.head_dim, shape.num_key_heads * shape.head_dim
    kept = (3 * query + 2 * keys + 3 * shape.mlp_size) * width + 4 * shape.num_heads
    if shape.qk_norm:
        kept += _norm(query + keys, width)
    return kept + 2 * _norm(shape.hidden_size, width)


def _norm(size: int, width: int) -> int:
    """A norm keeps its input and one number in fp32, and the layer after it keeps the result."""
    return size * 2 * width + 4


def _writing(plan: Plan, call: Writing) -> Iterator[tuple[str, int]]:
    shape, width = plan.shape, plan.dtype.itemsize
    per_token = kv_bytes_per_token(shape, plan.dtype)
    trunks = min(call.prompts, 2 * max(1, MAX_ROWS // call.group_size))
    read = max(call.prompt_tokens, min(PREFILL_TOKENS, call.prompts * call.prompt_tokens))
    # Logits as computed and, in fp32, scaled, exponentiated and cut or searched.
    working = call.rows * shape.vocab_size * (width + 3 * 4)
    # A norm works in fp32 for a moment.
    reading = read * (4 * shape.hidden_size + (6 * shape.hidden_size + 3 * shape.mlp_size) * width)
    yield say.ANSWER_CACHE(count=call.rows), call.rows * call.max_tokens * per_token
    yield say.PROMPT_CACHE(count=trunks), trunks * call.prompt_tokens * per_token
    yield say.NEXT_LOGITS(), working
    yield say.READING(tokens=read), reading
    yield from _held(plan, working + reading)


def _name(dtype: torch.dtype) -> str:
    return {torch.float32: "fp32", torch.bfloat16: "bf16"}[dtype]
