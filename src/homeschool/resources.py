"""Memory of this process and of this machine, as the operating system tells them."""

import resource
import sys
from pathlib import Path


def peak_bytes() -> int:
    """Largest resident memory since :func:`reset_peak`, or since the process began where the system cannot reset it."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def reset_peak() -> None:
    """Start counting the peak anew, so that a stage is not charged for the one before it. Linux only; else no
    effect."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def available_bytes() -> int | None:
    """Memory that can be had without swapping; None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None
