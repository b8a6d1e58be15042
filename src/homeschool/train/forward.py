"""Forward passes over a batch in micro-batches: log-probabilities and values of its tokens."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from homeschool.models.heads import Critic, SharedCritic
from homeschool.models.interface import LanguageModel
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

    @property
    def places(self) -> Tensor:
        """int64, for each trained token the index of the hidden state that predicts it."""
        return self.packed.predictors[self.mask]

    def trained(self, name: str) -> Tensor:
        """A per-token field at the trained tokens, on the model's device."""
        value: Tensor = getattr(self.batch, name)
        return value[self.mask].to(self.packed.tokens.device)


def parts(
    batch: TrainBatch, token_budget: int, device: torch.device, rows: Sequence[int] | None = None
) -> Iterator[Part]:
    """The batch (or some of its rows) cut into micro-batches of at most ``token_budget`` tokens.

    The same rows of a batch are laid out once, however often they are read.
    """
    for chosen in micro_batches(batch, token_budget, rows):
        if len(chosen) == batch.num_rows:
            part, index = batch, torch.arange(len(batch.tokens))
        else:
            part = batch.take(chosen)
            index = torch.cat([torch.arange(batch.starts[row], batch.starts[row + 1]) for row in chosen])
        packed = batch.packings.get(tuple(chosen))
        if packed is None or packed.tokens.device != device:
            packed = batch.packings[tuple(chosen)] = pack(part, device)
        yield Part(part, packed, chosen, index)


def hidden_states(model: LanguageModel | Critic, packed: Packed) -> Tensor:
    """One forward over packed sequences: [N, hidden_size]."""
    out: Tensor = model(packed.tokens, packed.positions, packed.attend)
    return out


@dataclass(frozen=True)
class Kept:
    """Hidden states with their graph, and what they are the hidden states of."""

    packed: Packed
    hidden: Tensor
    version: list[tuple[int, int]]


def weights_version(model: torch.nn.Module) -> list[tuple[int, int]]:
    """Changes whenever a weight is written in place or replaced."""
    return [(weight.data_ptr(), weight._version) for weight in model.parameters()]


class FirstPass:
    """Forwards made before an update, with their graphs, for the update to go on from instead of making them again.

    At most one micro-batch of a model is kept, the one that the update reads first, so memory holds no more than in the
    update itself.
    """

    def __init__(self) -> None:
        self._kept: dict[int, Kept] = {}

    def keep(self, model: LanguageModel | Critic, packed: Packed, hidden: Tensor) -> None:
        """Hold on to ``hidden`` of ``packed`` until the model is asked for its next hidden states."""
        self._kept[id(model)] = Kept(packed, hidden, weights_version(model))

    def hidden_states(self, model: LanguageModel | Critic, packed: Packed) -> Tensor:
        """What was kept of these very sequences under these very weights, else a new forward: [N, hidden_size]."""
        kept = self._kept.pop(id(model), None)
        if kept and kept.packed is packed and kept.version == weights_version(model):
            return kept.hidden
        return hidden_states(model, packed)

    def keeps(self, packed: Packed) -> bool:
        """Whether some model's forward over ``packed`` is kept."""
        return any(kept.packed is packed for kept in self._kept.values())

    def forget(self) -> None:
        """Nothing is kept any more: weights are about to move."""
        self._kept.clear()


@contextmanager
def joined_gradient(states: Tensor) -> Iterator[Tensor]:
    """A stand-in for ``states`` that several losses are sent back to; what they leave there goes on through the model
    once, at the end.

    The gradient is that of the sum of the losses. Without gradients it is ``states`` itself.
    """
    if not states.requires_grad:
        yield states
        return
    stand_in = states.detach().requires_grad_()
    yield stand_in
    states.backward(stand_in.grad)


def trained_logprobs(model: LanguageModel, part: Part, temperature: float) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies at the trained tokens of a micro-batch, fp32 each."""
    hidden = hidden_states(model, part.packed)
    return token_logprobs(model, hidden[part.places], part.trained("tokens"), temperature)


@torch.no_grad()
def batch_logprobs(model: LanguageModel, batch: TrainBatch, token_budget: int, temperature: float) -> Tensor:
    """Log-probabilities of all trained tokens, 0 elsewhere: fp32 [T]."""
    out = torch.zeros(len(batch.tokens))
    for part in parts(batch, token_budget, model.device):
        out[part.index[part.mask]] = trained_logprobs(model, part, temperature)[0].cpu()
    return out


def read_batch(
    model: LanguageModel | Critic,
    batch: TrainBatch,
    token_budget: int,
    rows: Sequence[int] | None = None,
    first_pass: FirstPass | None = None,
) -> Iterator[tuple[Part, Tensor]]:
    """Each micro-batch with its hidden states, without gradient.

    ``first_pass`` is left the graph of the micro-batch that an update reads first; here that one comes last.
    """
    plan = list(parts(batch, token_budget, model.device, rows))
    for part in reversed(plan):
        is_kept = first_pass is not None and part is plan[0]
        with torch.set_grad_enabled(is_kept):
            hidden = hidden_states(model, part.packed)
        if first_pass is not None and is_kept:
            first_pass.keep(model, part.packed, hidden)
        yield part, hidden.detach()


def batch_values(
    critic: Critic,
    batch: TrainBatch,
    token_budget: int,
    rows: Sequence[int] | None = None,
    first_pass: FirstPass | None = None,
) -> tuple[Tensor, Tensor]:
    """The value of the state before each token, fp32 [T], and of the state after each row, fp32 [R].

    ``rows``: read only these, the others stay 0. ``first_pass``: see :func:`read_batch`.
    """
    values, final_values = torch.zeros(len(batch.tokens)), torch.zeros(batch.num_rows)
    for part, hidden in read_batch(critic, batch, token_budget, rows, first_pass):
        write_values(critic, part, hidden, values, final_values)
    return values, final_values


@torch.no_grad()
def write_values(
    critic: Critic | SharedCritic, part: Part, hidden: Tensor, values: Tensor, final_values: Tensor
) -> None:
    """What the critic says of a micro-batch's ``hidden`` states [N, hidden_size], into the arrays of the whole
    batch."""
    every = critic.values(hidden)
    values[part.index] = every[part.packed.predictors].cpu()
    final_values[part.rows] = every[part.packed.ends].cpu()
