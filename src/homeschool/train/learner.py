"""What learns: the policy and its optimiser, and what the algorithm needs beside them."""

import copy
from dataclasses import dataclass, field

import torch
from torch import Tensor

from homeschool.algos.columns import CriticKind
from homeschool.config import AdamConfig, GradientPenaltyConfig, OptimConfig, RlConfig
from homeschool.errors import ConfigError
from homeschool.messages.refusals import training as refused
from homeschool.models.decoder import Decoder
from homeschool.models.heads import AnyCritic, Critic, CriticPair, SharedCritic, build_critic
from homeschool.models.interface import LanguageModel
from homeschool.models.load import DTYPES, Policy
from homeschool.models.reward_model import load_reward_model, require_same_tokenizer
from homeschool.rewards.guard.answers import layers_read
from homeschool.train.forward import FirstPass
from homeschool.train.optimizer import Optimizer
from homeschool.train.stopwatch import Stopwatch


@dataclass
class Learner:
    """Models and optimisers of one run."""

    policy: Policy
    optimizer: Optimizer
    micro_tokens: int
    """Tokens in one forward and backward."""
    reference: LanguageModel | None = None
    """The policy as it was at the start, frozen; only when a KL is charged or a guard reads answers with it."""
    critic: AnyCritic | None = None
    critic_optimizer: Optimizer | None = None
    """Of all that the critic has and the policy has not; the norm of a pair's gradient is clipped as one."""
    pace: float = 1.0
    """Multiplies the policy's learning rate; a guard that cannot afford enough audits lowers it."""
    reader: LanguageModel | None = None
    """The first layers of the reference, for a guard; None where the whole is read anyway or cannot be taken apart."""
    gradient_penalty: GradientPenaltyConfig = field(default_factory=GradientPenaltyConfig)
    """On the policy's gradient."""
    first_pass: FirstPass = field(default_factory=FirstPass)
    """Forwards that the next update need not make again."""
    critic_watch: Stopwatch = field(init=False)
    """Seconds spent for the critic."""

    def __post_init__(self) -> None:
        self.critic_watch = Stopwatch("critic", self.policy.model.device)

    @property
    def reads_policy(self) -> bool:
        """Whether the critic sits on the policy's own hidden states."""
        return isinstance(self.critic, SharedCritic)

    def state(self) -> dict[str, Tensor]:
        """Everything that must survive a restart, by name."""
        tensors = {f"policy/{name}": tensor for name, tensor in self.optimizer.state().items()}
        if self.critic_optimizer:
            tensors |= {f"critic/{name}": tensor for name, tensor in self.critic_optimizer.state().items()}
        return tensors

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """The inverse of :meth:`state`."""
        for optimizer, prefix in ((self.optimizer, "policy/"), (self.critic_optimizer, "critic/")):
            if optimizer:
                optimizer.load_state(
                    {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
                )


def build_learner(
    policy: Policy,
    optim: OptimConfig,
    *,
    critic_optim: AdamConfig | None = None,
    with_reference: bool = False,
    critic: CriticKind = "separate",
    critic_layers: int = 0,
    critic_from: str = "",
) -> Learner:
    """A learner around ``policy``: with a critic if ``critic_optim`` is given, with a frozen copy if asked.

    The critic starts from the policy, or from the reward model in ``critic_from``; see :func:`new_critic`.
    """
    reference = copy.deepcopy(policy.model).requires_grad_(False) if with_reference else None
    built = new_critic(policy, critic, critic_layers, critic_from) if critic_optim else None
    policy.model.checkpointing = optim.checkpointing
    for model in built.models if built else ():
        model.body.checkpointing = optim.checkpointing
    return Learner(
        policy,
        Optimizer(policy.model, optim),
        optim.micro_tokens,
        reference,
        built,
        Optimizer(built, critic_optim) if built and critic_optim else None,
    )


def rl_learner(policy: Policy, config: RlConfig) -> Learner:
    """The learner that the exams of ``config`` need: its critic and its reference, where the algorithm has them.

    ConfigError for a gradient penalty on weights that are too coarse; else as :func:`new_critic`. What the settings
    alone say cannot be is refused by :func:`refuse_unteachable`.
    """
    algo, guard = config.algorithm, config.guard
    _refuse_coarse_weights(policy, config)
    is_read = guard.audits and guard.predictor == "learned"
    reads_all = algo.needs_reference and algo.kl_estimator != "exact"
    reads_part = is_read and not reads_all and isinstance(policy.model, Decoder)
    learner = build_learner(
        policy,
        config.optim,
        critic_optim=config.critic if algo.has_critic else None,
        with_reference=algo.needs_reference or config.stop.kl > 0 or (is_read and not reads_part),
        critic=algo.critic,
        critic_layers=algo.critic_layers,
        critic_from=config.critic_from,
    )
    learner.gradient_penalty = config.gradient_penalty
    if reads_part:
        learner.reader = first_layers(policy.model)
    learner.optimizer.norm_room = guard.norm_room if guard.mode == "audited" else 0.0
    return learner


def refuse_unteachable(config: RlConfig) -> None:
    """Raise ConfigError for a learner that cannot be, whatever the policy: its penalty, or where its critic starts."""
    algo, weight = config.algorithm, config.gradient_penalty.weight
    if weight and algo.has_critic:
        raise ConfigError(refused.CRITIC_TAUGHT_TWICE(weight=weight, algo=config.algo))
    if weight and config.dtype == "bf16":
        raise ConfigError(refused.TOO_COARSE(weight=weight, dtype="bfloat16"))
    if algo.has_critic:
        _refuse_start(algo.critic, algo.critic_layers, config.critic_from)


def _refuse_coarse_weights(policy: Policy, config: RlConfig) -> None:
    weight, dtype = config.gradient_penalty.weight, policy.model.dtype
    if weight and dtype != torch.float32:
        raise ConfigError(refused.TOO_COARSE(weight=weight, dtype=str(dtype).removeprefix("torch.")))


def first_layers(model: LanguageModel) -> LanguageModel:
    """A frozen copy of the layers that a guard reads answers with."""
    return model.headless_copy(layers_read(model.config.num_layers)).requires_grad_(False)


def new_critic(policy: Policy, kind: CriticKind, layers: int = 0, reward_model: str = "") -> AnyCritic:
    """A critic of one of the kinds, before any training.

    ``layers``: the first so many of the policy's, 0 for all. ``reward_model``: a folder to start from instead, body and
    head. ConfigError for what a kind does not have, ModelError for a model that cannot serve.
    """
    _refuse_start(kind, layers, reward_model)
    if kind == "shared":
        return SharedCritic(policy.model)

    def make() -> Critic:
        return critic_from_reward_model(policy, reward_model) if reward_model else build_critic(policy.model, layers)

    return CriticPair(make(), make()) if kind == "pair" else make()


def _refuse_start(kind: CriticKind, layers: int, reward_model: str) -> None:
    if kind == "shared" and (layers or reward_model):
        raise ConfigError(refused.SHARED_CRITIC())
    if layers and reward_model:
        raise ConfigError(refused.HEAD_CUT_OFF(layers=layers))


def critic_from_reward_model(policy: Policy, source: str) -> Critic:
    """A critic that starts as the reward model in a folder: it values a state as that model scores an answer so far.

    ModelError where it reads other tokens than the policy.
    """
    (dtype,) = (name for name, dtype in DTYPES.items() if dtype == policy.model.dtype)
    reward = load_reward_model(source, dtype, str(policy.model.device))
    require_same_tokenizer(reward, policy)
    critic = Critic(reward.model.body)
    critic.value_head.weight.data.copy_(reward.model.score.weight)
    return critic
