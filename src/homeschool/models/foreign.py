"""Architectures that our decoder does not compute, through ``transformers`` (extra ``[hf]``) behind the same interface.

Slower: a shared prompt is computed once per answer, and sequences are padded. Code from a model folder is never run.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from homeschool.errors import ModelError
from homeschool.messages.refusals import models as say
from homeschool.models.interface import LanguageModel
from homeschool.models.layout import Attend, Layout, PackedAttention

UNBOUNDED = 2048
"""Context granted to an architecture that states none."""


@dataclass(frozen=True)
class ForeignConfig:
    """Sizes of a model that ``transformers`` computes."""

    vocab_size: int
    hidden_size: int
    num_layers: int
    max_positions: int
    num_parameters: int
    family: str


class ForeignModel(LanguageModel):
    """A causal language model of ``transformers``, read packed as training reads a decoder.

    It holds the very children of the model it wraps, so parameters keep their Hugging Face names. Dropout stays off:
    what was sampled and what is trained are the same function.
    """

    causal: Any
    """The wrapped model, with its head."""

    def __init__(self, causal: Any) -> None:
        super().__init__()
        self.__dict__["causal"] = causal  # not a child of its own: its children are ours
        self._modules, self._parameters, self._buffers = causal._modules, causal._parameters, causal._buffers
        self.eval()
        self._checkpointing = False
        self._finish = logit_finish(causal.config.get_text_config())
        self.config: ForeignConfig = foreign_config(causal)

    @property
    def dtype(self) -> torch.dtype:
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @property
    def checkpointing(self) -> bool:
        """Recompute each layer in the backward instead of keeping its activations."""
        return self._checkpointing

    @checkpointing.setter
    def checkpointing(self, on: bool) -> None:
        """ModelError where the architecture cannot."""
        if on:
            self._enable_checkpointing()
        elif self._checkpointing:
            self.causal.gradient_checkpointing_disable()
        self._checkpointing = on

    def _enable_checkpointing(self) -> None:
        from transformers.modeling_layers import GradientCheckpointingLayer

        enable = getattr(self.causal, "activation_checkpointing_enable", None)
        enable = enable or self.causal.gradient_checkpointing_enable  # its name before transformers 5.2x
        try:
            enable({"use_reentrant": False})
        except ValueError as error:
            raise ModelError(say.NO_CHECKPOINTING(family=self.config.family, error=error)) from error
        for module in self.causal.modules():
            if isinstance(module, GradientCheckpointingLayer):
                module.training = True  # it checkpoints in training mode only; what is inside stays without dropout

    def forward(self, tokens: Tensor, positions: Tensor, attend: Attend) -> Tensor:
        """tokens int64 [N] -> hidden states [N, hidden_size]; the layout of ``attend`` says who follows whom."""
        assert isinstance(attend, PackedAttention)
        source, slots = unfold(attend.layout)
        hidden = self._hidden(input_ids=tokens[source.to(tokens.device)], use_cache=False)
        return hidden.flatten(0, 1)[slots.to(tokens.device)]

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., hidden_size] -> [..., vocab_size]."""
        out: Tensor = self._finish(self.causal.get_output_embeddings()(hidden))
        return out

    def headless_copy(self, layers: int = 0) -> "ForeignModel":
        """A whole copy without its head. ModelError for a part of the layers: where they lie depends on the family."""
        if layers:
            raise ModelError(say.CANNOT_TAKE_APART(layers=layers, family=self.config.family))
        part = copy.deepcopy(self)
        head = part.causal.get_output_embeddings()
        for name, child in list(part.named_children()):
            if child is head:
                setattr(part, name, nn.Identity())
        return part

    def next_logits(self, tokens: Tensor, mask: Tensor, cache: Any) -> Tensor:
        """Logits [B, V] after the last of ``tokens`` int64 [B, L], appended to what ``cache`` holds of each row.

        ``mask`` int64 [B, cached + L] is 1 on real tokens and 0 on the padding to their left.
        """
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -tokens.shape[1] :]
        hidden = self._hidden(
            input_ids=tokens, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True
        )
        return self.logits(hidden[:, -1])

    def _hidden(self, **inputs: Any) -> Tensor:
        out: Tensor = self.causal.base_model(**inputs).last_hidden_state
        return out

    def save(self, folder: Path) -> None:
        """config.json and safetensors, by the writer of ``transformers``: it knows how families name their weights."""
        with _quiet():
            self.causal.save_pretrained(folder)
        # It would name stop tokens that the model was not sampled with; the tokenizer brings its own.
        (folder / "generation_config.json").unlink(missing_ok=True)


