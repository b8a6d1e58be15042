"""What learns: the policy and its optimiser, and what the algorithm needs beside them."""

import copy
from dataclasses import dataclass

from torch import Tensor

from homeschool.config import AdamConfig, OptimConfig
from homeschool.models.heads import Critic, build_critic
from homeschool.models.interface import LanguageModel
from homeschool.models.load import Policy
from homeschool.train.optimizer import Optimizer


@dataclass
class Learner:
    """Models and optimisers of one run."""

    policy: Policy
    optimizer: Optimizer
    micro_tokens: int
    """Tokens in one forward and backward."""
    reference: LanguageModel | None = None
    """The policy as it was at the start, frozen; only when a KL is charged."""
    critic: Critic | None = None
    critic_optimizer: Optimizer | None = None

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
    policy: Policy, optim: OptimConfig, *, critic_optim: AdamConfig | None = None, with_reference: bool = False
) -> Learner:
    """A learner around ``policy``: with a critic of its own if ``critic_optim`` is given, with a frozen copy if
    asked."""
    reference = copy.deepcopy(policy.model).requires_grad_(False) if with_reference else None
    critic = build_critic(policy.model) if critic_optim else None
    policy.model.checkpointing = optim.checkpointing
    if critic:
        critic.body.checkpointing = optim.checkpointing
    return Learner(
        policy,
        Optimizer(policy.model, optim),
        optim.micro_tokens,
        reference,
        critic,
        Optimizer(critic, critic_optim) if critic and critic_optim else None,
    )
