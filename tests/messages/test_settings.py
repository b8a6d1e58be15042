"""What settings mean: said in both languages, and listed by --help and by the manual."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from homeschool.arguments import parse
from homeschool.comparison.plan import CompareConfig
from homeschool.config import RlConfig
from homeschool.messages.sentence import LANGUAGES, Language, in_language, width, wrapped
from homeschool.messages.settings import CHINESE
from homeschool.option_help import COLUMNS, about, help_of
from homeschool.option_list import kinds_by_verb, meaning, parts_of
from homeschool.option_values import kinds_of

ROOT = Path(__file__).resolve().parents[2]
KINDS = kinds_by_verb()


def names_of(kind: Any) -> list[str]:
    return [setting.name for part in parts_of(kind()) for setting in part.settings]


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_setting_is_listed_once(kind: Any) -> None:
    assert sorted(names_of(kind)) == sorted(kinds_of(kind))


def test_what_only_a_recipe_has_is_not_listed() -> None:
    assert not {"arms", "tasks", "recipe"} & {*names_of(CompareConfig)}


def test_every_chinese_sentence_belongs_to_a_setting() -> None:
    owners = {part.owner for kind in KINDS.values() for part in parts_of(kind())}
    classes = {base.__name__: base for kind in KINDS.values() for base in all_classes(kind)}
    assert owners <= {*classes}
    for key, text in CHINESE.items():
        owner, _, name = key.partition(".")
        said = meaning(classes[owner], name)
        assert said is not None and said.zh == text.replace("{", "{{").replace("}", "}}"), key


def all_classes(kind: Any) -> list[Any]:
    """The class, those it inherits from and those of its tables."""
    inner = [hint for hint in kind.__annotations__.values() if isinstance(hint, type)]
    found = [base for base in kind.__mro__ if base is not object]
    for base in found[:]:
        inner += [hint for hint in vars(base).get("__annotations__", {}).values() if hasattr(hint, "__mro__")]
    return [*found, *(base for hint in inner if hasattr(hint, "__dataclass_fields__") for base in hint.__mro__[:-1])]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verb", KINDS)
def test_help_lists_every_setting_and_fits_a_terminal(verb: str, language: Language) -> None:
    with in_language(language):
        lines = help_of(verb, KINDS[verb]()).splitlines()
    assert max(map(width, lines)) <= COLUMNS
    listed = [line.split()[0] for line in lines if re.match("  --[a-z]", line)]
    everything = [f"--{name}" for name in names_of(KINDS[verb])]
    assert listed[-len(everything) :] == everything


def test_help_shows_what_holds_where_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('steps = 7\nreadiness = false\n[optim]\nbetas = [0.8, 0.9]\n[sampling]\nstop = ["a", "b"]\n')
    with in_language("en"), pytest.raises(SystemExit, match="0"):
        parse(RlConfig, "rl", [str(recipe), "--help"])
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.startswith("  --")}
    assert lines["--steps"].endswith("[7]") and lines["--optim.betas"].endswith("[0.8 0.9]")
    assert "no_readiness" not in lines["--readiness"]  # off already
    assert lines["--policy"].endswith("start from.")  # nothing stands for it
    assert lines["--budget.tokens"].endswith("[0]")


def test_a_switch_that_is_on_says_how_to_turn_it_off() -> None:
    with in_language("en"):
        page = " ".join(help_of("rl", RlConfig()).split())
    assert "[on; --guard.no_steer turns it off]" in page and "[on; --no_readiness turns it off]" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_a_setting_may_be_are_always_named(language: Language) -> None:
    with in_language(language):
        for kind in KINDS.values():
            for setting in [setting for part in parts_of(kind()) for setting in part.settings]:
                assert all(word in about(setting) for word in setting.choices), setting.name


def test_the_manual_lists_the_settings_as_the_code_has_them() -> None:
    """After a change of a setting: python scripts/settings.py."""
    command = [sys.executable, str(ROOT / "scripts" / "settings.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("一二三，四", 6, ["一二", "三，四"]),
        ("一二（三）四", 6, ["一二", "（三）", "四"]),
        ("一二 [三; 四] 五", 9, ["一二 [三;", "四] 五"]),
        ("a verylongword b", 5, ["a", "verylongword", "b"]),
        ("open [", 20, ["open ["]),
        ("", 5, [""]),
    ],
)
def test_lines_break_between_words_and_never_before_a_comma(text: str, columns: int, lines: list[str]) -> None:
    assert wrapped(text, columns) == lines
