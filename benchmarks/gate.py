"""Before any timing: do the arms compute the same thing?

Four checks, and the run stops at the first that fails. In fp32 the greedy tokens equal those of ``transformers``, the
gradient of one update on recorded answers equals TRL's, and the sampler's log-probabilities equal the trainer's. In the
dtype of the comparison the last one is measured again; its size is reported and bounded.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from arms import ARMS, WORK, Running

GREEDY_SHARE = 0.99
GRADIENT_ERROR = {"float32": 1e-4}
MISMATCH = {"float32": 1e-3, "bfloat16": 0.25}
"""Largest absolute gap between a log-probability as sampled and as trained, in nats."""


class GateClosed(RuntimeError):
    """The arms do not compute the same thing; no time of theirs would mean anything."""


@dataclass(frozen=True)
class Gate:
    work: str
    model: Path
    dtype: str

    def check(self) -> dict[str, Any]:
        """What was found, or GateClosed."""
        found: dict[str, Any] = {}
        options = {"work": self.work, "model": str(self.model), "max_grad_norm": 0.0}
        ours, theirs = self._replies(ARMS["ours"].name, options), self._replies("T0", options)
        found["greedy_equal_share_fp32"] = equal_share(ours["greedy"], theirs["greedy"])
        found["gradient_relative_error_fp32"] = gradient_error(ours["gradient"], theirs["gradient"])
        for file in (ours["gradient"], theirs["gradient"]):
            file.unlink()
        found["logprob_gap_fp32"] = ours["mismatch"]
        if self.dtype != "float32":
            other = Running(ARMS["ours"], options | {"dtype": self.dtype})
            found[f"logprob_gap_{self.dtype}"] = other.ask("mismatch", step=0)
            other.close()
        for gap in (value for key, value in found.items() if key.startswith("logprob_gap")):
            gap.pop("op", None)
        refuse(found)
        return found

    def _replies(self, name: str, options: dict[str, Any]) -> dict[str, Any]:
        arm = Running(ARMS[name], options | {"dtype": "float32"})
        gradient = WORK / f"gradient-{name}.safetensors"
        replies = {"greedy": arm.ask("greedy", step=0)["completions"], "gradient": gradient}
        if name == "ours":
            replies["mismatch"] = arm.ask("mismatch", step=0)
        arm.ask("train", step=0, save_gradient=str(gradient))
        arm.close()
        return replies


def refuse(found: dict[str, Any]) -> None:
    if found["greedy_equal_share_fp32"] < GREEDY_SHARE:
        raise GateClosed(f"greedy tokens agree on {found['greedy_equal_share_fp32']:.2%}, expected {GREEDY_SHARE:.0%}")
    if found["gradient_relative_error_fp32"] > GRADIENT_ERROR["float32"]:
        raise GateClosed(f"gradients differ by {found['gradient_relative_error_fp32']:.1e} of their norm")
    for dtype, bound in MISMATCH.items():
        gap = found.get("logprob_gap_fp32" if dtype == "float32" else f"logprob_gap_{dtype}")
        if gap and gap["largest"] > bound:
            raise GateClosed(
                f"{dtype}: sampled and trained log-probabilities differ by {gap['largest']:.3g}, bound {bound}"
            )


def equal_share(ours: list[list[int]], theirs: list[list[int]]) -> float:
    pairs = [a == b for x, y in zip(ours, theirs, strict=True) for a, b in zip(x, y, strict=True)]
    return sum(pairs) / len(pairs)


def gradient_error(ours: Path, theirs: Path) -> float:
    """Norm of the difference over the norm of the peer's gradient, all parameters together."""
    a, b = read_tensors(ours), read_tensors(theirs)
    if a.keys() != b.keys():
        raise GateClosed(f"gradients of different parameters: {sorted(a.keys() ^ b.keys())[:4]}")
    difference = sum(float(np.square(a[name] - b[name], dtype=np.float64).sum()) for name in a)
    return float((difference / sum(float(np.square(g, dtype=np.float64).sum()) for g in b.values())) ** 0.5)


def read_tensors(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """fp32 tensors of a safetensors file, without needing torch here."""
    raw = path.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)
    body = raw[8 + size :]
    return {name: np.frombuffer(body[slice(*spec["data_offsets"])], dtype="<f4") for name, spec in header.items()}
