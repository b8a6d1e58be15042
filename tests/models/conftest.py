"""Small random models of every family, made by transformers, which is the oracle here."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

VOCAB = 97
SMALL = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": False,
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {"model_type": "llama"},
    "llama3-tied": {"model_type": "llama", "rope_parameters": LLAMA3_ROPE, "head_dim": 16, "tie_word_embeddings": True},
    "llama-biases": {"model_type": "llama", "attention_bias": True, "mlp_bias": True},
    "mistral": {"model_type": "mistral", "head_dim": 16, "sliding_window": None},
    "qwen2": {"model_type": "qwen2"},
    "qwen2-tied": {"model_type": "qwen2", "num_key_value_heads": 1, "tie_word_embeddings": True},
    "qwen3": {"model_type": "qwen3", "head_dim": 16},
    "qwen3-biases": {"model_type": "qwen3", "head_dim": 8, "attention_bias": True, "tie_word_embeddings": True},
    "smollm2": {
        "model_type": "llama",
        "hidden_size": 36,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100_000.0},
        "tie_word_embeddings": True,
    },
}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def make_hub_model() -> Callable[..., Any]:
    """A random model of transformers by name of the family, or by model_type and settings, in fp32."""
    transformers = pytest.importorskip("transformers")

    def make(name: str, **settings: Any) -> Any:
        chosen = SMALL | FAMILIES.get(name, {"model_type": name}) | settings
        model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.for_model(**chosen)).eval()
        spread_weights(model)
        return model

    return make


@torch.no_grad()
def spread_weights(model: torch.nn.Module) -> None:
    """Weights large enough that every part matters: logits of size one, norms and biases away from where they begin."""
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() == 1:
            parameter.add_(0.3 * noise)
        else:
            parameter.copy_(noise * parameter.shape[-1] ** -0.5)
