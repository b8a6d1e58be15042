"""The run folder: one process, one run, nothing complete is lost."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from homeschool.config import RlConfig, SftConfig
from homeschool.errors import RunFolderError
from homeschool.files import write_atomically
from homeschool.train.run_folder import open_run, read_lines


def config(path: Path, **changes: object) -> SftConfig:
    return replace(SftConfig(out=str(path), policy="somewhere"), **changes)  # type: ignore[arg-type]


def test_a_new_run_is_refused_where_one_lives(tmp_path: Path) -> None:
    open_run(config(tmp_path / "run"), "sft").close()
    with pytest.raises(RunFolderError, match="--resume"):
        open_run(config(tmp_path / "run"), "sft")


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(RunFolderError, match="holds no run"):
        open_run(config(tmp_path), "sft")
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_whoever_was_killed_before_the_settings_were_whole_begins_again(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    (tmp_path / ".config.toml.draft").write_text("half a li")
    open_run(config(tmp_path, resume=True), "sft").close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "config.toml"]


def test_an_event_before_forgetting_does_not_swallow_those_after_it(tmp_path: Path) -> None:
    """The readiness check writes its event first; then the loop looks for what it must forget."""
    with open_run(config(tmp_path / "run"), "sft") as folder:
        folder.event("readiness")
        folder.append("metrics", {"step": 1})
        folder.forget_after(0)
        folder.event("finished")
        folder.append("metrics", {"step": 1, "again": 1})
    assert [row["event"] for row in read_lines(tmp_path / "run" / "events.jsonl")] == ["readiness", "finished"]
    assert list(read_lines(tmp_path / "run" / "metrics.jsonl")) == [{"step": 1, "again": 1}]


def test_two_processes_cannot_share_a_folder(tmp_path: Path) -> None:
    with (
        open_run(config(tmp_path / "run"), "sft"),
        pytest.raises(RunFolderError, match="another process"),
    ):
        open_run(config(tmp_path / "run", resume=True), "sft")


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from homeschool.config import SftConfig\n"
        "from homeschool.train.run_folder import open_run\n"
        "run = open_run(SftConfig(out=sys.argv[1], policy='somewhere'), 'sft')\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "ready\n"
        os.kill(holder.pid, signal.SIGKILL)
    open_run(config(tmp_path / "run", resume=True), "sft").close()


def test_resuming_with_other_settings_is_refused_by_name(tmp_path: Path) -> None:
    open_run(config(tmp_path / "run", rows=8), "sft").close()
    with pytest.raises(RunFolderError, match="rows was 8, is 9"):
        open_run(config(tmp_path / "run", rows=9, resume=True), "sft")


def test_resuming_a_run_of_another_kind_is_refused(tmp_path: Path) -> None:
    open_run(config(tmp_path / "run"), "sft").close()
    with pytest.raises(ValueError, match=r"unknown key|other settings"):
        open_run(RlConfig(out=str(tmp_path / "run"), policy="somewhere", resume=True), "rl")


def test_lines_after_the_checkpoint_and_torn_lines_are_dropped(tmp_path: Path) -> None:
    with open_run(config(tmp_path / "run"), "sft") as run:
        for step in range(1, 6):
            run.append("metrics", {"step": step})
        run.event("noticed", step=5)
    with (tmp_path / "run" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 6, "loss"')
    with open_run(config(tmp_path / "run", resume=True), "sft") as run:
        run.forget_after(3)
        run.append("metrics", {"step": 4, "again": True})
    kept = list(read_lines(tmp_path / "run" / "metrics.jsonl"))
    assert kept == [{"step": 1}, {"step": 2}, {"step": 3}, {"step": 4, "again": True}]
    assert [row["event"] for row in read_lines(tmp_path / "run" / "events.jsonl")] == ["noticed"]


def test_writing_a_file_replaces_it_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary.json"
    write_atomically(path, json.dumps({"old": 1}))

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, json.dumps({"new": 2}))
    assert json.loads(path.read_text()) == {"old": 1}
