"""Which command makes a model that is not there yet."""

import re
from pathlib import Path

from homeschool.config.reading import read_recipe
from homeschool.errors import ConfigError

RECIPES = Path("recipes")


def command_making(folder: str) -> str | None:
    """The command whose run is kept in ``folder``: that of the recipe which says so, or a quickstart; else None.

    A recipe tells its verb in a comment: ``# homeschool sft recipes/school-sft.toml``.
    """
    wanted = Path(folder).expanduser().resolve()
    for recipe in sorted(RECIPES.glob("*.toml")):
        out = _out_of(recipe)
        verb = re.search(rf"^# +homeschool ([\w-]+) {re.escape(str(recipe))}", _text(recipe), re.MULTILINE)
        if verb and out and Path(out).expanduser().resolve() == wanted:
            return f"homeschool {verb[1]} {recipe}"
    school = re.fullmatch(r"runs/quickstart-([\w+]+)/(pretrain|sft|rl)", str(Path(folder)))
    return f"homeschool quickstart --algo {school[1]}" if school else None


def _out_of(recipe: Path) -> str:
    try:
        return str(read_recipe(recipe).get("out", ""))
    except ConfigError:
        return ""


def _text(recipe: Path) -> str:
    return recipe.read_text(encoding="utf-8", errors="replace")
