"""``homeschool report``: run folders as one file that opens from the disk, with the network off."""

import os
from collections.abc import Sequence
from pathlib import Path

from homeschool.errors import RunError, UsageError
from homeschool.messages.refusals import pages as refused
from homeschool.web.html import LARGEST, document, room
from homeschool.web.page import Source, open_source, page_data

NAME = "report.html"


def write_report(folders: Sequence[Path], out: Path) -> int:
    """Write the report of ``folders`` to ``out``, replaced as a whole; returns its bytes, below 2 MB.

    Raises RunFolderError where no folder is named, UsageError where the page is not built, or ``out`` is a folder.
    """
    if out.is_dir():
        raise UsageError(refused.IS_A_FOLDER(out=out, example=out / NAME))
    source = open_source(folders)
    for run in source.runs:
        run.look()
    page = document(page_data(source, room()), title(source))
    if len(page) > LARGEST:
        raise RunError(refused.REPORT_TOO_LARGE(size=len(page), most=LARGEST, runs=len(source.runs)))
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.draft")
    draft.write_bytes(page)
    os.replace(draft, out)
    return len(page)


def title(source: Source) -> str:
    """``homeschool: quickstart-grpo``."""
    named = [folder.resolve().name for folder in source.folders]
    return f"homeschool: {', '.join(named if len(set(named)) == len(named) else [run.name for run in source.runs])}"
