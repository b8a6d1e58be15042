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
from homeschool.messages import explain as say
from homeschool.messages.algorithms import NOTE
from homeschool.messages.sentence import left
from homeschool.models.load import choose_dtype, decoder_config, find_folder, read_json
from homeschool.preferences import EncodedPair
from homeschool.probe import Rates, measure_rates
from homeschool.resources import peak_bytes, usable_cores
from homeschool.stages.paying import rule_of
from homeschool.stages.pretrain import build_tokenizer, decoder_shape, pretrain_rows
from homeschool.stages.refusing import refuse_settings
from homeschool.stages.reward import encode_all, pairs_of_files
from homeschool.stages.sft import sft_rows
from homeschool.stages.starting import build_task, set_threads
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
    if isinstance(config, RlConfig):
        refuse_settings(config)
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
        return say.NO_MODEL()
    folder = find_folder(config.policy)
    settings = read_json(folder / "config.json")
    shape = decoder_config(settings)
    if shape is None:
        return say.OTHER_FAMILY(type=settings.get("model_type"))
    dtype, tokenizer = choose_dtype(config.dtype, settings, config.device), load_tokenizer(folder)
    if isinstance(config, RewardModelConfig):
        return plan_pairs(config, shape, dtype, device, _pairs(config, tokenizer, shape.max_positions))
    if isinstance(config, RlConfig):
        asked = build_task(config.task)
        with rule_of(config, asked, None):
            return plan_rl(config, shape, dtype, device, tokenizer, asked)
    task = None if config.data else build_task(config.task)
    return plan_text(config, shape, dtype, device, sft_rows(config, tokenizer, shape.max_positions, task))


def _pairs(config: RewardModelConfig, tokenizer: Tokenizer, context: int) -> list[EncodedPair]:
    if config.data:
        return encode_all(pairs_of_files(config), config, tokenizer, context)[0]
    return longest_pairs(config, tokenizer, build_task(config.task, config.reward.scorer))


def _settings(verb: str, config: Stage) -> Iterator[str]:
    yield say.SETTINGS(verb=verb)
    yield ""
    yield from write_toml(config).splitlines()


def _algorithm(config: RlConfig) -> Iterator[str]:
    row, published = config.algorithm, ALGORITHMS[config.algo]
    yield say.ALGORITHM(name=row.name, source=row.source)
    columns = [column.name for column in fields(config.rl) if is_read(row, column.name)]
    widest = max(map(len, columns)) + 1
    for column in columns:
        by_hand = getattr(config.rl, column) is not None
        note = say.SET_BY_HAND(value=getattr(published, column)) if by_hand else ""
        yield f"  {column:<{widest}}{getattr(row, column)!s:<22}{note}".rstrip()
    yield f"  {say.STEP_COSTS()}"
    yield from (f"    {line}" for line in costs(row) or [say.NOTHING_MORE()])
    notes = warnings(row, prompts=config.prompts, max_tokens=config.sampling.max_tokens)
    yield from (f"  {NOTE(line=line)}" for line in notes)


def _work(config: Stage, plan: Plan | None) -> Iterator[str]:
    yield say.WORK()
    yield _count(say.STEPS(), config.steps)
    if isinstance(config, RlConfig):
        yield from _exam_room(config)
        return
    yield _count(say.UPDATES(), config.steps)
    if isinstance(config, RewardModelConfig):
        yield from _pairing(config, plan)
        return
    yield _count(say.SEQUENCES(), config.steps * config.rows)
    if plan:
        yield _count(say.TOKENS_READ(), config.steps * plan.work.tokens, say.BY_FIRST_STEPS())
        yield _count(say.TOKENS_TRAINED(), config.steps * plan.work.trained, say.BY_FIRST_STEPS())


