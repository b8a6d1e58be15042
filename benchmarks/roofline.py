"""How much of what the machine can do does our decoding reach?

Each round times generation of the full length and of a single token (the prompt's forward); the difference is decoding.
Its arithmetic rate stands beside three rates of the same minute: the machine's large square product, and the products
of decoding alone, with weights as stored and with weights laid out for the library.
"""

import csv
from pathlib import Path
from statistics import median
from typing import Any

from arms import ARMS, Running
from rounds import Plan
from work import WORKS, Work

WORK_NAME = "p128"


def run(plan: Plan, folder: Path) -> dict[str, Any]:
    work = WORKS[WORK_NAME]
    options = {"work": work.name, "model": str(plan.models / work.shape.name), "dtype": plan.dtype}
    ours, probe = Running(ARMS["ours"], options), Running(ARMS["probe"], {"dtype": plan.dtype})
    rows = []
    for number in range(plan.warm_up + plan.pairs):
        rows.append(one_round(ours, probe, work, number))
        plan.say(f"roofline {number}: {rows[-1]['decode_gflops']:.0f} of {rows[-1]['packed_gflops']:.0f} GFLOP/s")
    ours.close()
    probe.close()
    with (folder / "roofline.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return summarize(rows[plan.warm_up :])


def one_round(ours: Running, probe: Running, work: Work, number: int) -> dict[str, Any]:
    rates = probe.ask("probe") | probe.ask("decode_products", matrices=work.shape.matrices, rows=work.sequences)
    whole = ours.ask("generate", step=number % 16)["seconds"]["generate"]
    first = ours.ask("generate", step=number % 16, completion_tokens=1)["seconds"]["generate"]
    rates.pop("op")
    return {
        "whole_seconds": whole,
        "first_token_seconds": first,
        "decode_gflops": decode_flops(work) / (whole - first) / 1e9,
        "decode_tokens_per_second": work.sequences * (work.completion_tokens - 1) / (whole - first),
        **rates,
    }


def decode_flops(work: Work) -> float:
    """Products with weights, and with the cache: 2 per weight and token, 4 x layers x width per token of context."""
    tokens = work.sequences * (work.completion_tokens - 1)
    context = work.prompt_tokens + work.completion_tokens / 2
    weights = sum(outputs * width for outputs, width in work.shape.matrices)
    return tokens * (2 * weights + 4 * work.shape.layers * work.shape.width * context)


def summarize(rows: list[dict[str, float]]) -> dict[str, Any]:
    def share(of: str) -> float:
        return median(row["decode_gflops"] / row[of] for row in rows)

    return {
        "decode_tokens_per_second": median(row["decode_tokens_per_second"] for row in rows),
        "share_of_large_square_product": share("gflops"),
        "share_of_decode_products_as_stored": share("plain_gflops"),
        "share_of_decode_products_packed": share("packed_gflops"),
        "large_square_product_gflops": median(row["gflops"] for row in rows),
        "decode_products_packed_gflops": median(row["packed_gflops"] for row in rows),
        "rounds": len(rows),
    }
