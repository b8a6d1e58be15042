"""The files of the page: both languages say the same, nothing runs what a model wrote, the lock holds no address."""

import json
import re
from pathlib import Path

import pytest

from homeschool.web import html
from homeschool.web.run import _cost
from homeschool.web.table import Table

WEB = Path(__file__).parents[2] / "web"
pytestmark = pytest.mark.skipif(not WEB.is_dir(), reason="web/ is in the repository only")


def keys(language: str) -> list[str]:
    """Names of the dictionary in their order, and of its nested ones; what stands in quotes is left out."""
    text = (WEB / "src" / "words" / f"{language}.ts").read_text(encoding="utf-8")
    body = text[text.index("{", text.index(f"const {language}")) : text.index("\n};")]
    body = re.sub(r"\$\{[^}]*\}", "", body)
    body = re.sub(r'"reward-model"', "reward_model", body)
    body = re.sub(r'"[^"\n]*"|`[^`]*`', "''", body)
    body = re.sub(r"\([^)]*\)\s*=>|\bas [^;]*?\w>?(?=,)", "", body)
    return re.findall(r"(\w+):", body)


def test_both_languages_have_the_same_words_in_the_same_order() -> None:
    english = keys("en")
    assert len(english) > 200
    assert {"verdict", "curves", "reward_model"} <= set(english)
    assert keys("zh") == english


def test_every_cost_of_a_run_has_a_name_in_both_languages() -> None:
    row = {"step": 1} | {f"perf/{name}_total": 1.0 for name in ("tokens", "updates", "seconds", "flops")}
    table = Table()
    table.add(row)
    critic = dict.fromkeys(("seconds", "share", "bytes", "parameters"), 1.0)
    names = set(_cost({"seconds": 1.0, "peak_mib": 1.0, "parameters": 1.0, "critic": critic}, table))
    assert len(names) == 11
    for language in ("en", "zh"):
        text = (WEB / "src" / "words" / f"{language}.ts").read_text(encoding="utf-8")
        known = re.findall(r"(\w+): \"", text[text.index("costs: {") :].partition("}")[0])
        assert names <= set(known)


def test_nothing_in_the_source_turns_text_into_markup_or_code() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|javascript:"
    )
    for path in (WEB / "src").rglob("*.ts*"):
        assert not forbidden.search(path.read_text(encoding="utf-8")), path


def test_the_lock_is_exact_and_holds_no_address() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all("resolved" not in one and one["integrity"].startswith("sha512-") for one in packages.values())
    manifest = json.loads((WEB / "package.json").read_text(encoding="utf-8"))
    for name, version in {**manifest["dependencies"], **manifest["devDependencies"]}.items():
        assert version == packages[f"node_modules/{name}"]["version"]


def test_the_bundle_can_stand_inside_a_page() -> None:
    """Nothing in it ends the element it is written into, or asks for another file."""
    for name in ("page.js", "page.css"):
        assert not re.search(
            r"</(script|style)|<!--|@import|url\((?!data:)|https?://(?!www\.w3\.org)", html.bundle(name), re.I
        )
    assert len(html.bundle("page.js")) + len(html.bundle("page.css")) < 250_000
