"""The answers of a step: what teaches nothing is asked again, what is too long is paid less, and all is counted."""

from collections.abc import Sequence
from typing import Any

import pytest

from homeschool.algos.columns import Algorithm
from homeschool.algos.table import algorithm
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, new_decoder
from homeschool.rewards.marker import Marker
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.text import CharTokenizer
from homeschool.train.answers import collect_answers, shaped, ties
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup, Sampling

TOKENIZER = CharTokenizer("abcdefgh")
ENGINE = TorchEngine(
    Policy(new_decoder(DecoderConfig(TOKENIZER.vocab_size, 16, 1, 2, 1, 8, 32), 0), TOKENIZER, "small")
)
SAMPLING = Sampling(max_tokens=4)


def marks(prompts: Sequence[str], completions: Sequence[str], **_: Any) -> list[float]:
    """Prompts with an a are hopeless; for the others it is as good as a coin."""
    return [
        0.0 if "a" in prompt else float(text[:1] in "abcd") for prompt, text in zip(prompts, completions, strict=True)
    ]


def ask(names: str, rows: Algorithm, later: dict[int, str] | None = None) -> tuple[list[str], list[RolloutGroup], Any]:
    """Ids of the groups that came back, the groups, and the cost; ``later`` holds the prompts of each round."""
    asked: list[tuple[int, int, int]] = []

    def draw(step: int, turn: int, count: int) -> list[Prompt]:
        asked.append((step, turn, count))
        assert later is not None
        return [Prompt(f"{letter}{turn}", letter) for letter in later[turn][:count]]

    prompts = [Prompt(letter, letter) for letter in names]
    groups, cost = collect_answers(
        ENGINE, Marker(marks), prompts, SAMPLING, rows, seed=0, step=3, draw=draw if later else None
    )
    return [group.prompt.id for group in groups], groups, (cost, asked)


DAPO = algorithm("dapo", {"group_size": 16, "overlong": 0.0})


def test_without_resampling_ties_stay() -> None:
    names, _, (cost, asked) = ask("abc", algorithm("dr_grpo", {"group_size": 16}))
    assert names == ["a", "b", "c"]
    assert cost["rollout/replaced_frac"] == 0 and asked == []


def test_ties_give_way_to_new_prompts_until_the_batch_is_full() -> None:
    names, groups, (cost, asked) = ask("abac", DAPO, {1: "da", 2: "e"})
    assert names == ["b", "c", "d1", "e2"]
    assert asked == [(3, 1, 2), (3, 2, 1)]
    assert not any(group.is_uniform for group in groups)
    assert cost["rollout/replaced_frac"] == pytest.approx(3 / 7)


def test_where_the_rounds_end_the_last_ties_fill_the_batch() -> None:
    rows = algorithm("dapo", {"group_size": 16, "overlong": 0.0, "resample": 2})
    names, groups, (cost, asked) = ask("aab", rows, {1: "aa", 2: "aa"})
    assert names == ["b", "a2", "a2"]
    assert len(asked) == 2
    assert [group.is_uniform for group in groups] == [False, True, True]
    assert cost["rollout/replaced_frac"] == pytest.approx(4 / 7)


def test_every_sampled_token_is_counted_also_of_answers_that_were_replaced() -> None:
    _, groups, (cost, _) = ask("ab", DAPO, {1: "b"})
    kept = sum(len(rollout.completion.tokens) for group in groups for rollout in group.rollouts)
    assert cost["rollout/tokens_sampled"] > kept


def test_the_same_step_gives_the_same_answers() -> None:
    first, again = (ask("abac", DAPO, {1: "da", 2: "e"})[1] for _ in range(2))
    assert first == again


def test_a_later_round_is_not_the_first_one_over_again() -> None:
    """The same prompt twice in a step: another stream, other answers."""
    _, groups, _ = ask("ab", DAPO, {1: "b"})
    one, other = ([rollout.completion.tokens for rollout in group.rollouts] for group in groups)
    assert one != other


def test_a_prompt_that_comes_again_in_a_later_round_has_other_luck() -> None:
    twice = [Prompt("a", "a"), Prompt("b", "b")]
    groups, _ = collect_answers(
        ENGINE, Marker(marks), twice, SAMPLING, DAPO, seed=0, step=3, draw=lambda step, turn, count: twice[1:]
    )
    one, other = ([rollout.completion.tokens for rollout in group.rollouts] for group in groups)
    assert groups[0].prompt == groups[1].prompt and one != other


def group(*rewards: float | None, parts: Sequence[tuple[float, ...]] = (), length: int = 1) -> RolloutGroup:
    prompt = Prompt("p", "b")
    completion = Completion("b", (6,) * length, (-1.0,) * length, "stop")
    found = parts or [()] * len(rewards)
    return RolloutGroup(
        prompt, tuple(Rollout(prompt, completion, x, x, (), own) for x, own in zip(rewards, found, strict=True))
    )


def test_what_ties() -> None:
    grpo, gdpo = algorithm("grpo", {}), algorithm("gdpo", {})
    assert ties(group(1.0, 1.0, None), grpo)
    assert ties(group(None, None), grpo)
    assert not ties(group(1.0, 0.0), grpo)
    # The same sum of other marks: for a sum nothing, for marks one by one something to learn.
    mixed = group(1.0, 1.0, parts=[(1.0, 0.0), (0.0, 1.0)])
    assert ties(mixed, grpo)
    assert not ties(mixed, gdpo)


def test_long_answers_are_paid_less_and_scored_the_same() -> None:
    """Ten tokens, the last half is the zone: 0 up to 5, -0.2 a token from there to -1."""
    algo = algorithm("dapo", {"overlong": 0.5})
    for length, penalty in ((4, 0.0), (5, 0.0), (6, -0.2), (9, -0.8), (10, -1.0)):
        (found,) = shaped([group(1.0, 0.0, None, length=length)], algo, 10)
        rewards = [rollout.reward for rollout in found.rollouts]
        assert rewards[:2] == pytest.approx([1.0 + penalty, penalty])
        assert rewards[2] is None
        assert [rollout.score for rollout in found.rollouts] == [1.0, 0.0, None]
    unshaped = group(1.0, 0.0, length=10)
    assert shaped([unshaped], algorithm("grpo", {}), 10) == [unshaped]
