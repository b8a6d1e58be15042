"""What a verb would do, and what it would cost, without doing it.

Nothing is written and no model is loaded: sizes come from ``config.json``, lengths from the first prompts, and speed
from about a second of the same work on a throwaway layer.
"""

from collections.abc import Iterator
from dataclasses import fields
from math import ceil
from typing import TYPE_CHECKING, Any

from homeschool.algos.table import ALGORITHMS, Algorithm
from homeschool.config import PretrainConfig, RlConfig, SftConfig, write_toml

if TYPE_CHECKING:
    from homeschool.cost import Plan

RANGE = 2.0
"""The estimate of time may be off by this factor either way: other work on the machine, memory, batches of odd
lengths."""


def explain(verb: str, config: PretrainConfig | SftConfig | RlConfig) -> str:
    """The page that ``homeschool explain VERB`` prints: configuration, algorithm, amounts of work, memory and time.

    Memory and time need a model; where ``sft`` or ``rl`` name none, the page says so instead. A model folder, data
    file or task that the run would refuse is refused here in the same words.
    """
    parts = [[f'homeschool {verb}: the configuration in effect; "# set" marks what differs from the defaults', ""]]
    parts[0] += write_toml(config).splitlines()
    if isinstance(config, RlConfig):
        parts.append(list(_algorithm_lines(config)))
    parts.append(list(_work_lines(config)))
    plan = _plan(config)
    if isinstance(plan, str):
        parts.append([plan])
    else:
        parts += [list(_text_lines(plan)), list(_memory_lines(plan)), list(_time_lines(plan, config))]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _algorithm_lines(config: RlConfig) -> Iterator[str]:
    row = config.algorithm
    published = ALGORITHMS[row.name]
    yield f"algorithm {row.name}, from {row.source}"
    for column in fields(Algorithm):
        if column.name in ("name", "source"):
            continue
        value, before = getattr(row, column.name), getattr(published, column.name)
        by_hand = getattr(config.rl, column.name) is not None
        mark = f"set by hand, published: {before}" if by_hand else ""
        yield f"  {column.name:<14}{value!s:<20}{mark}".rstrip()


def _work_lines(config: PretrainConfig | SftConfig | RlConfig) -> Iterator[str]:
    yield "work"
    yield _count("steps", config.steps)
    if not isinstance(config, RlConfig):
        yield _count("weight updates", config.steps)
        yield _count("sequences", config.steps * config.rows)
        return
    algo, written = config.algorithm, config.sampling.max_tokens
    answers = config.steps * config.prompts * algo.group_size
    yield _count("weight updates", config.steps * algo.updates_per_batch)
    yield _count("prompts", config.steps * config.prompts)
    yield _count("completions", answers, f"{algo.group_size} of each prompt")
    yield _count("tokens sampled", answers * written, f"at most, if every completion runs to {written}")
    yield _count("tokens trained", answers * written * algo.epochs, f"at most, {algo.epochs} times each")
    yield _count("exam answers", _exam_answers(config), "before, on the way and after")


def _exam_answers(config: RlConfig) -> int:
    from homeschool.readiness import READINESS_GROUP, READINESS_PROMPTS

    checks = ceil(config.steps / config.exam.every) if config.exam.every else 0
    questions = 2 * config.exam.items + checks * config.exam.check_items
    return questions * max(1, config.exam.samples) + config.readiness * READINESS_PROMPTS * READINESS_GROUP


def _count(what: str, count: int, note: str = "") -> str:
    return f"  {what:<22}{count:>16,}  {note}".rstrip()


def _plan(config: PretrainConfig | SftConfig | RlConfig) -> "Plan | str":
    """The plan, or a sentence that says why there is none."""
    import torch

    from homeschool import cost, stages
    from homeschool.models.load import choose_dtype, decoder_config, find_folder, read_json
    from homeschool.text import load_tokenizer

    device = torch.device(config.device)
    if isinstance(config, PretrainConfig):
        tokenizer = stages.build_tokenizer(config)
        shape = stages.decoder_shape(config.model, tokenizer.vocab_size)
        return cost.plan_text(config, shape, torch.float32, device, stages.pretrain_rows(config, tokenizer))
    if not config.policy:
        return "memory and time depend on the model; name it to see them: --policy FOLDER"
    folder = find_folder(config.policy)
    settings = read_json(folder / "config.json")
    found = decoder_config(settings)
    if found is None:
        kind = settings.get("model_type")
        return f'models of type "{kind}" run through transformers; their memory and time are not estimated'
    dtype, tokenizer = choose_dtype(config.dtype, settings, config.device), load_tokenizer(folder)
    if isinstance(config, SftConfig):
        return cost.plan_text(config, found, dtype, device, stages.sft_rows(config, tokenizer, found.max_positions))
    return cost.plan_rl(config, found, dtype, device, tokenizer, stages.build_task(config.task))


def _text_lines(plan: "Plan") -> Iterator[str]:
    """Token counts that only the data tell; those of rl are known from the configuration."""
    if plan.writing:
        return
    yield _count("tokens read", plan.steps * plan.work.tokens, "by the first steps").lstrip("\n")
    yield _count("tokens trained", plan.steps * plan.work.trained, "by the first steps")


def _memory_lines(plan: "Plan") -> Iterator[str]:
    from homeschool.cost import available, memory, size, way_out

    needed = memory(plan)
    yield f"memory, estimated, for {plan.shape.num_parameters:,} parameters"
    yield from _items(needed.kept)
    for phase, items in needed.phases.items():
        yield f"  {phase}"
        yield from (f"  {line}" for line in _items(items))
    together = " (of the phases the largest counts: they never overlap)" if len(needed.phases) > 1 else ""
    yield f"  {'in all':<52}{size(needed.total):>12}{together}"
    room = available(plan.device)
    if room is None:
        yield "  this system does not say how much is available"
    elif needed.total <= room:
        yield f"  {'available':<52}{size(room):>12}: it fits"
    else:
        yield f"  {'available':<52}{size(room):>12}: it does NOT fit. {way_out(plan, room)}"


def _items(items: dict[str, int]) -> Iterator[str]:
    from homeschool.cost import size

    return (f"  {name:<52}{size(count):>12}" for name, count in items.items() if count)


def _time_lines(plan: "Plan", config: Any) -> Iterator[str]:
    pass
