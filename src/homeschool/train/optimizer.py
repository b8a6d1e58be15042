"""AdamW on fp32 master weights, whatever the model computes in."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from homeschool.algos.scales import SlowSize
from homeschool.config import AdamConfig
from homeschool.messages.refusals import training as refused
from homeschool.models.decoder import parameter_groups
from homeschool.train.not_finite import NotFinite


def learning_rate(optim: AdamConfig, step: int, total_steps: int) -> float:
    """The rate of ``step`` (from 0): linear warm-up, then constant, linear or cosine down to ``final_share``."""
    if step < optim.warmup_steps:
        return optim.lr * (step + 1) / optim.warmup_steps
    if optim.decay == "constant":
        return optim.lr
    done = min(1.0, (step - optim.warmup_steps) / max(1, total_steps - optim.warmup_steps))
    share = 1 - done if optim.decay == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return optim.lr * (optim.final_share + (1 - optim.final_share) * share)


class Optimizer:
    """Accumulates gradients in fp32 and steps once per update.

    A bf16 weight has three significant digits: an update of a thousandth of it would be rounded away. So a model in
    bf16 keeps fp32 masters here; its own weights are their rounded copies. Gradients are added to the masters' as
    soon as each is ready, so no second full set exists.
    """

    def __init__(self, model: nn.Module, optim: AdamConfig) -> None:
        self.optim = optim
        self.norm_room = 0.0
        """The norm may be this many times its slow running size before it is clipped; 0: the fixed limit alone."""
        self.slow_norm = SlowSize()
        self.names = [name for name, p in model.named_parameters() if p.requires_grad]
        self.weights = [p for p in model.parameters() if p.requires_grad]
        self.masters = [w if w.dtype == torch.float32 else w.detach().float() for w in self.weights]
        master_of = {id(w): m for w, m in zip(self.weights, self.masters, strict=True)}
        groups = parameter_groups(model, optim.weight_decay)
        for group in groups:
            group["params"] = [master_of[id(p)] for p in group["params"]]
        self.adam = torch.optim.AdamW(groups, lr=optim.lr, betas=optim.betas, eps=optim.epsilon, fused=True)
        self._hooks = [
            weight.register_post_accumulate_grad_hook(_adder(master))
            for weight, master in zip(self.weights, self.masters, strict=True)
            if weight is not master
        ]
        for master in self.masters:
            master.grad = torch.zeros_like(master)

    def close(self) -> None:
        """Take the hooks off the model again."""
        for hook in self._hooks:
            hook.remove()

    def zero_grad(self) -> None:
        """Set all gradients to zero, keeping their memory."""
        torch._foreach_zero_([master.grad for master in self.masters if master.grad is not None])

    def step(self, rate: float) -> float:
        """Clip the whole gradient to ``optim.grad_clip``, update, and return the norm before clipping.

        With ``norm_room`` the limit is ``norm_room`` times the slow running norm where that is more: the running norm
        is taken before this one is counted, so a single large step keeps its size.
        Raises NonFiniteError and leaves the weights alone when the norm is not a number.
        """
        norm = nn.utils.get_total_norm([master.grad for master in self.masters if master.grad is not None])
        if not norm.isfinite():
            raise NotFinite(refused.GRADIENT_NOT_A_NUMBER, float(norm))
        if self.optim.grad_clip:
            limit = max(self.optim.grad_clip, self.norm_room * (self.slow_norm.size or 0.0))
            nn.utils.clip_grads_with_norm_(self.masters, limit, norm)
        if self.norm_room:
            self.slow_norm.observe(float(norm) ** 2)
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
        with torch.no_grad():
            rounded = [(w, m) for w, m in zip(self.weights, self.masters, strict=True) if w is not m]
            if rounded:
                torch._foreach_copy_([w for w, _ in rounded], [m for _, m in rounded])
        self.zero_grad()
        return float(norm)

    def state(self) -> dict[str, Tensor]:
        """Masters and moments by name, for a checkpoint."""
        tensors = {key: tensor.contiguous() for key, tensor in self._state_tensors()}
        if self.norm_room:
            slow = [self.slow_norm.total, self.slow_norm.weight]
            tensors["slow_norm"] = torch.tensor(slow, dtype=torch.float64)
        return tensors

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """The inverse of :meth:`state`, exactly."""
        if "slow_norm" in tensors:
            self.slow_norm.total, self.slow_norm.weight = tensors["slow_norm"].tolist()
        with torch.no_grad():
            for name, master, weight in zip(self.names, self.masters, self.weights, strict=True):
                master.copy_(tensors[f"master/{name}"])
                if weight is not master:
                    weight.copy_(master)
                if f"mean/{name}" in tensors:
                    self.adam.state[master] = {
                        # The fused kernel reads the step number where the weight lies.
                        "step": tensors[f"step/{name}"].to(master.device).clone(),
                        "exp_avg": tensors[f"mean/{name}"].to(master.device).clone(),
                        "exp_avg_sq": tensors[f"square/{name}"].to(master.device).clone(),
                    }

    def _state_tensors(self) -> Iterator[tuple[str, Tensor]]:
        for name, master in zip(self.names, self.masters, strict=True):
            yield f"master/{name}", master.detach()
            state = self.adam.state.get(master)
            if state:
                yield f"mean/{name}", state["exp_avg"]
                yield f"square/{name}", state["exp_avg_sq"]
                yield f"step/{name}", state["step"].reshape(())


def _adder(master: Tensor):  # type: ignore[no-untyped-def]
    def add(weight: Tensor) -> None:
        assert master.grad is not None
        master.grad.add_(weight.grad)  # type: ignore[arg-type]
        weight.grad = None

    return add
