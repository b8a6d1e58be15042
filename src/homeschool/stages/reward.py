"""The stage that trains a reward model: from pairs, or from a rule that makes them, to a model and its report."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from homeschool.config import RewardModelConfig
from homeschool.cost import longest_pairs, peak_memory, plan_pairs, require_memory
from homeschool.errors import ConfigError, DataError, TaskError
from homeschool.files import write_atomically
from homeschool.messages import reward_model as say
from homeschool.messages.refusals import stages as refused
from homeschool.models.load import Policy, load_policy
from homeschool.models.reward_model import RewardModel, build_reward_model, require_decoder
from homeschool.preferences import (
    QUESTIONS_AT_ONCE,
    EncodedPair,
    Preference,
    encode_preferences,
    pairs_from_marks,
    read_preferences,
    refuse_overlap,
    split_preferences,
    with_noise,
    write_preferences,
)
from homeschool.reward_report import RewardReport, report_lines, reward_report
from homeschool.rollout.collect import collect
from homeschool.stages.finishing import cost_summary, earlier_seconds
from homeschool.stages.marking import build_marker
from homeschool.stages.scorers import Scorers
from homeschool.stages.starting import begin, build_engine, build_task, required
from homeschool.stats import detectable_effect
from homeschool.text import Tokenizer
from homeschool.track.tracking import observed_run
from homeschool.train.learner import build_learner
from homeschool.train.loop import Loop, Reporter
from homeschool.train.preference import pair_leads, pairs_of_step, update_on_pairs
from homeschool.train.run_folder import RunFolder
from homeschool.types import Split, Task

LEAST_HELDOUT = 50
"""Held-out pairs below which a report says nothing: 50 show an accuracy of 0.7 with a chance of 80 %."""
PATIENCE = 8
"""Questions asked for each pair that is wanted, at most."""


@dataclass(frozen=True)
class RewardModelResult:
    """What a finished stage hands over."""

    folder: Path
    reward_model: RewardModel
    seconds: float
    peak_bytes: int
    report: RewardReport
    """Marks on the held-out pairs."""
    train_accuracy: float
    """Share of pairs ranked right among some that it was trained on; far above the held-out share, it learned them by
    heart."""

    def lines(self) -> list[str]:
        """The report in words."""
        return report_lines(self.report, self.train_accuracy)


@dataclass(frozen=True)
class Pairs:
    """What to train on and what is held out; no prompt is in both."""

    train: list[Preference]
    heldout: list[Preference]


def train_reward_model(
    config: RewardModelConfig,
    reporter: Reporter | None = None,
    *,
    policy: Policy | None = None,
    task: Task | None = None,
    scorer: Scorers | None = None,
) -> RewardModelResult:
    """Learn to tell the better of two answers: from pairs of a file, or from pairs made by a task's marks plus noise.

    ``policy``, ``task`` and ``scorer`` stand in for what ``config`` names; the policy stays as it is. Raises DataError
    for pairs that cannot be used, TaskError where the policy's answers give too few of them.
    """
    started, reporter = begin(config, reporter)
    _refuse_contradictions(config)
    policy = policy or load_policy(required(config.policy, "reward-model"), config.dtype, config.device)
    model, tokenizer = require_decoder(policy), policy.tokenizer
    context = model.config.max_positions
    if config.data:
        train, heldout = encode_all(pairs_of_files(config), config, tokenizer, context)
    else:
        task = task or build_task(config.task, config.reward.scorer)
        train, heldout = longest_pairs(config, tokenizer, task), []  # until the real ones are made
    require_memory(plan_pairs(config, model.config, model.dtype, model.device, train))
    with observed_run(config, "reward-model", reporter) as folder:
        if task and not config.data:
            made = _made_pairs(config, folder, policy, task, scorer, reporter)
            train, heldout = encode_all(made, config, tokenizer, context)
        reward = build_reward_model(policy, config.seed)
        del policy, model  # their memory is needed
        learner = build_learner(reward, config.optim)

        def step(number: int) -> dict[str, float]:
            chosen = pairs_of_step(train, number, config.rows, config.seed)
            return update_on_pairs(learner, chosen, number, config.steps, config.center)

        loop = Loop(folder, learner, config.steps, config.keep, reporter, step)
        loop.started = started
        loop.restore()
        reporter.start("reward-model", config.steps, say.WHY(count=len(train)))
        loop.run()
        reporter.end()
        return _finish(folder, config, reward, train, heldout, started)


def encode_all(
    pairs: Pairs, config: RewardModelConfig, tokenizer: Tokenizer, context: int
) -> tuple[list[EncodedPair], list[EncodedPair]]:
    """Training and held-out pairs with their noise, as tokens. DataError for one that the model cannot read."""
    train, heldout = (
        encode_preferences(with_noise(part, config.flip, config.seed, name), tokenizer, context, config.margin)
        for name, part in (("train", pairs.train), ("heldout", pairs.heldout))
    )
    return train, heldout


def pairs_of_files(config: RewardModelConfig) -> Pairs:
    """The pairs of ``data``, split by prompt, or with ``heldout_data`` as the other side.

    DataError for a line that cannot be used, a prompt on both sides, or too few held-out pairs.
    """
    read = read_preferences(Path(config.data))
    if config.heldout_data:
        pairs = Pairs(read, read_preferences(Path(config.heldout_data)))
        refuse_overlap(pairs.train, pairs.heldout)
    else:
        pairs = Pairs(*split_preferences(read, config.heldout_share))
    if len(pairs.heldout) < LEAST_HELDOUT or not pairs.train:
        path, heldout = config.heldout_data or config.data, len(pairs.heldout)
        raise DataError(
            refused.TOO_FEW_PAIRS(path=path, heldout=heldout, train=len(pairs.train), why=_too_few(heldout))
        )
    return pairs


def _refuse_contradictions(config: RewardModelConfig) -> None:
    if not config.data and config.sampling.temperature == 0:
        raise ConfigError(refused.ALL_THE_SAME())
    if config.heldout_data and not config.data:
        raise ConfigError(refused.HELDOUT_ALONE(path=config.heldout_data))
    if config.data and config.reward.scorer:
        raise ConfigError(refused.LABELLED_ALREADY(scorer=config.reward.scorer))


def _too_few(count: int) -> str:
    """What so few pairs could show."""
    least = detectable_effect(0.5, LEAST_HELDOUT)
    could = refused.SO_MANY_POINTS(points=100 * detectable_effect(0.5, count)) if count > 1 else refused.NOTHING()
    return refused.LEAST_PAIRS(least=LEAST_HELDOUT, points=100 * least, count=count, could=could)


def _made_pairs(
    config: RewardModelConfig,
    folder: RunFolder,
    policy: Policy,
    task: Task,
    scorer: Scorers | None,
    reporter: Reporter,
) -> Pairs:
    """Pairs of the policy's own answers; made once, kept in the run folder for a resumed run and for other models."""
    paths = [folder.path / "pairs" / f"{name}.jsonl" for name in ("train", "heldout")]
    if all(path.exists() for path in paths):
        return Pairs(*map(read_preferences, paths))
    with closing(build_marker(config, task, scorer, policy)) as marker, closing(build_engine(policy)) as engine:

        def made(split: Split, wanted: int) -> Iterator[Preference]:
            questions = task.exam(split, PATIENCE * wanted, config.seed)
            for start in range(0, len(questions), QUESTIONS_AT_ONCE):
                chunk, name = questions[start : start + QUESTIONS_AT_ONCE], f"pairs {split} {start}"
                groups = collect(
                    engine, marker, chunk, config.sampling, group_size=config.answers, seed=config.seed, step=name
                )
                yield from pairs_from_marks(groups, config.seed)

        sought: tuple[tuple[Split, int], ...] = (("check", config.heldout), ("train", config.pairs))
        total = config.heldout + config.pairs
        reporter.start("pairs", total, say.WHY_PAIRS())
        found: dict[Split, list[Preference]] = {}
        for split, wanted in sought:
            found[split] = []
            for pair in made(split, wanted):
                found[split].append(pair)
                reporter.step(sum(map(len, found.values())), {})
                if len(found[split]) == wanted:
                    break
            _require_enough(split, len(found[split]), config)
        reporter.end()
    pairs = Pairs(found["train"], found["check"])
    for path, part in zip(paths, (pairs.train, pairs.heldout), strict=True):
        write_preferences(part, path)
    return pairs


