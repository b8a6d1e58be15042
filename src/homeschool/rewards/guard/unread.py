"""Audits of answers that the start model has not read yet.

Reading costs a forward, and while the grader was right every time it would teach nothing. So audits wait here until one
shows that the grader was wrong.

Standard library only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeschool.types import Completion, Prompt, Rollout, RolloutGroup


@dataclass(frozen=True, slots=True)
class Unread:
    """One audit, with all that a reader needs."""

    rollout: Rollout
    """As far as features are read from it."""
    gold: float
    """As a share of full marks."""
    weight: float
    """1 / pi."""
    earned: float | None = None
    """The share of full marks that no other key gives; None where there are no keys."""

    @property
    def group(self) -> RolloutGroup:
        """A group of its own, as batches are built from."""
        return RolloutGroup(self.rollout.prompt, (self.rollout,))

    def state(self) -> dict[str, Any]:
        """Ready for JSON."""
        rollout = self.rollout
        return {
            "prompt": rollout.prompt.text,
            "tokens": list(rollout.completion.tokens),
            "logprobs": list(rollout.completion.logprobs),
            "score": rollout.score,
            "parts": list(rollout.parts),
            "gold": self.gold,
            "weight": self.weight,
            "earned": self.earned,
        }


def unread(rollout: Rollout, gold: float, weight: float, earned: float | None = None) -> Unread:
    """What is kept of an audit. Neither the item's columns nor its name: no feature may look at them."""
    made = _made(rollout.prompt.text, rollout.completion, rollout.score, rollout.parts)
    return Unread(made, gold, weight, earned)


def from_state(state: Mapping[str, Any]) -> Unread:
    """The inverse of :meth:`Unread.state`."""
    text = state["prompt"] if isinstance(state["prompt"], str) else tuple(state["prompt"])
    written = Completion("", tuple(state["tokens"]), tuple(state["logprobs"]), "stop")
    made = _made(text, written, state["score"], state["parts"])
    return Unread(made, state["gold"], state["weight"], state["earned"])


def _made(text: Any, written: Completion, score: float | None, parts: Sequence[float]) -> Rollout:
    completion = Completion("", written.tokens, written.logprobs, "stop")
    return Rollout(Prompt("", text), completion, score, score, (), tuple(parts))
