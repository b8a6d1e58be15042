"""Fill the figures of README.md and README.zh-CN.md from the result files: ``python benchmarks/readme.py``.

Each figure stands between two marker comments; nothing between them is typed by hand. With ``--check`` nothing is
written: the exit code is 1 where a page is not as it would be made.
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
STAGES = {
    "en": {"pretrain": "textbook", "sft": "worked examples", "rl": "exams"},
    "zh": {"pretrain": "读课本", "sft": "看例题", "rl": "考试"},
}
HEADS = {
    "en": "| stage | steps | hidden exam, % right [95 %] | seconds | peak memory, MiB |",
    "zh": "| 阶段 | 步数 | 隐藏考试正确率 % [95 % 区间] | 秒 | 内存峰值 MiB |",
}
PAGES = {"en": "README.md", "zh": "README.zh-CN.md"}
PEERS = {
    "en": {
        "T0": "TRL 1.16",
        "T1": "TRL 1.16, tuned",
        "P0": "TRL 1.12 PPO",
        "P1": "TRL 1.12 PPO, bf16",
        "again": "ours",
    },
    "zh": {
        "T0": "TRL 1.16",
        "T1": "TRL 1.16，调优后",
        "P0": "TRL 1.12 PPO",
        "P1": "TRL 1.12 PPO，bf16",
        "again": "我们自己",
    },
}
PROMISED = {"en": "at least {floor:g}: {found}", "zh": "至少 {floor:g}：{found}"}
FOUND = {
    "en": {"met": "met", "missed": "missed", "not shown": "not shown"},
    "zh": {"met": "达到", "missed": "没达到", "not shown": "还看不出"},
}
SPEED_WORDS = {
    "en": {"memory": "peak memory", "of it": "{:.2f} of it"},
    "zh": {"memory": "内存峰值", "of it": "是它的 {:.2f} 倍"},
}


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def latest(pattern: str) -> Path:
    """The newest result folder of a kind; folders begin with their date."""
    return sorted(RESULTS.glob(pattern))[-1]


def points(interval: dict[str, float]) -> str:
    """``46.2 [41.0, 51.3]`` in percent."""
    estimate, low, high = (f"{100 * interval[part]:.1f}" for part in ("estimate", "low", "high"))
    return f"{estimate} [{low}, {high}]"


def quickstart_table(language: str) -> str:
    lines = []
    for algo in ("grpo", "ppo"):
        school = read(latest(f"*-quickstart-{algo}") / "summary.json")
        lines += ["", f"`--algo {algo}`", "", HEADS[language], "|" + " --- |" * 5]
        for row in school["stages"]:
            name = STAGES[language][row["stage"]]
            lines.append(
                f"| {name} | {row['steps']} | {points(row['score'])} | {row['seconds']:.0f} | {row['peak_mib']} |"
            )
        gain = points(school["difference"])
        seconds = sum(row["seconds"] for row in school["stages"])
        if language == "en":
            lines += [
                "",
                f"Gained by the exams: {gain} points, same questions; {seconds:.0f} s in all on two cores.",
            ]
        else:
            lines += ["", f"考试带来的提高：同一批题目上 {gain} 个百分点。三个阶段在两个核上一共 {seconds:.0f} 秒。"]
    return "\n".join(lines[1:])


def real_model(language: str) -> str:
    folder = latest("*-smollm2-reverse")
    result = read(folder / "rl" / "summary.json")
    before, after, gain = points(result["before"]), points(result["after"]), points(result["difference"])
    where, minutes = folder.relative_to(ROOT), result["seconds"] / 60
    link = f"[{where}]({where})"
    if language == "en":
        return (
            f"Measured: from {before} to {after} % on {result['items']} hidden lists, a gain of {gain} points (95 % "
            f"intervals, one seed), in {minutes:.0f} minutes on one core, with Q4_1 weights as the start. Commands and "
            f"all raw numbers: {link}."
        )
    return (
        f"实测：{result['items']} 道隐藏题上从 {before} % 升到 {after} %，提高 {gain} 个百分点"
        f"（95 % 区间，一个种子），单核 {minutes:.0f} 分钟，起点是 Q4_1 权重。命令和全部原始数据：{link}。"
    )


def speed(language: str) -> str:
    folder = latest("*-intel*") / "bfloat16"
    summary = read(folder / "summary.json")
    where = folder.relative_to(ROOT)
    head = {
        "en": "| full work, two cores | against | times faster [95 %] | rounds | promised |",
        "zh": "| 同样的工作，两个核 | 对手 | 快多少倍 [95 % 区间] | 轮数 | 目标 |",
    }[language]
    names, words = PEERS[language], SPEED_WORDS[language]
    lines = [head, "|" + " --- |" * 5]
    for ratio in summary["ratios"]:
        figure = f"{ratio['median']:.1f} [{ratio['low']:.1f}, {ratio['high']:.1f}]"
        promise = promised(ratio, language)
        lines.append(f"| {ratio['cell']} | {names[ratio['peer']]} | {figure} | {ratio['pairs']} | {promise} |")
    for row in summary["memory"]:
        if row["arm"] != "ours":
            figure = words["of it"].format(row["ours_over_it"])
            lines.append(f"| {words['memory']} | {names[row['arm']]} | {figure} | | |")
    tail = {
        "en": f"Raw rounds, settings and protocol: [{where}]({where}).",
        "zh": f"原始数据、设置和测法：[{where}]({where})。",
    }
    return "\n".join([*lines, "", tail[language]])


def promised(ratio: dict[str, Any], language: str) -> str:
    """Whether the least that was promised is met, in words; empty where nothing was."""
    if ratio["floor"] is None:
        return ""
    found = ratio["verdict"].rpartition(": ")[2]
    return PROMISED[language].format(floor=ratio["floor"], found=FOUND[language][found])


def filled(content: str, language: str) -> str:
    """A page with its figures as the results have them."""
    for marker, figure in (("quickstart-table", quickstart_table), ("real-model", real_model), ("speed", speed)):
        start, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
        head, _, rest = content.partition(start)
        _, _, tail = rest.partition(end)
        content = f"{head}{start}{figure(language)}\n{end}{tail}"
    return content


def main(arguments: list[str]) -> int:
    stale = []
    for language, file in PAGES.items():
        path = ROOT / file
        content = path.read_text(encoding="utf-8")
        made = filled(content, language)
        if made != content:
            stale.append(file)
        if "--check" not in arguments:
            path.write_text(made, encoding="utf-8")
    if "--check" in arguments and stale:
        print(f"not as their results make them: {', '.join(stale)}; run python benchmarks/readme.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
