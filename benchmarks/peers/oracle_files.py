"""What the peers' halves of the oracle share: cases in, tensors out, the same tiny tokenizer."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import accelerate
import torch
import transformers
import trl
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast, set_seed

Json = dict[str, Any]

SETTINGS = {
    "use_cpu": True,
    "bf16": False,
    "max_grad_norm": 0.0,
    "learning_rate": 1e-3,
    "save_strategy": "no",
    "report_to": "none",
    "disable_tqdm": True,
}


def run_all(folder: Path, peers: tuple[str, ...], run: Callable[[Json, Path], dict[str, Tensor]]) -> None:
    """Every case of these peers through ``run``; what it returns goes to ``<folder>/peer/<case>.safetensors``."""
    torch.set_num_threads(1)
    (folder / f"versions-{peers[0]}.json").write_text(json.dumps(versions()))
    for case in json.loads((folder / "cases.json").read_text()):
        if case["peer"] in peers:
            print(f"oracle: {case['name']}", file=sys.stderr, flush=True)
            set_seed(0)  # what a peer shuffles, it shuffles alike each time
            found = {name: tensor.detach().contiguous().clone() for name, tensor in run(case, folder).items()}
            save_file(found, folder / "peer" / f"{case['name']}.safetensors")


def versions() -> Json:
    return {module.__name__: module.__version__ for module in (accelerate, torch, transformers, trl)}


def weights(folder: Path, case: Json, which: str) -> dict[str, Tensor]:
    """One set of weights: old (sampled the answers), new (being trained), reference, critic-old, critic-new."""
    stale = which.removesuffix("new") + ("new" if case["stale"] else "old")
    return load_file(folder / "models" / case["family"] / f"{stale if which.endswith('new') else which}.safetensors")


def assign(model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put weights into a model in place; every parameter must be among them."""
    for name, parameter in model.named_parameters():
        parameter.data.copy_(tensors[name])


def gradients(model: nn.Module, prefix: str) -> dict[str, Tensor]:
    """Every gradient there is, by name."""
    return {f"{prefix}/{name}": p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def word(token: int) -> str:
    return f"w{token}"


def tokenizer_of(vocab: int, pad: int, end: int, unknown: int) -> PreTrainedTokenizerFast:
    """Token 17 is the word ``w17``."""
    names = {pad: "<pad>", end: "<end>", unknown: "<unknown>"}
    vocabulary = {names.get(token, word(token)): token for token in range(vocab)}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token=names[unknown]))
    plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=plain,
        pad_token=names[pad],
        eos_token=names[end],
        unk_token=names[unknown],
        padding_side="left",
    )
