"""The guard of one run: it predicts, throws coins, has answers audited, pays, and says what it found.

The order in a step is fixed: score, rule, guard, baseline, loss. Within the guard: predictions and chances first, from
what earlier steps taught; then the coins; then the gold check; then the pay; and only after the step it learns.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import inf
from statistics import fmean
from typing import Any

import numpy as np

from homeschool.config import GuardConfig
from homeschool.rewards.guard.actions import LEVELS, Ladder, Note
from homeschool.rewards.guard.answers import (
    Answer,
    Floats,
    Pay,
    Quoter,
    Views,
    mean_logprob,
    replaced,
    trained_answers,
)
from homeschool.rewards.guard.coins import Fallen, Odds, steered_odds, throw, uniform_odds
from homeschool.rewards.guard.credit import audited_reward, bounded_audited_reward
from homeschool.rewards.guard.expectation import Expectation
from homeschool.rewards.guard.gold import GoldCheck
from homeschool.rewards.guard.interval import TrueScore
from homeschool.rewards.guard.ledger import Audited, Row, audit_metrics, audit_row
from homeschool.rewards.guard.other_keys import OtherKeys
from homeschool.rewards.guard.price import Price
from homeschool.rewards.guard.rate import BOOST, RateControl, extra_variance
from homeschool.rewards.guard.suspicion import Suspicion
from homeschool.rewards.guard.verdict import Verdict
from homeschool.types import Audit, Rollout, RolloutGroup

DEFAULT_TOLERANCE = 0.05
"""Share of false passes that is no cheating, where neither the user nor a warm-up says."""


@dataclass(frozen=True)
class Bets:
    """What is fixed of a step's answers before any coin falls; lists over the answers."""

    shares: list[float]
    """Gold marks expected, as shares of full marks."""
    pays: list[float]
    """The same as pay."""
    odds: list[Odds]


