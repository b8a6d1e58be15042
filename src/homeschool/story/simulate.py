"""The ladder without a language model: thousands of exam papers in a fraction of a second.

A child is one number, the logit a of getting one question right. A paper has K questions; the right ones are counted::

    k ~ Binomial(K, p)      p = sigmoid(a)      score = 100 k / K

An exam is a few papers of the same kind. The rule pays them, and the child learns as a policy does, by the policy
gradient of its one parameter, with advantages as in GRPO::

    a <- a + rate * mean over papers of A_i (k_i - K p)          A_i = (r_i - mean) / sd of the exam's rewards

since k - K p is the derivative of log P(k) by a. Where all rewards of an exam are the same every A_i is 0: a rule
without a difference teaches nothing, whatever it pays. Nothing is forgotten and nothing can be cheated; what this shows
is which rules leave a difference, and when. It uses the rules and the expectation of ``rewards`` as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from operator import mul
from statistics import fmean, pstdev

from homeschool.errors import UsageError
from homeschool.messages import story as say
from homeschool.rewards.ability import sigmoid
from homeschool.rewards.incentive import Incentive, build_incentive
from homeschool.rewards.rules import RULES
from homeschool.streams import stream


@dataclass(frozen=True)
class Child:
    """``Child(2.0)`` gets 88 marks on average, ``Child(0.2)`` gets 55."""

    ability: float
    """Logit of one question."""
    questions: int = 20
    """On one paper."""

    @property
    def level(self) -> float:
        """Expected mark."""
        return 100 * sigmoid(self.ability)


STRONG, WEAK = Child(2.0), Child(0.2)


@dataclass(frozen=True)
class Course:
    """What became of a child under a rule: one entry per exam."""

    rule: str
    levels: list[float] = field(default_factory=list)
    """The true level before each exam, and in the end: one entry more than exams."""
    scores: list[list[float]] = field(default_factory=list)
    rewards: list[list[float]] = field(default_factory=list)
    gradients: list[float] = field(default_factory=list)
    """mean of A_i (k_i - K p)."""
    pays: list[float] = field(default_factory=list)
    """Of the tiers, the lowest first; none for a rule without tiers."""
    edits: int = 0
    """How often the rule was changed by hand."""

    @property
    def gain(self) -> float:
        """Marks."""
        return self.levels[-1] - self.levels[0]

    @property
    def coasting(self) -> float:
        """Share of exams entirely in the top tier; 0 without tiers."""
        return self._entirely(self.pays[-1:])

    @property
    def give_up(self) -> float:
        """Share of exams entirely in the bottom tier; 0 without tiers."""
        return self._entirely(self.pays[:1])

    @property
    def signal(self) -> float:
        """Share of exams in which not all rewards were the same."""
        return fmean(len(set(rewards)) > 1 for rewards in self.rewards)

    @property
    def signal_to_noise(self) -> float:
        """Mean of the gradient over its standard deviation; 0 where there is no gradient at all."""
        noise = pstdev(self.gradients)
        return fmean(self.gradients) / noise if noise else 0.0

    def _entirely(self, pay: list[float]) -> float:
        return fmean(set(rewards) == set(pay) for rewards in self.rewards)

    def exams_to(self, level: float) -> int | None:
        """Exams until the child first stood at this level; None if it never did."""
        return next((number for number, reached in enumerate(self.levels) if reached >= level), None)


def take_course(
    incentive: Incentive, child: Child, *, exams: int = 1000, papers: int = 5, rate: float = 0.01, seed: int = 0
) -> Course:
    """A child, a rule, so many exams. The same arguments give the same course, to the bit.

    ``incentive``: made with ``questions=child.questions``; it learns, and is not to be used again.
    UsageError for fewer than 2 papers, among which there would be nothing to compare.
    """
    if papers < 2 or exams < 1:
        raise UsageError(say.TOO_FEW_PAPERS(exams=exams, papers=papers))
    luck = stream(seed, "course").random((exams, papers, child.questions))
    ability, course = child.ability, Course(incentive.rule.name, [child.level])
    for number in range(exams):
        p = sigmoid(ability)
        right = (luck[number] < p).sum(axis=1).tolist()
        scores = [100.0 * k / child.questions for k in right]
        (rewards,) = incentive.pay([("paper", scores)])
        paid = [reward for reward in rewards if reward is not None]
        incentive.learn()
        lead = [k - child.questions * p for k in right]
        gradient = sum(map(mul, standardized(paid), lead)) / papers
        ability += rate * gradient
        course.scores.append(scores)
        course.rewards.append(paid)
        course.gradients.append(gradient)
        course.levels.append(100 * sigmoid(ability))
    return replace(course, pays=incentive.history.get("pays", []), edits=incentive.history.get("edits", 0))


def standardized(rewards: Sequence[float]) -> list[float]:
    """(r - mean) / standard deviation, divided by n; all 0 where all are the same."""
    mean = sum(rewards) / len(rewards)
    if min(rewards) == max(rewards):
        return [0.0] * len(rewards)
    spread = sqrt(sum((reward - mean) ** 2 for reward in rewards) / len(rewards))
    return [(reward - mean) / spread for reward in rewards]


def ladder(child: Child, *, exams: int = 1000, papers: int = 5, rate: float = 0.01, seed: int = 0) -> dict[str, Course]:
    """Every rule with its own settings, on the same child with the same luck."""
    return {
        name: take_course(
            build_incentive(name, questions=child.questions), child, exams=exams, papers=papers, rate=rate, seed=seed
        )
        for name in RULES
    }
