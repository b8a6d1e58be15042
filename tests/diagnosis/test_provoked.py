"""Each finding is provoked by a real run of a tiny model, in the way a user would come to it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from homeschool.algos.table import algorithm
from homeschool.config import AdamConfig, OptimConfig
from homeschool.diagnosis.finding import Severity
from homeschool.diagnosis.history import Facts
from homeschool.diagnosis.run import WITHOUT_GROUPS
from homeschool.diagnosis.watch import Turn, Watch
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, new_decoder
from homeschool.rewards.marker import Marker
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.text import CharTokenizer
from homeschool.train.batch import text_batch
from homeschool.train.learner import build_learner
from homeschool.train.rl import RlRun, rl_step
from homeschool.train.update import update_on_text
from homeschool.types import Completion, Prompt, Sampling

Row = dict[str, float]
Scorer = Callable[..., Sequence[float | None]]


def small_policy() -> Policy:
    """Knows nothing: every letter, and the end, is about as likely as any other."""
    torch.manual_seed(0)
    tokenizer = CharTokenizer("abcdefgh")
    shape = DecoderConfig(tokenizer.vocab_size, 32, 2, 2, 1, 16, 64, max_positions=32)
    return Policy(new_decoder(shape, 0), tokenizer, "small")


def starts_with_its_prompt(prompts: list[str], completions: list[str], **_: object) -> list[float]:
    """The task of most runs here: repeat the letter."""
    return [float(text[:1] == prompt) for prompt, text in zip(prompts, completions, strict=True)]


def every(mark: float) -> Scorer:
    """Pays everyone the same."""
    return lambda prompts, completions, **_: [mark for _ in completions]


def rl_rows(
    scorer: Scorer,
    steps: int,
    algo_name: str = "grpo",
    *,
    optim: OptimConfig | None = None,
    critic: AdamConfig | None = None,
    policy: Policy | None = None,
    letters: str = "abcd",
    max_tokens: int = 3,
    engine: Callable[[Policy], TorchEngine] = TorchEngine,
    check: str = "",
    **columns: Any,
) -> list[Row]:
    """The metrics of a real run. ``check`` names letters on which an exam is taken after every tenth step."""
    policy = policy or small_policy()
    algo = algorithm(algo_name, {"group_size": 8, "kl_coef": 0.0, **columns})
    optim = optim or OptimConfig(lr=6e-3)
    critic_optim = (critic or replace(optim, lr=1e-2)) if algo.has_critic else None
    learner = build_learner(policy, optim, critic_optim=critic_optim, with_reference=algo.needs_reference)
    run = RlRun(learner, engine(policy), Marker(scorer), algo, Sampling(max_tokens=max_tokens), 0, steps)
    prompts, rows = [Prompt(letter, letter) for letter in letters], []
    for step in range(steps):
        metrics = rl_step(run, prompts, step)[2]
        if check and step % 10 == 9:
            metrics["eval/check"] = exam(run, check)
        rows.append({"step": step + 1, **metrics})
    return rows


def exam(run: RlRun, letters: str) -> float:
    """Mean mark of one greedy answer to each letter."""
    prompts = [Prompt(letter, letter) for letter in letters]
    answers = run.engine.generate(prompts, replace(run.sampling, temperature=0.0))
    marks = starts_with_its_prompt(list(letters), [answer.text for (answer,) in answers])
    return sum(marks) / len(marks)


def text_rows(optim: OptimConfig, steps: int, policy: Policy | None = None, text: str = "abcdefgh") -> list[Row]:
    """The metrics of a real text stage, which reads the same line again and again and never sees an end."""
    policy = policy or small_policy()
    learner = build_learner(policy, optim)
    tokens = policy.tokenizer.encode(text * 3)
    batch = text_batch([(tokens, [True] * len(tokens))] * 2)
    return [{"step": step + 1, **update_on_text(learner, batch, step, steps)} for step in range(steps)]


class HotEngine(TorchEngine):
    """Draws at another temperature than it was asked to, as a badly connected server would."""

    def generate(self, prompts: Any, sampling: Sampling, **settings: Any) -> list[tuple[Completion, ...]]:
        """At twice the temperature."""
        return super().generate(prompts, replace(sampling, temperature=2 * sampling.temperature), **settings)


def watched(rows: Sequence[Row], algo_name: str = "grpo", **facts: Any) -> tuple[Watch, list[Turn]]:
    """A watch that has seen the rows one after the other, and everything it said."""
    known = {"compares_groups": algorithm(algo_name, {"group_size": 8}).advantage not in WITHOUT_GROUPS}
    watch = Watch(Facts(**{**known, **facts}))
    return watch, [turn for row in rows for turn in watch.see(row)]


def coins(chance: float) -> Scorer:
    """Marks that have nothing to do with the answers."""
    chances = random.Random(0)
    return lambda prompts, completions, **_: [float(chances.random() < chance) for _ in completions]


def unlucky(chance: float) -> Scorer:
    """Right answers are paid with this chance: there is a ceiling that no policy can pass."""
    chances = random.Random(0)
    return lambda prompts, completions, **columns: [
        mark * (chances.random() < chance) for mark in starts_with_its_prompt(prompts, completions)
    ]


def expect(name: str, severity: Severity, rows: Sequence[Row], algo_name: str = "grpo", **facts: object) -> int:
    """The finding was announced once, with this severity at its worst; the step at which it began."""
    watch, turns = watched(rows, algo_name, **facts)
    assert [turn.kind for turn in turns if turn.finding.name == name][:1] == ["began"]
    (episode,) = (episode for episode in watch.episodes() if episode.worst.name == name)
    assert episode.worst.severity == severity
    return episode.began


def names(rows: Sequence[Row], algo_name: str = "grpo") -> set[str]:
    return {episode.worst.name for episode in watched(rows, algo_name)[0].episodes()}


def test_the_loss_is_zero_by_construction() -> None:
    assert expect("loss_is_zero", "note", rl_rows(starts_with_its_prompt, 6)) == 5


def test_a_scorer_that_never_pays_is_too_hard() -> None:
    rows = rl_rows(every(0.0), 10)
    assert expect("too_hard", "problem", rows) == 10
    assert not names(rows) & {"too_easy", "settled", "constant_reward"}


def test_a_scorer_that_always_pays_is_too_easy() -> None:
    rows = rl_rows(every(1.0), 10)
    assert expect("too_easy", "warning", rows) == 10
    assert not names(rows) & {"too_hard", "settled", "constant_reward"}


def test_a_scorer_that_pays_all_the_same_is_constant() -> None:
    rows = rl_rows(every(0.5), 10)
    assert expect("constant_reward", "problem", rows) == 10
    assert not names(rows) & {"too_hard", "too_easy", "settled"}


def test_the_mark_of_a_scorer_decides_what_is_hard_by_its_own_range() -> None:
    """37 of 100 for everyone is neither the top nor the bottom once 0 and 100 have been seen."""
    rows = [{**row, "reward/min": 0.0, "reward/max": 100.0} for row in rl_rows(every(37.0), 10)]
    assert names(rows) & {"too_hard", "too_easy", "constant_reward"} == {"constant_reward"}


def test_questions_that_are_always_right_or_always_wrong_are_settled() -> None:
    rows = rl_rows(lambda prompts, completions, **_: [float(prompt in "ab") for prompt in prompts], 10)
    assert expect("settled", "problem", rows) == 10


def test_a_critic_may_learn_from_groups_that_tie() -> None:
    """The same marks; with a critic for a baseline they do teach."""
    scorer: Scorer = lambda prompts, completions, **_: [float(prompt in "ab") for prompt in prompts]  # noqa: E731
    assert "settled" not in names(rl_rows(scorer, 10, "ppo", epochs=1), "ppo")


def test_a_model_that_never_learned_to_end() -> None:
    policy = small_policy()
    text_rows(OptimConfig(lr=2e-2), 60, policy, "abcdefghhgfedcbacegbdfhaag")
    rows = rl_rows(every(0.0), 31, policy=policy)
    assert expect("never_stops", "problem", rows) == 5
    assert "too_hard" not in names(rows), "the missing end is the reason"


def test_a_learning_rate_that_makes_the_model_forget_how_to_end() -> None:
    rows = rl_rows(coins(0.5), 24, max_tokens=20, optim=OptimConfig(lr=0.2, warmup_steps=20))
    expect("endings_lost", "problem", rows)


def test_too_little_room_for_the_answers() -> None:
    assert expect("cut_off", "warning", rl_rows(starts_with_its_prompt, 10)) == 10
    assert "cut_off" not in names(rl_rows(starts_with_its_prompt, 10, max_tokens=20))


def test_answers_grow_for_nothing() -> None:
    rows = rl_rows(coins(0.5), 40, max_tokens=24, optim=OptimConfig(lr=1e-2))
    expect("longer_not_better", "warning", rows)


def test_a_scorer_that_fails_on_what_the_policy_learns_to_write() -> None:
    def marks(prompts: list[str], completions: list[str], **_: object) -> list[float | None]:
        return [None if text[:2] == "aa" else float(text[:1] == "a") for text in completions]

    expect("scorer_fails_more", "warning", rl_rows(marks, 20))


def test_a_critic_with_a_learning_rate_of_zero_explains_nothing() -> None:
    rows = rl_rows(starts_with_its_prompt, 20, "ppo", epochs=1, critic=AdamConfig(lr=0.0))
    assert expect("critic_explains_nothing", "warning", rows, "ppo") == 20


def test_a_critic_with_a_learning_rate_of_ten_explodes() -> None:
    rows = rl_rows(starts_with_its_prompt, 8, "ppo", epochs=1, value_clip=0.0, critic=AdamConfig(lr=10.0))
    assert expect("critic_explodes", "problem", rows, "ppo") == 5


def test_many_large_updates_on_one_batch() -> None:
    rows = rl_rows(starts_with_its_prompt, 6, "ppo", epochs=8, optim=OptimConfig(lr=3e-2))
    expect("updates_too_large", "warning", rows, "ppo")


def test_an_engine_that_draws_at_another_temperature() -> None:
    expect("sampler_differs", "warning", rl_rows(starts_with_its_prompt, 12, engine=HotEngine))
    assert "sampler_differs" not in names(rl_rows(starts_with_its_prompt, 12))


def test_marks_of_chance_drive_the_policy_from_its_reference() -> None:
    rows = rl_rows(coins(0.5), 40, optim=OptimConfig(lr=3e-2), kl_coef=1e-6)
    expect("kl_explodes", "warning", rows)


@pytest.mark.slow
def test_a_ceiling_that_cannot_be_passed_ends_in_a_policy_without_choice() -> None:
    rows = rl_rows(unlucky(0.6), 150, "dr_grpo", optim=OptimConfig(lr=1e-2), group_size=16)
    expect("entropy_collapses", "warning", rows)


def test_marks_that_become_a_thousand_times_larger() -> None:
    calls = iter(range(10**6))

    def marks(prompts: list[str], completions: list[str], **_: object) -> list[float]:
        scale = 1.0 if next(calls) < 15 else 1000.0
        return [scale * mark for mark in starts_with_its_prompt(prompts, completions)]

    expect("gradient_explodes", "problem", rl_rows(marks, 22, "dr_grpo"))


def test_a_clip_far_below_every_gradient() -> None:
    rows = rl_rows(starts_with_its_prompt, 50, optim=OptimConfig(lr=3e-3, grad_clip=0.01))
    assert expect("gradient_always_clipped", "warning", rows, grad_clip=0.01) == 50
    assert expect("gradient_always_clipped", "note", rows, grad_clip=0.3) == 50


def test_a_learning_rate_that_grows_until_it_destroys_the_model() -> None:
    rows = rl_rows(
        starts_with_its_prompt, 100, "dr_grpo", letters="abcdefgh", optim=OptimConfig(lr=0.2, warmup_steps=100)
    )
    expect("reward_fell", "warning", rows)


def test_a_learning_rate_that_destroys_a_reader() -> None:
    rows = text_rows(OptimConfig(lr=2.0, warmup_steps=30), 40)
    expect("text_loss_rises", "problem", rows)
    assert names(text_rows(OptimConfig(lr=1e-2), 40)) == set()


def test_practised_questions_known_by_heart() -> None:
    rows = rl_rows(starts_with_its_prompt, 60, letters="ab", check="efgh")
    expect("exam_does_not_follow", "warning", rows, check_items=4)


@pytest.mark.slow
def test_a_learning_rate_of_zero_learns_nothing() -> None:
    rows = rl_rows(starts_with_its_prompt, 100, optim=OptimConfig(lr=0.0), group_size=32)
    assert expect("no_learning", "warning", rows) == 100


@pytest.mark.slow
def test_a_ceiling_is_a_plateau() -> None:
    falling = OptimConfig(lr=4e-2, decay="linear", final_share=0.0)
    rows = rl_rows(unlucky(0.6), 220, "dr_grpo", optim=falling, group_size=32, max_tokens=1)
    expect("plateau", "note", rows)
    assert "no_learning" not in names(rows)
