"""Heads other than the language-model head: the critic's value head, on a model of its own or on the policy."""

import torch
from torch import Tensor, nn

from homeschool.models.interface import LanguageModel
from homeschool.models.layout import Attend


class ValueHead(nn.Linear):
    """One number per hidden state: the reward to expect from there on.

    It starts at zero, so before any training every state is worth nothing and the first advantages are the rewards
    themselves.
    """

    def __init__(self, hidden_size: int, device: torch.device) -> None:
        super().__init__(hidden_size, 1, dtype=torch.float32, device=device)

    def reset_parameters(self) -> None:
        """All zero."""
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., hidden_size] -> [...], fp32: returns are sums, and bf16 keeps only three digits of a sum."""
        out: Tensor = super().forward(hidden.float()).squeeze(-1)
        return out


class Critic(nn.Module):
    """A model of its own that ends in a value head. It shares nothing with the policy."""

    def __init__(self, body: LanguageModel) -> None:
        super().__init__()
        self.body = body
        self.value_head = ValueHead(body.config.hidden_size, body.device)

    def forward(self, tokens: Tensor, positions: Tensor, attend: Attend) -> Tensor:
        """tokens, positions int64 [N] -> hidden states [N, hidden_size]."""
        hidden: Tensor = self.body(tokens, positions, attend)
        return hidden

    def values(self, hidden: Tensor) -> Tensor:
        """[..., hidden_size] -> [...], fp32."""
        out: Tensor = self.value_head(hidden)
        return out

    @property
    def models(self) -> tuple["Critic", ...]:
        """Those that read the batch by themselves."""
        return (self,)

    @property
    def device(self) -> torch.device:
        return self.body.device


class SharedCritic(nn.Module):
    """A value head on the policy's own hidden states: one forward and one backward serve both."""

    models: tuple[Critic, ...] = ()

    def __init__(self, policy_model: LanguageModel) -> None:
        super().__init__()
        self.value_head = ValueHead(policy_model.config.hidden_size, policy_model.device)

    def values(self, hidden: Tensor) -> Tensor:
        """[..., hidden_size] -> [...], fp32."""
        out: Tensor = self.value_head(hidden)
        return out


class CriticPair(nn.Module):
    """Two critics that start alike and learn from different answers. Their mean is the value, their distance says how
    well a state is known. Source: AsyPPO, arXiv:2510.01656."""

    def __init__(self, first: Critic, second: Critic) -> None:
        super().__init__()
        self.first, self.second = first, second

    @property
    def models(self) -> tuple[Critic, ...]:
        """Those that read the batch by themselves."""
        return (self.first, self.second)


AnyCritic = Critic | SharedCritic | CriticPair


def build_critic(policy_model: LanguageModel, layers: int = 0) -> Critic:
    """A critic of its own that starts from the policy's weights: it has read the same books.

    ``layers``: only the first so many, under the policy's last norm; 0: all. ModelError where the policy has fewer, or
    cannot be taken apart.
    """
    return Critic(policy_model.headless_copy(layers))
