"""Fill the pages of the algorithms from the table and the result files: ``python benchmarks/pages.py``.

What stands between two marker comments is made here and nowhere else: the row, the table of all rows, the measured
marks and the curves. ``--check`` changes nothing and fails if a page is not as this command would make it.
"""

import argparse
import json
import math
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from typing import Any

from curves import draw

from homeschool.algos.columns import Algorithm
from homeschool.algos.contradictions import READ_ONLY_WITH
from homeschool.algos.table import ALGORITHMS

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
LANGUAGES = ("en", "zh")
PLAIN = "reinforce"
"""The row that every other has to beat."""
CONTROL = "reinforce_in_eights"
"""The plain row on the questions of the rows with a group."""
COLUMNS = [field.name for field in fields(Algorithm) if field.name not in ("name", "source")]
ALWAYS = ("advantage", "ratio", "surrogate", "aggregation", "group_size", "epochs", "minibatches")
"""Columns that a page shows even where they have their ordinary values."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "row": "| column | value |",
        "rest": "All other columns have their ordinary values, which turn them off.",
        "unmeasured": "Not measured yet. The command: `homeschool compare {recipe}`.",
        "measured": "Mark of the hidden exam after {tokens} generated tokens: **{mark}** % (95 % interval over {runs} "
        "seeds); before the first step {before} %, a gain of {gain} points. {seconds} s on one core.",
        "questions": "Rows without a group answered 256 questions a step once, the others 32 questions eight times, "
        "for the same tokens. `{control}` is REINFORCE on the questions of the others and marks {mark}: what sets the "
        "first rows apart is the questions, not the row. That is the price of a group on a task this small: fewer "
        "questions for the same money. What it buys is time: a question is read once for all eight answers, and GRPO "
        "takes about a third of the seconds of REINFORCE.",
        "dearer": "{times} times the seconds of GRPO: {why}.",
        "and": "; ",
        "dearer critic": "a second model forecasts, and learns from every batch",
        "dearer prompts": "256 questions with one answer each, where GRPO reads 32 and shares each among eight answers",
        "dearer updates": "{updates} updates of each batch, each with an optimiser step of its own",
        "dearer no skip": "whitening gives tied groups an advantage too, so none is skipped",
        "dearer resampled": "tied groups are thrown away and others sampled, so no group is skipped",
        "failed": "{failed} of {runs} runs did not finish: {reason}.",
        "plain": "This is the row that the others are compared with.",
        "better": "Better than REINFORCE by {difference} points.",
        "worse": "Worse than REINFORCE by {difference} points.",
        "not shown": "Not shown to be better or worse than REINFORCE: {difference} points. Only a difference of "
        "{detectable} or more would probably have been found.",
        "not judged": "Not compared with REINFORCE: too few runs of both have finished.",
        "picture": "learning curves",
        "legend": "Blue: this row, thin lines are seeds; black: REINFORCE; grey: all other rows. "
        "These are check exams, not the hidden one.",
        "raw": "Settings and raw numbers: {link}.",
        "same": "Run side by side on the same weights, answers and marks in fp32, in {cases}: loss within {loss:.0e} "
        "of theirs, gradient within {gradient:.0e} of its norm ({link}).",
        "case": "one case",
        "cases": "{count} cases",
        "alone": "No counterpart there. {why}",
        "apart": "Where we differ on purpose (measured: taken out of ours, the rest is the same; read: seen in their "
        "source):",
        "difference": "- {peer} ({how}). We: {ours} They: {theirs} Why: {why}",
        "measured there": "measured",
        "read there": "read",
        "marks": "| row | hidden exam, % [95 %] | gained, points [95 %] | over `{baseline}`, points [95 %] | | s |",
        "wage": "| critic | step, times GRPO's [95 %] | its share of the step | its memory, MiB |",
        "wage rounds": "Full steps of the model of the quickstart on the same questions and equally long answers, one "
        "pass, {rounds} rounds taken in turns on one core: {link}.",
        "critic separate": "separate, as deep as the policy",
        "critic small": "separate, half the layers",
        "critic pair": "two, half as deep each",
        "critic shared": "a head on the policy's trunk",
        "outcome better": "better",
        "outcome worse": "worse",
        "outcome not shown": "not shown",
        "outcome not judged": "not judged",
    },
    "zh": {
        "row": "| 列 | 取值 |",
        "rest": "其余各列都是平常的取值，等于不用。",
        "unmeasured": "还没有测。命令是 `homeschool compare {recipe}`。",
        "measured": "生成 {tokens} 个 token 之后，隐藏考试得 **{mark}** %（{runs} 个种子，95% 区间）；第一步之前是 "
        "{before} %，提高了 {gain} 分。单核 {seconds} 秒。",
        "questions": "没有组的行每步做 256 道题、每题答一次，其余各行做 32 道题、每题答八次，花的 token 一样多。"
        "`{control}` 就是把 REINFORCE 放到其余各行的题目上，得 {mark}：排在前面的几行胜在题目多，不是胜在算法。"
        "在这么小的任务上，这就是“组”的代价：同样的钱，见到的题少。换来的是时间：一道题只读一遍、八个回答共用，"
        "GRPO 用时大约是 REINFORCE 的三分之一。",
        "dearer": "用时是 GRPO 的 {times} 倍：{why}。",
        "and": "；",
        "dearer critic": "另有一个模型作预测，每一批都要跟着学",
        "dearer prompts": "256 道题各答一次，而 GRPO 只读 32 道题，每道题由八个回答共用",
        "dearer updates": "每一批更新 {updates} 次，每次都要走一步优化器",
        "dearer no skip": "白化之后，打平的组也有了优势值，一组都跳不过去",
        "dearer resampled": "打平的组被换掉重采，于是没有组可以跳过",
        "failed": "{runs} 次里有 {failed} 次没跑完：{reason}。",
        "plain": "其他各行都拿这一行作对照。",
        "better": "比 REINFORCE 高 {difference} 分。",
        "worse": "比 REINFORCE 低 {difference} 分。",
        "not shown": "看不出比 REINFORCE 好还是差：差 {difference} 分。"
        "真实差距要到 {detectable} 分以上，这次比较才多半看得出来。",
        "not judged": "没有和 REINFORCE 比：两边都跑完的种子太少。",
        "picture": "学习曲线",
        "legend": "蓝色是这一行，细线是各个种子；黑色是 REINFORCE；灰色是其他各行。"
        "画的是途中的检查考试，不是隐藏考试。",
        "raw": "设置和原始数据：{link}。",
        "same": "在同样的权重、回答和分数上并排跑（fp32，{cases}）：损失相差不到 {loss:.0e}，梯度相差不到其范数的 "
        "{gradient:.0e}（{link}）。",
        "case": "一个用例",
        "cases": "{count} 个用例",
        "alone": "对方没有对应的算法。{why}",
        "apart": "有意不同的地方（“测过”指从我们这边拿掉它，其余就完全一致；“读过”指在对方源码里看到）：",
        "difference": "- {peer}（{how}）。我们：{ours}对方：{theirs}理由：{why}",
        "measured there": "测过",
        "read there": "读过",
        "marks": "| 行 | 隐藏考试，% [95 %] | 提高了多少分 [95 %] | 比 `{baseline}` 高多少分 [95 %] | | 秒 |",
        "wage": "| 评论家 | 一步用时，是 GRPO 的几倍 [95 %] | 占一步的多少 | 内存，MiB |",
        "wage rounds": "用快速上手的模型走完整的步骤，题目相同、回答一样长、每批只学一遍，"
        "在单核上轮流跑 {rounds} 轮：{link}。",
        "critic separate": "单独一个，和策略一样深",
        "critic small": "单独一个，层数减半",
        "critic pair": "两个，各一半深",
        "critic shared": "策略主干上加一个头",
        "outcome better": "更好",
        "outcome worse": "更差",
        "outcome not shown": "看不出",
        "outcome not judged": "没有比",
    },
}
DEARER = 1.05
"""Times the seconds of GRPO that need a reason."""
ROWS, CRITICS, REAL = "compare-rows", "compare-ppo-grpo", "compare-smollm2"
"""Comparisons, by the name of their recipe."""


@cache
def measured(comparison: str) -> Path | None:
    """The newest result folder of a comparison; folders begin with their date."""
    found = sorted(RESULTS.glob(f"*-{comparison}"))
    return found[-1] if found else None


@cache
def outcomes(comparison: str, task: str = "") -> dict[str, dict[str, Any]]:
    """What a comparison says about each of its arms on a task; empty where there is none."""
    folder = measured(comparison)
    if folder is None:
        return {}
    return {arm["name"]: arm for arm in judged(folder, task)["arms"]}


def judged(folder: Path, task: str) -> dict[str, Any]:
    """What the result file of a comparison says about a task."""
    tasks = json.loads((folder / "result.json").read_text(encoding="utf-8"))["tasks"]
    (chosen,) = (found for found in tasks if found["name"] == task)
    return dict(chosen)


def read_columns(row: Algorithm) -> Iterator[str]:
    """The columns that have a say in this row: those that matter to all, and those that are set or read and not off."""
    defaults = {field.name: field.default for field in fields(Algorithm)}
    for column in COLUMNS:
        selector, readers = READ_ONLY_WITH.get(column, ("", ()))
        value = getattr(row, column)
        is_on = value not in (0, None, "fixed")
        is_read = bool(selector) and getattr(row, selector) in readers
        if column in ALWAYS or (is_read and is_on) or (not selector and value != defaults[column]):
            yield column


def row_table(name: str, language: str) -> str:
    """One line per column."""
    row, words = ALGORITHMS[name], WORDS[language]
    lines = [f"| `{column}` | {shown(getattr(row, column))} |" for column in read_columns(row)]
    return "\n".join([words["row"], "| --- | --- |", *lines, "", words["rest"]])


def shown(value: Any) -> str:
    """``0.2``, ``token_mean``, ``true``; nothing for a value that follows another column."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def all_rows(name: str, language: str) -> str:
    """The whole table: a line per row, the columns in which rows differ most."""
    del name
    heads = ("advantage", "whiten", "ratio", "surrogate", "aggregation", "group_size")
    titles = {"en": ("row", "updates", "KL", "paper"), "zh": ("行", "更新次数", "KL", "论文")}[language]
    row_title, updates, kl, paper = titles
    lines = [f"| {' | '.join((row_title, *heads, updates, kl, paper))} |", "|" + " --- |" * (len(heads) + 4)]
    for row in ALGORITHMS.values():
        cells = [f"[`{row.name}`]({row.name}.md)", *(shown(getattr(row, head)) for head in heads)]
        charge = f"{row.kl_estimator}, {row.kl_in}, {row.kl_coef:g}" if row.needs_reference else ""
        lines.append(f"| {' | '.join((*cells, str(row.updates_per_batch), charge, identifier(row)))} |")
    return "\n".join(lines)