def load_foreign(folder: Path, dtype: torch.dtype, device: str) -> ForeignModel:
    """The causal language model in a Hugging Face folder, of any architecture that ``transformers`` knows by itself.

    Raises ModelError where the library is missing or cannot open the folder, weights are missing, or the model would
    not be computed faithfully (see :func:`check_forward`).
    """
    try:
        from transformers import AutoConfig, AutoModelForCausalLM
    except ImportError as error:
        raise ModelError(say.NO_TRANSFORMERS(folder=folder)) from error
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        with _quiet():
            _refuse_kind(folder, AutoConfig.from_pretrained(folder, **local))
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=dtype, use_safetensors=True, output_loading_info=True, **local
            )
    except SafetensorError as error:
        raise ModelError(say.DAMAGED_WEIGHTS(folder=folder, error=error)) from error
    except (ValueError, OSError, KeyError, TypeError, RuntimeError, ImportError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(say.CANNOT_OPEN(folder=folder, error=error)) from error
    causal, found = loaded
    if found["missing_keys"]:
        missing = sorted(found["missing_keys"])
        raise ModelError(say.WEIGHTS_MISSING(folder=folder, count=len(missing), first=missing[0]))
    model = ForeignModel(causal.to(device))
    check_forward(model, str(folder))
    return model


def _refuse_kind(folder: Path, config: Any) -> None:
    if config.is_encoder_decoder:
        raise ModelError(say.ENCODER_DECODER(folder=folder, kind=config.model_type))
    if getattr(config, "quantization_config", None):
        raise ModelError(say.QUANTISED(folder=folder))


def foreign_config(causal: Any) -> ForeignConfig:
    """The sizes of a model of ``transformers``; :data:`UNBOUNDED` positions where it states none."""
    config = causal.config.get_text_config()
    return ForeignConfig(
        vocab_size=int(config.vocab_size),
        hidden_size=int(causal.get_output_embeddings().weight.shape[-1]),
        num_layers=int(config.num_hidden_layers),
        max_positions=int(getattr(config, "max_position_embeddings", None) or UNBOUNDED),
        num_parameters=sum(parameter.numel() for parameter in causal.parameters()),
        family=str(causal.config.model_type),
    )


def logit_finish(config: Any) -> Callable[[Tensor], Tensor]:
    """What an architecture does to its logits after the head: capped (Gemma), multiplied (Cohere, Falcon-H1), divided
    (Granite)."""
    cap = getattr(config, "final_logit_softcapping", None)
    scale = float(getattr(config, "logit_scale", None) or getattr(config, "lm_head_multiplier", None) or 1.0)
    scale /= float(getattr(config, "logits_scaling", None) or 1.0)
    if cap:
        return lambda logits: torch.tanh(logits / cap) * cap
    if scale != 1.0:
        return lambda logits: logits * scale
    return lambda logits: logits


def unfold(layout: Layout) -> tuple[Tensor, Tensor]:
    """Packed sequences as padded rows: each branch behind a copy of its trunk, and each trunk that has no branch.

    Returns the packed index that stands at each place, int64 [rows, width] (0 on the padding), and for each packed
    token its place in the flattened rows, int64 [N]; trunk tokens are read from the trunk's first row.
    """
    trunks = [torch.arange(start, start + n) for start, n in zip(layout.trunk_starts, layout.trunks, strict=True)]
    empty = torch.zeros(0, dtype=torch.long)
    rows = [(trunk, empty) for place, trunk in enumerate(trunks) if place not in layout.parents]
    for start, length, parent in zip(layout.branch_starts, layout.branches, layout.parents, strict=True):
        rows.append((trunks[parent], torch.arange(start, start + length)))
    width = max(len(trunk) + len(branch) for trunk, branch in rows)
    source = torch.zeros(len(rows), width, dtype=torch.long)
    slots = torch.full((layout.total_tokens,), -1)
    for row, pieces in enumerate(rows):
        sequence = torch.cat(pieces)
        source[row, : len(sequence)] = sequence
        places = torch.arange(row * width, row * width + len(sequence))
        slots[sequence] = torch.where(slots[sequence] < 0, places, slots[sequence])
    return source, slots


@torch.no_grad()
def check_forward(model: ForeignModel, name: str) -> None:
    """Two short answers to one prompt, packed, must get the logits that the model itself gives them one by one.

    ModelError otherwise: the architecture looks ahead, or does something to its logits that :func:`logit_finish` does
    not know.
    """
    layout = Layout((3,), (2, 5), (0, 0))
    tokens = torch.arange(layout.total_tokens, device=model.device) % model.config.vocab_size
    rows = ([0, 1, 2, 3, 4], [0, 1, 2, 5, 6, 7, 8, 9])
    try:
        packed = model.logits(model(tokens, layout.positions(), PackedAttention(layout, model.device)))
        plain = [model.causal(input_ids=tokens[row][None], use_cache=False).logits[0] for row in rows]
    except Exception as error:  # what an architecture lacks shows itself in any way
        raise ModelError(say.CANNOT_TRAIN(name=name, family=model.config.family, error=error)) from error
    for row, expected in zip(rows, plain, strict=True):
        require_close(packed[row], expected, f"{name} ({model.config.family})", say.PACKED())


def require_close(found: Tensor, expected: Tensor, name: str, what: str) -> None:
    """ModelError if logits differ by more than rounding explains: 1e-3 of the largest in fp32, 5e-2 in bf16."""
    tolerance = 1e-3 if expected.dtype == torch.float32 else 5e-2
    gap = float((found.float() - expected.float()).abs().max() / expected.float().abs().max().clamp(min=1e-6))
    if not gap <= tolerance:
        raise ModelError(say.OTHER_LOGITS(name=name, what=what, gap=gap, tolerance=tolerance))


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars and no advice while a library opens or writes a folder; what matters is raised."""
    from transformers.utils import logging as library

    logging: Any = library  # it carries no types
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
