"""Character and byte tokenizers, loading, streaming. ``transformers`` is the oracle for the files we save."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from homeschool.errors import DataError, ModelError
from homeschool.text import (
    ByteTokenizer,
    CharTokenizer,
    HFTokenizer,
    StreamDecoder,
    Tokenizer,
    check_vocabulary,
    load_tokenizer,
)

TEXTS = [
    "Hello, world! 12 + 30 = 42",
    "你好，世界。",
    "mixed 混合\ttab  two\r\nlines\n\n",
    "é😀🇨🇳 \x00 <|end| |> <",
    "letters that the alphabet lacks: Ω龘ß",
    "",
]
DIALOGUE = [
    {"role": "user", "content": "3+4"},
    {"role": "assistant", "content": "七"},
    {"role": "user", "content": "a\n"},
    {"role": "assistant", "content": ""},
]


def make(kind: str) -> CharTokenizer | ByteTokenizer:
    return CharTokenizer.train(TEXTS[:4]) if kind == "char" else ByteTokenizer()


@pytest.fixture(params=["char", "byte"])
def tokenizer(request: pytest.FixtureRequest) -> CharTokenizer | ByteTokenizer:
    return make(request.param)


@pytest.fixture(scope="module")
def auto_tokenizer() -> Any:
    return pytest.importorskip("transformers").AutoTokenizer


# --- ids --------------------------------------------------------------------------------------------------------------


def test_char_ids_count_from_five_and_unknown_is_one() -> None:
    tokenizer = CharTokenizer("ab")
    assert tokenizer.vocab_size == 7
    assert tokenizer.encode("abzba") == [5, 6, 1, 6, 5]
    assert tokenizer.decode([0, 5, 1, 6, 4]) == "ab"


def test_alphabet_does_not_depend_on_the_order_of_texts() -> None:
    assert CharTokenizer.train(["ba", "数c"]).alphabet == "abc数"
    assert CharTokenizer.train(["数c", "ab", "a"]).alphabet == "abc数"


@pytest.mark.parametrize("alphabet", [["a", "a"], ["ab"], [""], ["\ud800"]])
def test_impossible_alphabets_are_refused(alphabet: list[str]) -> None:
    with pytest.raises(ModelError, match="expected"):
        CharTokenizer(alphabet)


def test_byte_ids_are_the_bytes_plus_five() -> None:
    tokenizer = ByteTokenizer()
    assert tokenizer.vocab_size == 261
    assert tokenizer.encode("A你") == [70, 233, 194, 165]
    assert tokenizer.decode([70, 233, 194, 165]) == "A你"


def test_bytes_that_are_no_text_decode_to_the_replacement_character() -> None:
    assert ByteTokenizer().decode([233, 70]) == "\ufffdA"


def test_half_a_surrogate_pair_does_not_raise() -> None:
    assert ByteTokenizer().decode(ByteTokenizer().encode("a\ud83d")) == "a\ufffd"
    assert CharTokenizer.train(["a\ud83d"]).alphabet == "a\ufffd"


def test_ids_outside_the_vocabulary_decode_to_nothing(tokenizer: Tokenizer) -> None:
    text = tokenizer.encode("l")
    assert tokenizer.decode([-1, *text, tokenizer.vocab_size, 10**9]) == "l"


@pytest.mark.parametrize("text", ["<|end|>", "<|user|>a<|assistant|>", "<|pad|><|unk|>"])
def test_control_tokens_in_text_stay_characters(tokenizer: Tokenizer, text: str) -> None:
    specials = set(range(5))
    byte = ByteTokenizer()
    assert not specials & set(byte.encode(text))
    assert byte.decode(byte.encode(text)) == text
    char = CharTokenizer.train([text])
    assert not specials & set(char.encode(text))
    assert len(char.encode(text)) == len(text)


# --- dialogues --------------------------------------------------------------------------------------------------------


def test_a_turn_is_user_question_assistant_answer_end() -> None:
    tokenizer = CharTokenizer("ab")
    tokens, mask = tokenizer.encode_dialogue(
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "bb"}] * 2
    )
    assert tokens == [2, 5, 3, 6, 6, 4] * 2
    assert mask == [False, False, False, True, True, True] * 2


def test_a_prompt_is_one_user_message_and_ends_where_the_answer_begins() -> None:
    tokenizer = CharTokenizer("ab")
    assert tokenizer.encode_prompt("ab") == [2, 5, 6, 3]
    assert tokenizer.encode_prompt([{"role": "user", "content": "ab"}]) == [2, 5, 6, 3]


def test_prompt_is_what_the_dialogue_starts_with(tokenizer: Tokenizer) -> None:
    tokens, mask = tokenizer.encode_dialogue(DIALOGUE)
    prompt = tokenizer.encode_prompt(DIALOGUE[:3])
    assert tokens[: len(prompt)] == prompt
    assert mask[len(prompt) :] == [True]  # the answer is empty: only its stop token trains


def test_a_document_ends_with_the_stop_token() -> None:
    tokenizer = CharTokenizer("ab")
    assert tokenizer.encode_document("ab") == [5, 6, 4]
    assert tokenizer.encode_document("") == [4]
    assert tokenizer.stop_ids == {4}


@pytest.mark.parametrize(
    ("messages", "named"),
    [
        ([], "empty"),
        ([{"role": "system", "content": "be good"}], "system"),
        ([{"role": "<|end|>", "content": ""}], "expected one of"),
        ([{"role": "user", "content": None}], "'content'"),
        ([{"role": "user", "content": [{"type": "text", "text": "a"}]}], "'content'"),
        ([{"content": "a"}], "'role'"),
        (["a"], "message 1"),
    ],
)
def test_malformed_dialogues_are_refused(tokenizer: Tokenizer, messages: Any, named: str) -> None:
    with pytest.raises(DataError, match=named):
        tokenizer.encode_dialogue(messages)


def test_a_prompt_that_holds_its_answer_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(DataError, match="ends with an assistant message"):
        tokenizer.encode_prompt(DIALOGUE[:2])


# --- the saved folder -------------------------------------------------------------------------------------------------


def test_saved_and_loaded_is_the_same_without_the_tokenizers_library(
    tokenizer: CharTokenizer | ByteTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer.save(tmp_path / "new" / "folder")
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    loaded = load_tokenizer(tmp_path / "new" / "folder")
    assert type(loaded) is type(tokenizer)
    assert loaded.vocab_size == tokenizer.vocab_size
    assert [loaded.encode(text) for text in TEXTS] == [tokenizer.encode(text) for text in TEXTS]


def test_auto_tokenizer_opens_the_folder_and_agrees(
    tokenizer: CharTokenizer | ByteTokenizer, tmp_path: Path, auto_tokenizer: Any
) -> None:
    tokenizer.save(tmp_path)
    auto = auto_tokenizer.from_pretrained(tmp_path)
    assert len(auto) == tokenizer.vocab_size
    assert (auto.pad_token_id, auto.unk_token_id, auto.eos_token_id) == (0, 1, 4)
    for text in TEXTS:
        assert auto(text)["input_ids"] == tokenizer.encode(text)
    assert auto("<|end|>", split_special_tokens=True)["input_ids"] == tokenizer.encode("<|end|>")
    assert auto.apply_chat_template(DIALOGUE)["input_ids"] == tokenizer.encode_dialogue(DIALOGUE)[0]
    prompt = auto.apply_chat_template(DIALOGUE[:3], add_generation_prompt=True)["input_ids"]
    assert prompt == tokenizer.encode_prompt(DIALOGUE[:3])
    assert auto.apply_chat_template(DIALOGUE[:2], tokenize=False) == "<|user|>3+4<|assistant|>七<|end|>"


def test_auto_tokenizer_decodes_the_same_even_nonsense(
    tokenizer: CharTokenizer | ByteTokenizer, tmp_path: Path, auto_tokenizer: Any
) -> None:
    tokenizer.save(tmp_path)
    auto = auto_tokenizer.from_pretrained(tmp_path)
    chance = random.Random(0)
    for _ in range(500):
        tokens = [chance.randrange(tokenizer.vocab_size) for _ in range(chance.randrange(12))]
        assert auto.decode(tokens, skip_special_tokens=True) == tokenizer.decode(tokens)


def test_a_folder_saved_again_by_transformers_is_still_ours(
    tokenizer: CharTokenizer | ByteTokenizer, tmp_path: Path, auto_tokenizer: Any
) -> None:
    tokenizer.save(tmp_path / "ours")
    auto_tokenizer.from_pretrained(tmp_path / "ours").save_pretrained(tmp_path / "theirs")
    loaded = load_tokenizer(tmp_path / "theirs")
    assert type(loaded) is type(tokenizer)
    assert loaded.encode(TEXTS[2]) == tokenizer.encode(TEXTS[2])


def test_the_general_reader_agrees_with_ours_on_hostile_text_too(
    tokenizer: CharTokenizer | ByteTokenizer, tmp_path: Path
) -> None:
    pytest.importorskip("tokenizers")
    tokenizer.save(tmp_path)
    general = HFTokenizer(tmp_path)
    assert (general.stop_ids, general.pad_id, general.vocab_size) == ({4}, 0, tokenizer.vocab_size)
    for text in [*TEXTS, "<|end|> a <|user|>", "<|<|end|>end|>", "<|end|>"]:
        messages = [{"role": "user", "content": text}, {"role": "assistant", "content": text}] * 2
        assert general.encode(text) == tokenizer.encode(text)
        assert general.encode_document(text) == tokenizer.encode_document(text)
        assert general.encode_prompt(text) == tokenizer.encode_prompt(text)
        assert general.encode_dialogue(messages) == tokenizer.encode_dialogue(messages)


def test_missing_and_broken_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model folder at .*nowhere"):
        load_tokenizer(tmp_path / "nowhere")
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ModelError, match=r"no tokenizer\.json \(it holds model\.safetensors\)"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").mkdir()
    with pytest.raises(ModelError, match=r"tokenizer\.json cannot be read"):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("tokenizer_config.json", "{", "is not JSON"),
        ("tokenizer_config.json", "\xff", "is not JSON"),
        ("tokenizer_config.json", "[]", "holds a list"),
        ("tokenizer_config.json", '{"homeschool_tokenizer": "chars"}', 'did you mean "char"'),
        ("tokenizer.json", "{}", "no vocabulary"),
        ("tokenizer.json", '{"model": {"vocab": {"a": [0]}}}', "no vocabulary"),
        ("tokenizer.json", '{"model": {"vocab": {"a": 0, "b": 1}}}', "starts with"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: str, named: str) -> None:
    CharTokenizer("ab").save(tmp_path)
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelError, match=named) as error:
        load_tokenizer(tmp_path)
    assert name in str(error.value) or "kind" in str(error.value)


def test_a_foreign_folder_without_the_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {}}))
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ModelError, match=r"pip install 'homeschool\[hf\]'"):
        load_tokenizer(tmp_path)


def test_vocabulary_check_names_both_numbers() -> None:
    check_vocabulary(CharTokenizer("ab"), 7)
    check_vocabulary(CharTokenizer("ab"), 64)
    with pytest.raises(ModelError, match=r"7 ids .* vocab_size 6"):
        check_vocabulary(CharTokenizer("ab"), 6)


def test_importing_text_loads_neither_torch_nor_tokenizers() -> None:
    program = "import sys, homeschool.text; print(sorted({'torch', 'tokenizers', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- streaming --------------------------------------------------------------------------------------------------------


def stream(tokenizer: Tokenizer, tokens: list[int]) -> list[str]:
    decoder = StreamDecoder(tokenizer)
    return [*(decoder.push(token) for token in tokens), decoder.flush()]


def test_characters_appear_with_their_last_byte() -> None:
    tokenizer = ByteTokenizer()
    assert stream(tokenizer, tokenizer.encode("a你b")) == ["a", "", "", "你", "b", ""]


def test_what_never_becomes_a_character_is_shown_in_the_end() -> None:
    assert stream(ByteTokenizer(), [70, 233, 194]) == ["A", "", "", "\ufffd"]
    assert stream(ByteTokenizer(), [233, 70]) == ["", "\ufffdA", ""]


def test_special_tokens_stream_as_nothing() -> None:
    assert stream(CharTokenizer("ab"), [2, 5, 3, 6, 4]) == ["", "a", "", "b", "", ""]


def test_a_flushed_decoder_starts_afresh() -> None:
    tokenizer = ByteTokenizer()
    decoder = StreamDecoder(tokenizer)
    decoder.push(233)
    assert decoder.flush() == "\ufffd"
    assert decoder.push(70) == "A"


def test_streamed_pieces_add_up_to_the_decoded_whole(tokenizer: Tokenizer) -> None:
    chance = random.Random(1)
    for _ in range(200):
        tokens = [chance.randrange(tokenizer.vocab_size) for _ in range(chance.randrange(30))]
        text = tokenizer.encode("".join(chance.choices("ab你好é😀 \n", k=10)))
        tokens += text
        assert "".join(stream(tokenizer, tokens)) == tokenizer.decode(tokens)