def _pairing(config: RewardModelConfig, plan: Plan | None) -> Iterator[str]:
    yield _count(say.PAIRS(), config.steps * config.rows, say.PAIRS_REPEAT())
    if not config.data:
        answers = config.answers * (config.pairs + config.heldout)
        yield _count(say.PAIR_ANSWERS(), answers, say.IF_ALL_PAIR())
    if plan:
        yield _count(say.TOKENS_READ(), config.steps * plan.work.tokens, say.SHARED_ONCE())


def _exam_room(config: RlConfig) -> Iterator[str]:
    algo, longest = config.algorithm, config.sampling.max_tokens
    answers = config.steps * config.prompts * algo.group_size
    yield _count(say.UPDATES(), config.steps * algo.updates_per_batch)
    yield _count(say.PROMPTS(), config.steps * config.prompts)
    yield _count(say.COMPLETIONS(), answers, say.OF_EACH_PROMPT(count=algo.group_size))
    yield _count(say.TOKENS_SAMPLED(), answers * longest, say.AT_MOST(longest=longest))
    yield _count(say.TOKENS_TRAINED(), answers * longest * algo.epochs, say.AT_MOST_PASSES(epochs=algo.epochs))
    yield _count(say.EXAM_ANSWERS(), exam_answers(config), say.WHEN_EXAMS())


def _count(what: str, count: int, note: str = "") -> str:
    return f"  {left(what, 20)}{count:>16,}  {note}".rstrip()


def _memory(plan: Plan) -> Iterator[str]:
    needed, room = memory(plan), available(plan.device)
    own = peak_bytes() if plan.device.type == "cpu" else 0  # of this process, which the run will not stand beside
    yield say.MEMORY(count=plan.shape.num_parameters)
    yield from _items("  ", ({say.PYTHON_ITSELF(): own} if own else {}) | needed.kept)
    for phase, items in needed.phases.items():
        yield f"  {phase}"
        yield from _items("    ", items)
    yield from _items("  ", {say.IN_ALL(): own + needed.total})
    if room is None:
        yield f"  {say.NOT_TOLD()}"
    else:
        yield from _items("  ", {say.AVAILABLE(): own + room})
        fits = needed.total <= room
        yield f"  {say.FITS() if fits else say.FITS_NOT(way_out=way_out(plan, room - plan.weight_bytes))}"


def _items(indent: str, items: dict[str, int]) -> Iterator[str]:
    return (f"{indent}{left(name, 54 - len(indent))}{size(count):>10}" for name, count in items.items())


def _time(plan: Plan) -> Iterator[str]:
    work, rates = operations(plan), measure_rates(plan)
    seconds = rates.seconds(work)
    yield say.TIME()
    yield f"  {say.OPERATIONS(total=work.total, each=work.total / plan.steps)}"
    yield f"  {say.THIS_MACHINE(threads=torch.get_num_threads(), speeds=_speeds(plan, rates))}"
    least, most = duration(seconds / RANGE), duration(RANGE * seconds)
    yield f"  {say.ESTIMATE(time=duration(seconds), least=least, most=most)}"
    yield f"  {say.NOT_COUNTED_RL() if plan.algo else say.NOT_COUNTED()}"
    load, cores = os.getloadavg()[0], usable_cores()
    if load + torch.get_num_threads() > cores + 1:
        yield f"  {say.BUSY(load=load, cores=cores)}"


def _speeds(plan: Plan, rates: Rates) -> str:
    if not plan.calls:
        return say.LEARNING(speed=_speed(rates.learning))
    rows = plan.calls[0][0].rows
    return say.LEARNING_AND_WRITING(speed=_speed(rates.learning), writing=_speed(rates.writing), rows=rows)


def _speed(rate: float) -> str:
    return f"{rate / 1e9:,.1f} GFLOP/s"


def duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return say.SECONDS(count=f"{seconds:.2g}" if seconds < 10 else f"{seconds:.0f}")
    if seconds < 5400:
        return say.MINUTES(count=f"{seconds / 60:.0f}")
    return say.HOURS(count=f"{seconds / 3600:.1f}")
