"""How fast this machine is at the work of one stage, measured in about a second.

A matrix product alone says little: a small model spends its time between the products. So each kind of work is done
for real, on one throwaway layer and a slice of a throwaway head of the model's own shape.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from homeschool.config import OptimConfig
from homeschool.cost import Operations, Plan, layer_operations
from homeschool.models.decoder import Decoder
from homeschool.models.layout import Layout, PackedAttention
from homeschool.rollout.cache import DecodeAttention, GenerationCache
from homeschool.rollout.packed_weights import generation_copy
from homeschool.rollout.sampling import draw
from homeschool.train.optimizer import Optimizer
from homeschool.train.token_logprobs import token_logprobs

TRIAL = 0.02
"""Seconds of one trial: the number of tokens grows until it takes so long, or until it is that of a micro-batch."""
SECONDS = 0.15
"""Spent on each kind of work once the size of a trial is found."""
VOCABULARY = 8192
"""Largest slice of the head that is tried; its cost is proportional to its size."""

Work = Callable[[], object]


@dataclass(frozen=True)
class Rates:
    """Operations a second for each kind of work in :class:`homeschool.cost.Operations`; ``updates`` in parameters."""

    learning: float
    learning_head: float
    reading: float
    reading_head: float
    writing: float
    writing_head: float
    updates: float

    def seconds(self, work: Operations) -> float:
        """Time for all of it, one kind after the other."""
        return float(sum(getattr(work, name) / rate for name, rate in vars(self).items()))


def measure_rates(plan: Plan) -> Rates:
    """Try each kind of work. Where nothing is to be written any rate will do, so that of reading is given."""
    with torch.device(plan.device):
        layer = _throwaway(plan, 64)
        head = _throwaway(plan, min(plan.shape.vocab_size, VOCABULARY))
        learning, reading = _layer_rates(layer, plan)
        learning_head, reading_head = _head_rates(head, plan)
        writing = _writing_rate(layer, plan) if plan.calls else reading
        writing_head = _drawing_rate(head, plan) if plan.calls else reading_head
        updates = _update_rate(layer)
    return Rates(learning, learning_head, reading, reading_head, writing, writing_head, updates)


def _throwaway(plan: Plan, vocab_size: int) -> Decoder:
    """One layer with a small head. Its weights have the usual size: wild ones give numbers slow to multiply."""
    model = Decoder(replace(plan.shape, num_layers=1, vocab_size=vocab_size))
    model.initialize(torch.Generator(plan.device).manual_seed(0))
    return model.to(plan.dtype)


def _layer_rates(layer: Decoder, plan: Plan) -> tuple[float, float]:
    """Forward and backward through one layer, and forward only."""
    layer.checkpointing = plan.optim.checkpointing

    def forward(layout: Layout) -> Tensor:
        ids, positions = torch.zeros(layout.total_tokens, dtype=torch.long), layout.positions().to(plan.device)
        out: Tensor = layer(ids, positions, PackedAttention(layout, plan.device))
        return out

    def learn(layout: Layout) -> None:
        hidden = forward(layout)
        hidden.backward(torch.ones_like(hidden))

    def sequences(tokens: int) -> Layout:
        length = min(tokens, plan.work.longest)
        return Layout((length,) * (tokens // length))

    tokens = _trial_tokens(lambda tokens: learn(sequences(tokens)), plan.micro_tokens, plan.device)
    layout = sequences(tokens)
    done = layer_operations(plan.shape, layout.total_tokens, min(tokens, plan.work.longest) / 2)
    passes = 3 + plan.optim.checkpointing
    learning = passes * done / _seconds(lambda: learn(layout), plan.device)
    with torch.no_grad():
        return learning, done / _seconds(lambda: forward(layout), plan.device)


def _head_rates(head: Decoder, plan: Plan) -> tuple[float, float]:
    """Log-probabilities of tokens with their gradient, and without."""
    temperature = plan.sampling.temperature if plan.sampling else 1.0

    def read(tokens: int) -> Tensor:
        hidden = torch.zeros(tokens, head.config.hidden_size, dtype=plan.dtype, requires_grad=torch.is_grad_enabled())
        return token_logprobs(head, hidden, torch.zeros(tokens, dtype=torch.long), temperature)[0]

    def learn(tokens: int) -> None:
        read(tokens).sum().backward()

    tokens = _trial_tokens(learn, plan.micro_trained or 1, plan.device)  # a reward model has no such head
    done = 2.0 * head.config.vocab_size * head.config.hidden_size * tokens
    learning = 3 * done / _seconds(lambda: learn(tokens), plan.device)
    with torch.no_grad():
        return learning, done / _seconds(lambda: read(tokens), plan.device)


@torch.inference_mode()
def _writing_rate(layer: Decoder, plan: Plan) -> float:
    """One more token of each answer, half-way through."""
    call, _ = plan.calls[0]
    written = max(1, call.max_tokens // 2)
    model = generation_copy(layer, call.rows)
    groups = max(1, call.rows // call.group_size)
    cache = GenerationCache(layer.config, groups, call.prompt_tokens, call.rows, written + 1, plan.dtype, plan.device)
    cache.trunk_lengths = [call.prompt_tokens] * groups
    cache.lengths = [written] * call.rows
    cache.group_of = [min(row // call.group_size, groups - 1) for row in range(call.rows)]
    ids = torch.zeros(call.rows, dtype=torch.long)
    positions = ids + call.prompt_tokens + written
    done = layer_operations(plan.shape, call.rows, call.prompt_tokens + written)
    return done / _seconds(lambda: model(ids, positions, DecodeAttention(cache)), plan.device)


@torch.inference_mode()
def _drawing_rate(head: Decoder, plan: Plan) -> float:
    """Logits of one token of each answer, and the draw."""
    assert plan.sampling
    rows, sampling = plan.calls[0][0].rows, plan.sampling
    model, uniforms = generation_copy(head, rows), torch.rand(rows)
    hidden = torch.zeros(rows, head.config.hidden_size, dtype=plan.dtype)
    done = 2.0 * head.config.vocab_size * head.config.hidden_size * rows
    return done / _seconds(lambda: draw(model.logits(hidden), uniforms, sampling), plan.device)


def _update_rate(layer: Decoder) -> float:
    optimizer = Optimizer(layer, OptimConfig())
    seconds = _seconds(lambda: optimizer.step(0.0), layer.device)
    optimizer.close()
    return layer.config.num_parameters / seconds


def _trial_tokens(work: Callable[[int], object], most: int, device: torch.device) -> int:
    """Tokens that keep this machine busy for about TRIAL seconds, ``most`` at most."""
    tokens = min(64, most)
    work(tokens)  # the first one pays for choosing kernels
    while tokens < most and _time(partial(work, tokens), device) < TRIAL:
        tokens = min(most, 4 * tokens)
    return tokens


def _seconds(work: Work, device: torch.device) -> float:
    """The best time of a trial, as if nothing else ran here. The first is thrown away: it pays for memory."""
    work()
    taken = [_time(work, device)]
    while sum(taken) < SECONDS or len(taken) < 3:
        taken.append(_time(work, device))
    return min(taken)


def _time(work: Work, device: torch.device) -> float:
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began
