"""Forward passes over a batch in micro-batches: log-probabilities and values of its tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from homeschool.models.heads import Critic
from homeschool.models.interface import LanguageModel
from homeschool.models.layout import PackedAttention
from homeschool.train.batch import Packed, TrainBatch, micro_batches, pack
from homeschool.train.token_logprobs import token_logprobs


@dataclass(frozen=True)
class Part:
    """A micro-batch of a larger batch."""

    batch: TrainBatch
    packed: Packed
    rows: Sequence[int]
    """Its rows in the larger batch."""
    index: Tensor
    """int64, the places of its tokens in the larger batch."""

    @property
    def mask(self) -> Tensor:
        """bool, which of its tokens train."""
        return self.batch.loss_mask

    def trained(self, name: str) -> Tensor:
        """A per-token field at the trained tokens, on the model's device."""
        value: Tensor = getattr(self.batch, name)
        return value[self.mask].to(self.packed.tokens.device)


def parts(
    batch: TrainBatch, token_budget: int, device: torch.device, rows: Sequence[int] | None = None
) -> Iterator[Part]:
    """The batch (or some of its rows) cut into micro-batches of at most ``token_budget`` tokens."""
    for chosen in micro_batches(batch, token_budget, rows):
        part = batch.take(chosen)
        index = torch.cat([torch.arange(batch.starts[row], batch.starts[row + 1]) for row in chosen])
        yield Part(part, pack(part, device), chosen, index)


def hidden_states(model: LanguageModel | Critic, packed: Packed) -> Tensor:
    """One forward over packed sequences: [N, hidden_size]."""
    out: Tensor = model(packed.tokens, packed.positions, PackedAttention(packed.layout, packed.tokens.device))
    return out


def trained_logprobs(model: LanguageModel, part: Part, temperature: float) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies at the trained tokens of a micro-batch, fp32 each."""
    hidden = hidden_states(model, part.packed)
    return token_logprobs(model, hidden[part.packed.predictors[part.mask]], part.trained("tokens"), temperature)


@torch.no_grad()
def batch_logprobs(model: LanguageModel, batch: TrainBatch, token_budget: int, temperature: float) -> Tensor:
    """Log-probabilities of all trained tokens, 0 elsewhere: fp32 [T]."""
    out = torch.zeros(len(batch.tokens))
    for part in parts(batch, token_budget, model.device):
        out[part.index[part.mask]] = trained_logprobs(model, part, temperature)[0].cpu()
    return out


@torch.no_grad()
def batch_values(critic: Critic, batch: TrainBatch, token_budget: int) -> tuple[Tensor, Tensor]:
    """The value of the state before each token, fp32 [T], and of the state after each row, fp32 [R]."""
    values, final_values = torch.zeros(len(batch.tokens)), torch.zeros(batch.num_rows)
    for part in parts(batch, token_budget, critic.device):
        hidden = hidden_states(critic, part.packed)
        values[part.index] = critic.values(hidden[part.packed.predictors]).cpu()
        final_values[part.rows] = critic.values(hidden[part.packed.ends]).cpu()
    return values, final_values
