"""Hugging Face folders in and out: config.json, safetensors (sharded too), tokenizer files, a model card."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from homeschool import text
from homeschool.config import command_making
from homeschool.errors import ModelError
from homeschool.messages import refusals
from homeschool.messages.refusals import models as say
from homeschool.models.decoder import Decoder, DecoderConfig
from homeschool.models.interface import LanguageModel

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
INDEX = "model.safetensors.index.json"
"""Names the file of each weight where there are several."""
HARMLESS = ("lm_head.weight", "rotary_emb.inv_freq")
"""Written by some although they follow from the rest: a tied head, the frequencies of the rotation."""
ALWAYS_FP32 = ("score.weight",)
"""The head of a reward model: bf16 keeps three digits of a score."""

DecoderType = TypeVar("DecoderType", bound=Decoder)


@dataclass
class Policy:
    """A model and the tokenizer it was raised with."""

    model: LanguageModel
    tokenizer: text.Tokenizer
    name: str
    """Where it came from: a folder, or a short description."""
    version: int = 0
    """Number of weight updates since it was loaded."""

    def save(self, folder: Path, card: str = "") -> None:
        """Write a folder that ``transformers`` and :func:`load_policy` open."""
        save_model(self.model, folder)
        self.tokenizer.save(folder)
        (folder / "README.md").write_text(card or model_card(self), encoding="utf-8")


def load_policy(source: str | Path, dtype: str = "auto", device: str = "cpu") -> Policy:
    """Open a model folder: the model in ``dtype`` on ``device``, and its tokenizer.

    ``dtype`` is fp32, bf16 or auto (see :func:`choose_dtype`). A name that is no folder is looked up in what has been
    fetched before (``homeschool fetch``); nothing is downloaded here. Families outside :data:`FAMILIES` run through
    ``transformers`` behind the same interface. Raises ModelError with the way out.
    """
    folder = find_folder(source)
    settings = read_json(folder / "config.json")
    if is_reward_model(settings):
        raise ModelError(say.IS_REWARD_MODEL(source=source))
    config = decoder_config(settings)
    chosen = choose_dtype(dtype, settings, device)
    if config is None:
        from homeschool.models.foreign import load_foreign

        model: LanguageModel = load_foreign(folder, chosen, device)
    else:
        model = load_decoder(folder, config, chosen, device)
    tokenizer = text.load_tokenizer(folder)
    text.check_vocabulary(tokenizer, model.config.vocab_size)
    return Policy(model, tokenizer, str(source))


def is_reward_model(settings: Mapping[str, Any]) -> bool:
    """Whether a config.json belongs to a model that ends in scores and not in tokens."""
    return any(str(name).endswith("ForSequenceClassification") for name in settings.get("architectures") or ())


def find_folder(source: str | Path) -> Path:
    """A folder with a config.json: the path itself, the last checkpoint of a run folder, or a model fetched before."""
    from homeschool.models.fetch import cached_model

    folder = Path(source).expanduser()
    if (folder / "config.json").is_file():
        return folder
    if steps := checkpoints(folder):
        return steps[-1]
    if folder.exists():
        seen = sorted(path.name for path in folder.iterdir())[:8] if folder.is_dir() else say.A_FILE()
        raise ModelError(say.NOT_A_MODEL_FOLDER(source=source, seen=seen or say.NOTHING()))
    cached = cached_model(str(source))
    if cached is not None:
        return cached
    command = command_making(str(source))
    if command:
        raise ModelError(refusals.NO_MODEL_YET(source=source, command=command))
    raise ModelError(refusals.NO_MODEL(source=source))


def checkpoints(run: Path) -> list[Path]:
    """The complete checkpoints of a run folder, oldest first. What is called step-NNNNNN is whole."""
    return sorted(path for path in (run / "checkpoints").glob("step-*") if (path / "config.json").is_file())


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object, or a ModelError that names the file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(say.UNREADABLE(path=path, error=error)) from error
    if not isinstance(content, dict):
        raise ModelError(say.NOT_AN_OBJECT(path=path, kind=type(content).__name__))
    return content


def choose_dtype(dtype: str, settings: Mapping[str, Any], device: str) -> torch.dtype:
    """auto: what the folder was saved in, except bf16 on a CPU without bf16 arithmetic, where fp32 is faster."""
    if dtype in DTYPES:
        return DTYPES[dtype]
    if dtype != "auto":
        raise ModelError(say.UNKNOWN_DTYPE(dtype=dtype, names=", ".join(("auto", *DTYPES))))
    saved = str(settings.get("dtype") or settings.get("torch_dtype") or "float32")
    if saved == "float32" or (device == "cpu" and not has_bf16_arithmetic()):
        return torch.float32
    return torch.bfloat16


def has_bf16_arithmetic() -> bool:
    """Whether this processor multiplies bf16 matrices by itself, through the library that torch brings for it."""
    return torch.backends.mkldnn.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def decoder_config(settings: Mapping[str, Any]) -> DecoderConfig | None:
    """The shape in a config.json, or None where this decoder would not compute what that model computes.

    Raises ModelError for a setting that is missing or is no number.
    """
    try:
        return _decoder_config(settings)
    except KeyError as error:
        raise ModelError(say.SETTING_MISSING(key=error, family=settings.get("model_type"))) from error
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ModelError(say.SETTING_UNREADABLE(error=error)) from error


def _decoder_config(settings: Mapping[str, Any]) -> DecoderConfig | None:
    family = settings.get("model_type")
    rope = dict(settings.get("rope_parameters") or settings.get("rope_scaling") or {})
    rope_type = rope.get("rope_type", rope.get("type", "default"))
    if family not in FAMILIES or rope_type not in ("default", "llama3") or _slides(settings):
        return None
    if settings.get("hidden_act", "silu") != "silu" or settings.get("no_rope_layers"):
        return None
    num_heads = int(settings["num_attention_heads"])
    keys = ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings")
    attention_bias = bool(settings.get("attention_bias", False))
    return DecoderConfig(
        vocab_size=int(settings["vocab_size"]),
        hidden_size=int(settings["hidden_size"]),
        num_layers=int(settings["num_hidden_layers"]),
        num_heads=num_heads,
        num_key_heads=int(settings.get("num_key_value_heads") or num_heads),
        head_dim=int(settings.get("head_dim") or settings["hidden_size"] // num_heads),
        mlp_size=int(settings["intermediate_size"]),
        max_positions=int(settings.get("max_position_embeddings", 2048)),
        norm_eps=float(settings.get("rms_norm_eps", 1e-6)),
        rope_theta=float(rope.get("rope_theta") or settings.get("rope_theta") or 10_000.0),
        rope_scaling=tuple((key, float(rope[key])) for key in keys) if rope_type == "llama3" else (),
        tied=bool(settings.get("tie_word_embeddings", False)),
        qkv_bias=family == "qwen2" or attention_bias,
        out_bias=attention_bias and family != "qwen2",
        mlp_bias=bool(settings.get("mlp_bias", False)),
        qk_norm=family == "qwen3",
        family=str(family),
    )


def _slides(settings: Mapping[str, Any]) -> bool:
    """Whether some layer looks back only so far."""
    if "sliding_attention" in (settings.get("layer_types") or []):
        return True
    if settings["model_type"] == "mistral":
        window = settings.get("sliding_window", 4096)  # that many where a config is silent
        return window is not None and window < settings.get("max_position_embeddings", 0)
    window = settings.get("sliding_window")
    return bool(window and settings.get("use_sliding_window", False))


def hub_config(config: DecoderConfig, dtype: torch.dtype) -> dict[str, Any]:
    """The config.json of a decoder, as ``transformers`` reads it."""
    architecture = {"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3"}[config.family]
    settings: dict[str, Any] = {
        "architectures": [f"{architecture}ForCausalLM"],
        "model_type": config.family,
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.num_layers,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": config.num_key_heads,
        "head_dim": config.head_dim,
        "intermediate_size": config.mlp_size,
        "max_position_embeddings": config.max_positions,
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.rope_theta,
        "tie_word_embeddings": config.tied,
        "hidden_act": "silu",
        "torch_dtype": str(dtype).removeprefix("torch."),
    }
    if config.rope_scaling:
        settings["rope_scaling"] = {"rope_type": "llama3", **dict(config.rope_scaling)}
        settings["rope_scaling"]["original_max_position_embeddings"] = int(
            settings["rope_scaling"]["original_max_position_embeddings"]
        )
    if config.family in ("llama", "qwen3"):
        settings["attention_bias"] = config.qkv_bias
    if config.family == "llama":
        settings["mlp_bias"] = config.mlp_bias
    if config.family == "mistral":
        settings["sliding_window"] = None
    return settings


def new_decoder(config: DecoderConfig, seed: int) -> Decoder:
    """A decoder with fresh weights: the same seed gives the same weights."""
    model = Decoder(config)
    model.initialize(torch.Generator().manual_seed(seed))
    return model


def load_decoder(
    folder: Path,
    config: DecoderConfig,
    dtype: torch.dtype,
    device: str,
    kind: type[DecoderType] = Decoder,  # type: ignore[assignment]
) -> DecoderType:
    """Weights straight into place: the module is built without storage first, so memory holds them once."""
    with torch.device("meta"):
        model = kind(config)
    load_weights(model, _read_tensors(folder, dtype, device), folder)
    return model


def load_weights(model: nn.Module, tensors: Iterable[tuple[str, Tensor]], folder: Path) -> None:
    """Assign named tensors to the parameters of ``model``; one missing, misshapen or too many is a ModelError."""
    expected = {name: parameter.shape for name, parameter in model.named_parameters()}
    found: dict[str, Tensor] = {}
    for name, tensor in tensors:
        if name not in expected:
            if not name.endswith(HARMLESS):
                raise ModelError(say.UNKNOWN_WEIGHT(folder=folder, name=name))
        elif tensor.shape != expected[name]:
            raise ModelError(
                say.WRONG_SHAPE(folder=folder, name=name, found=list(tensor.shape), expected=list(expected[name]))
            )
        else:
            found[name] = tensor
    missing = sorted(expected.keys() - found.keys())
    if missing:
        raise ModelError(say.WEIGHTS_MISSING(folder=folder, count=len(missing), first=missing[0]))
    tied = isinstance(model, Decoder) and model.config.tied and isinstance(model.lm_head, nn.Linear)
    model.load_state_dict(found, assign=True, strict=not tied)
    if isinstance(model, Decoder) and tied:
        model.lm_head.weight = model.model.embed_tokens.weight
    for parameter in model.parameters():
        parameter.requires_grad_(True)


def _weight_files(folder: Path) -> list[str]:
    index = folder / INDEX
    if not index.is_file():
        return ["model.safetensors"]
    places = read_json(index).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ModelError(say.NO_WEIGHT_MAP(index=index))
    return sorted({str(file) for file in places.values()})


def _read_tensors(folder: Path, dtype: torch.dtype, device: str) -> Iterable[tuple[str, Tensor]]:
    for file in _weight_files(folder):
        path = folder / file
        if not path.is_file():
            raise ModelError(say.NO_WEIGHT_FILE(folder=folder, file=file))
        try:
            with safe_open(path, "pt", device=device) as tensors:
                for name in tensors.keys():  # noqa: SIM118 - not a dict
                    yield name, tensors.get_tensor(name).to(torch.float32 if name in ALWAYS_FP32 else dtype)
        except SafetensorError as error:
            raise ModelError(say.DAMAGED(path=path, error=error)) from error


def save_model(model: LanguageModel, folder: Path) -> None:
    """config.json and model.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    if not isinstance(model, Decoder):
        from homeschool.models.foreign import ForeignModel

        assert isinstance(model, ForeignModel)
        model.save(folder)
        return
    settings = hub_config(model.config, model.dtype)
    (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    tensors = {name: parameter.detach().cpu().contiguous() for name, parameter in model.named_parameters()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    (folder / INDEX).unlink(missing_ok=True)  # of an older model in shards, which would be read instead


def model_card(policy: Policy) -> str:
    """A short README for a saved model."""
    config = policy.model.config
    return (
        f"# {Path(policy.name).name}\n\n"
        f"A {config.family}-type language model of {config.num_parameters:,} parameters "
        f"({config.num_layers} layers, width {config.hidden_size}, vocabulary {config.vocab_size}), "
        f"raised with homeschool from `{Path(policy.name).name}`; {policy.version} weight updates.\n"
    )


def export_model(source: str, folder: Path) -> Path:
    """Copy a model to a folder of its own, without the state of its run. Refuses a folder that is not empty."""
    if folder.exists() and any(folder.iterdir()):
        raise ModelError(say.EXPORT_NOT_EMPTY(folder=folder))
    if is_reward_model(read_json(find_folder(source) / "config.json")):
        from homeschool.models.reward_model import load_reward_model

        load_reward_model(source).save(folder)
    else:
        load_policy(source).save(folder)
    return folder
