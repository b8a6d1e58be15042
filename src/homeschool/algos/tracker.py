"""How well each prompt goes, remembered from step to step: a baseline where there is no group to compare with.

Standard library only. Source: Single-stream Policy Optimization, arXiv:2509.13232.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from homeschool.errors import UsageError
from homeschool.messages.refusals import algorithms as say

HALF_LIFE = 0.06
"""KL, in nats per token, between two policies after which an old mark counts half."""
MOST_FORGETTING, LEAST_FORGETTING = 0.875, 0.96
"""What is kept of the old marks at a visit lies between these: 8 to 25 marks count at any time."""
PRIOR_STRENGTH = 2.0
"""How many marks the average prompt is worth as a first guess about a new one."""


@dataclass
class Belief:
    """Beta(passes, fails) about one prompt's pass rate, and when it was last looked at."""

    passes: float
    fails: float
    seen_at: float = 0.0
    """How far the policy had travelled, in KL."""

    @property
    def mean(self) -> float:
        return self.passes / (self.passes + self.fails)

    def learn(self, reward: float, kept: float, now: float) -> None:
        """One more mark, after all older ones have shrunk to the share ``kept``."""
        self.passes = kept * self.passes + reward
        self.fails = kept * self.fails + 1 - reward
        self.seen_at = now


@dataclass
class PassRateTracker:
    """A Beta posterior of each prompt's pass rate that forgets as the policy changes. Rewards lie in [0, 1].

        passes <- kept * passes + r       fails <- kept * fails + (1 - r)       kept = clip(2^(-KL / HALF_LIFE))

    KL is the distance that the policy has travelled since this prompt's last visit, as the caller reports it to
    ``travel``. A prompt never seen begins at the average of all answers so far (1/2 before the first), with the weight
    of PRIOR_STRENGTH marks; the paper begins with eight answers to each prompt instead. That average forgets by
    distance alone, because it is not about one prompt's luck.
    """

    beliefs: dict[str, Belief] = field(default_factory=dict)
    everyone: Belief = field(default_factory=lambda: Belief(PRIOR_STRENGTH / 2, PRIOR_STRENGTH / 2))
    travelled: float = 0.0

    def baseline(self, prompt: str) -> float:
        """The expected reward of the prompt's next answer, in [0, 1]."""
        return self.beliefs[prompt].mean if prompt in self.beliefs else self.everyone.mean

    def advantages(self, prompts: Sequence[str], rewards: Sequence[float]) -> list[float]:
        """A_i = r_i - baseline of its prompt; only then the answers are learned from.

        A baseline that had seen r_i would make the estimate biased. Raises UsageError for a reward outside [0, 1].
        """
        for prompt, reward in zip(prompts, rewards, strict=True):
            if not 0 <= reward <= 1:
                raise UsageError(say.NOT_A_PASS_RATE(prompt=prompt, reward=reward))
        found = [reward - self.baseline(prompt) for prompt, reward in zip(prompts, rewards, strict=True)]
        for prompt, reward in zip(prompts, rewards, strict=True):
            self._learn(prompt, reward)
        return found

    def travel(self, divergence: float) -> None:
        """The policy has moved by this KL (nats per token; not less than 0)."""
        self.travelled += max(divergence, 0.0)

    def _learn(self, prompt: str, reward: float) -> None:
        if prompt not in self.beliefs:
            mean = self.everyone.mean
            self.beliefs[prompt] = Belief(PRIOR_STRENGTH * mean, PRIOR_STRENGTH * (1 - mean), self.travelled)
        belief = self.beliefs[prompt]
        belief.learn(reward, min(self._fresh(belief), LEAST_FORGETTING), self.travelled)
        self.everyone.learn(reward, self._fresh(self.everyone), self.travelled)

    def _fresh(self, belief: Belief) -> float:
        return kept_share(self.travelled - belief.seen_at)

    def state_dict(self) -> dict[str, Any]:
        """Numbers, lists and names, ready for JSON."""
        return {
            "travelled": self.travelled,
            "everyone": list(vars(self.everyone).values()),
            "beliefs": {prompt: list(vars(belief).values()) for prompt, belief in self.beliefs.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        self.travelled = state["travelled"]
        self.everyone = Belief(*state["everyone"])
        self.beliefs = {prompt: Belief(*numbers) for prompt, numbers in state["beliefs"].items()}


def kept_share(divergence: float) -> float:
    """2^(-KL / HALF_LIFE), at least MOST_FORGETTING: what of the old marks still counts after so much change."""
    return max(2 ** (-divergence / HALF_LIFE), MOST_FORGETTING)