def identifier(row: Algorithm) -> str:
    """The arXiv number of the paper, or its author and year; nothing for a row of our own."""
    first = row.source.partition(";")[0]
    _, found, rest = first.partition("arXiv:")
    if first.startswith("homeschool"):
        return ""
    return f"[{rest[:10]}](https://arxiv.org/abs/{rest[:10]})" if found else first


def result(name: str, language: str) -> str:
    """The mark, the comparison with REINFORCE and the curves of one row."""
    words, arm, folder = WORDS[language], outcomes(ROWS).get(name), measured(ROWS)
    if arm is None or folder is None:
        return words["unmeasured"].format(recipe=f"recipes/{ROWS}.toml")
    lines = []
    if arm["mark"]:
        finished = arm["runs"] - len(arm["failures"])
        spent = {"tokens": f"{arm['spent']['tokens']:,.0f}", "seconds": f"{arm['spent']['seconds']:.0f}"}
        before = f"{100 * arm['before']:.1f}"
        spent |= {"gain": points(arm["gain"]), "before": before}
        lines.append(words["measured"].format(mark=points(arm["mark"]), runs=finished, **spent))
        lines.append(against_plain(name, arm, words))
        lines += dearer(name, arm, words)
    if arm["failures"]:
        lines.append(words["failed"].format(failed=len(arm["failures"]), runs=arm["runs"], reason=arm["failures"][0]))
    where = folder.relative_to(ROOT)
    raw = words["raw"].format(link=f"[{where}](../../../{where})")
    picture = f"![{words['picture']}](../../images/algorithms/{name}.svg)"
    texts = (" ".join(lines), picture, f"{words['legend']} {raw}")
    return "\n\n".join(folded(text.replace("。 ", "。"), language) for text in texts)


