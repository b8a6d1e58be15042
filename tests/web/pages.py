"""Data of pages, made by hand: one of each kind a page has to open on. web/src/data.ts tells what they hold."""

import math
import random
from typing import Any

Json = dict[str, Any]


def text(en: str, zh: str = "") -> Json:
    return {"en": en, "zh": zh or en}


def mark(estimate: float, reach: float) -> Json:
    return {"estimate": estimate, "low": estimate - reach, "high": estimate + reach}


def page(*runs: Json, comparison: Json | None = None, live: bool = False, language: str = "en") -> Json:
    return {
        "format": 1,
        "version": "0.1.0",
        "live": live,
        "language": language,
        "runs": list(runs),
        "comparison": comparison,
        "notes": [],
    }


def metrics(steps: int, seed: int = 0) -> Json:
    draw = random.Random(seed)
    curves: dict[str, list[float | None]] = {
        "reward/mean": [
            0.15 + 0.6 * (1 - math.exp(-step / (steps / 3))) + draw.gauss(0, 0.04) for step in range(steps)
        ],
        "reward/zero_std_group_frac": [0.45 - 0.2 * step / steps + draw.gauss(0, 0.03) for step in range(steps)],
        "rollout/length_mean": [6 + 3 * step / steps + draw.gauss(0, 0.3) for step in range(steps)],
        "policy/entropy": [0.55 * math.exp(-step / steps) + draw.gauss(0, 0.01) for step in range(steps)],
        "policy/approx_kl": [abs(draw.gauss(0.001, 0.0005)) for _ in range(steps)],
        "optim/grad_norm": [0.4 + abs(draw.gauss(0, 0.1)) for _ in range(steps)],
        "optim/lr": [3e-4] * steps,
        "time/step_s": [0.25] * steps,
        "perf/tokens_per_s": [6000.0] * steps,
        "eval/check": [0.2 + 0.5 * step / steps if step % 10 == 9 else None for step in range(steps)],
    }
    return {
        "names": list(curves),
        "labels": {
            "reward/mean": text("mean of the rewards", "奖励的平均"),
            "reward/zero_std_group_frac": text("groups where all earned the same", "全组得分一样的比例"),
            "rollout/length_mean": text("mean length of the answers, in tokens", "回答的平均长度（token）"),
            "policy/entropy": text("how undecided the model is", "模型有多拿不定主意"),
            "eval/check": text("marks of the check exam", "检查考试的成绩"),
        },
        "curated": ["reward/mean", "eval/check", "policy/entropy", "reward/zero_std_group_frac"],
        "steps": list(range(1, steps + 1)),
        "columns": list(curves.values()),
    }


def strip(answer: str, advantage: float, seed: int = 0) -> Json:
    draw = random.Random(seed)
    texts = [*answer, "<|end|>"]
    old = [-abs(draw.gauss(0, 0.7)) for _ in texts]
    ratio = [math.exp(draw.gauss(0, 0.12)) for _ in texts]
    return {
        "texts": texts,
        "logprobs": [one + math.log(by) for one, by in zip(old, ratio, strict=True)],
        "oldLogprobs": old,
        "ratio": ratio,
        "advantages": [advantage * (0.6 + 0.4 * place / len(texts)) for place in range(len(texts))],
        "values": [0.3 + 0.4 * place / len(texts) for place in range(len(texts))],
        "kl": [abs(draw.gauss(0, 0.02)) for _ in texts],
        "clipped": [(by > 1.2 and advantage > 0) or (by < 0.8 and advantage < 0) for by in ratio],
    }


def group(step: int, seed: int, size: int = 8, *, tokens: bool = False, guarded: bool = False) -> Json:
    draw = random.Random(seed)
    left, right = draw.randrange(10, 99), draw.randrange(10, 99)
    told = [left + right if draw.random() < 0.55 else left + right + draw.choice((-10, -1, 1, 10)) for _ in range(size)]
    scores = [float(one == left + right) for one in told]
    mean = sum(scores) / size
    spread = math.sqrt(sum((score - mean) ** 2 for score in scores) / size) or 1.0
    rollouts = []
    for place, (one, score) in enumerate(zip(told, scores, strict=True)):
        advantage = (score - mean) / spread
        answer = f"{left // 10 * 10}+{right}={one}" if place % 3 else str(one)
        rollouts.append(
            {
                "text": answer,
                "finish": "length" if place == 7 else "stop",
                "score": score,
                "reward": score,
                "trueScore": (0.0 if score and place == 2 else score) if guarded else None,
                "advantage": advantage,
                "parts": [0.7 * score, 0.3 * score],
                "findings": [],
                "tokens": strip(answer, advantage, seed + place) if tokens else None,
            }
        )
    return {
        "step": step,
        "prompt": f"sums/{left}+{right}/{seed}",
        "question": f"{left} + {right} =",
        "right": str(left + right),
        "uniform": len(set(scores)) == 1,
        "rollouts": rollouts,
    }


