"""A page: some run folders, or a comparison, put together within a size.

What a page is given is described for its other side in ``web/src/data.ts`` of the repository.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeschool import __version__
from homeschool.errors import RunFolderError
from homeschool.messages import pages as say
from homeschool.messages.refusals import pages as refused
from homeschool.messages.sentence import spoken
from homeschool.web.comparison import compare_runs, is_comparison, read_comparison, run_folders
from homeschool.web.detail import DETAILS
from homeschool.web.run import Run
from homeschool.web.safe import Text, both

FORMAT = 1
MOST_RUNS = 24
"""Runs shown one by one; a comparison of more shows them in its curves."""
STAGES = {"pretrain": 0, "sft": 1, "rl": 2}


@dataclass
class Source:
    """What a page is about: run folders, and the folder of a comparison where they came from one."""

    runs: list[Run]
    comparison: Path | None = None
    count: int = 0
    """Runs there are, those that are not shown one by one included."""
    folders: list[Path] = field(default_factory=list)
    """The folders that were named."""


def open_source(folders: Sequence[Path]) -> Source:
    """The runs in ``folders``: a run folder itself, the stages of a school, or the runs of a comparison.

    A folder that is missing, or holds nothing, is one broken run, so that the rest is shown. RunFolderError where none
    was named, and where only files were.
    """
    if not folders:
        raise RunFolderError(refused.NO_RUN_NAMED())
    for folder in folders:
        if folder.is_file():
            raise RunFolderError(refused.IS_A_FILE(folder=folder))
    named = [(folder, found) for folder in folders for found in _inside(folder)]
    comparison = folders[0] if len(folders) == 1 and is_comparison(folders[0]) else None
    names = _names([path for _, (_, path) in named], [name for _, (name, _) in named])
    runs = [Run(path, name) for (_, (_, path)), name in zip(named, names, strict=True)][:MOST_RUNS]
    return Source(runs, comparison, len(named), list(folders))


def _inside(folder: Path) -> list[tuple[str, Path]]:
    """Runs with their names, where they have one of their own; a run that nothing is known of stands for itself."""
    if is_comparison(folder):
        return run_folders(folder)
    if not (folder / "config.toml").exists() and folder.is_dir():
        stages = sorted(path.parent for path in folder.glob("*/config.toml") if not path.parent.is_symlink())
        if stages:
            stages.sort(key=lambda path: (STAGES.get(path.name, len(STAGES)), path.name))
            return [("", path) for path in stages]
    return [("", folder)]


def _names(paths: Sequence[Path], given: Sequence[str]) -> list[str]:
    """As short as tells them apart."""
    found = list(given)
    for length in range(1, 1 + max((len(path.resolve().parts) for path in paths), default=0)):
        found = [name or "/".join(path.resolve().parts[-length:]) for name, path in zip(given, paths, strict=True)]
        if len(set(found)) == len(found):
            return found
    return [f"{name} ({place})" for place, name in enumerate(found, start=1)]


def page_data(source: Source, room: int, *, live: bool = False) -> dict[str, Any]:
    """Everything for the page, as detailed as fits into ``room`` bytes. The runs have been looked at."""
    comparison = _comparison(source)
    shared = {
        "format": FORMAT,
        "version": __version__,
        "live": live,
        "language": spoken(),
        "comparison": comparison,
        "notes": _notes(source, comparison),
    }
    details = DETAILS[_least(source) :]
    runs = [run.data(details[0]) for run in source.runs]
    data = shared | {"runs": runs}
    for detail in details[1:]:
        if len(escaped_json(data)) <= room:
            break
        data = shared | {"runs": [run.trimmed(told, detail) for run, told in zip(source.runs, runs, strict=True)]}
    return data


def _least(source: Source) -> int:
    """The first detail worth trying: many runs never fit in full."""
    return min(len(DETAILS) - 1, max(0, len(source.runs) // 2 - 1))


def _comparison(source: Source) -> dict[str, Any] | None:
    if source.comparison:
        return read_comparison(source.comparison)
    exams = [run for run in source.runs if (run.folder / "exams" / "after.jsonl").exists()]
    return compare_runs(exams) if len(exams) > 1 else None


def _notes(source: Source, comparison: dict[str, Any] | None) -> list[Text]:
    told = [both(say.SOME_RUNS, shown=len(source.runs), count=source.count)] if source.count > len(source.runs) else []
    if source.comparison and comparison is None:
        told.append(both(say.UNREADABLE, file="result.json"))
    return told


ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def escaped_json(data: Any) -> bytes:
    """JSON that can stand in a script element: nothing in it ends the element, or begins a comment or a line.

    ``{"a": "</script>"}`` becomes ``{"a":"\\u003c/script\\u003e"}``. What UTF-8 cannot say, as half of a surrogate pair
    in the name of a file or a metric, becomes a question mark. A number that is not finite is a mistake of ours and
    raises ValueError.
    """
    plain = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in ESCAPES.items():
        plain = plain.replace(character, escape)
    return plain.encode("utf-8", errors="replace")