def against_plain(name: str, arm: dict[str, Any], words: dict[str, str]) -> str:
    found = arm["comparison"]
    if name == PLAIN or not found:
        return words["plain"]
    if not found["difference"]:
        return words["not judged"]
    is_worse = found["outcome"] == "worse"
    gap = turned(found["difference"]) if is_worse else found["difference"]
    seen = {"difference": points(gap), "detectable": f"{100 * (found['detectable'] or 0):.1f}"}
    return words[found["outcome"]].format(**seen)


def turned(interval: dict[str, float]) -> dict[str, float]:
    """The same interval seen from the other side."""
    return {"estimate": -interval["estimate"], "low": -interval["high"], "high": -interval["low"]}


def dearer(name: str, arm: dict[str, Any], words: dict[str, str]) -> list[str]:
    """Why a row takes more than 5 % longer than GRPO at the same generated tokens; nothing for one that does not."""
    row, usual = ALGORITHMS[name], outcomes(ROWS)["grpo"]["spent"]["seconds"]
    times = arm["spent"]["seconds"] / usual
    if times <= DEARER:
        return []
    settings = tomllib.loads((ROOT / "recipes" / f"{ROWS}.toml").read_text(encoding="utf-8"))
    reasons = {
        "dearer critic": row.has_critic,
        "dearer prompts": "prompts" in settings["arms"][name],
        "dearer updates": row.updates_per_batch > 1,
        "dearer no skip": row.whiten in ("batch", "tokens") and row.advantage.startswith("group"),
        "dearer resampled": row.resample > 0,
    }
    why = [words[reason].format(updates=row.updates_per_batch) for reason, holds in reasons.items() if holds]
    assert why, f"{name} takes {times:.2f} times as long as GRPO and nobody knows why"
    return [words["dearer"].format(times=f"{times:.2f}", why=words["and"].join(why))]


