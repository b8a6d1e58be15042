"""KL(policy, reference) over the whole vocabulary, a few tokens at a time so that no second set of logits is kept."""

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from homeschool.algos import kl
from homeschool.models.interface import LanguageModel
from homeschool.train.batch import TrainBatch
from homeschool.train.forward import hidden_states, parts
from homeschool.train.token_logprobs import rows_at_once


def exact_kl(
    model: LanguageModel, hidden: Tensor, reference: LanguageModel, ref_hidden: Tensor, temperature: float
) -> Tensor:
    """sum over the vocabulary of p * log(p / q) at each token, fp32 [T], with gradient into ``model`` and ``hidden``.

    hidden, ref_hidden [T, hidden_size]: the states that predict each token. Both distributions are those at the
    sampling temperature. Logits are computed again in the backward, a few tokens at a time.
    """
    size = rows_at_once(hidden.device)
    pieces = [
        checkpoint(_piece, model, ours, reference, theirs, temperature, use_reentrant=False)
        for ours, theirs in zip(hidden.split(size), ref_hidden.split(size), strict=True)
    ]
    return torch.cat(pieces) if pieces else hidden.new_zeros(0, dtype=torch.float32)


def _piece(
    model: LanguageModel, hidden: Tensor, reference: LanguageModel, ref_hidden: Tensor, temperature: float
) -> Tensor:
    divisor = temperature or 1.0
    with torch.no_grad():
        ref_logits = reference.logits(ref_hidden).float() / divisor
    return kl.exact(model.logits(hidden).float() / divisor, ref_logits)


@torch.no_grad()
def batch_exact_kl(
    model: LanguageModel, reference: LanguageModel, batch: TrainBatch, token_budget: int, temperature: float
) -> Tensor:
    """The same for all trained tokens of a batch, without gradient, 0 elsewhere: fp32 [T]."""
    out = torch.zeros(len(batch.tokens))
    for part in parts(batch, token_budget, model.device):
        places = part.packed.predictors[part.mask]
        ours, theirs = (hidden_states(reader, part.packed)[places] for reader in (model, reference))
        out[part.index[part.mask]] = exact_kl(model, ours, reference, theirs, temperature).cpu()
    return out
