"""The decoder of the Llama, Mistral, Qwen2, Qwen3 and SmolLM families, in one file.

Parameter names are those of Hugging Face folders. Tokens come packed, [N] of them, with no batch dimension: what may
look at what is decided by the ``attend`` callable (training and prompts: ``layout.PackedAttention``; generation: the
cache of the rollout engine), so there is one forward for all uses. The head is separate, because most positions do
not need it.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from homeschool.errors import ModelError
from homeschool.messages.refusals import models as say
from homeschool.models.interface import LanguageModel
from homeschool.models.layout import Attend


@dataclass(frozen=True)
class DecoderConfig:
    """Shape of a decoder. Defaults are the Llama conventions."""

    vocab_size: int
    hidden_size: int = 128
    num_layers: int = 4
    num_heads: int = 4
    num_key_heads: int = 4
    head_dim: int = 32
    mlp_size: int = 384
    max_positions: int = 512
    norm_eps: float = 1e-5
    rope_theta: float = 10_000.0
    rope_scaling: tuple[tuple[str, float], ...] = ()
    """Llama-3 scaling: factor, low_freq_factor, high_freq_factor, original_max_position_embeddings. Empty: none."""
    tied: bool = True
    """The head is the embedding."""
    qkv_bias: bool = False
    out_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False
    """RMSNorm on each query and key head before rotation (Qwen3)."""
    family: str = "llama"
    """Hugging Face model_type."""

    @property
    def num_parameters(self) -> int:
        """Trained numbers, the shared embedding counted once."""
        query, keys = self.num_heads * self.head_dim, self.num_key_heads * self.head_dim
        attention = self.hidden_size * (2 * query + 2 * keys) + self.qkv_bias * (query + 2 * keys)
        attention += self.out_bias * self.hidden_size + self.qk_norm * 2 * self.head_dim
        mlp = 3 * self.hidden_size * self.mlp_size + self.mlp_bias * (2 * self.mlp_size + self.hidden_size)
        embeddings = self.vocab_size * self.hidden_size * (1 if self.tied else 2)
        return embeddings + self.num_layers * (attention + mlp + 2 * self.hidden_size) + self.hidden_size


class Decoder(LanguageModel):
    """Tokens to hidden states; hidden states to logits."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config: DecoderConfig = config
        self.model = Body(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        if config.tied:
            self.lm_head.weight = self.model.embed_tokens.weight
        self.checkpointing = False

    @property
    def dtype(self) -> torch.dtype:
        return self.model.norm.weight.dtype

    @property
    def device(self) -> torch.device:
        return self.model.norm.weight.device

    def forward(self, tokens: Tensor, positions: Tensor, attend: Attend) -> Tensor:
        """tokens, positions int64 [N] -> hidden states [N, hidden_size], after the last norm."""
        hidden = self.model.embed_tokens(tokens)
        rotation = rotation_table(self.config, positions, hidden.dtype)
        for index, layer in enumerate(self.model.layers):
            if self.checkpointing and torch.is_grad_enabled():
                hidden = checkpoint(layer, hidden, rotation, attend, index, use_reentrant=False)
            else:
                hidden = layer(hidden, rotation, attend, index)
        out: Tensor = self.model.norm(hidden)
        return out

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., hidden_size] -> [..., vocab_size]."""
        out: Tensor = self.lm_head(hidden)
        return out

    def headless_copy(self, layers: int = 0) -> "Decoder":
        """The first ``layers`` layers (0: all), embedding and last norm, copied weight by weight; no head."""
        if layers > self.config.num_layers:
            raise ModelError(say.TOO_FEW_LAYERS(layers=layers, count=self.config.num_layers))
        with torch.device("meta"):
            part = Decoder(replace(self.config, num_layers=layers or self.config.num_layers))
        part.lm_head = nn.Identity()  # type: ignore[assignment]
        wanted = {name for name, _ in part.named_parameters()}
        weights = {name: weight.detach().clone() for name, weight in self.named_parameters() if name in wanted}
        part.load_state_dict(weights, assign=True)
        part.requires_grad_(True)
        return part

    def initialize(self, generator: torch.Generator) -> None:
        """Normal weights of deviation 0.02; layers that write to the residual stream get less, the more there are."""
        residual_std = 0.02 / math.sqrt(2 * self.config.num_layers)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 1:
                nn.init.constant_(parameter, 0.0 if name.endswith("bias") else 1.0)
            else:
                is_residual = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(parameter, std=residual_std if is_residual else 0.02, generator=generator)


class Body(nn.Module):
    """Everything under the name ``model.`` in a Hugging Face folder."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_layers))
        self.norm = RMSNorm(config.hidden_size, config.norm_eps)


