"""What is expected of answers: the score while it is right, then what audits taught, other keys included."""

import json
from typing import Any

import numpy as np

from homeschool.rewards.guard.answers import Answer, Views
from homeschool.rewards.guard.coins import Fallen
from homeschool.rewards.guard.expectation import Expectation
from homeschool.rewards.guard.ledger import Audited
from homeschool.rewards.guard.other_keys import OtherKeys
from homeschool.rewards.marker import Marker
from homeschool.types import Completion, Prompt, Rollout

KEYS = [str(number) for number in range(10, 40)]


class Lax:
    """Pays the right answer, and "x" for any."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(
        self, prompts: list[str], completions: list[str], answer: list[str], **rest: Any
    ) -> list[float | None]:
        self.calls += len(completions)
        return [float(text in ("x", key)) for text, key in zip(completions, answer, strict=True)]


def expecting() -> tuple[Expectation, Lax]:
    lax = Lax()
    return Expectation(True, 1.0, OtherKeys(Marker(lax, 10.0), "answer", 2, seed=0)), lax


def answers_of(texts: list[str]) -> list[Answer]:
    """Each is paid in full, and they look alike to the start model."""
    return [
        Answer(place, 0, Rollout(Prompt(f"q{key}", "?", {"answer": key}), Completion(text, (1,), (0.0,), "stop"), 1, 1))
        for place, (key, text) in enumerate(zip(KEYS, texts, strict=True))
    ]


def audits_of(answers: list[Answer], golds: list[float]) -> list[Audited]:
    return [
        Audited(Fallen(place, 1.0, True), answer, gold, 1.0, True)
        for place, (answer, gold) in enumerate(zip(answers, golds, strict=True))
    ]


def blind(count: int) -> Views:
    return Views(np.zeros((count, 2)), np.zeros(count))


def test_other_keys_tell_apart_what_looks_alike_also_of_audits_that_waited() -> None:
    """Half of the answers are a cheat that is paid by every key, and the start model sees nothing in any of them."""
    expectation, lax = expecting()
    answers = answers_of(["x" if place % 2 else key for place, key in enumerate(KEYS)])
    assert expectation.features(answers, None, 0) is None and lax.calls == 0, "nobody doubts, nobody asks"
    assert not expectation.reads_start
    expectation.learn(audits_of(answers, [float(place % 2 == 0) for place in range(30)]), None, 0)
    assert expectation.reads_start and [waiting.earned for waiting in expectation.unread][:2] == [1.0, 0.0]
    expectation.catch_up(blind(30))
    features = expectation.features(answers, blind(30), 1)
    found = expectation.shares(features, [0, 1])
    assert found is not None and found[0] > 0.9 and found[1] < 0.1


def test_without_keys_nothing_tells_them_apart() -> None:
    expectation = Expectation(True)
    answers = answers_of(["x" if place % 2 else key for place, key in enumerate(KEYS)])
    golds = [float(place % 2 == 0) for place in range(30)]
    expectation.learn(audits_of(answers, golds), expectation.features(answers, blind(30), 0), 0)
    found = expectation.shares(expectation.features(answers, blind(30), 1), [0, 1])
    assert found is not None and found[0] == found[1] and 0.4 < found[0] < 0.6


def test_what_may_not_learn_expects_the_score() -> None:
    expectation = Expectation(False)
    answers = answers_of(list(KEYS))
    expectation.learn(audits_of(answers, [0.0] * 30), None, 0)
    assert not expectation.reads_start and expectation.unread == []
    assert expectation.shares(None, [0]) is None


def test_its_state_survives_exactly() -> None:
    expectation, _ = expecting()
    answers = answers_of(["x" if place % 2 else key for place, key in enumerate(KEYS)])
    golds = [float(place % 2 == 0) for place in range(30)]
    expectation.learn(audits_of(answers, golds), expectation.features(answers, blind(30), 0), 0)
    expectation.learn(audits_of(answers[:3], golds[:3]), None, 1)
    state = json.loads(json.dumps(expectation.state_dict()))
    again, _ = expecting()
    again.load_state_dict(state)
    assert json.loads(json.dumps(again.state_dict())) == state
    looked = [kept.features(answers, blind(30), 2) for kept in (expectation, again)]
    assert np.array_equal(*looked) and again.shares(looked[1], [0, 1]) == expectation.shares(looked[0], [0, 1])
