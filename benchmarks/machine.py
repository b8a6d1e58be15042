"""What else the machine does, and what it is."""

import os
import platform
import re
from pathlib import Path


def cpu_name() -> str:
    """``intel-xeon-amx``: vendor, model and the widest bf16 unit, short enough for a folder name."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*:\s*(.+)", info)
    words = re.findall(r"[a-z0-9]+", (model.group(1) if model else platform.processor()).lower())
    plain = [word for word in words if word not in ("r", "tm", "cpu", "processor", "core")]
    return "-".join([*plain[:4], matrix_unit(info)])


def matrix_unit(info: str) -> str:
    for flag, name in (("amx_bf16", "amx"), ("avx512_bf16", "avx512bf16"), ("avx512f", "avx512"), ("avx2", "avx2")):
        if re.search(rf"\b{flag}\b", info):
            return name
    return "plain"


def busy_seconds() -> float:
    """Processor seconds that all processes, and the host's other guests, have taken since the machine started."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def description() -> dict[str, str]:
    info = Path("/proc/cpuinfo").read_text()
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "cpu": cpu_name(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory_gib": f"{int(memory.group(1)) / 2**20:.1f}" if memory else "unknown",
        "matrix_unit": matrix_unit(info),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
