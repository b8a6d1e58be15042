"""Write the manual's page of all settings from the classes that have them: ``python scripts/settings.py``.

``--check`` changes nothing and fails where a page is not as this command would make it.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from homeschool.config import RunConfig
from homeschool.messages.sentence import COMMA, Sentence, in_language
from homeschool.option_help import about
from homeschool.option_list import Part, Setting, kinds_by_verb, parts_of

DOCS = Path(__file__).resolve().parent.parent / "docs"
LANGUAGES = ("en", "zh")
VERBS: dict[str, Any] = {verb: kind() for verb, kind in kinds_by_verb().items()}
"""The one whose words stand in the page where several have a table comes first."""

TITLE = Sentence("Settings", "全部设置")
INTRO = Sentence(
    """\
Every setting has one full name, and is given in any of four ways; later ones win.

```sh
homeschool rl recipe.toml                         # a recipe: optim.lr = 1e-4, or lr = 1e-4 under [optim]
homeschool rl recipe.toml --optim.lr 1e-4         # an option; a switch is turned off by --table.no_name
homeschool rl recipe.toml optim.lr=1e-4           # the same, shorter
```

```python
hs.rl("runs/school/sft", "sums", optim={{"lr": 1e-4}})
```

A name that does not exist, a value of another kind and a number that no run can be made with are refused before
anything is done, with what was expected. `homeschool VERB --help` prints the same list; with a recipe before it, the
values of the recipe. A run keeps all its settings in `config.toml`, which is a recipe itself.

This page is made from the code: `python scripts/settings.py`.""",
    """\
每项设置都有一个全名，有四种写法，写在后面的算数。

```sh
homeschool rl recipe.toml                         # 配方：optim.lr = 1e-4，或者在 [optim] 下面写 lr = 1e-4
homeschool rl recipe.toml --optim.lr 1e-4         # 选项；开关用 --表.no_名字 关掉
homeschool rl recipe.toml optim.lr=1e-4           # 同上，短一点
```

```python
hs.rl("runs/school/sft", "sums", optim={{"lr": 1e-4}})
```

名字不存在、值的类型不对、数字大小不可能，都会在动手之前拒绝，并说明该写什么。`homeschool 子命令 --help` 打印的是同一份
清单；前面写了配方，显示的就是配方里的值。每次训练把自己的全部设置存在 `config.toml` 里，它本身就是一份配方。

本页由代码生成：`python scripts/settings.py`。""",
)
OF_RUNS = Sentence("Every verb that makes a run", "凡是会训练的子命令")
OF_VERB = Sentence("`homeschool {verb}`", "`homeschool {verb}`")
OF_TABLE = Sentence("`[{table}]`", "`[{table}]`")
AS_IN = Sentence("All settings of `homeschool rl`, and:", "`homeschool rl` 的全部设置，再加上：")
RUN_TOO = Sentence(" Besides what every run has.", "另外还有每次训练都有的设置。")
TABLES = Sentence("Tables: {tables}.", "表：{tables}。")
TAKEN_BY = Sentence(" For {verbs}.", "用在：{verbs}。")
HEAD = Sentence("| Setting | Default | Meaning |", "| 设置 | 默认 | 意思 |")
ELSEWHERE = Sentence("{value} in {verb}", "{verb} 里 {value}")
SEMICOLON = Sentence("; ", "；")
EMPTY = Sentence("none", "不设")


def page() -> str:
    """All of it, in the language that is spoken."""
    parts = {verb: parts_of(config) for verb, config in VERBS.items()}
    return "\n".join([f"# {TITLE()}", "", INTRO(), "", *_verbs(parts), *_tables(parts)])


def _verbs(parts: Mapping[str, list[Part]]) -> Iterator[str]:
    (run,) = parts_of(RunConfig())
    of_runs = {setting.name for setting in run.settings}
    of_rl = {setting.name for setting in parts["rl"][0].settings}
    yield from _section(OF_RUNS(), [], run.settings, {})
    for verb, (own, *tables) in parts.items():
        makes_run, is_more = isinstance(VERBS[verb], RunConfig), verb == "compare"
        left_out = (of_rl if is_more else set()) | (of_runs if makes_run else set())
        names = [f"[`{table.name}`](#{table.name})" for table in tables]
        say = [AS_IN()] if is_more else [own.about() + (RUN_TOO() if makes_run else "")]
        say += [TABLES(tables=COMMA().join(names))] if names and not is_more else []
        yield from _section(OF_VERB(verb=verb), say, [s for s in own.settings if s.name not in left_out], {})


def _tables(parts: Mapping[str, list[Part]]) -> Iterator[str]:
    found: dict[str, dict[str, Part]] = {}
    for verb, of_verb in parts.items():
        for part in of_verb[1:]:
            found.setdefault(part.name, {})[verb] = part
    for name, by_verb in found.items():
        first = next(iter(by_verb.values()))
        verbs = COMMA().join(f"`{verb}`" for verb in by_verb)
        yield f'<a id="{name}"></a>\n'
        yield from _section(OF_TABLE(table=name), [first.about() + TAKEN_BY(verbs=verbs)], first.settings, by_verb)


def _section(
    title: str, say: list[str], settings: list[Setting] | tuple[Setting, ...], by_verb: Mapping[str, Part]
) -> Iterator[str]:
    yield from [f"## {title}", ""]
    for paragraph in say:
        yield from [_plain(paragraph), ""]
    yield from [HEAD(), "| --- | --- | --- |"]
    for place, setting in enumerate(settings):
        others = {verb: part.settings[place].default for verb, part in by_verb.items()}
        yield f"| `{setting.name}` | {_defaults(setting.default, others)} | {_plain(about(setting))} |"
    yield ""


def _defaults(value: Any, others: Mapping[str, Any]) -> str:
    """The value, and those of verbs where it is another."""
    differing = {verb: _shown(other) or EMPTY() for verb, other in others.items() if other != value}
    told = [ELSEWHERE(value=shown, verb=verb) for verb, shown in differing.items()]
    return SEMICOLON().join(part for part in [_shown(value), *told] if part)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value in (None, "", ()):
        return ""
    return f"`{' '.join(map(str, value)) if isinstance(value, tuple) else value}`"


def _plain(text: str) -> str:
    """As a cell of a table, and with no signs of mark-up that are none."""
    return text.replace("|", "\\|").replace("**columns", "\\*\\*columns").replace("+ - *", "`+ - *`")


def main() -> int:
    stale = []
    for language in LANGUAGES:
        with in_language(language):
            text = page()
        path = DOCS / language / "settings.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"not as python scripts/settings.py makes them: {', '.join(map(str, stale))}", file=sys.stderr)
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
