"""How fast the machine is at this moment: a fixed matrix product in the dtype of the comparison, and a copy.

Runs as an arm, beside each round. Its rates turn the arms' rates into shares of what the machine can do; a round whose
probe is off the median is dropped.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import torch
from serve import Channel, Reply, Request
from torch.nn.functional import linear

SECONDS = 0.5
SIZE = 2048
COPY_BYTES = 256 << 20


def main(options: dict[str, Any]) -> None:
    channel = Channel()
    torch.set_num_threads(2)
    dtype = getattr(torch, options["dtype"])
    torch.manual_seed(0)
    left, right = (torch.randn(SIZE, SIZE).to(dtype) for _ in range(2))
    source = torch.ones(COPY_BYTES // 4)
    target = torch.empty_like(source)

    def probe(_: Request) -> Reply:
        products = rate(lambda: left @ right, SECONDS)
        copies = rate(lambda: target.copy_(source), SECONDS / 2)
        return {"gflops": products * 2 * SIZE**3 / 1e9, "copy_gbytes": copies * 2 * COPY_BYTES / 1e9}

    def decode_products(request: Request) -> Reply:
        return decode_rates(request["matrices"], request["rows"], dtype)

    operations = {"probe": probe, "decode_products": decode_products}
    channel.reply(op="ready")
    for request in channel.requests():
        channel.answer(request, operations[request["op"]])


def decode_rates(matrices: list[tuple[int, int]], rows: int, dtype: torch.dtype) -> Reply:
    """GFLOP/s of all products of one decoded token per row and nothing else, each weight read from memory once.

    ``plain`` uses the weights as they are stored; ``packed`` in the layout the library likes best (bf16 only).
    """
    with torch.inference_mode():
        weights = [torch.randn(size).mul_(0.02).to(dtype) for size in matrices]
        inputs = {width: torch.randn(rows, width).to(dtype) for _, width in matrices}
        flops = 2 * rows * sum(outputs * width for outputs, width in matrices)
        plain = rate(lambda: [linear(inputs[w.shape[1]], w) for w in weights], SECONDS)
        packed = plain
        if dtype == torch.bfloat16:
            widths = [w.shape[1] for w in weights]
            weights = [torch.ops.mkldnn._reorder_linear_weight(w, rows) for w in weights]
            product = torch.ops.mkldnn._linear_pointwise
            pairs = list(zip(weights, widths, strict=True))
            packed = rate(lambda: [product(inputs[n], w, None, "none", [], "") for w, n in pairs], SECONDS)
    return {"plain_gflops": plain * flops / 1e9, "packed_gflops": packed * flops / 1e9}


def rate(work: Callable[[], object], seconds: float) -> float:
    """Calls per second, after one that is not counted."""
    work()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        work()
        count += 1
    return count / (time.perf_counter() - start)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
