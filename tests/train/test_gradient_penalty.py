"""The penalty on the gradient's size, against a loss whose Hessian is known."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from homeschool.config import GradientPenaltyConfig, OptimConfig, RlConfig, build_config
from homeschool.errors import ConfigError
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, new_decoder
from homeschool.stages.rl import rl
from homeschool.text import CharTokenizer
from homeschool.train.gradient_penalty import penalise_gradient
from homeschool.train.learner import refuse_unteachable, rl_learner
from homeschool.train.optimizer import Optimizer

SHAPE = DecoderConfig(11, 8, 1, 2, 2, 4, 16, max_positions=16)


class Bowl(nn.Module):
    """L = (a^2 + 3 b^2) / 2: gradient (a, 3 b), Hessian diag(1, 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.tensor([2.0, 1.0]))

    def forward(self) -> Tensor:
        return (torch.tensor([1.0, 3.0]) * self.place**2).sum() / 2


def gradient(weight: float, reach: float) -> tuple[list[float], list[float]]:
    """The gradient with the penalty, and the weights afterwards."""
    bowl = Bowl()
    optimizer = Optimizer(bowl, OptimConfig())

    def backward() -> None:
        bowl().backward()

    backward()
    penalise_gradient(optimizer, backward, GradientPenaltyConfig(weight, reach))
    assert bowl.place.grad is not None
    return bowl.place.grad.tolist(), bowl.place.tolist()


@pytest.mark.parametrize("reach", [0.1, 0.5])
def test_it_adds_the_hessian_times_the_gradient(reach: float) -> None:
    """g = (2, 3), H g = (2, 9): with a weight of 0.2 that is (2.4, 4.8), whatever the reach where the Hessian is
    constant."""
    found, weights = gradient(0.2, reach)
    assert found == pytest.approx([2.4, 4.8], abs=1e-5)
    assert weights == [2.0, 1.0], "the weights are where they were, to the bit"


def test_without_a_weight_nothing_is_looked_at_twice() -> None:
    assert gradient(0.0, 0.1)[0] == [2.0, 3.0]


def small_policy() -> Policy:
    return Policy(new_decoder(SHAPE, 0), CharTokenizer("abcdefgh"), "small")


def test_a_critic_is_refused() -> None:
    config = replace(RlConfig(algo="ppo"), gradient_penalty=GradientPenaltyConfig(0.1))
    with pytest.raises(ConfigError, match="would teach the critic twice"):
        refuse_unteachable(config)


def test_weights_too_coarse_for_a_second_look_are_refused() -> None:
    """bf16 has three digits: nearly every weight would stay where it is, and the two gradients would be the same."""
    policy = small_policy()
    policy.model.to(torch.bfloat16)
    config = replace(RlConfig(algo="rloo"), gradient_penalty=GradientPenaltyConfig(0.1))
    with pytest.raises(ConfigError, match="the weights are bfloat16"):
        rl_learner(policy, config)


def test_it_is_a_setting_of_a_run() -> None:
    config = build_config(RlConfig, {"gradient_penalty": {"weight": 0.3}}, "recipe")
    assert rl_learner(small_policy(), config).gradient_penalty == GradientPenaltyConfig(0.3, 0.1)


def test_a_run_samples_the_same_and_learns_something_else(
    exams: Callable[..., RlConfig], odd: Callable[..., list[float]], tmp_path: Path
) -> None:
    """The first step is sampled by the same weights; what it teaches is then another thing."""
    seen = {}
    for weight in (0.0, 1.0):
        config = exams(tmp_path / f"run-{weight}", "rloo", 2, gradient_penalty=GradientPenaltyConfig(weight))
        rl(config, scorer=odd)
        lines = (tmp_path / f"run-{weight}" / "metrics.jsonl").read_text().splitlines()
        weights = load_file(tmp_path / f"run-{weight}" / "checkpoints" / "step-000002" / "model.safetensors")
        seen[weight] = [json.loads(line) for line in lines], weights
    (plain, plain_weights), (flat, flat_weights) = seen[0.0], seen[1.0]
    for name in ("reward/mean", "policy/loss", "policy/entropy", "policy/clip_frac", "rollout/length_mean"):
        assert plain[0][name] == flat[0][name], name
    assert plain[0]["optim/grad_norm"] > 0
    assert plain[0]["optim/grad_norm"] != flat[0]["optim/grad_norm"]
    assert any((plain_weights[name] != flat_weights[name]).any() for name in plain_weights)