def pairs(count: int) -> list[Json]:
    made = []
    for number in range(count):
        left, right = 17 + number % 60, 25 + number * 7 % 60
        before = left + right - (10 if number % 5 else 0)
        after = left + right - (10 if number % 7 == 3 else 0)
        made.append(
            {
                "id": f"hidden/{number}",
                "question": f"{left} + {right} =",
                "right": str(left + right),
                "before": str(before),
                "after": f"{left}+{right}={after}",
                "scoreBefore": float(before == left + right),
                "scoreAfter": float(after == left + right),
                "trueAfter": None,
            }
        )
    return made


def guard(steps: int) -> Json:
    draw = random.Random(5)
    audits = []
    for step in range(1, steps + 1, 2):
        made = group(step, step)
        gold = 1.0 if draw.random() < 0.7 else 0.0
        audits.append(
            {
                "step": step,
                "prompt": made["prompt"],
                "question": made["question"],
                "completion": made["rollouts"][0]["text"],
                "proxy": 1.0,
                "predicted": 0.8,
                "rate": 0.05,
                "floor": step % 3 == 0,
                "gold": gold,
                "reward": 0.8 + (gold - 0.8) / 0.05,
                "falsePass": gold == 0,
            }
        )
    return {
        "audits": audits,
        "audited": 3 * len(audits),  # a page has a sample of them
        "falsePasses": 3 * sum(audit["falsePass"] for audit in audits),
        "goldCalls": len(audits),
        "budget": steps,
        "runLength": 10000,
        "tolerance": 0.03,
        "evidence": [{"step": step, "value": math.exp(step * step / steps / 12)} for step in range(1, steps + 1)],
        "threshold": 10000.0,
        "trueScore": [
            {
                "step": step,
                "low": 0.3 - 0.2 / math.sqrt(step),
                "high": 0.3 + 0.5 / math.sqrt(step),
                "estimate": 0.3 + 0.1 / math.sqrt(step),
            }
            for step in range(1, steps + 1)
        ],
        "actions": [
            {
                "step": steps // 2,
                "kind": "audit_more",
                "text": text("audits four times as often", "抽查次数增加到四倍"),
            },
            {"step": steps - 4, "kind": "credit", "text": text("pays by the audits alone", "改按抽查结果记账")},
        ],
    }


RULE = '''"""Tiers of its own for each child."""


def rule(attempt, history):
    line = history.recent_mean(5, default=0.5)
    return attempt.score - line
'''


