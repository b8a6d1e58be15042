"""Whole steps on a GPU that is not there; not a test itself: ``test_devices`` runs it.

python devices.py

In a process of its own, since torch counts its devices at the first backward and never again.
"""

import torch
from pretended import NAME, PretendedGPU, register
from torch import Tensor

from homeschool.algos.table import algorithm
from homeschool.config import OptimConfig
from homeschool.models.decoder import Decoder, DecoderConfig
from homeschool.models.load import Policy, load_weights, new_decoder
from homeschool.models.reward_model import build_reward_model
from homeschool.preferences import EncodedPair
from homeschool.rewards.marker import Marker
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.text import CharTokenizer
from homeschool.train.audit import start_views
from homeschool.train.batch import build_batch, text_batch
from homeschool.train.learner import Learner, build_learner, first_layers
from homeschool.train.preference import pair_leads, update_on_pairs
from homeschool.train.rl import RlRun, rl_step
from homeschool.train.update import update_on_text
from homeschool.types import Prompt, Rollout, RolloutGroup, Sampling

TOKENIZER = CharTokenizer("abcdefgh")
SHAPE = DecoderConfig(TOKENIZER.vocab_size, 16, 2, 4, 2, 4, 32, max_positions=32, qk_norm=True)
PROMPTS = [Prompt(text, text) for text in ("a", "bcd", "gggg")]
SAMPLING = Sampling(max_tokens=6)
ROWS = {
    "grpo": {"kl_coef": 0.1, "kl_estimator": "exact"},
    "gspo": {"entropy_coef": 0.01, "mismatch": "truncate"},
    "ppo": {"minibatches": 2},
    "vapo": {"critic": "shared", "critic_warmup": 0},
    "reinforce_plus_plus": {},
}
PAIRS = [EncodedPair((3, 4), (5, 6), (7,), 0.5), EncodedPair((), (5, 6), (6, 7, 5), 0.0)]


def marks(prompts: list[str], completions: list[str], **_: object) -> list[float]:
    return [float(text[:1] in prompt) if text else 0.0 for prompt, text in zip(prompts, completions, strict=True)]


def policy_on(device: str) -> Policy:
    generator = torch.Generator().manual_seed(1)
    shapes = {name: weight.detach() for name, weight in new_decoder(SHAPE, 0).named_parameters()}
    weights = {
        name: torch.randn(weight.shape, generator=generator) * weight.shape[-1] ** -0.5 if weight.dim() > 1 else weight
        for name, weight in shapes.items()
    }
    with torch.device("meta"):
        model = Decoder(SHAPE)
    load_weights(model, ((name, weight.to(device)) for name, weight in weights.items()), folder=None)  # type: ignore[arg-type]
    return Policy(model, TOKENIZER, "on " + device)


def resumed(old: Learner, new: Learner) -> Learner:
    """As a checkpoint does it: what it holds lies on the CPU."""
    new.load_state({name: tensor.detach().cpu() for name, tensor in old.state().items()})
    return new


def exams(device: str, name: str) -> list[Tensor]:
    """Two steps with a restart between them."""
    algo = algorithm(name, {"group_size": 3, **ROWS[name]})

    def learner() -> Learner:
        policy = policy_on(device)
        optim = OptimConfig(lr=1e-3, micro_tokens=40, checkpointing=name == "grpo")
        with_critic = optim if algo.has_critic else None
        return build_learner(
            policy, optim, critic_optim=with_critic, with_reference=algo.needs_reference, critic=algo.critic
        )

    learns = learner()
    for step in range(2):
        run = RlRun(learns, TorchEngine(learns.policy), Marker(marks), algo, SAMPLING, 0, 4)
        rl_step(run, PROMPTS, step)
        learns = resumed(learns, learner())
    return [weight.detach().cpu() for weight in learns.policy.model.parameters()]


def text(device: str) -> list[Tensor]:
    policy = policy_on(device)
    learner = build_learner(policy, OptimConfig(lr=1e-3, micro_tokens=8))
    update_on_text(learner, text_batch([([1, 2, 3, 4, 5], [True] * 5), ([3, 4, 5], [False, True, True])]), 0, 2)
    return [weight.detach().cpu() for weight in policy.model.parameters()]


def pairs(device: str) -> list[Tensor]:
    reward = build_reward_model(policy_on(device))
    update_on_pairs(build_learner(reward, OptimConfig(lr=1e-3, micro_tokens=8)), PAIRS, 0, 2, 0.1)
    return [torch.tensor(pair_leads(reward.model, PAIRS, 8))]


def views(device: str) -> list[Tensor]:
    """What a guard's predictor reads."""
    policy = policy_on(device)
    learner = build_learner(policy, OptimConfig(micro_tokens=8))
    learner.reader = first_layers(policy.model)
    groups = TorchEngine(policy).generate(PROMPTS, SAMPLING, group_size=2)
    scored = [
        RolloutGroup(prompt, tuple(Rollout(prompt, completion, 1.0, 1.0) for completion in group))
        for prompt, group in zip(PROMPTS, groups, strict=True)
    ]
    found, _ = start_views(learner, build_batch(scored, TOKENIZER), 1.0)
    return [torch.from_numpy(found.hidden), torch.from_numpy(found.logprobs)]


def compare(what: str, here: list[Tensor], there: list[Tensor]) -> None:
    gap = max(float((a - b).abs().max()) for a, b in zip(here, there, strict=True))
    # Another attention, which adds in another order; where a gradient is nearly 0, Adam makes much of little.
    assert gap < 1e-4, f"{what} differs by {gap}"
    print(what, "ok")


def main() -> None:
    torch.set_num_threads(1)
    register()
    works = {name: (lambda device, name=name: exams(device, name)) for name in ROWS}
    for what, work in (works | {"text": text, "pairs": pairs, "views": views}).items():
        here = work("cpu")
        with PretendedGPU():
            there = work(NAME)
        compare(what, here, there)


if __name__ == "__main__":
    main()
