"""The benchmark from end to end, with models that learn nothing."""

import json
from pathlib import Path

import guard
import pytest
from guard_plan import build_runs
from guard_publish import read_rows

MADE = (("E4", "none"), ("E4", "no-gold"), ("E4", "detector"), ("H2", "audited-learned"))
ARGUMENTS = ["--tiny", "--seeds", "1", "--workers", "1"]


def benchmark(made: Path, cell: str, *arms: str) -> list[str]:
    return [*ARGUMENTS, "--cells", cell, "--arms", ",".join(arms), "--out", str(made / "out"), "--work", str(made)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("benchmark")
    for cell in ("E4", "H2"):
        assert guard.main(benchmark(out, cell, *(arm for place, arm in MADE if place == cell))) == 0
    return out


def test_every_run_has_a_row(made: Path) -> None:
    rows = {(row["cell"], row["arm"]): row for row in read_rows(made / "out" / "runs.csv")}
    assert set(rows) == set(MADE)
    for row in rows.values():
        assert row["steps"] <= 6
        assert row["answers"] == row["steps"] * 16
        assert 0 <= row["cheating_end"] <= row["cheating_peak"] + 1e-9 <= 1 + 1e-9
        assert row["seconds"] > 0
        assert row["stopped"] is None
    assert rows["E4", "none"]["gold_calls"] == 0
    assert rows["E4", "no-gold"]["gold_calls"] == 0
    assert rows["H2", "audited-learned"]["cheating_end"] == 0


def test_the_tables_are_there(made: Path) -> None:
    result = json.loads((made / "out" / "result.json").read_text())
    assert (result["runs"], result["failed"]) == (4, 0)
    assert "| no guard | 1/5 |" in (made / "out" / "TABLE.md").read_text()


def test_children_are_made_once_for_a_seed_and_kept(made: Path) -> None:
    starts = made / "runs" / "guard-starts"
    assert [path.name for path in starts.iterdir()] == ["seed-0"]
    assert {path.name for path in (starts / "seed-0").iterdir()} == {
        *("pretrain", "sums", "own-checker", "honest-sums", "transplant"),
    }


def test_the_weights_were_replaced_half_way(made: Path) -> None:
    folder = made / "out" / "runs" / "H2" / "audited-learned"
    events = [json.loads(line) for line in (folder / "seed-0" / "events.jsonl").read_text().splitlines()]
    assert [event["step"] for event in events if event["event"] == "resumed"] == [3]
    assert (folder / "seed-0.jumped").exists()


def test_nothing_is_made_twice(made: Path) -> None:
    row = made / "out" / "runs" / "E4" / "none" / "seed-0" / "row.json"
    before = row.stat().st_mtime_ns
    assert guard.main(benchmark(made, "E4", "none")) == 0
    assert row.stat().st_mtime_ns == before


def test_one_that_fails_stops_no_other_and_is_not_tried_again(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is no run's stands in the way of the first arm, until it is taken away."""
    out = made / "out" / "runs" / "E4"
    (out / "clip" / "seed-0").mkdir(parents=True)
    (out / "clip" / "seed-0" / "somebody-else").touch()
    assert guard.main(benchmark(made, "E4", "clip", "par")) == 1
    assert (out / "par" / "seed-0" / "row.json").exists()
    failure = json.loads((out / "clip" / "seed-0.failed.json").read_text())
    assert failure["kind"] == "refused"
    assert "is not empty and holds no run" in failure["reason"]
    assert "failed or refused 1 times" in (made / "out" / "TABLE.md").read_text()
    (out / "clip" / "seed-0" / "somebody-else").unlink()
    capsys.readouterr()
    assert guard.main(benchmark(made, "E4", "clip")) == 1, "it has failed before"
    assert "1 failed before" in capsys.readouterr().out
    assert not (out / "clip" / "seed-0" / "row.json").exists()
    assert guard.main([*benchmark(made, "E4", "clip"), "--again"]) == 0
    assert (out / "clip" / "seed-0" / "row.json").exists()
    assert not (out / "clip" / "seed-0.failed.json").exists()


def test_no_run_is_begun_after_its_time(made: Path) -> None:
    assert guard.main([*benchmark(made, "E4", "group-std"), "--minutes", "1e-9"]) == 0
    assert not (made / "out" / "runs" / "E4" / "group-std").exists()


def test_a_run_waits_for_its_start() -> None:
    (run,) = build_runs([("E4", "none")], 1, Path("out"), Path("work"))
    first, base, start, last = guard.build_jobs([run], Path("out"), Path("work"))
    assert (first.needs, base.needs, start.needs) == ((), (first.done,), (base.done,))
    assert set(last.needs) == {first.done, base.done, start.done}
    waiting = [last, start, base, first]
    assert guard._next_ready(waiting) is first
    assert guard._next_ready(waiting) is None


@pytest.mark.parametrize(
    "wrong", [["--cells", "E9"], ["--arms", "kl"], ["--seeds", "-1"], ["--cells", "H1", "--arms", "gold"]]
)
def test_what_is_unknown_is_refused(wrong: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as refusal:
        guard.main([*wrong, "--out", str(tmp_path)])
    assert refusal.value.code == 2
