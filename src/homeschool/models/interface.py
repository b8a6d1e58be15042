"""What training, generation and saving ask of a language model, whatever computes it."""

from abc import ABC, abstractmethod
from typing import Protocol

import torch
from torch import Tensor, nn

from homeschool.models.layout import Attend


class Shape(Protocol):
    """Sizes of a model."""

    @property
    def vocab_size(self) -> int:
        """Rows of the embedding."""
        ...

    @property
    def hidden_size(self) -> int:
        """Width of the hidden states that the head reads."""
        ...

    @property
    def num_layers(self) -> int:
        """Blocks of attention and MLP."""
        ...

    @property
    def max_positions(self) -> int:
        """Most tokens in one sequence, prompt and answer together."""
        ...

    @property
    def num_parameters(self) -> int:
        """Trained numbers, shared ones counted once."""
        ...

    @property
    def family(self) -> str:
        """Hugging Face model_type."""
        ...


class LanguageModel(nn.Module, ABC):
    """Packed tokens to hidden states, and hidden states to logits where they are needed."""

    config: Shape
    checkpointing: bool
    """Recompute each layer in the backward instead of keeping its activations: a third more work, less memory."""

    @property
    @abstractmethod
    def dtype(self) -> torch.dtype: ...

    @property
    @abstractmethod
    def device(self) -> torch.device: ...

    @abstractmethod
    def forward(self, tokens: Tensor, positions: Tensor, attend: Attend) -> Tensor:
        """tokens, positions int64 [N] -> hidden states [N, hidden_size], after the last norm."""

    @abstractmethod
    def logits(self, hidden: Tensor) -> Tensor:
        """[..., hidden_size] -> [..., vocab_size]."""

    @abstractmethod
    def headless_copy(self, layers: int = 0) -> "LanguageModel":
        """An independent copy of the first ``layers`` layers, 0 for all, that ends in hidden states and has no head.

        ModelError where there are fewer, or where the model cannot be taken apart.
        """
