"""What is refused of tokenizers, dialogues and data files, said in Chinese."""

import json
from pathlib import Path
from typing import Any

import pytest

from homeschool.chat_template import ChatTemplate, check_messages, check_question
from homeschool.data import corpus_rows, dialogue_rows, read_documents, read_jsonl
from homeschool.errors import DataError, HomeschoolError, ModelError
from homeschool.exam import load_exam
from homeschool.messages.sentence import in_language
from homeschool.preferences import read_preferences
from homeschool.text import ByteTokenizer, CharTokenizer, check_vocabulary, load_tokenizer

USER, ASSISTANT = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}


def said(error: type[HomeschoolError], action: Any, *arguments: Any) -> str:
    with in_language("zh"), pytest.raises(error) as raised:
        action(*arguments)
    return str(raised.value)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], "对话是空的；至少要有一条消息"),
        (["a"], "第 1 条消息是 'a'；应该是带 role 和 content 的对象"),
        ([{"role": "user", "content": 3}], "第 1 条消息里的 'content' 是 3；应该是文字"),
        (
            [USER, {"role": "robot", "content": ""}],
            "第 2 条消息的 role 是“robot”；应该是以下之一：system",
        ),
    ],
)
def test_messages(messages: list[Any], expected: str) -> None:
    assert said(DataError, check_messages, messages).startswith(expected)


def test_a_prompt_that_is_answered_already() -> None:
    expected = "提示的最后一条消息是 assistant 的；提示应该以等着回答的内容结尾"
    assert said(DataError, check_question, [USER, ASSISTANT]) == expected


def test_chat_templates() -> None:
    broken = said(ModelError, ChatTemplate, "{% if %}", "qwen", {})
    assert broken.startswith("qwen 的对话模板读不懂（TemplateSyntaxError") and broken.endswith("应该是正确的 Jinja")
    template = ChatTemplate("{{ raise_exception('no') }}", "qwen", {})
    failed = said(ModelError, template.render, [USER, ASSISTANT])
    assert failed.startswith("qwen 的对话模板不接受 role 依次为 user, assistant 的对话，或者出了错（")
    assert failed.endswith("应该给它能接受的对话，或者换一个只写文字的模板")


def test_tokenizers(tmp_path: Path) -> None:
    assert said(ModelError, CharTokenizer, ["ab"]) == "字符表里有 'ab'；每一项应该是一个字符"
    assert said(ModelError, CharTokenizer, ["a", "a"]) == "字符表里有重复的字符；每个应该只出现一次"
    assert said(ModelError, check_vocabulary, ByteTokenizer(), 10).startswith(
        "分词器 byte 有 261 个 id，而模型的 vocab_size"
    )
    system = [{"role": "system", "content": "a"}, USER]
    assert said(DataError, ByteTokenizer().encode_prompt, system).startswith(
        "byte 分词器收到一条 role 是“system”的消息"
    )
    nowhere, folder = tmp_path / "nowhere", tmp_path / "model"
    folder.mkdir()
    assert said(ModelError, load_tokenizer, nowhere).startswith(f"没有 {nowhere} 这个模型文件夹")
    assert said(ModelError, load_tokenizer, folder).startswith(f"{folder} 里没有 tokenizer.json（里面有：什么也没有）")
    (folder / "tokenizer.json").write_text("[1]")
    (folder / "tokenizer_config.json").write_text("{")
    assert said(ModelError, load_tokenizer, folder).startswith("model/tokenizer_config.json 不是 JSON（")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "{path}:1：不是 JSON（"),
        ("[]", "{path}:1：应该是一个 JSON 对象，收到的是 list"),
        ('{"chosen": "a"}', "{path}:1：缺少“rejected”这一列；这一行有的列：chosen"),
        ('{"chosen": "a", "rejected": " a"}', "{path}:1：两边一模一样，分不出好坏；请删掉这一行"),
        ('{"chosen": "", "rejected": "a"}', "{path}:1 的“chosen”是空的；应该是一个回答"),
        ('{"chosen": 3, "rejected": "a"}', "{path}:1 的“chosen”是 3；应该是文字，或者消息列表"),
        ('{"prompt": 3, "chosen": "b", "rejected": "a"}', "{path}:1：“prompt”是 3；应该是不为空的文字，或者消息列表"),
        ('{"chosen": "b", "rejected": "a", "margin": -1}', "{path}:1：“margin”是 -1；应该是 0 或更大的数"),
        (json.dumps({"chosen": [USER], "rejected": "a"}), "{path}:1 的“chosen”的最后一条消息，role 是 user"),
        (json.dumps({"chosen": [USER, ASSISTANT], "rejected": "a"}), "{path}:1：一边是文字，一边是消息列表"),
    ],
)
def test_pairs(tmp_path: Path, line: str, expected: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(line + "\n")
    assert said(DataError, read_preferences, path).startswith(expected.replace("{path}", str(path)))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert said(DataError, read_preferences, nowhere) == f"没有文件 {nowhere}"
    assert said(DataError, load_exam, nowhere).startswith(f"{nowhere} 不是考试的成绩文件：")


@pytest.mark.parametrize(
    "read", [read_preferences, lambda path: [*read_documents(path)], lambda path: [*read_jsonl(path)]]
)
def test_files_in_another_encoding(tmp_path: Path, read: Any) -> None:
    """GBK, as Chinese editors on Windows like to save."""
    for name in ("file.txt", "file.jsonl"):
        path = tmp_path / name
        path.write_bytes('{"text": "加法"}'.encode("gbk"))
        assert said(DataError, read, path).startswith(f"{path} 不是 UTF-8 文字：")


def test_a_message_that_is_none_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(json.dumps({"messages": [USER, ASSISTANT]}) + "\n" + json.dumps({"messages": ["a"]}) + "\n")
    expected = f"{path}:2：第 1 条消息是 'a'；应该是带 role 和 content 的对象"
    assert said(DataError, dialogue_rows, path, ByteTokenizer(), 1, 0, 100) == expected


def test_texts_and_examples(tmp_path: Path) -> None:
    text, examples = tmp_path / "text.txt", tmp_path / "examples.jsonl"
    text.write_text("short")
    few = said(DataError, corpus_rows, text, ByteTokenizer(), 4, 100, 0)
    assert few.startswith(f"{text} 里有 ") and few.endswith("一段就要 101 个；请加些文本，或者调小 length")
    text.write_text("")
    assert said(DataError, corpus_rows, text, ByteTokenizer(), 4, 100, 0) == f"{text} 是空的"
    examples.write_text('{"question": "a"}\n')
    wrong = said(DataError, dialogue_rows, examples, ByteTokenizer(), 4, 0, 100)
    assert wrong.endswith("应该有“messages”，或者有文字的“prompt”和“completion”；这一行有的列：question")