def all_marks(name: str, language: str) -> str:
    """The marks of all rows, best first, and what tells the row and its questions apart."""
    del name
    table, control = marks_of(ROWS, "", PLAIN, language), outcomes(ROWS).get(CONTROL)
    if control is None:
        return table
    said = WORDS[language]["questions"].format(control=CONTROL, mark=points(control["mark"]))
    return f"{table}\n\n{folded(said, language)}"


def with_critics(task: str, comparison: str = CRITICS) -> Callable[[str, str], str]:
    """The marks with and without a critic on one task of a comparison."""
    return lambda _, language: marks_of(comparison, task, "grpo", language)


def wage(name: str, language: str) -> str:
    """What each kind of critic costs beside GRPO."""
    del name
    words, found = WORDS[language], sorted(RESULTS.glob("*-critics-*/summary.json"))
    if not found:
        return words["unmeasured"].format(recipe="benchmarks/critics.py")
    rows = [row for row in json.loads(found[-1].read_text(encoding="utf-8"))["ratios"] if row["model"] == "quickstart"]
    lines = [words["wage"], "| --- | ---: | ---: | ---: |"]
    for row in rows:
        times = f"{row['median']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        share, size = f"{100 * row['critic_share']:.0f} %", f"{row['bytes'] / 2**20:.0f}"
        lines.append(f"| {words['critic ' + row['arm']]} | {times} | {share} | {size} |")
    where = found[-1].parent.relative_to(ROOT)
    said = words["wage rounds"].format(rounds=rows[0]["rounds"], link=f"[{where}](../../../{where}/TABLE.md)")
    return "\n".join([*lines, "", folded(said, language)])


def marks_of(comparison: str, task: str, baseline: str, language: str) -> str:
    """One line per arm, best first, against the baseline."""
    words, folder = WORDS[language], measured(comparison)
    if folder is None:
        return words["unmeasured"].format(recipe=f"recipes/{comparison}.toml")
    lines = [words["marks"].format(baseline=baseline), "| --- | --- | --- | --- | --- | ---: |"]
    arms, told = outcomes(comparison, task).values(), partial(points, full_marks=judged(folder, task).get("top", 1.0))
    for arm in sorted(arms, key=lambda arm: -(arm["mark"] or {"estimate": -1})["estimate"]):
        found = arm["comparison"] or {}
        difference = told(found["difference"]) if found.get("difference") else ""
        outcome = words[f"outcome {found['outcome']}"] if found else ""
        mark = told(arm["mark"]) if arm["mark"] else ""
        seconds = f"{arm['spent']['seconds']:.0f}" if arm["mark"] else ""
        title = f"[`{arm['name']}`]({arm['name']}.md)" if arm["name"] in ALGORITHMS else f"`{arm['name']}`"
        gain = told(arm["gain"]) if arm["gain"] else ""
        lines.append(f"| {title} | {mark} | {gain} | {difference} | {outcome} | {seconds} |")
    where = folder.relative_to(ROOT)
    return "\n".join([*lines, "", words["raw"].format(link=f"[{where}](../../../{where})")])


