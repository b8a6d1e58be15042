"""Heads other than the language-model head: the critic's value head."""

import copy

import torch
from torch import Tensor, nn

from homeschool.models.interface import LanguageModel
from homeschool.models.layout import Attend


class Critic(nn.Module):
    """A decoder that ends in one number per token: the reward it expects from here on.

    The head starts at zero, so before any training every state is worth nothing and the first advantages are the
    rewards themselves.
    """

    def __init__(self, body: LanguageModel) -> None:
        super().__init__()
        self.body = body
        self.body.lm_head = nn.Identity()
        self.value_head = nn.Linear(body.config.hidden_size, 1, dtype=torch.float32, device=body.device)
        nn.init.zeros_(self.value_head.weight)
        nn.init.zeros_(self.value_head.bias)

    def forward(self, tokens: Tensor, positions: Tensor, attend: Attend) -> Tensor:
        """tokens, positions int64 [N] -> hidden states [N, hidden_size]."""
        hidden: Tensor = self.body(tokens, positions, attend)
        return hidden

    def values(self, hidden: Tensor) -> Tensor:
        """[..., hidden_size] -> [...], fp32: returns are sums, and bf16 keeps only three digits of a sum."""
        out: Tensor = self.value_head(hidden.float()).squeeze(-1)
        return out

    @property
    def device(self) -> torch.device:
        return self.body.device


def build_critic(policy_model: LanguageModel) -> Critic:
    """A critic of its own that starts from the policy's weights: it has read the same books."""
    body = copy.deepcopy(policy_model)
    return Critic(body)
