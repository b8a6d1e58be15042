"""The error notebook: what enters, what is asked again, what rests, and that all of it survives a restart."""

import json
from collections.abc import Sequence

import pytest

from homeschool.tasks import load_task
from homeschool.tasks.notebook import Entry, Notebook
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup

TASK = load_task("sums", digits=2)


def batch(step: int) -> list[Prompt]:
    return TASK.batch("train", step, 8, 0)


def notebook() -> Notebook:
    return Notebook(batch, seed=0)


def answered(prompt: Prompt, scores: Sequence[float | None]) -> RolloutGroup:
    answer = Completion("", (0,), (0.0,), "stop")
    return RolloutGroup(prompt, tuple(Rollout(prompt, answer, score, score) for score in scores))


def practise(book: Notebook, step: int, scores: Sequence[float | None]) -> list[str]:
    """One step in which every answer to every prompt gets these scores; the ids asked."""
    prompts = book.choose(step)
    book.learn(step, [answered(prompt, scores) for prompt in prompts])
    return [prompt.id for prompt in prompts]


def test_a_beta_posterior_by_hand() -> None:
    """Beta(1, 1); three of four right: 0.875 + 3 to 0.875 + 1; then one of two: 0.875 * 3.875 + 1 to ... + 1."""
    entry = Entry(0, 0, ())
    entry.learn([1.0, 1.0, 0.5, 0.5], 3)
    assert (entry.passes, entry.fails, entry.seen_at) == (3.875, 1.875, 3)
    entry.learn([1.0, 0.0], 7)
    assert (entry.passes, entry.fails) == (4.390625, 2.640625)
    assert entry.mean == pytest.approx(0.62444, abs=1e-5) and entry.standing == "open"


def test_only_what_was_failed_enters_and_an_empty_notebook_asks_what_the_task_asks() -> None:
    book = notebook()
    assert book.choose(0) == batch(0)
    prompts = batch(0)
    book.learn(0, [answered(prompts[0], [1, 1]), answered(prompts[1], [1, 0]), answered(prompts[2], [None, None])])
    assert list(book.entries) == [prompts[1].id]
    assert book.metrics() == {"notebook/open": 1, "notebook/mastered": 0, "notebook/hopeless": 0}


def test_half_of_a_step_comes_back_and_the_rest_is_new() -> None:
    book = notebook()
    first = practise(book, 0, [1.0, 0.0])
    assert set(practise(book, 1, [1.0, 0.0])).isdisjoint(first), "what was just asked rests"
    practise(book, 2, [1.0, 0.0])
    asked = practise(book, 3, [1.0, 0.0])
    assert len(asked) == len(set(asked)) == 8
    assert len(set(asked) & set(first)) == 4
    assert set(asked) - set(first) <= {prompt.id for prompt in batch(3)}
    prompts = {prompt.id: prompt for prompt in batch(0)}
    again = [prompt for prompt in book.choose(6) if prompt.id in prompts]
    assert again and all(prompt == prompts[prompt.id] for prompt in again), "the whole prompt comes back, not its name"


def test_most_signal_comes_first() -> None:
    """Of items answered right half of the time, nearly always, and hardly ever, the first is asked most."""
    book = notebook()
    book.choose(0)
    scores = {"half": [1.0, 0.0] * 8, "easy": [1.0] * 13 + [0.0] * 3, "hard": [0.0] * 13 + [1.0] * 3}
    kinds = {}
    for kind, prompt in zip(["half", "easy", "hard", "easy", "hard", "half", "easy", "hard"], batch(0), strict=True):
        kinds[prompt.id] = kind
        book.learn(0, [answered(prompt, scores[kind])])
    assert book.metrics()["notebook/open"] == 8
    asked = [kinds[prompt.id] for step in range(3, 43) for prompt in book.choose(step) if prompt.id in kinds]
    assert len(asked) == 160, "four of eight prompts of each step"
    # All the same would be 2 of 8 for the first kind, or 40; asked whenever possible would be 80.
    assert asked.count("half") > 70


def test_mastered_items_retire_at_nine_tenths_and_are_looked_at_again() -> None:
    book = notebook()
    book.choose(0)
    prompt = batch(0)[0]
    book.learn(0, [answered(prompt, [1.0, 0.0])])
    for step in (3, 6, 9):
        book.learn(step, [answered(prompt, [1.0] * 8)])
    assert book.metrics()["notebook/mastered"] == 1 and book.entries[prompt.id].mean >= 0.9
    asked = [step for step in range(10, 70) if prompt.id in {other.id for other in book.choose(step)}]
    assert asked == list(range(60, 70)), "after fifty steps, and from then on until it is asked"
    book.learn(60, [answered(prompt, [0.0] * 8)])
    assert book.entries[prompt.id].standing == "open", "forgotten: it is practised again"


def test_hopeless_items_are_parked_and_looked_at_again() -> None:
    book = notebook()
    book.choose(0)
    prompt = batch(0)[0]
    for step in (0, 3):
        book.learn(step, [answered(prompt, [0.0] * 8)])
    assert book.entries[prompt.id].standing == "hopeless"
    asked = [step for step in range(4, 70) if prompt.id in {other.id for other in book.choose(step)}]
    assert asked == list(range(54, 70))


def test_the_report_says_by_kind_what_was_learned() -> None:
    book = notebook()
    prompts = book.choose(0)
    tag = prompts[0].tags[0]
    alike = [prompt for prompt in prompts if tag in prompt.tags]
    book.learn(0, [answered(prompt, [0.0] * 20) for prompt in alike])
    assert book.by_kind()[tag] == {"hopeless": len(alike)}


def test_a_task_that_is_used_up_repeats_itself() -> None:
    small = [Prompt("a", "a"), Prompt("b", "b")]
    book = Notebook(lambda step: small * 3, seed=0)
    for step in range(12):
        assert len(practise(book, step, [1.0, 0.0])) == 6


def test_a_restored_notebook_chooses_the_same() -> None:
    straight, restored = notebook(), notebook()
    for step in range(12):
        practise(straight, step, [1.0, 0.0, float(step % 3 == 0)])
    restored.load_state_dict(json.loads(json.dumps(straight.state_dict())))
    assert restored.state_dict() == straight.state_dict()
    for step in range(12, 20):
        assert practise(restored, step, [1.0, 0.0]) == practise(straight, step, [1.0, 0.0])
    assert restored.state_dict() == straight.state_dict()


def test_the_notebook_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeschool.tasks.notebook.CAPACITY", 20)
    book = notebook()
    for step in range(8):
        asked = practise(book, step, [1.0, 0.0])
    assert len(book.entries) == 20
    assert set(asked) <= set(book.entries), "the latest stay"
