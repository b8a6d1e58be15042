"""What a verb would do and what it would cost, without doing it.

Nothing is written and no model is loaded: sizes come from ``config.json``, lengths from the first prompts, and speed
from about a second of the same work on a throwaway layer.
"""

import os
from collections.abc import Iterator
from dataclasses import fields

import torch

from homeschool.algos.contradictions import costs, is_read, warnings
from homeschool.algos.table import ALGORITHMS
from homeschool.config import (
    PretrainConfig,
    RewardModelConfig,
    RlConfig,
    SftConfig,
    refuse_impossible,
    write_toml,
)
from homeschool.cost import (
    Plan,
    available,
    exam_answers,
    longest_pairs,
    memory,
    operations,
    plan_pairs,
    plan_rl,
    plan_text,
    size,
    way_out,
)
from homeschool.models.load import choose_dtype, decoder_config, find_folder, read_json
from homeschool.preferences import EncodedPair
from homeschool.probe import measure_rates
from homeschool.resources import peak_bytes, usable_cores
from homeschool.reward_stage import encode_all, pairs_of_files
from homeschool.stages import (
    build_notebook,
    build_task,
    build_tokenizer,
    decoder_shape,
    pretrain_rows,
    rule_of,
    set_threads,
    sft_rows,
)
from homeschool.text import Tokenizer, load_tokenizer

RANGE = 2.0
"""The time may be off by this factor either way; short runs on a busy machine took 0.7 to 1.3 of the estimate."""

Stage = PretrainConfig | SftConfig | RewardModelConfig | RlConfig


def explain(verb: str, config: Stage) -> str:
    """The page that ``homeschool explain VERB`` prints: configuration, algorithm, amounts of work, memory and time.

    Memory and time need a model; where ``sft`` or ``rl`` name none, the page says so instead. A model folder, a data
    file, a task or a rule that the run would refuse is refused here in the same words.
    """
    refuse_impossible(config)
    set_threads(config.threads)
    parts = [list(_settings(verb, config))]
    if isinstance(config, RlConfig):
        parts.append(list(_algorithm(config)))
    plan = build_plan(config)
    parts.append(list(_work(config, plan if isinstance(plan, Plan) else None)))
    parts += [list(_memory(plan)), list(_time(plan))] if isinstance(plan, Plan) else [[plan]]
    return "\n\n".join("\n".join(part) for part in parts)


def build_plan(config: Stage) -> Plan | str:
    """The plan of a stage without loading its model, or a sentence that says why there is none."""
    device = torch.device(config.device)
    if isinstance(config, PretrainConfig):
        tokenizer = build_tokenizer(config)
        new = decoder_shape(config.model, tokenizer.vocab_size)
        dtype = choose_dtype(config.dtype, {}, config.device)
        return plan_text(config, new, dtype, device, pretrain_rows(config, tokenizer))
    if not config.policy:
        return "memory and time depend on the model: name one with --policy FOLDER to see them"
    folder = find_folder(config.policy)
    settings = read_json(folder / "config.json")
    shape = decoder_config(settings)
    if shape is None:
        return f'models of type "{settings.get("model_type")}" run through transformers: no estimate of memory and time'
    dtype, tokenizer = choose_dtype(config.dtype, settings, config.device), load_tokenizer(folder)
    if isinstance(config, RewardModelConfig):
        return plan_pairs(config, shape, dtype, device, _pairs(config, tokenizer, shape.max_positions))
    if isinstance(config, RlConfig):
        asked = build_task(config.task)
        build_notebook(config, asked)
        with rule_of(config, asked, None):
            return plan_rl(config, shape, dtype, device, tokenizer, asked)
    task = None if config.data else build_task(config.task)
    return plan_text(config, shape, dtype, device, sft_rows(config, tokenizer, shape.max_positions, task))


def _pairs(config: RewardModelConfig, tokenizer: Tokenizer, context: int) -> list[EncodedPair]:
    if config.data:
        return encode_all(pairs_of_files(config), config, tokenizer, context)[0]
    return longest_pairs(config, tokenizer, build_task(config.task, config.reward.scorer))


def _settings(verb: str, config: Stage) -> Iterator[str]:
    yield f'homeschool {verb} would run with these settings; "# set" marks what differs from the defaults'
    yield ""
    yield from write_toml(config).splitlines()


