"""How fast this machine is at the work of one stage, measured in about a second.

A matrix product alone says little: a small model spends its time between the products. So each kind of work is done
once for real, on a throwaway layer and a slice of a throwaway head of the model's own shape.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

import torch
from torch import Tensor

from homeschool.config import OptimConfig
from homeschool.cost import Operations, Plan, layer_operations
from homeschool.models.decoder import Decoder, DecoderConfig
from homeschool.models.layout import Layout, PackedAttention
from homeschool.rollout.cache import DecodeAttention, GenerationCache
from homeschool.rollout.packed_weights import generation_copy
from homeschool.rollout.sampling import draw
from homeschool.train.optimizer import Optimizer
from homeschool.train.token_logprobs import token_logprobs
from homeschool.types import Sampling

OPERATIONS = 2e9
"""Of one trial, about: 0.05 s where a core does 4e10 a second."""
SECONDS = 0.1
"""Spent on each kind of work, after one trial to warm up."""
VOCABULARY = 8192
"""Largest slice of the head that is tried; its cost is proportional to the size."""


@dataclass(frozen=True)
class Rates:
    """Operations a second of each kind of work in :class:`homeschool.cost.Operations`; ``updates`` in parameters."""

    learning: float
    learning_head: float
    reading: float
    reading_head: float
    writing: float
    writing_head: float
    updates: float

    def seconds(self, work: Operations) -> float:
        """Time for all of it, one kind after the other."""
        return sum(getattr(work, name) / rate for name, rate in vars(self).items())


def measure_rates(plan: Plan) -> Rates:
    """Try each kind of work; kinds that the plan has none of keep a rate that nothing is divided by but zero."""
    with torch.device(plan.device):
        layer = _throwaway(plan, 64)
        head = _throwaway(plan, min(plan.shape.vocab_size, VOCABULARY))
        learning, reading = _layer_rates(layer, plan)
        learning_head, reading_head = _head_rates(head, plan)
        writing = _writing_rate(layer, plan) if plan.writing else reading
        writing_head = _drawing_rate(head, plan) if plan.writing else reading_head
        updates = _update_rate(layer)
    return Rates(learning, learning_head, reading, reading_head, writing, writing_head, updates)


def _throwaway(plan: Plan, vocab_size: int) -> Decoder:
    """One layer with a small head. Weights of the usual size matter: wild ones give numbers that are slow to
    multiply."""
    model = Decoder(replace(plan.shape, num_layers=1, vocab_size=vocab_size))
    model.initialize(torch.Generator(plan.device).manual_seed(0))
    return model.to(plan.dtype)


def _layer_rates(layer: Decoder, plan: Plan) -> tuple[float, float]:
    per_token = layer_operations(plan.shape, 1, plan.work.context)
    tokens = _tokens(per_token * 3, plan.micro_tokens)
    length = min(tokens, plan.work.longest)
    layout = Layout((length,) * max(1, tokens // length))
    ids, positions = torch.zeros(layout.total_tokens, dtype=torch.long), layout.positions().to(plan.device)
    done = layer_operations(plan.shape, layout.total_tokens, length / 2)
    layer.checkpointing = plan.optim.checkpointing

    def forward() -> Tensor:
        out: Tensor = layer(ids, positions, PackedAttention(layout, plan.device))
        return out

    def learn() -> None:
        hidden = forward()
        hidden.backward(torch.ones_like(hidden))  # type: ignore[no-untyped-call]

    def read() -> None:
        with torch.no_grad():
            forward()

    passes = 3 + plan.optim.checkpointing
    return passes * done / _seconds(learn, plan.device), done / _seconds(read, plan.device)


def _head_rates(head: Decoder, plan: Plan) -> tuple[float, float]:
    per_token = 2.0 * head.config.vocab_size * head.config.hidden_size
    tokens = _tokens(per_token * 3, plan.micro_trained)
    hidden = torch.randn(tokens, head.config.hidden_size, dtype=plan.dtype, requires_grad=True)
    targets = torch.zeros(tokens, dtype=torch.long)
    temperature = plan.sampling.temperature if plan.sampling else 1.0

    def learn() -> None:
        token_logprobs(head, hidden, targets, temperature)[0].sum().backward()  # type: ignore[no-untyped-call]

    def read() -> None:
        with torch.no_grad():
            token_logprobs(head, hidden, targets, temperature)

    done = per_token * tokens
    return 3 * done / _seconds(learn, plan.device), done / _seconds(read, plan.device)


@torch.inference_mode()
def _writing_rate(layer: Decoder, plan: Plan) -> float:
    """One more token for each answer, half-way through."""
    assert plan.writing
    call = plan.writing
    model = generation_copy(layer, call.rows)
    groups = max(1, call.rows // call.group_size)
    written = max(1, call.max_tokens // 2)
    cache = GenerationCache(layer.config, groups, call.prompt_tokens, call.rows, written + 1, plan.dtype, plan.device)
    cache.trunk_lengths = [call.prompt_tokens] * groups
    cache.lengths = [written] * call.rows
    cache.group_of = [min(row // call.group_size, groups - 1) for row in range(call.rows)]
    ids = torch.zeros(call.rows, dtype=torch.long)

    def write() -> None:
        model(ids, ids + call.prompt_tokens + written, DecodeAttention(cache))

    done = layer_operations(plan.shape, call.rows, call.prompt_tokens + written)
    return done / _seconds(write, plan.device)


@torch.inference_mode()
def _drawing_rate(head: Decoder, plan: Plan) -> float:
    assert plan.writing and plan.sampling
    model, rows = generation_copy(head, plan.writing.rows), plan.writing.rows
    hidden = torch.randn(rows, head.config.hidden_size, dtype=plan.dtype)
    uniforms = torch.rand(rows)
    sampling: Sampling = plan.sampling

    def write() -> None:
        draw(model.logits(hidden), uniforms, sampling)

    return 2 * head.config.vocab_size * head.config.hidden_size * rows / _seconds(write, plan.device)


def _update_rate(layer: Decoder) -> float:
    optimizer = Optimizer(layer, OptimConfig())
    seconds = _seconds(lambda: optimizer.step(0.0), layer.device)
    optimizer.close()
    return layer.config.num_parameters / seconds


def _tokens(operations_per_token: float, most: int) -> int:
    return max(1, min(most, max(64, int(OPERATIONS / operations_per_token))))


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """Median time of one trial. The first is thrown away: it pays for memory and for choosing kernels."""
    work()
    taken: list[float] = []
    while sum(taken) < SECONDS:
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(time.perf_counter() - began)
    return median(taken)


def shape_rate(rates: Rates, shape: DecoderConfig) -> str:
    """The rates that matter, as text."""
    return (
        f"{rates.learning / 1e9:,.0f} GFLOP/s learning, {rates.writing / 1e9:,.0f} writing at width {shape.hidden_size}"
    )
