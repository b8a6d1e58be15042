"""The house rules on imports: they point one way, and what must start fast does not load torch."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "homeschool"

# Lower rows know nothing of higher ones; within a row anything may import anything, as long as no circle closes.
# A name stands for everything inside it that has no name of its own: the table of algorithms is a list of choices, so
# it lies below the functions that carry them out.
LAYERS = (
    {
        *("types", "config", "errors", "messages", "streams", "resources", "files", "spans"),
        *("algos.columns", "algos.contradictions", "algos.table"),
    },
    {
        "algos",
        "rewards",
        "text",
        "chat_template",
        "template_sandbox",
        "hf_tokenizer",
        "tokenizer_files",
        "stats",
        "seeds",
        "diagnosis",
    },
    {
        *("models", "data", "preferences", "calibration", "reward_report", "rollout", "tasks", "exam"),
        *("readiness", "cost", "story.simulate"),
    },
    {"train", "diagnosis.run", "rewards.learned"},
    {
        *(
            "launch",
            "stages",
            "comparison",
            "facade",
            "verdict",
            "quickstart",
            "next_step",
            "arguments",
            "option_values",
            "option_list",
            "option_help",
        ),
        "concepts",
        "track",
        *("chat", "console", "probe", "explain", "doctor", "web", "story", "play"),
    },
    {"cli"},
    {"__main__"},
)
# `import homeschool as hs` offers names from every layer, loaded on first use.
FRONT_DOOR = "homeschool"

WITHOUT_TORCH = (
    *("types", "config", "errors", "streams", "resources", "files", "spans", "track"),
    *("algos.columns", "algos.contradictions", "algos.table", "algos.holes"),
    *("rewards", "text", "chat_template", "template_sandbox", "hf_tokenizer", "tokenizer_files", "stats", "seeds"),
    *(
        "tasks",
        "story.simulate",
        "story.children",
        "story.rungs",
        "console",
        "concepts",
        "cli",
        "arguments",
        "option_values",
        "option_list",
        "option_help",
        "next_step",
        "stages.lint",
        "messages",
        "diagnosis",
        "algos.controllers",
        "algos.tracker",
    ),
    "web",
    "play",
)
# Exceptions to the row above: a reward model is a scorer that computes.
WITH_TORCH = ("rewards.learned",)
STANDARD_LIBRARY_ONLY = (
    *(
        "types",
        "errors",
        "spans",
        "rewards.rules",
        "play.moving_line",
        "rewards.ability",
        *("rewards.designer.judge", "rewards.designer.moves", "rewards.designer.multipliers"),
        *("rewards.designer.rails", "rewards.designer.school", "rewards.designer.search", "rewards.designer.halving"),
        "rewards.ensembles",
        "rewards.guard.bandit",
        "rewards.guard.credit",
        "algos.controllers",
        "algos.tracker",
        "messages",
        "diagnosis.finding",
        "diagnosis.history",
        "diagnosis.reward",
        "diagnosis.guard",
    ),
    *("diagnosis.answers", "diagnosis.policy", "diagnosis.critic", "diagnosis.table", "diagnosis.watch"),
)

# Beginnings of command lines that must not load torch.
FAST_COMMANDS = (["--help"],)


@cache
def modules() -> dict[str, Path]:
    """Every module by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def imports_of(module: str, *, on_load: bool) -> set[str]:
    """Dotted names that a module imports: anywhere in it, or only those that run when it is loaded."""
    path = modules()[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if on_load and (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_type_checking(node)):
            continue
        waiting.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]) if base else ".".join(above)
            # `from homeschool import stats` names a module, `from homeschool.stats import Interval` does not.
            # The version is in the package itself; anything else taken from there is a way around the layers.
            own = {"__version__"} if base == FRONT_DOOR else set()
            names = {f"{base}.{alias.name}" for alias in node.names if alias.name not in own}
            inner = {name for name in names if name in modules()}
            found |= inner
            if inner != names:
                found.add(base)
    return found


def floor(module: str) -> int | None:
    """Row of a module in LAYERS, by the longest name that holds it; None when no row names it."""
    if module == FRONT_DOOR:
        return len(LAYERS)
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        for height, names in enumerate(LAYERS):
            if ".".join(parts[:length]) in names:
                return height
    return None


def inside(module: str, names: tuple[str, ...]) -> bool:
    return any(module == f"homeschool.{name}" or module.startswith(f"homeschool.{name}.") for name in names)


def test_every_module_has_its_place() -> None:
    strangers = sorted(module for module in modules() if floor(module) is None)
    assert strangers == [], "add these to LAYERS, and to WITHOUT_TORCH where it applies"


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_point_one_way(module: str) -> None:
    here = floor(module)
    for name in sorted(imports_of(module, on_load=False)):
        there = floor(name) if name.split(".")[0] == FRONT_DOOR else None
        assert here is None or there is None or there <= here, f"{module} lies below {name} and may not import it"


def test_no_circle_of_imports() -> None:
    graph = {
        module: {name for name in imports_of(module, on_load=True) if name in modules() and name != module}
        for module in modules()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("module", sorted(name for name in modules() if inside(name, STANDARD_LIBRARY_ONLY)))
def test_standard_library_only(module: str) -> None:
    """So that the same rule file runs in training, in a simulation and in a browser."""
    foreign = sorted(
        name
        for name in imports_of(module, on_load=False)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not inside(name, STANDARD_LIBRARY_ONLY)
        and name != FRONT_DOOR
    )
    assert foreign == []


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_light_modules_do_not_load_torch() -> None:
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    heavy = {'torch', 'transformers'} & set(sys.modules)\n"
        "    if heavy: sys.exit(f'{name} loads {heavy}')\n"
    )
    named = (name for name in sorted(modules()) if inside(name, WITHOUT_TORCH) and not inside(name, WITH_TORCH))
    light = [FRONT_DOOR, *named]
    result = run_python(code, *light)
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif("homeschool.cli" not in modules(), reason="there is no command line yet")
@pytest.mark.parametrize("arguments", FAST_COMMANDS, ids=" ".join)
def test_light_commands_do_not_load_torch(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from homeschool.cli import main\n"
        "try: status = main()\n"
        "except SystemExit as stop: status = stop.code\n"
        "heavy = {'torch', 'transformers'} & set(sys.modules)\n"
        "sys.exit(f'loads {heavy}' if heavy else status)\n"
    )
    result = run_python(code, *arguments)
    assert result.returncode == 0, result.stderr
    assert "quickstart" in result.stdout
