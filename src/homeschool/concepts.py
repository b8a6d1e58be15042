"""State, action, reward and so on, as the objects of the code, with what they were in a run.

Reads the run folder alone, and loads no torch. What a run does not tell (one that is still going on has no hidden exam
after learning) is a dash.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeschool.algos.table import ALGORITHMS
from homeschool.config import read_recipe
from homeschool.errors import RunFolderError
from homeschool.messages.concepts import CONCEPTS, IN_CODE, IN_RUN, IN_STORY, NONE_YET, OF_RUN, OWN_SCORE
from homeschool.messages.refusals import pages as refused
from homeschool.stats import Interval

DASH = "-"
LONGEST = 80
"""Characters of a question or an answer that are shown."""

Row = Mapping[str, Any]


def concept_lines(folder: Path) -> list[str]:
    """The page of ``homeschool explain --concepts RUN``, in the language that is spoken.

    Raises RunFolderError for a folder without exams.
    """
    lived = lived_values(folder)
    lines = [OF_RUN(folder=folder)]
    for name, concept in CONCEPTS.items():
        lines += [
            "",
            concept.name(),
            f"  {IN_STORY()}: {concept.story()}",
            f"  {IN_CODE()}: {', '.join(concept.objects)}",
            f"  {IN_RUN()}: {concept.lived(**lived[name])}",
        ]
    return lines


def last_run(runs: Path) -> Path:
    """The folder below ``runs`` whose exams were written to last. RunFolderError where there is none."""
    found = [path.parent for path in runs.rglob("rollouts.jsonl")]
    if not found:
        raise RunFolderError(refused.NO_RUN_WITH_EXAMS(folder=runs))
    return max(found, key=lambda folder: ((folder / "rollouts.jsonl").stat().st_mtime, str(folder)))


def lived_values(folder: Path) -> dict[str, dict[str, str]]:
    """What each concept's sentence names, by concept."""
    metrics, answers = _rows(folder / "metrics.jsonl"), _rows(folder / "rollouts.jsonl")
    if not metrics or not answers:
        raise RunFolderError(refused.NO_EXAMS(folder=folder))
    recipe, first, last = read_recipe(folder / "config.toml"), metrics[0], metrics[-1]
    answer = _example(answers)
    algorithm = recipe.get("algo", "grpo")
    group_size = recipe.get("rl", {}).get("group_size") or ALGORITHMS[algorithm].group_size
    return {
        "state": {"question": _shown(answer["question"]), "written": _half(answer["completion"])},
        "action": {
            "answer_tokens": str(answer["tokens"]),
            "finish": answer["finish_reason"],
            "length": _number(last, "rollout/length_mean", ".1f"),
        },
        "reward": {
            "reward": _number(answer, "reward"),
            "rule": recipe.get("reward", {}).get("rule") or OWN_SCORE(),
            "first": _number(first, "reward/mean"),
            "last": _number(last, "reward/mean"),
        },
        "feedback": {
            "score": _number(answer, "score"),
            "unmarked": _number(last, "rollout/unmarked_frac", ".0%"),
            "cut": _number(last, "rollout/truncated_frac", ".0%"),
        },
        "improvement": {
            "steps": str(last["step"]),
            "algorithm": algorithm,
            "advantage": _number(answer, "advantage", "+.2f"),
            "rate": _number(last, "optim/lr", ".2g"),
            "norm": _number(last, "optim/grad_norm"),
        },
        "exploration": {
            "temperature": f"{recipe.get('sampling', {}).get('temperature', 1.0):g}",
            "answers": str(group_size),
            "first": _number(first, "policy/entropy"),
            "last": _number(last, "policy/entropy"),
            "ties": _number(last, "reward/zero_std_group_frac", ".0%"),
        },
        "strategy": _strategy(folder),
    }


def _strategy(folder: Path) -> dict[str, str]:
    """Marks before and after, and a question that was wrong before and is right now."""
    summary = folder / "summary.json"
    found = json.loads(summary.read_text(encoding="utf-8")) if summary.exists() else {}
    marks = {name: str(Interval(**found[name])) if name in found else DASH for name in ("before", "after")}
    before = {row["id"]: row["score"] for row in _rows(folder / "exams" / "before.jsonl")}
    after = _rows(folder / "exams" / "after.jsonl")
    best = max((row["score"] for row in after), default=0.0)
    learned = [row for row in after if row["score"] == best > before.get(row["id"], best)]
    if not learned:
        return {**marks, "question": NONE_YET(), "answer": DASH}
    return {**marks, "question": _shown(learned[0]["question"]), "answer": _shown(learned[0]["answers"][0])}


def _example(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the last step, the answer that was furthest above its line, one with a text if there is one."""
    latest = [row for row in answers if row["step"] == answers[-1]["step"]]
    written = [row for row in latest if row["completion"]] or latest
    return max(written, key=lambda row: float("-inf") if row["advantage"] is None else row["advantage"])


def _rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a file; of one that is not there, none. A last line cut short by a running program is left out."""
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    return [json.loads(line) for line in whole.split("\n") if line.strip()]  # U+2028 in an answer ends no line


def _number(row: Row, name: str, form: str = ".3g") -> str:
    value = row.get(name)
    return DASH if value is None else format(value, form)


def _half(text: str) -> str:
    return _shown(text[: (len(text) + 1) // 2])


def _shown(text: str) -> str:
    """On one line, without what would move a terminal's cursor."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 3] + "..."