def _require_enough(split: Split, count: int, config: RewardModelConfig) -> None:
    least = LEAST_HELDOUT if split == "check" else config.rows
    if count < least:
        raise TaskError(refused.TOO_ALIKE(split=split, count=count, least=least))


def _finish(
    folder: RunFolder,
    config: RewardModelConfig,
    reward: RewardModel,
    train: list[EncodedPair],
    heldout: list[EncodedPair],
    started: float,
) -> RewardModelResult:
    """Take the exam on the held-out pairs and write the summary."""
    leads = pair_leads(reward.model, heldout, config.optim.micro_tokens)
    seen = pair_leads(reward.model, train[: len(heldout)], config.optim.micro_tokens)
    report = reward_report(leads, [pair.is_flipped for pair in heldout], config.seed)
    train_accuracy = reward_report(seen, [False] * len(seen), config.seed).accuracy.estimate
    rows = [{"lead": lead, "flipped": pair.is_flipped} for lead, pair in zip(leads, heldout, strict=True)]
    write_atomically(folder.path / "heldout.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    seconds, peak = earlier_seconds(folder.path) + time.perf_counter() - started, peak_memory(reward.model.device)
    summary = cost_summary(config, reward, seconds, peak) | {
        "train_pairs": len(train),
        "train_accuracy": train_accuracy,
        "heldout": report.summary(),
    }
    folder.write("summary.json", json.dumps(summary, indent=2) + "\n")
    folder.event("finished")
    return RewardModelResult(folder.path, reward, seconds, peak, report, train_accuracy)