def finished(name: str = "child/rl", steps: int = 120) -> Json:
    return {
        "name": name,
        "verb": "rl",
        "status": "finished",
        "algorithm": "grpo",
        "task": "sums",
        "seed": 0,
        "problems": [],
        "verdict": [
            text(
                "The hidden exam rose from 39 to 76 of 100. It got better.",
                "隐藏考试从 39 分升到 76 分（满分 100），确实学会了。",
            ),
            text(
                "An exam of 400 questions would miss a gain below 7 points.",
                "400 道题的考试，提高不到 7 分就看不出来。",
            ),
        ],
        "before": mark(0.3925, 0.049),
        "after": mark(0.7625, 0.043),
        "difference": mark(0.37, 0.052),
        "trueBefore": mark(0.3925, 0.049),
        "trueAfter": mark(0.59, 0.05),
        "trueDifference": mark(0.2, 0.055),
        "fullMarks": 1.0,
        "trueFullMarks": 1.0,
        "findings": [
            {
                "name": "true_below_proxy",
                "severity": "problem",
                "step": 61,
                "title": text("Some marks are paid for nothing", "有些分数是白给的"),
                "evidence": text(
                    "14 of 60 audited answers were refused by the gold check", "抽查的 60 份回答里，金标准有 14 份不认"
                ),
                "next": text("open the audits and read three of them", "打开抽查记录，读三份看看"),
            },
            {
                "name": "ties",
                "severity": "note",
                "step": 100,
                "title": text("A third of the groups are ties", "三分之一的组平分"),
                "evidence": text("reward/zero_std_group_frac is 0.33", "reward/zero_std_group_frac 是 0.33"),
                "next": text("harder questions", "换难一点的题"),
            },
        ],
        "config": [
            {"key": "algo", "value": "grpo", "chosen": True},
            {"key": "steps", "value": str(steps), "chosen": True},
            {"key": "rl.clip_low", "value": "0.2", "chosen": False},
            {"key": "rl.clip_high", "value": "0.2", "chosen": False},
            {"key": "rl.group_size", "value": "8", "chosen": True},
            {"key": "task.name", "value": "sums", "chosen": False},
        ],
        "clip": {"low": 0.8, "high": 1.2},
        "environment": {"homeschool": "0.1.0", "torch": "2.13.0+cpu", "threads": "2"},
        "cost": {
            "seconds": 112.8,
            "peak_mib": 558,
            "parameters": 1344320,
            "tokens_total": 2.1e5,
            "updates_total": 400,
            "seconds_total": 98.5,
            "flops_total": 3.1e12,
        },
        "metrics": metrics(steps),
        "groups": [
            group(step, step * 10 + one, tokens=step % 10 == 1 and one == 0, guarded=True)
            for step in range(1, 41)
            for one in range(2)
        ],
        "pairs": pairs(60),
        "guard": guard(steps),
        "notebook": {
            "kinds": [
                {"kind": "carry", "asked": 420, "passed": 301, "early": 0.21, "late": 0.82, "learned": True},
                {"kind": "three numbers", "asked": 160, "passed": 40, "early": 0.18, "late": 0.35, "learned": False},
                {"kind": "no carry", "asked": 380, "passed": 355, "early": 0.74, "late": 0.97, "learned": True},
                {"kind": "money", "asked": 90, "passed": 31, "early": 0.44, "late": 0.31, "learned": False},
            ]
        },
        "rule": {
            "name": "own_tiers",
            "source": RULE,
            "hash": "9f86d081884c7d659a2feaa0c55ad015",
            "versions": [
                {"step": 1, "values": {"edge_1": "0.40", "edge_2": "0.70"}},
                {"step": 40, "values": {"edge_1": "0.55", "edge_2": "0.70"}},
                {"step": 80, "values": {"edge_1": "0.62", "edge_2": "0.85", "edge_3": "0.95"}},
            ],
        },
        "notes": [],
    }


def comparison() -> Json:
    def curve(seed: int, top: float) -> Json:
        draw = random.Random(seed)
        steps = list(range(0, 201, 20))
        return {
            "seed": seed,
            "x": {"steps": steps, "tokens": [1500 * step for step in steps], "seconds": [0.3 * step for step in steps]},
            "y": [0.35 + (top - 0.35) * (1 - math.exp(-step / 60)) + draw.gauss(0, 0.015) for step in steps],
        }

    def row(arm: str, top: float, gain: float, seconds: Json) -> Json:
        return {
            "arm": arm,
            "runs": 5,
            "failed": int(arm == "rloo"),
            "quality": mark(top, 0.03),
            "iqm": mark(top + 0.01, 0.02),
            "improvement": 0.5 + gain * 4 if gain else None,
            "difference": mark(gain, 0.035) if gain else None,
            "detectable": 0.04 if gain else None,
            "cost": {"seconds": seconds, "bytes": 5.4e8, "flops": 3.1e12, "tokens": 3.0e5},
            "spread": 0.02,
            "collapses": int(arm == "rloo"),
            "curves": [curve(seed, top + 0.01 * seed) for seed in range(5)],
        }

    return {
        "baseline": "grpo",
        "arms": ["grpo", "ppo", "rloo"],
        "seeds": [0, 1, 2, 3, 4],
        "tasks": [
            {
                "task": "sums",
                "verdict": [
                    text(
                        "PPO is not shown to differ from GRPO, and costs 1.4 times the seconds.",
                        "看不出 PPO 和 GRPO 有差别，但用时是后者的 1.4 倍。",
                    ),
                    text("RLOO is worse by 8 points.", "RLOO 低 8 分。"),
                ],
                "rows": [
                    row("grpo", 0.76, 0.0, {"rollout": 46.0, "update": 64.0}),
                    row("ppo", 0.775, 0.015, {"rollout": 46.0, "critic": 41.0, "update": 66.0}),
                    row("rloo", 0.68, -0.08, {"rollout": 46.0, "update": 60.0}),
                ],
            }
        ],
    }


def running() -> Json:
    return finished("running/rl", 30) | {
        "status": "running",
        "verdict": [text("Step 30 of 400: the reward rises.", "训练到第 30 步，共 400 步：奖励在上升。")],
        "after": None,
        "difference": None,
        "trueAfter": None,
        "trueDifference": None,
        "guard": None,
        "rule": None,
        "notebook": None,
        "pairs": [],
    }


