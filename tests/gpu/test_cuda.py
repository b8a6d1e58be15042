"""The same work on a GPU: same losses, same gradients, samples that its own forward agrees with, runs that resume.

Each test runs on the CPU as well, where it compares the CPU with itself, so that a test broken by a change shows on
machines without a GPU too.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from homeschool.algos.table import algorithm
from homeschool.config import (
    AlgorithmColumns,
    ExamConfig,
    KeepConfig,
    ModelConfig,
    OptimConfig,
    PretrainConfig,
    RlConfig,
    TaskConfig,
)
from homeschool.cost import available, peak_memory, reset_peaks
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, new_decoder
from homeschool.rewards.marker import Marker
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.stages.pretrain import pretrain
from homeschool.stages.rl import rl
from homeschool.text import CharTokenizer
from homeschool.train.batch import build_batch
from homeschool.train.forward import batch_logprobs
from homeschool.train.learner import Learner, build_learner
from homeschool.train.rl import RlRun, rl_step
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup, Sampling

TOKENIZER = CharTokenizer("abcdefgh")
SHAPE = DecoderConfig(TOKENIZER.vocab_size, 32, 2, 4, 2, 8, 64, max_positions=32)
PROMPTS = [Prompt(text, text) for text in ("a", "bcd", "ef", "gggg")]
SAMPLING = Sampling(max_tokens=6)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def policy_on(device: str, dtype: torch.dtype = torch.float32) -> Policy:
    model = new_decoder(SHAPE, 0)
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data = torch.randn(parameter.shape, generator=generator) * parameter.shape[-1] ** -0.5
    return Policy(model.to(device, dtype), TOKENIZER, "gpu test")


def learner_on(device: str, name: str = "grpo") -> tuple[Learner, RlRun]:
    policy = policy_on(device)
    algo = algorithm(name, {"group_size": 4})
    optim = OptimConfig(lr=1e-3, micro_tokens=40)
    critic = optim if algo.has_critic else None
    learner = build_learner(policy, optim, critic_optim=critic, with_reference=algo.needs_reference)
    return learner, RlRun(learner, Recorded(), Marker(starts_like_its_prompt), algo, SAMPLING, 0, 4)


def starts_like_its_prompt(prompts: list[str], completions: list[str], **_: object) -> list[float]:
    return [float(text[:1] in prompt) if text else 0.0 for prompt, text in zip(prompts, completions, strict=True)]


class Recorded:
    """Hands out the answers that the CPU gave, so that two devices train on the same tokens."""

    def generate(self, *args: object, **kwargs: object) -> list[tuple[Completion, ...]]:
        return TorchEngine(policy_on("cpu")).generate(*args, **kwargs)  # type: ignore[arg-type]

    def load_weights(self, policy: Policy, version: int) -> None:
        """The answers do not follow the weights."""

    def close(self) -> None:
        """Nothing to give back."""


def weights_after_two_steps(device: str, name: str) -> dict[str, Tensor]:
    learner, run = learner_on(device, name)
    for step in range(2):
        rl_step(run, PROMPTS, step)
    return {key: value.detach().cpu() for key, value in learner.policy.model.state_dict().items()}


@pytest.mark.parametrize("name", ["grpo", "ppo", "rloo"])
def test_two_steps_end_with_the_weights_of_the_cpu(device: str, name: str) -> None:
    """Adam divides by the root of a square: where a gradient is nearly 0 its sign decides, so the bound is a share of
    what two steps of 1e-3 can move."""
    here, there = weights_after_two_steps(device, name), weights_after_two_steps("cpu", name)
    start = policy_on("cpu").model.state_dict()
    moved = sum(float((there[key] - start[key]).abs().sum()) for key in there)
    apart = sum(float((there[key] - here[key]).abs().sum()) for key in there)
    assert moved > 0
    assert apart < 0.01 * moved


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_logprobs_of_what_was_sampled_are_those_of_a_plain_forward(device: str, dtype: torch.dtype) -> None:
    policy = policy_on(device, dtype)
    groups = TorchEngine(policy).generate(PROMPTS, SAMPLING, group_size=3, seed=1)
    scored = [
        RolloutGroup(prompt, tuple(Rollout(prompt, completion, 1.0, 1.0) for completion in group))
        for prompt, group in zip(PROMPTS, groups, strict=True)
    ]
    batch = build_batch(scored, TOKENIZER)
    assert batch.rollout_logprobs is not None
    gap = (batch_logprobs(policy.model, batch, 64, 1.0) - batch.rollout_logprobs).abs().max()
    assert gap < (1e-4 if dtype == torch.float32 else 0.15)


def test_same_seed_same_tokens_whoever_else_is_in_the_batch(device: str) -> None:
    engine = TorchEngine(policy_on(device))
    together = engine.generate(PROMPTS, SAMPLING, group_size=3, seed=2)
    assert engine.generate(PROMPTS, SAMPLING, group_size=3, seed=2) == together
    alone = [engine.generate([prompt], SAMPLING, group_size=3, seed=2)[0] for prompt in PROMPTS]
    assert [[c.tokens for c in group] for group in alone] == [[c.tokens for c in group] for group in together]


@pytest.mark.parametrize("name", ["grpo", "ppo"])
def test_a_learner_that_took_up_a_checkpoint_goes_on_as_the_one_that_wrote_it(device: str, name: str) -> None:
    wrote, run = learner_on(device, name)
    rl_step(run, PROMPTS, 0)
    took, other = learner_on(device, name)
    took.load_state({key: tensor.detach().cpu() for key, tensor in wrote.state().items()})
    for going in (run, other):
        rl_step(going, PROMPTS, 1)
    for expected, found in zip(wrote.optimizer.masters, took.optimizer.masters, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0 if device == "cpu" else 1e-5)


def test_memory_is_that_of_the_device_that_computes(device: str) -> None:
    where = torch.device(device)
    held = torch.ones(2**24, device=where)  # 64 MiB
    reset_peaks()
    before, room = peak_memory(where), available(where)
    grown = torch.cat([held, held])
    assert peak_memory(where) - before > 100 * 2**20
    del held, grown
    reset_peaks()
    assert peak_memory(where) < before
    if device != "cpu":  # the system counts what others take meanwhile
        assert available(where) - room >= 64 * 2**20


@pytest.mark.slow
def test_a_run_goes_through_and_resumes(device: str, tmp_path: Path) -> None:
    task = TaskConfig("sums", digits=1, operators="+")
    shape = ModelConfig(hidden_size=32, layers=2, heads=2, mlp_size=64, context=160)
    keep = KeepConfig(every=2)
    start = str(tmp_path / "start")
    pretrain(PretrainConfig(out=start, device=device, model=shape, steps=2, rows=4, length=32, task=task, keep=keep))
    config = RlConfig(
        out=str(tmp_path / "whole"),
        policy=start,
        device=device,
        rl=AlgorithmColumns(group_size=4),
        task=task,
        steps=4,
        prompts=4,
        sampling=Sampling(max_tokens=4),
        exam=ExamConfig(items=8),
        keep=keep,
        readiness=False,
    )
    whole = rl(config)
    assert ("gpu" in json.loads((whole.folder / "summary.json").read_text())["machine"]) == (device == "cuda")
    expected = {name: tensor.cpu().clone() for name, tensor in whole.policy.model.state_dict().items()}
    # As if the power had gone after step 2.
    halted = (tmp_path / "whole").rename(tmp_path / "halted")
    shutil.rmtree(halted / "checkpoints" / "step-000004")
    resumed = rl(replace(config, out=str(halted), resume=True))
    for name, tensor in resumed.policy.model.state_dict().items():
        # A GPU may add in another order each time; a CPU may not.
        torch.testing.assert_close(tensor.cpu(), expected[name], rtol=0, atol=0 if device == "cpu" else 1e-5)
