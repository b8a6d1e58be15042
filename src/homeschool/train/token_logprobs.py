"""Log-probabilities of chosen tokens, with the head computed only where a token trains."""

import torch
from torch import Tensor

from homeschool.models.interface import LanguageModel

CHUNK = 64
"""Rows of logits in fp32 at a time: 64 x 49,152 x 4 bytes stay near the processor's cache."""
GPU_CHUNK = 1024
"""The same on a GPU, which would spend its time on starting so small products."""


def rows_at_once(device: torch.device) -> int:
    """Rows of logits in fp32 at a time; results do not depend on it."""
    return CHUNK if device.type == "cpu" else GPU_CHUNK


def token_logprobs(
    model: LanguageModel, hidden: Tensor, targets: Tensor, temperature: float = 1.0
) -> tuple[Tensor, Tensor]:
    """log softmax(head(hidden) / temperature) at ``targets``, and the entropy of each distribution.

    hidden [T, hidden_size], targets int64 [T]; both results fp32 [T], entropy in nats.
    """
    logits = model.logits(hidden)
    if temperature not in (0.0, 1.0):
        logits = logits / temperature
    logprobs, entropy = _PickedLogSoftmax.apply(logits, targets)  # type: ignore[no-untyped-call]
    return logprobs, entropy


class _PickedLogSoftmax(torch.autograd.Function):
    """log softmax at one index per row, and entropy, overwriting the logits by the probabilities that the backward
    needs.

        d log p_t / d z_v = [v = t] - p_v          d H / d z_v = -p_v (log p_v + H)

    The plain composition keeps logits, log-probabilities and their gradient; this keeps one array in the logits' dtype
    and forms the gradient in place, so the largest tensor of a training step exists once. A loss that does not read the
    entropy pays nothing for its gradient.
    """

    @staticmethod
    def forward(ctx, logits, targets):  # type: ignore[no-untyped-def]
        logprobs = torch.empty(len(targets), dtype=torch.float32, device=logits.device)
        entropy = torch.empty_like(logprobs)
        size = rows_at_once(logits.device)
        for start in range(0, len(targets), size):
            part = slice(start, start + size)
            scaled = logits[part].float()
            scaled -= scaled.amax(-1, keepdim=True)
            weights = scaled.exp()
            total = weights.sum(-1)
            log_total = total.log()
            logprobs[part] = scaled.gather(-1, targets[part, None]).squeeze(-1) - log_total
            weights /= total[:, None]
            # Where a logit is -inf its weight is 0 and contributes nothing.
            entropy[part] = log_total - torch.linalg.vecdot(weights, scaled.clamp(min=-1e4))
            logits[part] = weights
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(logits, targets, entropy)
        return logprobs, entropy

    @staticmethod
    def backward(ctx, grad, entropy_grad):  # type: ignore[no-untyped-def]
        probabilities, targets, entropy = ctx.saved_tensors
        grad = torch.zeros_like(entropy) if grad is None else grad
        if entropy_grad is None:
            out = probabilities.mul_(-grad.to(probabilities.dtype)[:, None])
        else:
            out = _with_entropy(probabilities, grad, entropy_grad, entropy)
        # Not scatter_add_: in bf16 it works in an fp32 copy of the whole array.
        picked = out.gather(-1, targets[:, None]) + grad.to(out.dtype)[:, None]
        return out.scatter_(-1, targets[:, None], picked), None


def _with_entropy(probabilities: Tensor, grad: Tensor, entropy_grad: Tensor, entropy: Tensor) -> Tensor:
    """-p * (grad + entropy_grad * (log p + H)), in place; where p is 0 the limit is 0."""
    size = rows_at_once(grad.device)
    for start in range(0, len(grad), size):
        part = slice(start, start + size)
        p = probabilities[part].float()
        slope = p.clamp(min=1e-30).log().add_(entropy[part, None]).mul_(entropy_grad[part, None])
        probabilities[part] = p.mul_(slope.add_(grad[part, None])).neg_()
    return probabilities
