"""Both languages say the same, every sentence is used, and every use fills in what the sentence names."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from homeschool import errors
from homeschool.cli import main
from homeschool.diagnosis.table import CHECKS
from homeschool.errors import UsageError
from homeschool.messages.findings import FINDINGS
from homeschool.messages.sentence import Sentence, language_of, left, right, speak, spoken, width

PACKAGE = Path(__file__).parents[2] / "src" / "homeschool"
MESSAGES = PACKAGE / "messages"
CATALOGUES = {
    ".".join(path.relative_to(MESSAGES).with_suffix("").parts).removesuffix(".__init__")
    for path in MESSAGES.rglob("*.py")
} - {"__init__", "sentence", "findings"}
"""By their names below ``homeschool.messages``: ``usage``, ``refusals``, ``refusals.tasks``."""


def sentences() -> Iterator[tuple[str, Sentence]]:
    """Every sentence with its place: ``school.REWARD``; those in tables are used through their table."""
    for catalogue in sorted(CATALOGUES):
        for name, value in vars(importlib.import_module(f"homeschool.messages.{catalogue}")).items():
            if isinstance(value, Sentence):
                yield f"{catalogue}.{name}", value
            elif isinstance(value, dict):
                yield from (
                    (f"{catalogue}.{name}[{k}]", item) for k, item in value.items() if isinstance(item, Sentence)
                )
    for name, finding in FINDINGS.items():
        for part in ("seen", "meaning", "next_step"):
            yield f"findings.{name}.{part}", getattr(finding, part)


SENTENCES = dict(sentences())


def fields(text: str) -> dict[str, str]:
    """Names in braces with how they are printed."""
    return {name: spec or "" for _, name, spec, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", SENTENCES)
def test_both_languages_name_the_same_values_in_the_same_form(name: str) -> None:
    sentence = SENTENCES[name]
    assert fields(sentence.zh) == fields(sentence.en)


@pytest.mark.parametrize("name", SENTENCES)
def test_the_chinese_text_is_chinese_and_the_english_is_not(name: str) -> None:
    sentence = SENTENCES[name]
    assert all(ord(character) < 0x2E80 for character in sentence.en)
    literal = "".join(text for text, *_ in Formatter().parse(sentence.en))
    has_words = any(character.isalpha() for character in literal)
    assert not has_words or any("一" <= character <= "鿿" for character in sentence.zh)


def uses() -> Iterator[tuple[str, ast.Call | None]]:
    """Every place where the package names a sentence, as ``say.NAME`` or by a direct import, with the call it is in."""
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        catalogues: dict[str, set[str]] = {}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("homeschool.messages.")):
                continue
            for alias in node.names:
                name = f"{node.module}.{alias.name}".removeprefix("homeschool.messages.")
                if name in CATALOGUES:
                    catalogues.setdefault(alias.asname or alias.name, set()).add(name)
                else:
                    yield name, None
        called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                for catalogue in catalogues.get(node.value.id, ()):
                    yield f"{catalogue}.{node.attr}", called.get(id(node))


def test_every_sentence_is_used() -> None:
    used = {name for name, _ in uses()}
    listed = {name.partition("[")[0] for name in SENTENCES if not name.startswith("findings.")}
    assert listed - used == set()


def test_every_call_fills_in_what_the_sentence_names() -> None:
    checked = 0
    for name, call in uses():
        if call is None or name not in SENTENCES or any(keyword.arg is None for keyword in call.keywords):
            continue
        checked += 1
        assert {keyword.arg for keyword in call.keywords} == set(fields(SENTENCES[name].en)), name
    assert checked > 20


NUMBERS = "numbers that a program passes"
OF_PROGRAMS = {
    "homeschool.messages.sentence": "the language itself is not known",
    "homeschool.models.gguf": "a tensor that a program asks for by name",
    "homeschool.play.level": "what the page sends, which offers nothing else",
    "homeschool.play.levels": "what the page sends, which offers nothing else",
    "homeschool.play.server": "what the page sends, which offers nothing else",
    "homeschool.rewards.rule_settings": "a name before words that are in both languages",
    "homeschool.rewards.worker_child": "a process by itself, whose words another puts into its own",
    "homeschool.tasks.textbook": NUMBERS,
    "homeschool.train.rl": "a run that a program put together",
    **dict.fromkeys(("homeschool.calibration", "homeschool.seeds", "homeschool.stats"), NUMBERS),
    **{
        f"homeschool.rewards.{name}": NUMBERS
        for name in ("scorers", "guard.actions", "guard.canaries", "guard.opinion")
    },
    **{f"homeschool.rewards.guard.{name}": NUMBERS for name in ("interval", "reexam", "suspicion", "verdict")},
    **{f"homeschool.rewards.designer.{name}": NUMBERS for name in ("halving", "judge", "rails", "search")},
}
"""Modules whose errors only a program can bring about, which calls a function wrongly: English alone, and why."""


def english_refusals() -> Iterator[str]:
    """Where a text stands in the ``raise`` of one of the package's errors: ``module:line``."""
    names = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(("homeschool", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                is_ours = isinstance(node.exc.func, ast.Name) and node.exc.func.id in names
                if is_ours and isinstance(node.exc.args[0], ast.JoinedStr | ast.Constant | ast.BinOp):
                    yield f"{module}:{node.lineno}"


def test_what_a_user_can_bring_about_is_refused_in_both_languages() -> None:
    found = sorted(english_refusals())
    assert [place for place in found if place.partition(":")[0] not in OF_PROGRAMS] == []
    assert {place.partition(":")[0] for place in found} == {*OF_PROGRAMS}


def test_every_check_has_its_words() -> None:
    assert set(FINDINGS) == {check.name for check in CHECKS}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_follows_the_locale(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_what_was_asked_for_wins_over_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    hello = Sentence("{n} steps", "{n} 步")
    try:
        assert (spoken(), hello(n=3)) == ("zh", "3 步")
        speak("en")
        assert (spoken(), hello(n=3)) == ("en", "3 steps")
        speak(None)
        assert spoken() == "zh"
        with pytest.raises(UsageError, match='no language "fr"; known: en, zh'):
            speak("fr")
    finally:
        speak(None)


def test_chinese_characters_take_two_columns() -> None:
    assert (width("步数"), width("steps"), width("%（")) == (4, 5, 3)
    assert left("步数", 6) + "|" == "步数  |"
    assert right("步数", 6) == "  步数"
    assert left("too long", 3) == "too long"


@pytest.mark.parametrize("arguments", [["--lang", "zh"], ["--lang=zh"]])
def test_the_command_line_takes_the_language_anywhere(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert main([*arguments, "--version"]) == 0
        assert spoken() == "zh"
        assert main(["--version", *arguments]) == 0
    finally:
        speak(None)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "message"), [(["--lang", "fr"], 'no language "fr"'), (["--lang"], "needs a value")]
)
def test_an_unknown_language_is_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments]) == 2
    assert message in capsys.readouterr().err
