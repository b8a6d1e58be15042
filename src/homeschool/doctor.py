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
from homeschool.messages import doctor as say
from homeschool.messages.sentence import in_language, left, spoken
from homeschool.models.load import has_bf16_arithmetic
from homeschool.models.smollm import FOLDER, cache_root, check_cached
from homeschool.resources import available_bytes, physical_cores, usable_cores

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
    """Print a page about this machine; returns the findings: what is wrong, why it matters, the way out. In English
    where the output has no Chinese characters, for that is one of the findings."""
    with in_language(spoken() if _speaks_chinese(sys.stdout.encoding or "ascii") else "en"):
        machine = examine()
        found = findings(machine)
        for line in page(machine):
            print(line)
        print(f"\n{say.THINGS_TO_FIX(count=len(found)) if found else say.NOTHING_TO_FIX()}")
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
        yield say.BUILD_WITHOUT_GPU(build=machine.build, size=size(machine.build_bytes))
    if not is_cpu_build and machine.gpu is None and machine.driver:
        yield say.GPU_OUT_OF_REACH(build=machine.build, driver=machine.driver)
    if is_cpu_build and machine.driver:
        yield say.CPU_BUILD_WITH_GPU(driver=machine.driver)


def _speed_findings(machine: Machine) -> Iterator[str]:
    if machine.threads > machine.cores:
        yield say.TOO_MANY_THREADS(threads=machine.threads, cores=machine.cores)
    limit = os.environ.get("OMP_NUM_THREADS")
    if machine.threads < machine.physical and limit:
        yield say.THREADS_LIMITED(threads=machine.threads, physical=machine.physical, limit=limit)
    if machine.threads < machine.physical and not limit:
        yield say.TOO_FEW_THREADS(threads=machine.threads, physical=machine.physical)
    if machine.gpu is None and machine.bf16 != "none" and machine.bf16_speedup < 0.9:
        yield say.SLOW_BF16(unit=_unit(machine), speed=machine.bf16_speedup)


def _room_findings(machine: Machine) -> Iterator[str]:
    if machine.memory is not None and machine.memory < LEAST_MEMORY:
        yield say.LITTLE_MEMORY(size=size(machine.memory))
    for folder, free in machine.disk.items():
        if free < LEAST_DISK:
            yield say.LITTLE_DISK(size=size(free), folder=folder)
    if not machine.is_writable:
        yield say.NOT_WRITABLE()
    if not _speaks_chinese(machine.encoding):
        yield say.NO_CHINESE(encoding=machine.encoding)


def _package_findings(machine: Machine) -> Iterator[str]:
    for package in machine.packages:
        if package.is_old:
            yield say.OLD_PACKAGE(name=package.name, installed=package.installed, least=package.least)
    for name, reason in machine.broken.items():
        yield say.BROKEN_MODEL(name=name, reason=reason)


def page(machine: Machine) -> Iterator[str]:
    """What there is, whether it needs fixing or not."""
    yield f"homeschool {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    gpu = machine.gpu or say.NO_GPU()
    yield _row("torch", say.TORCH(version=torch.__version__, build=machine.build, gpu=gpu))
    yield _row("threads", say.THREADS(threads=machine.threads, cores=machine.cores))
    advice = say.FASTER_IN_BF16 if machine.bf16_speedup > 1.1 else say.STAY_WITH_FP32
    yield _row("bf16", advice(unit=_unit(machine), speed=machine.bf16_speedup))
    yield _row("memory", say.NOT_TOLD() if machine.memory is None else say.AVAILABLE(size=size(machine.memory)))
    for folder, free in machine.disk.items():
        is_here = folder == "."
        yield _row(
            "disk", say.FREE_FOR_RUNS(size=size(free)) if is_here else say.FREE_FOR(size=size(free), folder=folder)
        )
    for extra in sorted({package.extra for package in machine.packages if package.extra}):
        yield _row("extra", _extra(extra, [package for package in machine.packages if package.extra == extra]))
    for name, seen in machine.models.items():
        yield _row("model", say.MODEL(name=name, seen=seen))
    if not machine.models:
        yield _row("models", say.NO_MODELS())
    shown = say.TERMINAL if machine.is_terminal else say.NO_TERMINAL
    yield _row("output", shown(encoding=machine.encoding))


def _unit(machine: Machine) -> str:
    return say.UNITS[machine.bf16]() if machine.bf16 in say.UNITS else machine.bf16


def _row(what: str, content: str) -> str:
    return f"  {left(say.ROWS[what]() if what in say.ROWS else what, 9)} {content}"


def _extra(name: str, packages: list[Package]) -> str:
    missing = ", ".join(package.name for package in packages if package.installed is None)
    gives = say.GIVES[name]() if name in say.GIVES else ""
    if missing:
        return say.EXTRA_LACKS(name=name, packages=missing, gives=gives)
    return say.EXTRA_INSTALLED(name=name, gives=gives)


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
    if not has_bf16_arithmetic():
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
        models[folder.name] = say.MODEL_IN(size=size(total), folder=folder)
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
