"""Arithmetic on the shape of a decoder: its matrices, and what a pass through them computes."""

from homeschool.models.decoder import DecoderConfig


def layer_operations(shape: DecoderConfig, tokens: float, context: float) -> float:
    """Of one layer's forward over ``tokens`` that each look back on ``context`` tokens."""
    return tokens * (2 * layer_matrices(shape) + 4 * shape.num_heads * shape.head_dim * context)


def layer_matrices(shape: DecoderConfig) -> int:
    """Weights of one layer that take part in matrix products."""
    query, keys = shape.num_heads * shape.head_dim, shape.num_key_heads * shape.head_dim
    return shape.hidden_size * (2 * query + 2 * keys + 3 * shape.mlp_size)


def head_weights(shape: DecoderConfig) -> int:
    """Weights of the product that gives the logits."""
    return shape.vocab_size * shape.hidden_size