class Guard:
    """Audits the answers of each step and pays them; one for a run.

    ``answers``: how many the whole run will have. ``full_marks``: the score that is all right. ``rule``: whoever makes
    rewards of scores, None where they are the same. ``saves_every``: steps between checkpoints, 0 for none.
    """

    def __init__(
        self,
        config: GuardConfig,
        gold: GoldCheck,
        *,
        seed: int,
        answers: int,
        full_marks: float = 1.0,
        rule: Quoter | None = None,
        other_keys: OtherKeys | None = None,
        saves_every: int = 0,
    ) -> None:
        self.saves_every = saves_every
        self.config, self.gold, self.seed, self.rule = config, gold, seed, rule
        self.answers, self.full_marks = answers, full_marks
        self.control = RateControl(config.rate, config.variance, config.most, self._budget())
        self.expectation = Expectation(config.predictor == "learned", full_marks, other_keys)
        self.suspicion = Suspicion(seed, full_marks, config.rewarded_above)
        self.verdict = Verdict(config.tolerance or DEFAULT_TOLERANCE)
        self.true_score = TrueScore()
        may = {"item": config.quarantine, "kind": config.quarantine, "answer": config.screen}
        levels = [level for level in LEVELS if may[level]]
        self.ladder = Ladder("audited" if self.pays else "observe", config.on_alarm, levels)
        self.is_spent = False
        self.stopped: dict[str, Any] | None = None
        """The evidence on which the ladder ended the run."""
        self.step = 0
        """Steps done, the present one included."""
        self.pace = 1.0
        """How fast the next update should learn, from 0 to 1."""
        self.price = Price()
        self.metrics: dict[str, float] = {}
        self.rows: list[Row] = []
        """Of audits.jsonl, of the last step."""
        self.events: list[Row] = []
        """Of events.jsonl, of the last step."""
        self._audits: list[Audited] = []
        self._features: Floats | None = None
        self._score: float | None = None

    def _budget(self) -> float:
        if self.config.budget:
            return self.config.budget
        return self.config.rate * self.answers if self.config.variance else inf

    @property
    def pays(self) -> bool:
        """Audits change the pay; False: they are only looked at."""
        return self.config.mode == "audited"

    @property
    def warm_up_calls(self) -> int:
        """Audits before the first step: as many as were asked for, and at most half of the budget."""
        return int(min(self.config.warmup, self.control.left / 2))

    def asks_about(self, rollout: Rollout) -> bool:
        """Whether a prediction is made of this answer, and while there is a budget a coin may fall on it."""
        return rollout.trains and (self.is_rewarded(rollout) or self.config.appeals > 0)

    def is_rewarded(self, rollout: Rollout) -> bool:
        """The scorer paid something."""
        return (rollout.score or 0.0) > self.config.rewarded_above

    # a step

    def audit(
        self, groups: Sequence[RolloutGroup], views: Views | None, step: int, steps_left: int
    ) -> list[RolloutGroup]:
        """The same groups, with what was expected, what was audited and, where the guard pays, the audited reward.

        ``views``: of the answers that train, in order; None where nothing is learned. ``steps_left``: with this one.
        """
        self.rows, self.events, self.metrics, self.step = [], [], {}, step + 1
        answers = trained_answers(groups)
        pay = Pay(groups, answers, self.rule)
        self._features = self.expectation.features(answers, views, step)
        bets = self._bets(groups, answers, pay, views, steps_left)
        self._audits = self.reveal(answers, bets.shares, self._throw(answers, bets.odds, step))
        paid = self._paid(answers, pay, bets)
        self.rows = [audit_row(audit, paid[audit.coin.place], step + 1) for audit in self._audits]
        self._observe(bets)
        after = replaced(groups, answers, paid)
        self._tell_suspicion(after)
        return replaced(after, answers, self._screened(paid))

    def _screened(self, paid: Sequence[Rollout]) -> list[Rollout]:
        """Without pay, and so without a part in the update, what audits have shown to be mostly false; unless nothing
        else is left."""
        if not any(self.ladder.out.values()):
            self.metrics["guard/screened_frac"] = 0.0
            return list(paid)
        out = [self.ladder.screens(rollout) or self.ladder.is_quarantined(rollout.prompt) for rollout in paid]
        self.metrics["guard/screened_frac"] = fmean(out) if out else 0.0
        if all(out):
            return list(paid)
        return [
            replace(r, reward=None, findings=(*r.findings, "screened")) if o else r
            for r, o in zip(paid, out, strict=True)
        ]

    def _bets(
        self,
        groups: Sequence[RolloutGroup],
        answers: Sequence[Answer],
        pay: Pay,
        views: Views | None,
        steps_left: int,
    ) -> Bets:
        shares = [answer.score / self.full_marks for answer in answers]
        pays = [answer.rollout.reward or 0.0 for answer in answers]
        asked = [place for place, answer in enumerate(answers) if self.asks_about(answer.rollout)]
        found = self.expectation.shares(self._features, asked)
        if found is not None:
            nothing, full = (pay.of(asked, [score] * len(asked)) for score in (0.0, self.full_marks))
            for place, share, low, high in zip(asked, found, nothing, full, strict=True):
                shares[place], pays[place] = share, low + share * (high - low)
        rates = self._rates(answers, steps_left)
        if not self.config.steer:
            return Bets(shares, pays, uniform_odds(rates))
        return Bets(shares, pays, steered_odds(rates, self._suspected(groups, answers, views)))

    def _rates(self, answers: Sequence[Answer], steps_left: int) -> list[float]:
        """The chance of an audit of each answer, before suspicion has a say."""
        rewarded = [self.is_rewarded(answer.rollout) for answer in answers]
        count, share = sum(rewarded), sum(rewarded) / max(1, len(answers))
        self.control.boost = BOOST if self.ladder.audits_more else 1.0
        rate = 0.0 if self.is_spent else self.control.chosen(count, len(answers), steps_left)
        if count and not rate and not self.is_spent:
            self._declare_spent()
        self.pace = self.control.pace(rate, share) if self.pays else 1.0
        noise = extra_variance(rate, self.control.error, share)
        self.metrics |= {"guard/rate": rate, "guard/pace": self.pace, "guard/noise": noise}
        appeals = 0.0 if self.is_spent else self.config.appeals
        return [rate if good else appeals for good in rewarded]

    def _suspected(self, groups: Sequence[RolloutGroup], answers: Sequence[Answer], views: Views | None) -> list[float]:
        """The p-value of each answer; also tells suspicion what the step looks like."""
        starts = list(accumulate((len(group.rollouts) for group in groups), initial=0))
        at = [starts[answer.group] + answer.place for answer in answers]
        features: dict[str, Sequence[float]] = {
            "logprob": [mean_logprob(rollout) for group in groups for rollout in group.rollouts]
        }
        if views is not None and views.is_whole:
            likelihood = np.zeros(starts[-1])
            likelihood[at] = views.logprobs
            features["ref_logprob"] = likelihood.tolist()
        found = self.suspicion.p_values(groups, features)
        return [found[place] for place in at]

    def _tell_suspicion(self, groups: Sequence[RolloutGroup]) -> None:
        if self.config.steer:
            golds = [rollout.audit.gold if rollout.audit else None for group in groups for rollout in group.rollouts]
            self.suspicion.learn(groups, golds)

    def _throw(self, answers: Sequence[Answer], odds: Sequence[Odds], step: int) -> list[Fallen]:
        tables: dict[int, dict[int, tuple[int, Odds]]] = {}
        names: dict[int, str] = {}
        for place, (answer, chances) in enumerate(zip(answers, odds, strict=True)):
            if chances.floor or chances.steered:
                tables.setdefault(answer.group, {})[answer.place] = place, chances
                names[answer.group] = answer.rollout.prompt.id
        coins = [coin for group, table in tables.items() for coin in throw(self.seed, step, names[group], table)]
        if len(coins) <= self.control.left:
            return coins
        self._declare_spent()  # the luck of the coins; a budget is a promise
        return []

    def reveal(self, answers: Sequence[Answer], shares: Sequence[float], coins: Sequence[Fallen]) -> list[Audited]:
        """Ask the gold check about the answers whose coins fell."""
        with self.price.gold():
            marks = self.gold.reveal(coins, [answer.rollout for answer in answers])
        self.control.spent += len(coins)
        return [
            Audited(coin, answers[coin.place], mark, shares[coin.place], self.is_rewarded(answers[coin.place].rollout))
            for coin, mark in zip(coins, marks, strict=True)
        ]

    def _paid(self, answers: Sequence[Answer], pay: Pay, bets: Bets) -> list[Rollout]:
        """The rollouts with what the guard makes of them."""
        worth = pay.of([a.coin.place for a in self._audits], [a.gold for a in self._audits])
        found = {a.coin.place: (a, value) for a, value in zip(self._audits, worth, strict=True)}
        credits = self._credits(answers, pay)
        paid = []
        for place, answer in enumerate(answers):
            expected, rollout, odds = bets.pays[place], answer.rollout, bets.odds[place]
            if expected == rollout.reward == 0 and not (odds.floor or odds.steered):
                paid.append(rollout)  # nothing was paid, expected or could be found out
                continue
            gold, rate, changes = None, 1.0, dict[str, Any](predicted=expected)
            if place in found:
                audit, gold = found[place]
                rate = audit.coin.rate
                failed = ("gold_failed",) if audit.mark is None else ()
                mark = Audit(rate, audit.coin.floor, audit.mark)
                changes |= {"audit": mark, "findings": (*rollout.findings, *failed)}
            if self.pays:
                changes["reward"] = credits[place](expected, gold, rate)
            paid.append(replace(rollout, **changes))
        return paid

    def _credits(self, answers: Sequence[Answer], pay: Pay) -> list[Callable[[float, float | None, float], float]]:
        """The credit function of each answer."""
        if self.config.credit == "unbiased":
            return [audited_reward] * len(answers)
        places = range(len(answers))
        nothing, full = (pay.of(places, [score] * len(answers)) for score in (0.0, self.full_marks))
        least, most = self.config.bounds
        return [
            _bounded(low + least * (high - low), low + most * (high - low))
            for low, high in zip(nothing, full, strict=True)
        ]

    # what was found

    def _observe(self, bets: Bets) -> None:
        """The verdict hears the uniform audits, the true score all credits; and the numbers of the step."""
        for audit in self._audits:
            if audit.rewarded and audit.coin.floor:
                self.verdict.observe(audit.is_false_pass)
        self._score = self._observe_score(bets)
        found = self.true_score.interval()
        self.metrics |= audit_metrics(self._audits, self.full_marks) | {
            "guard/audits": float(len(self._audits)),
            "guard/gold_calls": float(self.control.spent),
            "guard/evidence": self.verdict.value,
            "guard/expected": fmean(bets.shares) if bets.shares else 0.0,
            "guard/true_score": found.estimate,
            "guard/true_score_low": found.low,
            "guard/true_score_high": found.high,
        }

    def _observe_score(self, bets: Bets) -> float | None:
        """The mean audited credit as a share of full marks; None where what was paid could not be audited.

        Answers that were not paid count as what they were paid, unless there are appeals. A step in which nothing was
        paid counts like any other: to leave it out would flatter the learner.
        """
        if self.is_spent or not bets.shares:
            return None
        expected = np.clip(bets.shares, 0.0, 1.0)
        credits, lows, highs = (expected.copy() for _ in range(3))
        for audit in self._audits:
            place, gold = audit.coin.place, min(max(audit.gold / self.full_marks, 0.0), 1.0)
            credits[place] = audited_reward(float(expected[place]), gold, audit.coin.rate)
        # How low and how high a credit may be, known before the coin: gold lies between 0 and 1.
        asked = [place for place, odds in enumerate(bets.odds) if odds.floor or odds.steered]
        rates = np.array([bets.odds[place].rate for place in asked])
        lows[asked] -= expected[asked] / rates
        highs[asked] += (1 - expected[asked]) / rates
        self.true_score.observe(credits, lows, highs, predicted=expected)
        return float(credits.mean())

    def _declare_spent(self) -> None:
        self.is_spent = True
        action = "stop" if self.config.when_spent == "stop" else "observe"
        evidence = {"gold_calls": self.control.spent, "budget": self.control.budget}
        self.events.append({"step": self.step, "action": action, "reason": "budget_spent", "evidence": evidence})

    @property
    def stop_reason(self) -> str | None:
        """Why the run has to end here; None where it may go on."""
        if self.is_spent and self.config.when_spent == "stop":
            return "budget_spent"
        return "alarm" if self.stopped is not None else None

    # learning

    def learn(self) -> None:
        """The step is over: what was audited in it teaches the predictor and the rate, and the ladder decides."""
        with self.price:
            self._learn()

    def _learn(self) -> None:
        self._decide()
        rewarded = [audit for audit in self._audits if audit.rewarded]
        even = fmean(audit.weight for audit in rewarded) if rewarded else 1.0
        misses = [audit.gold / self.full_marks - audit.expected for audit in rewarded]
        self.control.learn(misses, [audit.weight / even for audit in rewarded], self._score)
        self.expectation.learn(self._audits, self._features, self.step - 1)
        self._audits, self._features, self._score = [], None, None

    def _decide(self) -> None:
        notes = []
        if self.config.steer and self.suspicion.surge.began:
            notes.append(Note("surge", 0.0))
        if self.saves_every and self.step % self.saves_every == 0:
            notes.append(Note("saved", self.true_score.interval().low))
        actions = self.ladder.decide(self.step, self.verdict, self.rows, notes)
        self.events += [note.row(self.step) for note in notes] + [action.row(self.step) for action in actions]
        ends = [action for action in actions if action.kind == "stop"]
        self.stopped = ends[0].evidence if ends else None

    @property
    def rolls_back_to(self) -> int | None:
        """The checkpoint, by its step, whose weights the run has to take up again now; None for most steps."""
        found = [event["evidence"]["to"] for event in self.events if event.get("action") == "rollback"]
        return found[0] if found and found[0] != self.step else None

    @property
    def kept_steps(self) -> set[int]:
        """Checkpoints that a rollback may need."""
        best = self.ladder.best_checkpoint()
        return {best[0]} if best and self.config.on_alarm == "rollback" else set()

    def believed(self, groups: Sequence[RolloutGroup]) -> list[RolloutGroup]:
        """The same groups with the scores to learn from: the gold mark where there is one, else what was paid for.

        For whoever tracks what a learner can do: notebook, rule, ability. A prediction is no fact about one item, so
        only audited answers change. A guard that only observes changes nothing.
        """
        if not self.pays:
            return list(groups)
        return [replace(group, rollouts=tuple(map(_with_fact, group.rollouts))) for group in groups]

    def state_dict(self) -> dict[str, Any]:
        """Numbers, lists and names, ready for JSON. To be asked between steps."""
        return {
            "control": self.control.state_dict(),
            "gold": self.gold.state_dict(),
            "suspicion": self.suspicion.state_dict(),
            "verdict": self.verdict.state_dict(),
            "true_score": self.true_score.state_dict(),
            "expectation": self.expectation.state_dict(),
            "ladder": self.ladder.state_dict(),
            "price": self.price.state_dict(),
            "spent_budget": self.control.budget if self.is_spent else None,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        self.control.load_state_dict(state["control"])
        self.gold.load_state_dict(state["gold"])
        self.suspicion.load_state_dict(state["suspicion"])
        self.verdict.load_state_dict(state["verdict"])
        self.true_score.load_state_dict(state["true_score"])
        self.expectation.load_state_dict(state["expectation"])
        self.ladder.load_state_dict(state["ladder"])
        self.price.load_state_dict(state["price"])
        # Whoever goes on with more calls than were spent may audit again.
        self.is_spent = state["spent_budget"] is not None and self.control.budget <= state["spent_budget"]


def _with_fact(rollout: Rollout) -> Rollout:
    if rollout.audit is None or rollout.score is None:
        return rollout
    return replace(rollout, score=rollout.audit.gold or 0.0)


def _bounded(least: float, most: float) -> Callable[[float, float | None, float], float]:
    def credit(predicted: float, gold: float | None, rate: float) -> float:
        return bounded_audited_reward(predicted, gold, rate, least, most)

    return credit
