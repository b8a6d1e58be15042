"""The diagnosis of a run folder, while it is being written and afterwards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeschool.algos.table import ALGORITHMS
from homeschool.config import CheckConfig, OptimConfig, read_recipe
from homeschool.diagnosis.finding import Finding
from homeschool.diagnosis.history import Facts
from homeschool.diagnosis.table import CHECKS
from homeschool.diagnosis.watch import Episode, Turn, Watch, announced, replay
from homeschool.errors import RunFolderError
from homeschool.messages import diagnosis as say
from homeschool.messages.findings import FINDINGS
from homeschool.messages.refusals import pages as refused
from homeschool.train.run_folder import read_lines

WITHOUT_GROUPS = ("gae", "reward", "tracker")
"""Advantages that compare an answer with something other than its own group."""
AT_MOST = 3
"""Findings told at the end of a run."""


@dataclass(frozen=True)
class Diagnosis:
    """What is to be said about one run folder."""

    folder: Path
    steps: int
    episodes: Sequence[Episode]

    def count(self, severity: str) -> int:
        """Findings of this severity."""
        return sum(episode.worst.severity == severity for episode in self.episodes)

    def rows(self) -> list[dict[str, Any]]:
        """As ``summary.json`` keeps them."""
        return [episode.row() for episode in self.episodes]


def read_facts(folder: Path) -> Facts:
    """What the checks must know, from the run's own ``config.toml``.

    Read key by key, so that a run of an older or newer version can be diagnosed too. RunFolderError without the file.
    """
    path = folder / "config.toml"
    if not path.is_file():
        raise RunFolderError(refused.NO_RUN_FOLDER(folder=folder))
    settings = read_recipe(path)
    row = ALGORITHMS.get(str(settings.get("algo", "grpo")))
    columns = settings.get("rl", {})
    advantage = columns.get("advantage") or (row.advantage if row else "group_mean")
    ratio = columns.get("ratio") or (row.ratio if row else "token")
    return Facts(
        compares_groups=advantage not in WITHOUT_GROUPS,
        grad_clip=float(settings.get("optim", {}).get("grad_clip", OptimConfig().grad_clip)),
        ignores_stop=bool(settings.get("sampling", {}).get("ignore_stop", False)),
        clips_tokens=ratio != "sequence",
        check_items=int(settings.get("check", {}).get("items", CheckConfig().items)),
        pays_audited=settings.get("guard", {}).get("mode") == "audited",
    )


def watch_over(folder: Path) -> Watch:
    """The watch of a run that begins or goes on: it knows the steps that are kept, and what was announced before."""
    watch = replay(_lines(folder, "metrics"), read_facts(folder))
    watch.said = announced(_lines(folder, "events"))
    return watch


def diagnose_run(folder: Path) -> Diagnosis:
    """All findings of the run in ``folder``, finished or not. RunFolderError where there is none."""
    watch = replay(_lines(folder, "metrics"), read_facts(folder))
    steps = watch.history.steps
    return Diagnosis(folder, steps[-1] if steps else 0, watch.episodes())


def run_folders(folder: Path) -> list[Path]:
    """The run itself, or the stages of a school in their order of time. RunFolderError where there is neither."""
    if (folder / "config.toml").is_file():
        return [folder]
    stages = sorted(path.parent for path in folder.glob("*/config.toml"))
    if not stages:
        raise RunFolderError(refused.NO_RUN_INSIDE(folder=folder))
    order = {"pretrain": 0, "sft": 1, "rl": 2}
    return sorted(stages, key=lambda path: (order.get(path.name, len(order)), path.name))


def turn_line(turn: Turn) -> str:
    """One line for the console, while a run goes on."""
    how = {"began": say.BEGAN, "worse": say.WORSE, "ended": say.ENDED}[turn.kind]
    return how(step=turn.finding.step, **finding_words(turn.finding))


def happened_lines(folder: Path) -> list[str]:
    """The section that ends a verdict: at most three findings, notes left out; no lines if there are none."""
    diagnosis = diagnose_run(folder)
    serious = [episode for episode in diagnosis.episodes if episode.worst.severity != "note"]
    if not serious:
        return []
    lines = [say.HAPPENED()]
    for episode in serious[:AT_MOST]:
        lines += [f"  {line}" for line in episode_lines(episode)]
    if len(serious) > AT_MOST:
        lines.append(say.MORE(count=len(serious) - AT_MOST, folder=folder))
    return lines


def diagnosis_lines(diagnosis: Diagnosis) -> Iterator[str]:
    """The page that ``homeschool diagnose`` prints."""
    counts = {"problems": diagnosis.count("problem"), "warnings": diagnosis.count("warning")}
    yield say.HEADLINE(folder=diagnosis.folder, steps=diagnosis.steps, **counts)
    if not any(counts.values()):
        yield f"  {say.NOTHING(checks=len(CHECKS))}"
    for episode in diagnosis.episodes:
        yield from (f"  {line}" for line in episode_lines(episode))


def as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """The same for machines: the numbers, and the words in the language that is spoken."""
    findings = [finding_words(episode.worst) | episode.row() for episode in diagnosis.episodes]
    return {"run": str(diagnosis.folder), "steps": diagnosis.steps, "findings": findings}


def episode_lines(episode: Episode) -> Iterator[str]:
    """What was seen, what it means, what to do."""
    words = finding_words(episode.worst)
    how = say.LINE_OVER if episode.ended else say.LINE
    yield how(first=episode.began, last=episode.last, severity=words["severity"], seen=words["seen"])
    yield f"    {words['meaning']}"
    yield f"    {say.NEXT(next_step=words['next_step'])}"


def finding_words(finding: Finding) -> dict[str, str]:
    """The words of a finding with its evidence filled in, in the language that is spoken."""
    words, values = FINDINGS[finding.name], dict(finding.seen.evidence) | {"limit": finding.seen.threshold}
    return {
        "severity": say.SEVERITIES[finding.severity](),
        "seen": words.seen(**values),
        "meaning": words.meaning(**values),
        "next_step": words.next_step(**values),
    }


def _lines(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    path = folder / f"{name}.jsonl"
    return read_lines(path) if path.is_file() else iter(())
