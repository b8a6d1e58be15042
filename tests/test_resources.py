"""Memory and cores: what the machine has, within what the container allows."""

import subprocess
import sys
from pathlib import Path

import pytest

from homeschool import resources
from homeschool.resources import available_bytes, peak_bytes, physical_cores, usable_cores

MIB = 2**20


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_bound_to", lambda: set(range(8)))


def system(root: Path, **files: str) -> Path:
    """A root with some files of the system; ``__`` in a name stands for a slash, ``_dot_`` for a dot."""
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_without_a_container_the_machine_counts(tmp_path: Path) -> None:
    root = system(tmp_path, proc__meminfo="MemTotal: 900 kB\nMemAvailable:  500 kB\n", proc__self__cgroup="0::/\n")
    assert available_bytes(root) == 500 * 1024
    assert usable_cores(root) == physical_cores(root) == 8


def test_a_system_that_does_not_say(tmp_path: Path) -> None:
    assert available_bytes(tmp_path) is None
    assert usable_cores(tmp_path) == 8


def test_the_tightest_group_counts(tmp_path: Path) -> None:
    """Files that can be read again are not used up: 100 MiB allowed, 60 in use, 10 of those cached."""
    root = system(
        tmp_path,
        proc__meminfo="MemAvailable: 9999999 kB\n",
        proc__self__cgroup="0::/user/box\n",
        sys__fs__cgroup__user__box__memory_dot_max="max\n",
        sys__fs__cgroup__user__box__memory_dot_current=f"{60 * MIB}\n",
        sys__fs__cgroup__user__memory_dot_max=f"{100 * MIB}\n",
        sys__fs__cgroup__user__memory_dot_current=f"{60 * MIB}\n",
        sys__fs__cgroup__user__memory_dot_stat=f"anon 5\ninactive_file {10 * MIB}\n",
        sys__fs__cgroup__user__cpu_dot_max="250000 100000\n",
    )
    assert available_bytes(root) == 50 * MIB
    assert usable_cores(root) == physical_cores(root) == 2


def test_a_container_that_sees_only_its_own_group(tmp_path: Path) -> None:
    """The path in /proc is the host's and leads nowhere; the limits stand at the top of what can be seen."""
    root = system(
        tmp_path,
        proc__meminfo="MemAvailable: 9999999 kB\n",
        proc__self__cgroup="0::/docker/abc\n",
        sys__fs__cgroup__memory_dot_max=f"{80 * MIB}\n",
        sys__fs__cgroup__memory_dot_current=f"{90 * MIB}\n",
        sys__fs__cgroup__cpu_dot_max="50000 100000\n",
    )
    assert available_bytes(root) == 0
    assert usable_cores(root) == 1


def test_groups_of_the_first_version(tmp_path: Path) -> None:
    root = system(
        tmp_path,
        proc__meminfo="MemAvailable: 9999999 kB\n",
        proc__self__cgroup="4:memory:/box\n1:cpu,cpuacct:/\n0::/\n",
        sys__fs__cgroup__memory__box__memory_dot_limit_in_bytes=f"{70 * MIB}\n",
        sys__fs__cgroup__memory__box__memory_dot_usage_in_bytes=f"{20 * MIB}\n",
        sys__fs__cgroup__cpu__cpu_dot_cfs_quota_us="-1\n",
        sys__fs__cgroup__cpu__cpu_dot_cfs_period_us="100000\n",
    )
    assert available_bytes(root) == 50 * MIB
    assert usable_cores(root) == 8


def test_second_threads_of_a_core_are_not_counted_twice(tmp_path: Path) -> None:
    siblings = {
        f"sys__devices__system__cpu__cpu{n}__topology__thread_siblings_list": f"{n % 4},{n % 4 + 4}\n" for n in range(8)
    }
    assert physical_cores(system(tmp_path, **siblings)) == 4
    assert usable_cores(tmp_path) == 8


def test_this_process_holds_memory() -> None:
    assert peak_bytes() > MIB


FREE_AND_ASK_AGAIN = """
import resource, sys
from homeschool.resources import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    [bytearray(8 * 2**20) for _ in range(4)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_memory_that_was_freed_is_not_fetched_from_the_system_again() -> None:
    """Twenty times four arrays of 8 MiB, of which only the first four may cost pages."""
    faults = {
        how: int(subprocess.check_output([sys.executable, "-c", FREE_AND_ASK_AGAIN, how], text=True))
        for how in ("keep", "plain")
    }
    assert faults["keep"] * 4 < faults["plain"]
