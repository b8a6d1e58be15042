"""What a stage costs, before it runs: bytes by what holds them, and floating-point operations. Arithmetic on shapes.

The formulas follow the code that does the work: ``train/update.py``, ``train/optimizer.py``,
``rollout/torch_engine.py``. Sizes are upper ends: every completion runs to ``max_tokens`` and every prompt is as long
as the longest one seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

import torch

from homeschool import data
from homeschool.algos.table import Algorithm
from homeschool.config import OptimConfig, PretrainConfig, RlConfig, SftConfig
from homeschool.errors import ConfigError
from homeschool.models.decoder import DecoderConfig, kv_bytes_per_token
from homeschool.readiness import READINESS_GROUP, READINESS_PROMPTS
from homeschool.resources import available_bytes
from homeschool.rollout.torch_engine import MAX_ROWS, PREFILL_TOKENS
from homeschool.text import Tokenizer
from homeschool.types import Sampling, Task

SEEN_STEPS = 4
"""Steps whose prompts or rows are encoded to learn their lengths."""
LEAST_TOKENS = 256
"""Smallest micro-batch worth suggesting."""


@dataclass(frozen=True)
class Work:
    """The tokens of one training step."""

    tokens: int
    """All that pass through the layers, a shared prompt once per group."""
    trained: int
    """Those that have a loss, and so pass through the head."""
    longest: int
    """Of one sequence with its prompt; a micro-batch is never smaller."""
    context: float
    """Tokens that one token looks back on, on average."""


@dataclass(frozen=True)
class Writing:
    """One call to the engine: ``group_size`` completions of each of ``prompts``."""

    prompts: int
    group_size: int
    prompt_tokens: int
    """Of the longest prompt."""
    max_tokens: int

    @property
    def completions(self) -> int:
        return self.prompts * self.group_size

    @property
    def rows(self) -> int:
        """Completions written side by side."""
        return min(max(MAX_ROWS, self.group_size), self.completions)


@dataclass(frozen=True)
class Plan:
    """A stage on a model: everything its cost depends on."""

    shape: DecoderConfig
    dtype: torch.dtype
    device: torch.device
    optim: OptimConfig
    steps: int
    work: Work
    algo: Algorithm | None = None
    """None for pre-training and fine-tuning, which do not write."""
    sampling: Sampling | None = None
    writing: Writing | None = None
    """Of one step."""
    exams: tuple[Writing, ...] = ()
    """Everything written besides: readiness, check exams, hidden exams."""

    @property
    def updates(self) -> int:
        """Weight updates of the whole stage."""
        return self.steps * (self.algo.updates_per_batch if self.algo else 1)

    @property
    def micro_tokens(self) -> int:
        """Tokens of the largest micro-batch."""
        parts = self.algo.minibatches if self.algo else 1
        return max(self.work.longest, min(self.optim.micro_tokens, ceil(self.work.tokens / parts)))

    @property
    def micro_trained(self) -> int:
        """Those of them that have a loss."""
        return ceil(self.micro_tokens * self.work.trained / self.work.tokens)


def plan_text(
    config: PretrainConfig | SftConfig, shape: DecoderConfig, dtype: torch.dtype, device: torch.device, rows: data.Rows
) -> Plan:
    """The plan of pre-training or fine-tuning on ``rows``; the first steps stand for all."""
    seen = [rows(step) for step in range(min(SEEN_STEPS, config.steps))]
    lengths = [[len(tokens) for tokens, _ in step] for step in seen]
    largest = max(lengths, key=sum)
    trained = max(sum(sum(mask[1:]) for _, mask in step) for step in seen)
    context = sum(length**2 for length in largest) / 2 / sum(largest)
    work = Work(sum(largest), trained, max(map(max, lengths)), context)
    return Plan(shape, dtype, device, config.optim, config.steps, work)


def plan_rl(
    config: RlConfig, shape: DecoderConfig, dtype: torch.dtype, device: torch.device, tokenizer: Tokenizer, task: Task
) -> Plan:
    """The plan of exams on ``task``; the prompts of the first steps stand for all."""
    algo, written = config.algorithm, config.sampling.max_tokens
    seen = [task.batch("train", step, config.prompts, config.seed) for step in range(min(SEEN_STEPS, config.steps))]
    prompt = max(len(tokenizer.encode_prompt(item.text)) for items in seen for item in items) or 1
    answers = config.prompts * algo.group_size
    work = Work(
        tokens=config.prompts * prompt + answers * written,
        trained=answers * written,
        longest=prompt + written,
        context=prompt + written / 2,
    )
    each = Writing(config.prompts, algo.group_size, prompt, written)
    return Plan(
        shape, dtype, device, config.optim, config.steps, work, algo, config.sampling, each, tuple(_exams(config, each))
    )


def _exams(config: RlConfig, each: Writing) -> Iterator[Writing]:
    samples = max(1, config.exam.samples)
    if config.readiness:
        yield replace(each, prompts=READINESS_PROMPTS, group_size=READINESS_GROUP)
    yield from 2 * [replace(each, prompts=config.exam.items, group_size=samples)]
    if config.exam.every:
        count = ceil(config.steps / config.exam.every)
        yield from count * [replace(each, prompts=config.exam.check_items, group_size=samples)]


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
    phases = {"while learning": dict(_learning(plan))}
    if plan.writing:
        phases["while writing answers"] = max(
            (dict(_writing(plan, call)) for call in (plan.writing, *plan.exams)), key=lambda items: sum(items.values())
        )
    repacked = _repacked(plan)
    if repacked:
        phases["while handing weights over"] = {"the next copy of the weights for writing": repacked}
    return Memory(dict(_kept(plan)), phases)


def _kept(plan: Plan) -> Iterator[tuple[str, int]]:
    parameters, width = plan.shape.num_parameters, plan.dtype.itemsize
    yield f"weights ({_name(plan.dtype)})", parameters * width
    if width < 4:
        yield "master weights (fp32)", parameters * 4
    yield "gradients (fp32)", parameters * 4
    yield "Adam's two moments (fp32)", parameters * 8
    if plan.algo and plan.algo.has_critic:
        critic = parameters - _head(plan.shape) * (not plan.shape.tied) + plan.shape.hidden_size + 1
        yield "critic: all of the above once more", critic * (width + 12 + 4 * (width < 4))
    if plan.algo and plan.algo.needs_reference:
        yield "frozen reference", parameters * width
    if repacked := _repacked(plan):
        yield "copy of the weights for writing", repacked


def _repacked(plan: Plan) -> int:
    """Generation keeps matrices in the layout of the product, where ``generation_copy`` makes one."""
    if plan.algo is None or plan.device.type != "cpu" or plan.dtype != torch.bfloat16:
        return 0
    return (plan.shape.num_layers * layer_matrices(plan.shape) + _head(plan.shape)) * plan.dtype.itemsize


def _learning(plan: Plan) -> Iterator[tuple[str, int]]:
    shape, width, tokens = plan.shape, plan.dtype.itemsize, plan.micro_tokens
    per_token = shape.num_layers * _layer_activations(shape, width)
    if plan.optim.checkpointing:
        per_token = shape.num_layers * shape.hidden_size * width + _layer_activations(shape, width)
    around = (
        4 * shape.hidden_size + 4 * shape.mlp_size
    )  # embedding and last norm; the gradients that pass through a layer
    yield f"activations of one micro-batch ({tokens:,} tokens)", tokens * (per_token + around * width)
    has_temperature = plan.sampling is not None and plan.sampling.temperature not in (0.0, 1.0)
    logits = plan.micro_trained * shape.vocab_size * width * (2 if has_temperature else 1)
    yield f"logits of its {plan.micro_trained:,} trained tokens", logits
    yield "gradient of the head while it forms", _head(shape) * width


def _layer_activations(shape: DecoderConfig, width: int) -> int:
    """Bytes per token that one layer keeps for its backward.

    Residual stream and its normed copy, twice; query, attention output and its packed copy; key and value; gate, up and
    their product; in fp32 one log-sum-exp per head and the scale of each norm.
    """
    query, keys = shape.num_heads * shape.head_dim, shape.num_key_heads * shape.head_dim
    kept = 4 * shape.hidden_size + 3 * query + 2 * keys + 3 * shape.mlp_size
    norms = 2
    if shape.qk_norm:
        kept += query + keys
        norms += shape.num_heads + shape.num_key_heads
    return kept * width + 4 * (shape.num_heads + norms)


def _writing(plan: Plan, call: Writing) -> Iterator[tuple[str, int]]:
    shape, width = plan.shape, plan.dtype.itemsize
    per_token = kv_bytes_per_token(shape, plan.dtype)
    trunks = min(call.prompts, 2 * max(1, MAX_ROWS // call.group_size))
    yield f"keys and values of {call.rows} answers", call.rows * call.max_tokens * per_token
    yield f"keys and values of {trunks} prompts", trunks * call.prompt_tokens * per_token
    # Logits as computed and, in fp32, scaled, exponentiated and cut or searched.
    yield "logits of one token of each answer", call.rows * shape.vocab_size * (width + 3 * 4)
    read = max(call.prompt_tokens, min(PREFILL_TOKENS, call.prompts * call.prompt_tokens))
    yield f"reading {read:,} tokens of prompts", read * (4 * shape.hidden_size + 3 * shape.mlp_size) * width


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
    head = 2 * work.trained * _head(shape)
    epochs = algo.epochs if algo else 1
    models = 2 if algo and algo.has_critic else 1
    passes = _annotations(algo) if algo else (0, 0)
    per_pass = 3 + plan.optim.checkpointing  # the critic is not checkpointed, so this is a little high for it
    calls = [(plan.writing, steps), *((exam, 1) for exam in plan.exams)] if plan.writing else []
    prompts = sum(call.prompts * call.prompt_tokens * times for call, times in calls if call)
    tokens = sum(call.completions * call.max_tokens * times for call, times in calls if call)
    return Operations(
        learning=steps * epochs * models * per_pass * layers,
        learning_head=steps * epochs * 3 * head,
        reading=steps * sum(passes) * layers + shape.num_layers * layer_operations(shape, prompts, work.context / 2),
        reading_head=steps * passes[0] * head,
        writing=shape.num_layers * layer_operations(shape, tokens, work.context),
        writing_head=2 * tokens * _head(shape),
        updates=plan.updates * models * shape.num_parameters,
    )


def _annotations(algo: Algorithm) -> tuple[int, int]:
    """Forward passes before the update: those that end in the head, and the critic's (see ``train.rl.annotate``)."""
    old = algo.updates_per_batch > 1 or (algo.kl_in == "reward" and algo.needs_reference)
    return old + algo.needs_reference, int(algo.has_critic)


