"""Learning happens: a tiny policy gets better at a toy task under every algorithm, and the text losses fall."""

from dataclasses import replace

import pytest
import torch

from homeschool.algos.table import algorithm
from homeschool.config import OptimConfig
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, new_decoder
from homeschool.rewards.marker import Marker
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.text import CharTokenizer
from homeschool.train.batch import text_batch
from homeschool.train.learner import build_learner
from homeschool.train.rl import RlRun, rl_step
from homeschool.train.update import update_on_text
from homeschool.types import Prompt, Sampling

SAMPLING = Sampling(max_tokens=3)


def small_policy(dtype: torch.dtype = torch.float32) -> Policy:
    tokenizer = CharTokenizer("abcdefgh")
    shape = DecoderConfig(tokenizer.vocab_size, 32, 2, 2, 1, 16, 64, max_positions=32)
    return Policy(new_decoder(shape, 0).to(dtype), tokenizer, "small")


def starts_with_its_prompt(prompts: list[str], completions: list[str], **_: object) -> list[float]:
    return [float(text[:1] == prompt) for prompt, text in zip(prompts, completions, strict=True)]


def rewards_of(algo_name: str, steps: int, **columns: object) -> list[float]:
    policy = small_policy()
    algo = algorithm(algo_name, {"group_size": 8, "kl_coef": 0.0, **columns})
    optim = OptimConfig(lr=6e-3)
    critic = replace(optim, lr=1e-2) if algo.has_critic else None
    learner = build_learner(policy, optim, critic_optim=critic, with_reference=algo.needs_reference)
    run = RlRun(learner, TorchEngine(policy), Marker(starts_with_its_prompt), algo, SAMPLING, 0, steps)
    prompts = [Prompt(letter, letter) for letter in "abcd"]
    return [rl_step(run, prompts, step)[2]["reward/mean"] for step in range(steps)]


@pytest.mark.parametrize("name", ["grpo", "dr_grpo", "rloo"])
def test_reward_rises_without_a_critic(name: str) -> None:
    rewards = rewards_of(name, 100)
    assert sum(rewards[:5]) / 5 < 0.3
    assert sum(rewards[-5:]) / 5 > 0.85


def test_reward_rises_with_a_critic() -> None:
    rewards = rewards_of("ppo", 60, epochs=2)
    assert sum(rewards[:5]) / 5 < 0.3
    assert sum(rewards[-5:]) / 5 > 0.85


def test_a_heavy_kl_keeps_the_policy_where_it_was() -> None:
    free, held = rewards_of("grpo", 40), rewards_of("grpo", 40, kl_coef=10.0)
    assert sum(held[-5:]) / 5 < sum(free[-5:]) / 5 - 0.3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_text_is_learned_in_fp32_and_in_bf16(dtype: torch.dtype) -> None:
    policy = small_policy(dtype)
    learner = build_learner(policy, OptimConfig(lr=1e-2))
    tokens = policy.tokenizer.encode("abcdefgh" * 3)
    batch = text_batch([(tokens, [True] * len(tokens))] * 2)
    losses = [update_on_text(learner, batch, step, 40)["policy/loss"] for step in range(40)]
    assert losses[0] > 2.4
    assert losses[-1] < 0.3


def test_one_update_on_fresh_samples_has_a_ratio_of_one() -> None:
    """With our own engine in fp32 the sampler's and the trainer's log-probabilities agree: no hidden gap."""
    policy = small_policy()
    algo = algorithm("grpo", {"group_size": 4, "kl_coef": 0.0})
    run = RlRun(
        build_learner(policy, OptimConfig(lr=1e-3)),
        TorchEngine(policy),
        Marker(starts_with_its_prompt),
        algo,
        SAMPLING,
        0,
        3,
    )
    for step in range(3):
        _, batch, metrics = rl_step(run, [Prompt(letter, letter) for letter in "abcdefgh"], step)
        assert metrics["policy/mismatch_kl"] < 1e-10
        assert batch.advantages is not None and batch.advantages.abs().sum() > 0
