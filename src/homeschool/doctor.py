"""What is installed on this machine, what it is good for, and what to fix."""

import os
import platform
import shutil
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from homeschool import __version__
from homeschool.resources import available_bytes

EXTRAS = {
    "tokenizers": ("smollm", "tokenizers of real models, SmolLM2 among them"),
    "transformers": ("hf", "model families beyond Llama, Mistral, Qwen2, Qwen3 and SmolLM"),
}
"""Optional package: the extra that brings it, and what for."""


def doctor() -> list[str]:
    """Print the state of this machine; return the findings, each with its way out."""
    findings: list[str] = []
    print(f"homeschool {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    _describe_torch(findings)
    _describe_room(findings)
    _describe_extras()
    for finding in findings:
        print(f"\nto fix: {finding}")
    if not findings:
        print("\nnothing to fix")
    return findings


def _describe_torch(findings: list[str]) -> None:
    import torch

    build = (torch.version.cuda and f"CUDA {torch.version.cuda}") or (torch.version.hip and "ROCm") or "CPU"
    print(f"torch {torch.__version__}, {build} build, {torch.get_num_threads()} threads on {os.cpu_count()} cores")
    if torch.cuda.is_available():
        print(f"GPU: {torch.cuda.get_device_name()}; use it with --device cuda")
    elif build != "CPU" and sys.platform != "darwin":
        findings.append(
            f"this torch is a {build} build and no GPU answers: gigabytes for nothing, or a driver is missing. "
            "With a GPU, mend the driver; without one, install torch's CPU build (see its own install page)"
        )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if torch.get_num_threads() > cores:
        findings.append(
            f"torch uses {torch.get_num_threads()} threads on {cores} cores, so they wait for each other; "
            f"run with --threads {cores}, or unset OMP_NUM_THREADS"
        )
    fp32, bf16 = matmul_rate("float32"), matmul_rate("bfloat16")
    advice = "--dtype bf16 pays for larger models" if bf16 > 1.3 * fp32 else "stay with fp32"
    print(
        f"bf16 arithmetic: {_bf16_kind()}; matrix products {fp32:,.0f} GFLOP/s in fp32, {bf16:,.0f} in bf16: {advice}"
    )


def matmul_rate(dtype: str, size: int = 512, seconds: float = 0.2) -> float:
    """GFLOP/s of a square matrix product, the best of those that fit into ``seconds``."""
    import torch

    matrix = torch.randn(size, size).to(getattr(torch, dtype))
    matrix @ matrix
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        matrix @ matrix
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def _bf16_kind() -> str:
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return "unknown on this system"
    if "amx_bf16" in flags:
        return "AMX"
    return "AVX512-BF16" if "avx512_bf16" in flags else "emulated"


def _describe_room(findings: list[str]) -> None:
    free = shutil.disk_usage(Path.cwd()).free
    memory = available_bytes()
    print(f"{_gib(memory) if memory else 'unknown'} of memory available, {_gib(free)} free on this disk")
    if free < 2 * 2**30:
        findings.append(
            f"only {_gib(free)} of disk are left here; checkpoints of a 135M model take 2 GiB each: use --out"
        )
    if memory is not None and memory < 2**30:
        findings.append(f"only {_gib(memory)} of memory are available; the quickstart takes 0.7 GiB: close something")


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


def _describe_extras() -> None:
    from homeschool.models.fetch import SMOLLM2, cached_model
    from homeschool.models.smollm import cache_root

    for package, (extra, purpose) in EXTRAS.items():
        if find_spec(package):
            try:
                state = version(package)
            except PackageNotFoundError:
                state = "found"
        else:
            state = f"not installed; pip install 'homeschool[{extra}]'"
        print(f"{package}: {state} ({purpose})")
    fetched = cached_model(SMOLLM2)
    print(f"{SMOLLM2}: {fetched or f'not fetched; homeschool fetch {SMOLLM2}'} (cache: {cache_root()})")
