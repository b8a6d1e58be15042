"""The tokenizer files of a model folder, as bytes and as JSON."""

import json
from pathlib import Path
from typing import Any

from homeschool.errors import ModelError
from homeschool.messages.refusals import text as say

FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "generation_config.json",
)
"""What a tokenizer consists of. The generation config belongs to it because it names stop tokens."""


def read_files(folder: Path) -> dict[str, bytes]:
    """The tokenizer files of a folder by name. ModelError if it is missing, unreadable or has no tokenizer.json."""
    if not folder.is_dir():
        raise ModelError(say.NO_MODEL_FOLDER(folder=folder))
    try:
        files = {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}
    except OSError as error:
        raise ModelError(say.FILE_UNREADABLE(file=error.filename, error=error.strerror)) from error
    if "tokenizer.json" not in files:
        found = ", ".join(sorted(path.name for path in folder.iterdir())[:12]) or say.NOTHING()
        raise ModelError(say.NO_TOKENIZER_FILE(folder=folder, found=found))
    return files


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Put files of these contents into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def parse_json(files: dict[str, bytes], name: str, owner: str) -> dict[str, Any]:
    """The object in one of the files, empty if there is no such file. ModelError if it is not a JSON object."""
    try:
        value = json.loads(files.get(name, b"{}"))
    except ValueError as error:
        raise ModelError(say.TOKENIZER_NOT_JSON(owner=owner, name=name, error=error)) from error
    if not isinstance(value, dict):
        raise ModelError(say.NOT_AN_OBJECT(owner=owner, name=name, kind=type(value).__name__))
    return value


def named_tokens(config: dict[str, Any]) -> dict[str, str]:
    """``bos_token``, ``eos_token`` and so on; each is text or an object with the text as its content."""
    values = {key: value for key, value in config.items() if key.endswith("_token")}
    values = {key: value.get("content") if isinstance(value, dict) else value for key, value in values.items()}
    return {key: value for key, value in values.items() if isinstance(value, str)}


def template_source(files: dict[str, bytes], config: dict[str, Any]) -> str | None:
    """The chat template: a file of its own, or a field of tokenizer_config.json; None without one."""
    if "chat_template.jinja" in files:
        return files["chat_template.jinja"].decode("utf-8", errors="replace")
    source = config.get("chat_template")
    if isinstance(source, list):  # several, by name: one for tools, one for documents ...
        source = {entry["name"]: entry["template"] for entry in source}.get("default")
    return source if isinstance(source, str) else None
