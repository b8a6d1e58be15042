"""Writes the model folder that all arms of a comparison load: random weights of true shape, and a word tokenizer.

    python benchmarks/peers/make_model.py <shape name> <folder>

The end-of-text token has an id outside the model's vocabulary. No arm can draw it, so every completion has the full
length, and no arm pays for suppressing it (a ``min_new_tokens`` processor would cost the peers a pass over the logits).
"""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from work import FIRST_TOKEN, WORKS, Shape, word


def main(name: str, folder: str) -> None:
    shape = next(work.shape for work in WORKS.values() if work.shape.name == name)
    torch.manual_seed(0)
    model = LlamaForCausalLM(config_of(shape))
    model.save_pretrained(folder)
    tokenizer_of(shape).save_pretrained(folder)


def config_of(shape: Shape) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=shape.vocab,
        hidden_size=shape.width,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=shape.context,
        initializer_range=0.05,  # at the usual 0.02 a tied random model mostly repeats its last token
        rope_theta=100_000.0,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )


def tokenizer_of(shape: Shape) -> PreTrainedTokenizerFast:
    vocabulary = {"<pad>": 0, "<unk>": 1} | {f"<free{i}>": i for i in range(2, FIRST_TOKEN)}
    vocabulary |= {word(token): token for token in range(FIRST_TOKEN, shape.vocab)}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="<pad>", unk_token="<unk>", eos_token="<end>", padding_side="left"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