def _algorithm(config: RlConfig) -> Iterator[str]:
    row, published = config.algorithm, ALGORITHMS[config.algo]
    yield f"algorithm {row.name}: {row.source}"
    for column in fields(config.rl):
        if not is_read(row, column.name):
            continue
        by_hand = getattr(config.rl, column.name) is not None
        note = f"set by hand; published: {getattr(published, column.name)}" if by_hand else ""
        yield f"  {column.name:<18}{getattr(row, column.name)!s:<22}{note}".rstrip()
    yield "  a step costs, beyond one update on its own samples:"
    yield from (f"    {line}" for line in costs(row) or ["nothing"])
    notes = warnings(row, prompts=config.prompts, max_tokens=config.sampling.max_tokens)
    yield from (f"  note: {line}" for line in notes)


def _work(config: Stage, plan: Plan | None) -> Iterator[str]:
    yield "work"
    yield _count("steps", config.steps)
    if isinstance(config, RlConfig):
        yield from _exam_room(config)
        return
    yield _count("weight updates", config.steps)
    if isinstance(config, RewardModelConfig):
        yield from _pairing(config, plan)
        return
    yield _count("sequences", config.steps * config.rows)
    if plan:
        yield _count("tokens read", config.steps * plan.work.tokens, "going by the first steps")
        yield _count("tokens trained", config.steps * plan.work.trained, "going by the first steps")


def _pairing(config: RewardModelConfig, plan: Plan | None) -> Iterator[str]:
    yield _count("pairs", config.steps * config.rows, "a pair that comes again counted again")
    if not config.data:
        answers = config.answers * (config.pairs + config.heldout)
        yield _count("answers for pairs", answers, "at least: if each question gives a pair")
    if plan:
        yield _count("tokens read", config.steps * plan.work.tokens, "what both sides share counted once")


def _exam_room(config: RlConfig) -> Iterator[str]:
    algo, longest = config.algorithm, config.sampling.max_tokens
    answers = config.steps * config.prompts * algo.group_size
    yield _count("weight updates", config.steps * algo.updates_per_batch)
    yield _count("prompts", config.steps * config.prompts)
    yield _count("completions", answers, f"{algo.group_size} of each prompt")
    yield _count("tokens sampled", answers * longest, f"at most: if every completion runs to {longest}")
    yield _count("tokens trained", answers * longest * algo.epochs, f"at most; each in {algo.epochs} pass(es)")
    yield _count("answers in exams", exam_answers(config), "readiness, on the way, before and after")


def _count(what: str, count: int, note: str = "") -> str:
    return f"  {what:<20}{count:>16,}  {note}".rstrip()


def _memory(plan: Plan) -> Iterator[str]:
    needed, room = memory(plan), available(plan.device)
    own = peak_bytes() if plan.device.type == "cpu" else 0  # of this process, which the run will not stand beside
    yield f"memory, estimated, for {plan.shape.num_parameters:,} parameters"
    yield from _items("  ", ({"Python and torch themselves": own} if own else {}) | needed.kept)
    for phase, items in needed.phases.items():
        yield f"  {phase}"
        yield from _items("    ", items)
    yield from _items("  ", {"in all, with the largest of these": own + needed.total})
    if room is None:
        yield "  this system does not say how much is available"
    else:
        yield from _items("  ", {"available": own + room})
        yield "  it fits" if needed.total <= room else f"  it does NOT fit. {way_out(plan, room - plan.weight_bytes)}"


def _items(indent: str, items: dict[str, int]) -> Iterator[str]:
    return (f"{indent}{name:<{54 - len(indent)}}{size(count):>10}" for name, count in items.items())


def _time(plan: Plan) -> Iterator[str]:
    work, rates = operations(plan), measure_rates(plan)
    seconds = rates.seconds(work)
    yield "time, estimated"
    yield f"  {work.total:.2g} floating-point operations, {work.total / plan.steps:.2g} a step"
    speeds = f"{_speed(rates.learning)} learning"
    if plan.calls:
        speeds += f", {_speed(rates.writing)} writing {plan.calls[0][0].rows} answers side by side"
    yield f"  this machine, {torch.get_num_threads()} thread(s), measured on one throwaway layer: {speeds}"
    yield f"  {duration(seconds)}: an estimate, {duration(seconds / RANGE)} to {duration(RANGE * seconds)} is possible"
    yield f"  {_unknown(plan)}"
    load, cores = os.getloadavg()[0], usable_cores()
    if load + torch.get_num_threads() > cores + 1:
        yield (
            f"  other programs keep this machine busy (load {load:.1f} on {cores} core(s)): threads then wait for each "
            "other, and a run can take several times longer; fewer --threads suffer less"
        )


def _speed(rate: float) -> str:
    return f"{rate / 1e9:,.1f} GFLOP/s"


def _unknown(plan: Plan) -> str:
    if plan.algo is None:
        return "not counted: reading the data and writing checkpoints"
    return "less where completions stop early or groups tie; not counted: the scorer, and writing checkpoints"


def duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