class Layer(nn.Module):
    """One block: attention, then a gated MLP, each on a normed copy and added back."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.norm_eps)
        self.mlp = MLP(config)

    def forward(self, hidden: Tensor, rotation: tuple[Tensor, Tensor], attend: Attend, index: int) -> Tensor:
        hidden = hidden + self.self_attn(self.input_layernorm(hidden), rotation, attend, index)
        out: Tensor = hidden + self.mlp(self.post_attention_layernorm(hidden))
        return out


class Attention(nn.Module):
    """Grouped-query attention: several query heads share one key head."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        query, keys = config.num_heads * config.head_dim, config.num_key_heads * config.head_dim
        self.head_dim = config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, query, bias=config.qkv_bias)
        self.k_proj = nn.Linear(config.hidden_size, keys, bias=config.qkv_bias)
        self.v_proj = nn.Linear(config.hidden_size, keys, bias=config.qkv_bias)
        self.o_proj = nn.Linear(query, config.hidden_size, bias=config.out_bias)
        if config.qk_norm:
            self.q_norm = RMSNorm(config.head_dim, config.norm_eps)
            self.k_norm = RMSNorm(config.head_dim, config.norm_eps)
        self.has_qk_norm = config.qk_norm

    def project(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[N, hidden_size] -> query [N, H, D], key and value [N, K, D]. The engine replaces it by one fused product."""
        parts = self.q_proj(hidden), self.k_proj(hidden), self.v_proj(hidden)
        query, key, value = (part.unflatten(-1, (-1, self.head_dim)) for part in parts)
        return query, key, value

    def forward(self, hidden: Tensor, rotation: tuple[Tensor, Tensor], attend: Attend, index: int) -> Tensor:
        query, key, value = self.project(hidden)
        if self.has_qk_norm:
            query, key = self.q_norm(query), self.k_norm(key)
        query, key = rotate(query, *rotation), rotate(key, *rotation)
        out: Tensor = self.o_proj(attend(index, query, key, value).flatten(-2))
        return out


class MLP(nn.Module):
    """SwiGLU: down(silu(gate(x)) * up(x))."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.mlp_size, bias=config.mlp_bias)
        self.up_proj = nn.Linear(config.hidden_size, config.mlp_size, bias=config.mlp_bias)
        self.down_proj = nn.Linear(config.mlp_size, config.hidden_size, bias=config.mlp_bias)

    def gates(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """[N, hidden_size] -> gate and up, each [N, mlp_size]. The engine replaces it by one fused product."""
        return self.gate_proj(hidden), self.up_proj(hidden)

    def forward(self, hidden: Tensor) -> Tensor:
        out: Tensor = self.down_proj(swiglu(*self.gates(hidden)))
        return out


class RMSNorm(nn.Module):
    """x * weight / sqrt(mean(x^2) + eps) over the last dimension."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, hidden: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            out: Tensor = _RMSNorm.apply(hidden, self.weight, self.eps)  # type: ignore[no-untyped-call]
            return out
        return _normed(hidden, _inverse_root(hidden, self.eps), self.weight)


def _inverse_root(hidden: Tensor, eps: float) -> Tensor:
    """1 / sqrt(mean(x^2) + eps), fp32 [..., 1], without a copy of the input in fp32."""
    norm: Tensor = torch.linalg.vector_norm(hidden, dim=-1, keepdim=True, dtype=torch.float32)
    return norm.square_().div_(hidden.shape[-1]).add_(eps).rsqrt_()


def _normed(hidden: Tensor, inverse: Tensor, weight: Tensor) -> Tensor:
    return (hidden * inverse).mul_(weight).to(hidden.dtype)


class _RMSNorm(torch.autograd.Function):
    """Keeps its input and one number per token; the plain composition keeps two fp32 arrays of the input's size."""

    @staticmethod
    def forward(ctx, hidden, weight, eps):  # type: ignore[no-untyped-def]
        inverse = _inverse_root(hidden, eps)
        ctx.save_for_backward(hidden, weight, inverse)
        return _normed(hidden, inverse, weight)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        hidden, weight, inverse = ctx.saved_tensors
        unit = hidden * inverse
        scaled = grad * unit
        weight_grad = scaled.flatten(0, -2).sum(0)
        share = (scaled @ weight.to(scaled.dtype)).unsqueeze(-1) / hidden.shape[-1]
        hidden_grad = torch.mul(grad, weight.float(), out=scaled).sub_(unit.mul_(share)).mul_(inverse)
        return hidden_grad.to(hidden.dtype), weight_grad.to(weight.dtype), None


def swiglu(gate: Tensor, up: Tensor) -> Tensor:
    """silu(gate) * up."""
    if torch.is_grad_enabled():
        out: Tensor = _SwiGLU.apply(gate, up)  # type: ignore[no-untyped-call]
        return out
    return torch.nn.functional.silu(gate).mul_(up)


class _SwiGLU(torch.autograd.Function):
    """Keeps the two inputs only; the plain composition would keep silu(gate) as well."""

    @staticmethod
    def forward(ctx, gate, up):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(gate, up)
        return torch.nn.functional.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        gate, up = ctx.saved_tensors
        gate_grad = torch.ops.aten.silu_backward(grad * up, gate)
        return gate_grad, torch.nn.functional.silu(gate).mul_(grad)


def rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding: the pair (x_i, x_{i + D/2}) turns by position * frequency_i. heads [N, H, D]."""
    if torch.is_grad_enabled():
        out: Tensor = _Rotate.apply(heads, cos, sin)  # type: ignore[no-untyped-call]
        return out
    return _turn(heads, cos, sin)


def _turn(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = heads.shape[-1] // 2
    first, second = heads[..., :half], heads[..., half:]
    out = torch.empty_like(heads)
    torch.mul(first, cos, out=out[..., :half]).addcmul_(second, sin, value=-1)
    torch.mul(second, cos, out=out[..., half:]).addcmul_(first, sin)
    return out


class _Rotate(torch.autograd.Function):
    """A rotation's gradient is the rotation back: nothing but the angles is kept."""

    @staticmethod
    def forward(ctx, heads, cos, sin):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(cos, sin)
        return _turn(heads, cos, sin)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        cos, sin = ctx.saved_tensors
        return _turn(grad, cos, -sin), None, None


def rotation_table(config: DecoderConfig, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """cos and sin of position * frequency, each [N, 1, head_dim / 2]; angles in fp32, results in ``dtype``."""
    angles = positions[:, None, None].float() * rope_frequencies(config).to(positions.device)
    return angles.cos().to(dtype), angles.sin().to(dtype)


@lru_cache(maxsize=32)
def rope_frequencies(config: DecoderConfig) -> Tensor:
    """theta^(-2i/D) for i < D/2, fp32; Llama-3 scaling stretches the slow ones and leaves the fast ones alone."""
    with torch.device("cpu"):
        exponents = torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim
        frequencies = 1.0 / config.rope_theta**exponents
    if not config.rope_scaling:
        return frequencies
    scaling = dict(config.rope_scaling)
    factor, low, high = scaling["factor"], scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    share = ((turns - low) / (high - low)).clamp(0, 1)  # 0: fewer turns than low, stretched; 1: left alone
    return frequencies * (share + (1 - share) / factor)


def kv_bytes_per_token(config: DecoderConfig, dtype: torch.dtype) -> int:
    """Cache bytes that one token of context takes."""
    return 2 * config.num_layers * config.num_key_heads * config.head_dim * dtype.itemsize


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices decay; norms and biases do not."""
    decayed = [p for p in model.parameters() if p.requires_grad and p.dim() >= 2]
    kept = [p for p in model.parameters() if p.requires_grad and p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
