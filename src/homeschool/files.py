"""Files that are whole or not there."""

import os
from pathlib import Path


def write_atomically(path: Path, content: str) -> None:
    """Either the old file or the new one, whole, whatever happens in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def is_draft(path: Path) -> bool:
    """Whether it is what a process that was killed in the middle of :func:`write_atomically` left behind."""
    return path.name.startswith(".") and path.name.endswith(".draft")
