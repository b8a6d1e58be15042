"""The pages keep up with the code: metrics, messages, code and links; and both languages keep up with each other."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from homeschool.cli import VERBS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "homeschool"
DOCS = ROOT / "docs"
LANGUAGES = ("en", "zh")
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}


def pages_of(language: str) -> list[str]:
    """Every page and picture of a language, by its path in that language's folder."""
    return sorted(str(path.relative_to(DOCS / language)) for path in (DOCS / language).rglob("*") if path.is_file())


PAGES = [name for name in pages_of("en") if name.endswith(".md")]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
METRIC = re.compile(r"[a-z]+/[a-z]+(?:_[a-z]+)*")


def page(language: str, name: str) -> Path:
    return READMES[language] if name == "README.md" else DOCS / language / name


def read(language: str, name: str) -> str:
    return page(language, name).read_text(encoding="utf-8")


def metrics_in_code() -> set[str]:
    """String literals ``area/name``, and the laps of the clock, which writes them under ``time/``."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and METRIC.fullmatch(node.value)
                and node.value != "proc/meminfo"
            ):
                found.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "lap":
                found.add(f"time/{ast.literal_eval(node.args[0])}")
    return found


def test_metrics_are_found_in_the_code() -> None:
    """Else the next test would agree with an empty list."""
    assert {"reward/mean", "policy/loss", "value/loss", "time/rollout_s", "eval/check"} <= metrics_in_code()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_metric_has_its_line_and_no_line_has_lost_its_metric(language: str) -> None:
    lines = [line for line in read(language, "metrics.md").splitlines() if line.startswith("| `")]
    listed = [match[1] for line in lines if (match := re.match(r"\| `([a-z]+/[a-z_]+)` \|", line))]
    assert sorted(listed) == sorted(metrics_in_code())


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_that_are_explained_exist(language: str) -> None:
    fragments = re.findall(r"^\| `([^`]+)` \|", read(language, "troubleshooting.md"), re.MULTILINE)
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    texts = [str(node.value) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert len(fragments) > 10
    assert [fragment for fragment in fragments if not any(fragment in text for text in texts)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_step_that_is_shown_is_the_step_that_runs(language: str) -> None:
    source = (PACKAGE / "train" / "rl.py").read_text(encoding="utf-8")
    (step,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "rl_step")
    assert f"```python\n{ast.get_source_segment(source, step)}\n```\n" in read(language, "architecture.md")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verb_is_in_the_readme(language: str) -> None:
    listed = re.findall(r"^\| `homeschool ([\w-]+)` \|", read(language, "README.md"), re.MULTILINE)
    assert listed == list(VERBS)


def test_both_languages_have_the_same_pages() -> None:
    assert pages_of("zh") == pages_of("en")
    assert {"architecture.md", "extending.md", "glossary.md", "metrics.md", "troubleshooting.md"} <= set(PAGES)


def skeleton(text: str) -> list[str]:
    """Headings by their level and tables by their width, in order, code left out."""
    lines = FENCE.sub("", text).splitlines()
    return [re.match(r"#*", line)[0] or f"table {line.count('|')}" for line in lines if re.match(r"#+ |\| -", line)]  # type: ignore[index]


def code(text: str) -> list[str]:
    """Code blocks without what is written for people: comments and docstrings."""
    found = []
    for kind, block in FENCE.findall(text):
        if kind == "python":
            tree = ast.parse(block)
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
                    node.body = node.body[1:] or [ast.Pass()]
            found.append(ast.unparse(tree))
        elif kind:
            found.append("\n".join(line.partition("#")[0].rstrip() for line in block.splitlines()))
    return found


@pytest.mark.parametrize("name", ["README.md", *PAGES])
def test_both_languages_have_the_same_structure_and_code(name: str) -> None:
    english, chinese = read("en", name), read("zh", name)
    assert len(skeleton(english)) > 2
    assert skeleton(chinese) == skeleton(english)
    assert code(chinese) == code(english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_glossaries_have_the_same_rows(language: str) -> None:
    other = "zh" if language == "en" else "en"

    def row_count(text: str) -> int:
        return len(re.findall(r"^\|", text, re.MULTILINE))

    for name in ("glossary.md", "metrics.md", "troubleshooting.md"):
        assert row_count(read(language, name)) == row_count(read(other, name)), name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["README.md", *PAGES])
def test_links_lead_somewhere(language: str, name: str) -> None:
    text = FENCE.sub("", read(language, name))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        file, _, place = target.partition("#")
        goal = page(language, name).parent / file if file else page(language, name)
        assert goal.exists(), f"{name} ({language}) links to {target}"
        if place:
            titles = re.findall(r"^#+ (.+)$", goal.read_text(encoding="utf-8"), re.MULTILINE)
            assert place in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}, target


@pytest.mark.slow
def test_the_examples_of_the_extending_page_run(tmp_path: Path, tiny_school: Path) -> None:
    """Each in a process of its own, as a reader would run it."""
    (tmp_path / "runs").symlink_to(tiny_school / "runs")
    examples = [block for kind, block in FENCE.findall(read("en", "extending.md")) if kind == "python"]
    assert len(examples) == 6
    for number, example in enumerate(examples):
        named = re.match(r"# (\w+\.py)\n", example)
        file = named[1] if named else f"example_{number}.py"
        (tmp_path / file).write_text(example, encoding="utf-8")
        done = subprocess.run([sys.executable, file], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{example}\n{done.stderr[-2000:]}"


@pytest.mark.slow
def test_the_own_task_of_the_readme_runs(tmp_path: Path, tiny_school: Path) -> None:
    """From the shell and from Python, as printed but for the number of steps."""
    (tmp_path / "runs").symlink_to(tiny_school / "runs")
    text = read("en", "README.md")
    shell = next(block for kind, block in FENCE.findall(text) if kind == "bash" and "questions.jsonl" in block)
    python = next(block for kind, block in FENCE.findall(text) if kind == "python")
    assert len([line for line in (shell + python).splitlines() if line.strip()]) < 20
    shell, python = shell.replace("--steps 30", "--steps 2"), python.replace("steps=30", "steps=2")
    command = f'homeschool() {{ "{sys.executable}" -m homeschool.cli "$@"; }}\nset -e\n{shell}'
    for program in (["bash", "-c", command], [sys.executable, "-c", python]):
        done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
    assert len((tmp_path / "questions.jsonl").read_text().splitlines()) == 360
    assert "hidden exam" in done.stdout


def test_the_figures_of_the_readme_are_as_their_results_make_them() -> None:
    """After a new result: python benchmarks/readme.py."""
    command = [sys.executable, str(ROOT / "benchmarks" / "readme.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("found", ["met", "missed", "not shown"])
def test_whether_a_promise_of_speed_is_met_is_said_in_chinese(found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    promised = importlib.import_module("readme").promised
    ratio = {"floor": 2.5, "verdict": f"at least 2.5: {found}"}
    assert promised(ratio, "en") == ratio["verdict"]
    assert re.fullmatch(r"至少 2\.5：[\u4e00-\u9fff]+", promised(ratio, "zh"))