def empty() -> Json:
    return {
        "name": "empty",
        "verb": "unknown",
        "status": "empty",
        "problems": [text("there is no metrics.jsonl", "没有 metrics.jsonl")],
    }


def truncated() -> Json:
    """As a run folder that was cut in the middle of everything might arrive."""
    return {
        "name": "cut",
        "verb": "rl",
        "status": "failed",
        "verdict": None,
        "before": {"estimate": None},
        "after": {"estimate": 0.5},
        "metrics": {"names": ["reward/mean", "policy/loss"], "steps": [1, 2, 3], "columns": [[0.1, None]]},
        "groups": [{"step": 1}, {"rollouts": [{"text": "a"}, {"tokens": {"texts": ["a", "b"], "logprobs": [-1.0]}}]}],
        "pairs": [{}],
        "findings": [{}],
        "config": [{"key": "steps"}],
        "guard": {"audits": [{}], "evidence": [{}], "trueScore": [{}], "actions": [{}]},
        "notebook": {"kinds": [{}]},
        "rule": {"versions": [{}]},
    }


MARKUP = "</script><script>window.owned = 1</script><img src=x onerror='window.owned = 1'><b>bold</b>"
BACKWARDS = "\u202etxet desrever\u202c \u2066\u2067 \u200f"


def hostile() -> Json:
    """Every text is markup, text that turns the line around, or a line of 200,000 characters; numbers are of no use."""
    long = "x" * 200_000
    nasty = [MARKUP, BACKWARDS, long, "\x00\x1b[31m", "𝒳" * 50, "{{constructor}}", "javascript:window.owned=1"]

    def answer(what: str) -> Json:
        tokens = {"texts": [what, MARKUP, "\n", ""], "logprobs": [-1e308, 0, 1e9, None], "ratio": [1e300, 0, -1, None]}
        return {
            "text": what,
            "score": 1e300,
            "reward": None,
            "advantage": -1e300,
            "parts": [1e300, -5],
            "findings": [MARKUP],
            "tokens": tokens,
            "finish": MARKUP,
        }

    made: Json = {
        "name": MARKUP,
        "verb": MARKUP,
        "status": MARKUP,
        "algorithm": long,
        "task": MARKUP,
        "seed": "x",
        "verdict": [text(MARKUP), text(BACKWARDS), long[:5000]],
        "before": mark(1e300, 1),
        "after": {"estimate": "x"},
        "difference": mark(-1e300, 1),
        "findings": [
            {"name": MARKUP, "severity": MARKUP, "title": text(MARKUP), "evidence": text(long), "next": text(BACKWARDS)}
        ],
        "config": [{"key": what, "value": what, "chosen": 1} for what in nasty],
        "environment": {MARKUP: long, "__proto__": MARKUP},
        "cost": {MARKUP: 1e300, "x": "y"},
        "metrics": {
            "names": [MARKUP, "__proto__", "constructor", "reward/mean"],
            "labels": {MARKUP: text(MARKUP)},
            "curated": [MARKUP, "constructor"],
            "steps": [1, 2, "x"],
            "columns": [[None, None, None], [1e300, -1e300, 0], [1, 1, 1], "x"],
        },
        "groups": [
            {
                "step": number,
                "prompt": what,
                "question": what,
                "right": what,
                "rollouts": [answer(one) for one in nasty],
            }
            for number, what in enumerate(nasty)
        ],
        "pairs": [
            {"id": what, "question": what, "right": what, "before": what, "after": what, "scoreBefore": "x"}
            for what in nasty
        ],
        "guard": {
            "audits": [
                {"prompt": what, "question": what, "completion": what, "proxy": 1e300, "gold": -1e300} for what in nasty
            ],
            "evidence": [{"step": 1, "value": 1e300}, {"step": 2, "value": -1}],
            "trueScore": [{"step": 2, "low": 1e300, "high": -1e300}],
            "threshold": -1,
            "actions": [{"kind": MARKUP, "text": text(long)}],
        },
        "notebook": {"kinds": [{"kind": what, "asked": -1, "early": 1e300, "late": -1e300} for what in nasty]},
        "rule": {
            "name": MARKUP,
            "source": long + "\n" + MARKUP,
            "hash": MARKUP,
            "versions": [{"values": {MARKUP: long}}, {"values": "x"}],
        },
    }
    return made


def big(steps: int = 2000, answers: int = 20_000) -> Json:
    made = finished("big/rl", steps)
    made["groups"] = [group(1 + number * 8 * steps // answers, number) for number in range(answers // 8)]
    return made