def peer(name: str, language: str) -> str:
    """What the same batch gives in TRL, and where the row differs from it on purpose."""
    words, told = WORDS[language], json.loads((ROOT / "docs" / "differences.json").read_text(encoding="utf-8"))
    lines = [words["alone"].format(why=entry[language]) for entry in told["without_peer"] if entry["row"] == name]
    lines = [folded(line, language) for line in (*lines, side_by_side(name, words)) if line]
    apart = [difference(entry, language) for entry in told["differences"] if name in entry["rows"]]
    return "\n".join([*lines, *(["", words["apart"], "", *apart] if apart else [])])


def side_by_side(name: str, words: dict[str, str]) -> str:
    """The widest gap over the cases of this row in the newest comparison with TRL; nothing where there is none."""
    found = sorted(RESULTS.glob("*-oracle/result.json"))
    cases = json.loads(found[-1].read_text(encoding="utf-8"))["cases"] if found else []
    gaps = [case["gap"] for case in cases if case["algo"] == name and case["same"]]
    if not gaps:
        return ""
    folder = found[-1].parent.relative_to(ROOT)
    widest = {part: rounded_up(max(gap[part] for gap in gaps)) for part in ("loss", "gradient")}
    count = words["case"] if len(gaps) == 1 else words["cases"].format(count=len(gaps))
    return words["same"].format(cases=count, link=f"[{folder}](../../../{folder}/TABLE.md)", **widest)


def rounded_up(value: float) -> float:
    """The next number of one digit, so that "within" stays true: 0.00000152 becomes 0.000002."""
    unit = 10.0 ** math.floor(math.log10(value)) if value else 1.0
    return math.ceil(value / unit) * unit


def difference(entry: dict[str, Any], language: str) -> str:
    words = WORDS[language]
    parts = {part: entry[part][language] for part in ("ours", "theirs", "why")}
    how = words["measured there" if entry["measured"] else "read there"]
    return folded(words["difference"].format(peer=entry["peer"], how=how, **parts), language, "  ")


def folded(line: str, language: str, indent: str = "") -> str:
    """English in lines of 120 characters; a Chinese paragraph is one line, as a break in it would become a space."""
    if language == "zh":
        return line
    return textwrap.fill(line, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def points(interval: dict[str, float], full_marks: float = 1.0) -> str:
    """``46.2 [41.0, 51.3]`` of a hundred."""
    estimate, low, high = (f"{100 * interval[part] / full_marks:.1f}" for part in ("estimate", "low", "high"))
    return f"{estimate} [{low}, {high}]"


MADE: dict[str, Callable[[str, str], str]] = {
    "row": row_table,
    "peer": peer,
    "result": result,
    "all-rows": all_rows,
    "all-marks": all_marks,
    **{task: with_critics(task) for task in ("words", "papers", "chain")},
    "smollm2": with_critics("", REAL),
    "wage": wage,
}
"""What stands between the markers of each name: f(page, language)."""


def filled(content: str, page: str, language: str) -> str:
    """The page with everything between its markers made anew."""
    for marker, make in MADE.items():
        start, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
        head, opened, rest = content.partition(start)
        if opened:
            _, closed, tail = rest.partition(end)
            if not closed:
                sys.exit(f"{page} ({language}): <!-- {marker} --> is never closed")
            content = f"{head}{start}{make(page, language)}\n{end}{tail}"
    return content


def files() -> Iterator[tuple[Path, str]]:
    """Every file that this command makes, and what is to be in it."""
    for language in LANGUAGES:
        for path in sorted((ROOT / "docs" / language / "algorithms").glob("*.md")):
            yield path, filled(path.read_text(encoding="utf-8"), path.stem, language)
    folder = measured(ROWS)
    if folder:
        for name in outcomes(ROWS):
            picture = draw(folder / "curves.csv", name, PLAIN)
            yield ROOT / "docs" / "images" / "algorithms" / f"{name}.svg", picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything would change")
    check = parser.parse_args().check
    stale = []
    for path, content in files():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            stale.append(str(path.relative_to(ROOT)))
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
    if check and stale:
        sys.exit(f"not as benchmarks/pages.py makes them: {', '.join(stale)}")
    print(f"{len(stale)} files {'changed' if stale else 'to change'}")


if __name__ == "__main__":
    main()
