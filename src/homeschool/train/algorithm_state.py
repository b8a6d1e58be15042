"""What an algorithm carries from step to step: coefficients under control, and what it remembers of prompts and scales.

It goes into the checkpoint as JSON, whose numbers come back exactly as they were.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from homeschool.algos.columns import Algorithm
from homeschool.algos.controllers import KL_CONTROLLERS, EntropyTarget
from homeschool.algos.scales import SlowScale
from homeschool.algos.tracker import PassRateTracker


class Stateful(Protocol):
    """What survives a restart: plain numbers, lists and names."""

    def state_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        ...

    def load_state_dict(self, state: Any) -> None:
        """The inverse of :meth:`state_dict`."""
        ...


class AlgorithmState:
    """The memory of one row. Parts that the row does not use are not kept."""

    def __init__(self, algo: Algorithm) -> None:
        self.kl = KL_CONTROLLERS[algo.kl_control](algo.kl_coef, algo.kl_target, algo.kl_horizon)
        self.entropy = EntropyTarget(algo.entropy_coef, algo.entropy_target)
        self.tracker = PassRateTracker()
        self.scale = SlowScale()
        parts: dict[str, tuple[bool, Stateful]] = {
            "kl": (algo.kl_control != "fixed", self.kl),
            "entropy": (algo.entropy_target > 0, self.entropy),
            "tracker": (algo.advantage == "tracker", self.tracker),
            "scale": (algo.whiten == "slow_scale", self.scale),
        }
        self.kept = {name: part for name, (used, part) in parts.items() if used}

    def current(self, algo: Algorithm) -> Algorithm:
        """The row with its controlled coefficients as they are now."""
        kl_coef = self.kl.coef if "kl" in self.kept else algo.kl_coef
        entropy_coef = self.entropy.coef if "entropy" in self.kept else algo.entropy_coef
        return replace(algo, kl_coef=kl_coef, entropy_coef=entropy_coef)

    def learn(self, metrics: Mapping[str, float], answers: int) -> None:
        """Move the coefficients by what a step of so many answers showed. A measurement that is missing moves none."""
        if "kl" in self.kept and "ref/kl" in metrics:
            self.kl.update(metrics["ref/kl"], answers)
        if "entropy" in self.kept and "policy/entropy" in metrics:
            self.entropy.update(metrics["policy/entropy"])
        if "tracker" in self.kept and "policy/step_kl" in metrics:
            self.tracker.travel(metrics["policy/step_kl"])

    def state_dict(self) -> dict[str, Any]:
        """By part."""
        return {name: part.state_dict() for name, part in self.kept.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        for name, part in self.kept.items():
            part.load_state_dict(state[name])