def layer_operations(shape: DecoderConfig, tokens: float, context: float) -> float:
    """Of one layer's forward over ``tokens`` that each look back on ``context`` tokens."""
    return tokens * (2 * layer_matrices(shape) + 4 * shape.num_heads * shape.head_dim * context)


def layer_matrices(shape: DecoderConfig) -> int:
    """Weights of one layer that take part in matrix products."""
    query, keys = shape.num_heads * shape.head_dim, shape.num_key_heads * shape.head_dim
    return shape.hidden_size * (2 * query + 2 * keys + 3 * shape.mlp_size)


def _head(shape: DecoderConfig) -> int:
    return shape.vocab_size * shape.hidden_size


def _name(dtype: torch.dtype) -> str:
    return {torch.float32: "fp32", torch.bfloat16: "bf16"}[dtype]


def available(device: torch.device) -> int | None:
    """Bytes that can still be had on ``device``; None where the system does not say."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    return available_bytes()


def require_memory(plan: Plan) -> None:
    """Raise ConfigError when the stage will not fit into memory: the numbers, and the way out.

    To be called when the model is loaded, so its weights are there already and what is available is without them.
    """
    room = available(plan.device)
    if room is None:
        return
    needed = memory(plan)
    more = needed.total - plan.shape.num_parameters * plan.dtype.itemsize
    if more > room:
        raise ConfigError(
            f"too little memory: this run needs about {size(more)} more, {size(room)} are available. "
            f"The largest parts are {_largest(needed)}. {way_out(plan, room)}"
        )


def _largest(needed: Memory) -> str:
    phase = max(needed.phases.values(), key=lambda items: sum(items.values()))
    items = sorted((needed.kept | phase).items(), key=lambda item: -item[1])[:3]
    return ", ".join(f"{name} {size(count)}" for name, count in items)


def way_out(plan: Plan, room: int) -> str:
    """The smallest changes that make the stage fit, tried with the same arithmetic."""
    loaded = plan.shape.num_parameters * plan.dtype.itemsize

    def fits(tried: Plan) -> bool:
        return memory(tried).total - loaded <= room

    for optim in _gentler(plan):
        if fits(replace(plan, optim=optim)):
            changed = (
                f"optim.micro_tokens {optim.micro_tokens}" if optim.micro_tokens != plan.optim.micro_tokens else ""
            )
            turned_on = "optim.checkpointing" if optim.checkpointing != plan.optim.checkpointing else ""
            return f"It fits with {' and '.join(filter(None, (changed, turned_on)))}; results stay the same"
    if plan.writing and plan.writing.rows > 1:
        gentlest = replace(plan, optim=list(_gentler(plan))[-1])
        kept = sum(memory(gentlest).kept.values()) - loaded
        if kept < room:
            return (
                "Lower sampling.max_tokens, prompts, rl.group_size or exam.items: answers written side by side fill it"
            )
    return "Neither smaller micro-batches nor optim.checkpointing make it fit; take a smaller model or a larger machine"


def _gentler(plan: Plan) -> Iterator[OptimConfig]:
    """Smaller micro-batches first, which cost nothing; recomputing activations only where they are not enough."""
    for checkpointing in sorted({plan.optim.checkpointing, True}):
        tokens = plan.optim.micro_tokens
        while tokens >= LEAST_TOKENS:
            yield replace(plan.optim, micro_tokens=tokens, checkpointing=checkpointing)
            tokens //= 2


def size(count: float) -> str:
    """``1.5 GiB``, ``12 MiB``."""
    for unit, bytes_each in (("GiB", 2**30), ("MiB", 2**20)):
        if count >= bytes_each:
            return (
                f"{count / bytes_each:.1f} {unit}" if count < 100 * bytes_each else f"{count / bytes_each:,.0f} {unit}"
            )
    return f"{count / 1024:.1f} KiB"
