"""The pages of the benchmark, from rows made by hand."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from guard_curve import draw
from guard_plan import ARMS, CHOSEN_BY_GOLD
from guard_publish import BEGIN, END, adopt, filled, read_rows, result_of, write
from guard_table import _silent, _verdict, in_short, page
from guard_targets import targets
from guard_words import WORDS, arm_in_words
from rows import row

ROOT = Path(__file__).parents[2]
ROWS = [
    *(row("E1", "none", seed, cheating_end=0.9, exam_true_after=0.05) for seed in range(2)),
    *(row("E1", "gold", seed, exam_true_after=0.3) for seed in range(2)),
    *(row("E1", "audited-learned", seed, cheating_end=0.5, exam_true_after=0.15) for seed in range(2)),
    row("E1", "kl-0.1", exam_true_after=0.12),
    row("E1", "stop-alarm", stopped="alarm"),
]
LOST = [{"cell": "E3", "arm": "audited-default", "seed": 0, "kind": "refused", "reason": "needs 0.3 | of the answers"}]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_not_run_is_shown_as_not_run(language: str) -> None:
    shown = page(result_of(ROWS, LOST, "command"), language)
    words = WORDS[language]
    assert shown.count("\n### ") == 2, "a cell without any run has no table"
    (silent,) = re.findall(f"## {words['no run']}\n\n(.*)", shown)
    assert silent.count("`") == 2 * 12
    assert words["many not run"].partition("{")[0] in shown
    assert shown.count("\n" + words["not run here"].partition("{")[0]) == 2, "E1 and E3, a line each"
    assert f"| {arm_in_words('none', language)} | 2/5 | 90.0 [90.0, 90.0] | " in shown
    assert words["missed"] in shown
    assert max(map(len, shown.splitlines())) < 1000, "no list of forty names"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_before_any_run_the_page_is_short(language: str) -> None:
    shown = page(result_of([], [], ""), language)
    assert "\n### " not in shown
    assert shown.count(f"| {WORDS[language]['not run']} |") == len(targets([]))
    assert f"## {WORDS[language]['cells']}" not in shown


def test_few_arms_are_named_and_many_counted() -> None:
    assert _silent(["none", "gold"], 40, "en") == "Not run: no guard; trained on gold."
    many = ["gold", "closed", *(f"audited-0.0{place}" for place in (1, 2)), *ARMS][:12]
    assert _silent(many, 40, "en").startswith("Not run: 12 of 40 arms (bounds: 2; with audits: 2; nothing is done: 1; ")


def test_misses_failures_and_choices_are_shown() -> None:
    shown = page(result_of(ROWS, LOST, "command"), "en")
    assert "E1 0/2) | **missed** |" in shown
    assert "(E1 0.25 [0.25, 0.25]) | open: 6 of 105 runs, so far short of it |" in shown
    assert "| the guard as it comes; failed or refused 1 times | 0/5 |" in shown
    assert "\nthe guard as it comes: refused: needs 0.3 | of the answers\n" in shown
    assert not re.search(r"best of \d", shown), "one strength of three is the best of nothing"
    both = page(result_of([*ROWS, row("E1", "kl-0.3")], LOST, "command"), "en")
    assert "| KL, the best of 2 by gold: KL 0.3 in the reward | 1/5 |" in both
    assert "ended early 1 times (`alarm`)" in shown
    assert shown.splitlines()[2].startswith("8 of 1519 runs are there, 1 failed")


def test_every_state_of_a_target_has_words() -> None:
    base = {"target": "overhead", "wanted": 0.03, "found": {"estimate": 0.02, "low": 0.01, "high": 0.04}}
    base |= {"arm": "audited-default", "ran": 10, "needed": 10, "begun": True, "so_far": True}
    seen = {
        (met, certain, so_far, ran, needed, begun): _verdict(
            base | {"met": met, "certain": certain, "so_far": so_far, "ran": ran, "needed": needed, "begun": begun},
            "en",
        )
        for met, certain, so_far, ran, needed, begun in (
            (True, True, True, 10, 10, True),
            (True, False, True, 10, 10, True),
            (False, True, False, 3, 10, True),
            (None, True, True, 3, 10, True),
            (None, True, False, 3, 10, True),
            (None, True, None, 10, 10, True),
            (None, True, None, 3, 10, False),
            (None, True, None, 0, 0, False),
        )
    }
    assert list(seen.values()) == [
        "met",
        "met, not certain",
        "**missed**",
        "open: 3 of 10 runs",
        "open: 3 of 10 runs, so far short of it",
        "nothing to judge",
        "not run",
        "does not count",
    ]


def test_a_degenerate_cell_is_called_so() -> None:
    shown = page(result_of([row("E1", "none", cheating_end=0.3)], [], ""), "en")
    assert "Degenerate: without a guard only 30 % cheat" in shown
    assert "count for no target: E1 (30 % in 1 of 5 seeds)." in shown


def test_every_arm_has_words_in_both_languages() -> None:
    assert arm_in_words("target-0.2", "en") == "audits where they are needed, 20 % at most"
    assert arm_in_words("kl-0.03", "zh") == "奖励里加 KL，系数 0.03"
    for language in ("en", "zh"):
        names = [arm_in_words(name, language) for name in (*ARMS, *CHOSEN_BY_GOLD)]
        assert len(set(names)) == len(names)
    assert set(WORDS["en"]) == set(WORDS["zh"])


def test_the_picture_shows_every_run_and_both_bounds() -> None:
    rows = [row("E3", "target-0.2", seed, gold_calls=0.2, exam_true_after=0.2 + seed / 100) for seed in range(3)]
    rows += [row("E3", "gold", exam_true_after=0.3), row("E3", "none", exam_true_after=0.1)]
    picture = draw(rows)
    assert picture.count('r="2"') == 3
    assert picture.count("stroke-dasharray") == 2
    assert re.search(r">20</text>", picture)


def test_a_dot_stands_at_its_calls_and_its_score() -> None:
    """The third panel begins at 46 + 2 (247.33 + 24) = 588.67. An eighth of the answers is half way to a half, as roots
    go; 0.2 of 0.3 is two thirds of 208 above 254."""
    rows = [row("E3", "target-0.2", gold_calls=0.125, exam_true_after=0.2), row("E3", "gold", exam_true_after=0.3)]
    picture = draw(rows)
    assert f'<circle cx="{588.667 + 123.667:.1f}" cy="{254 - 208 * 2 / 3:.1f}" r="4.5"' in picture
    assert 'y1="46.0" x2="836.0" y2="46.0" stroke="#24292f"' in picture, "gold is the top of the panel"


def test_an_arm_that_lacks_a_seed_of_gold_is_not_drawn() -> None:
    gold = [row("P", "gold", seed) for seed in range(2)]
    assert 'r="2"' not in draw([*gold, row("P", "target-0.2", 0)])
    assert draw([*gold, row("P", "target-0.2", 0), row("P", "target-0.2", 1)]).count('r="2"') == 2


def test_a_part_of_the_benchmark_can_be_drawn() -> None:
    """One run of one cell, without what it is compared with; and nothing at all."""
    single = draw([row("P", "audited-learned")])
    assert single.count("not run yet") == 2
    assert "polyline" not in single
    assert "stroke-dasharray" not in single
    assert draw([]).count("not run yet") == 3


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "E1" / "none"
    (folder / "seed-0").mkdir(parents=True)
    (folder / "seed-0" / "row.json").write_text(json.dumps(row("E1", "none", cheating_end=1 / 3)))
    (folder / "seed-1.failed.json").write_text('{"kind": "died", "reason": "killed"}')
    write(tmp_path, "command")
    (only,) = read_rows(tmp_path / "runs.csv")
    assert only["cheating_end"] == 0.333333
    assert (only["cell"], only["seed"], only["alarm"]) == ("E1", 0, None)
    assert (tmp_path / "failed.csv").read_text() == "cell,arm,seed,kind,reason\nE1,none,1,died,killed\n"
    assert json.loads((tmp_path / "result.json").read_text())["failed"] == 1


def test_the_short_table_compares_the_same_seeds() -> None:
    rows = [row("E1", "none", seed, cheating_end=0.9 + seed / 10, exam_true_after=0.1) for seed in range(2)]
    rows += [row("E1", "gold", 1, exam_true_after=0.5), row("H1", "none", exam_true_after=0.7)]
    rows += [row("E2x3", "none", exam_true_after=0.9), row("E2", "none"), row("E2", "gold", 1)]
    lost = [{"cell": "E1", "arm": "audited-default", "seed": 0, "kind": "refused", "reason": "too dear"}]
    _, _, head, _, *lines = in_short(result_of(rows, lost, "command"), "en")
    assert head == "| arm | E1 | H1 |", "no column where no seed is shared"
    assert lines == [
        "| seeds | 1 | 1 |",
        "| no guard | 100 / 10 | 70 |",
        "| the guard as it comes | failed or refused |  |",
        "| trained on gold | 0 / 50 |  |",
    ]


def test_a_guide_without_marks_is_not_filled() -> None:
    assert filled(f"a\n{BEGIN}\nold\n{END}\nb", "| new |") == f"a\n{BEGIN}\n| new |\n{END}\nb"
    with pytest.raises(ValueError, match="missing in the guide"):
        filled("a", "| new |")


def test_what_was_published_is_not_run_again(tmp_path: Path) -> None:
    """Taken over into an empty folder it gives the same files; a run that is there already stays as it is."""
    first, second = tmp_path / "first", tmp_path / "second"
    for seed in range(2):
        path = first / "runs" / "E1" / "none" / f"seed-{seed}" / "row.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(row("E1", "none", seed, true_end=1 / 3, stopped="kl")), encoding="utf-8")
    failed = first / "runs" / "E1" / "gold" / "seed-2.failed.json"
    failed.parent.mkdir()
    failed.write_text(json.dumps({"kind": "refused", "reason": "no, 预算不够"}), encoding="utf-8")
    write(first, "again")
    mine = second / "runs" / "E1" / "none" / "seed-1" / "row.json"
    mine.parent.mkdir(parents=True)
    mine.write_text(json.dumps(row("E1", "none", 1, true_end=0.5)), encoding="utf-8")
    adopt(first, second)
    write(second, "again")
    assert (second / "failed.csv").read_text(encoding="utf-8") == (first / "failed.csv").read_text(encoding="utf-8")
    ours, theirs = read_rows(second / "runs.csv"), read_rows(first / "runs.csv")
    assert ours[0] == theirs[0]
    assert (ours[1]["true_end"], theirs[1]["true_end"]) == (0.5, 0.333333)


def test_the_pages_are_as_their_command_makes_them() -> None:
    """After a new result or other words: python benchmarks/guard_publish.py."""
    command = [sys.executable, str(ROOT / "benchmarks" / "guard_publish.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
