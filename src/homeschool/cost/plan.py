"""What a stage will do, from its settings: tokens of a step, calls to the engine, and whatever reads along.

Sizes are upper ends: every completion runs to ``max_tokens`` and every prompt is as long as the longest one seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil

import torch

from homeschool import data
from homeschool.algos.columns import Algorithm
from homeschool.config import OptimConfig, PretrainConfig, RewardModelConfig, RlConfig, SftConfig
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import decoder_config, find_folder, read_json
from homeschool.preferences import QUESTIONS_AT_ONCE, EncodedPair
from homeschool.readiness import READINESS_GROUP, READINESS_PROMPTS
from homeschool.rollout.torch_engine import MAX_ROWS
from homeschool.text import Tokenizer
from homeschool.types import Sampling, Task

SEEN_STEPS = 4
"""Steps whose prompts or rows are encoded to learn their lengths."""


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
    """None for pre-training and fine-tuning."""
    sampling: Sampling | None = None
    """None for pre-training, which has no engine."""
    calls: tuple[tuple[Writing, int], ...] = ()
    """Everything written, and how often: the answers of each step, readiness, check exams, hidden exams."""
    critic_shape: DecoderConfig | None = None
    """Of the reward model that the critic starts from; None: the critic is made of the policy."""
    is_guarded: bool = False
    """A guard reads answers with the first layers of the frozen start model."""
    is_measured: bool = False
    """The frozen start model reads every answer, for the distance from it, see ``train.early_stop``."""
    is_penalised: bool = False
    """A second gradient is taken beside the first, see ``train.gradient_penalty``."""

    @property
    def weight_bytes(self) -> int:
        """The model as it is loaded."""
        return self.shape.num_parameters * self.dtype.itemsize

    @property
    def has_exact_sampler(self) -> bool:
        """Whether log-probabilities as sampled serve for those before the update, see ``train.rl.RlRun``."""
        return self.dtype == torch.float32 and self.sampling is not None and self.sampling.temperature > 0

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
    plan = Plan(shape, dtype, device, config.optim, config.steps, work)
    if isinstance(config, PretrainConfig):
        return plan
    exam = Writing(config.check.items, 1, work.longest, config.sampling.max_tokens)
    return replace(plan, sampling=config.sampling, calls=tuple(_check_exams(config, exam)))


def plan_pairs(
    config: RewardModelConfig,
    shape: DecoderConfig,
    dtype: torch.dtype,
    device: torch.device,
    pairs: Sequence[EncodedPair],
) -> Plan:
    """The plan of training a reward model on pairs like these. Nothing passes through a head over the vocabulary."""
    sizes = [pair.num_tokens for pair in pairs]
    tokens = ceil(config.rows * sum(sizes) / len(sizes))
    shape = replace(shape, tied=True)  # the embedding is all that has a row for each token
    work = Work(tokens, trained=0, longest=max(sizes), context=sum(sizes) / len(sizes) / 2)
    plan = Plan(shape, dtype, device, config.optim, config.steps, work)
    if config.data:
        return plan
    asked = max(len(pair.prefix) for pair in pairs)
    each = Writing(QUESTIONS_AT_ONCE, config.answers, max(1, asked), config.sampling.max_tokens)
    calls = ((each, ceil((config.pairs + config.heldout) / QUESTIONS_AT_ONCE)),)
    return replace(plan, sampling=config.sampling, calls=calls)


def longest_pairs(config: RewardModelConfig, tokenizer: Tokenizer, task: Task) -> list[EncodedPair]:
    """Stand-ins for the pairs that a task would give: its first questions, with answers as long as they may be."""
    answer = (0,) * config.sampling.max_tokens
    questions = task.exam("train", QUESTIONS_AT_ONCE, config.seed)
    return [EncodedPair(tuple(tokenizer.encode_prompt(question.text)), answer, answer) for question in questions]


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
    calls = ((each, config.steps), *_exams(config, each))
    critic = critic_shape(config)
    plan = Plan(shape, dtype, device, config.optim, config.steps, work, algo, config.sampling, calls, critic)
    return with_looks(plan, config)


def with_looks(plan: Plan, config: RlConfig) -> Plan:
    """The plan with what the settings besides the algorithm compute."""
    return replace(
        plan,
        is_guarded=config.guard.audits and config.guard.predictor == "learned",
        is_measured=config.stop.kl > 0,
        is_penalised=config.gradient_penalty.weight > 0,
    )


def critic_shape(config: RlConfig) -> DecoderConfig | None:
    """Of the reward model that the critic of ``config`` starts from, by its ``config.json``; None where it is made of
    the policy, or there is none. ModelError where the folder holds no model."""
    if not config.critic_from or not config.algorithm.has_critic:
        return None
    return _shape_in(config.critic_from)


@cache  # asked in every step, also when the folder has gone
def _shape_in(source: str) -> DecoderConfig | None:
    return decoder_config(read_json(find_folder(source) / "config.json"))


def _exams(config: RlConfig, each: Writing) -> Iterator[tuple[Writing, int]]:
    samples = max(1, config.exam.samples)
    if config.readiness:
        yield replace(each, prompts=READINESS_PROMPTS, group_size=READINESS_GROUP), 1
    yield replace(each, prompts=config.exam.items, group_size=samples), 2
    yield from _check_exams(config, replace(each, group_size=samples))


def exam_answers(config: RlConfig) -> int:
    """Completions written besides those of the steps."""
    each = Writing(config.prompts, config.algorithm.group_size, 1, config.sampling.max_tokens)
    return sum(call.completions * times for call, times in _exams(config, each))


def _check_exams(config: SftConfig | RlConfig, exam: Writing) -> Iterator[tuple[Writing, int]]:
    if config.check.every:
        yield replace(exam, prompts=config.check.items), ceil(config.steps / config.check.every)


def critic_body(shape: DecoderConfig, algo: Algorithm, from_shape: DecoderConfig | None) -> DecoderConfig:
    """Shape of one critic with a model of its own."""
    return from_shape or replace(shape, num_layers=algo.critic_layers or shape.num_layers)
