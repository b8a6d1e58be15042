"""Text to tokens and back, dialogues included. Nothing else in this package knows stop tokens or chat templates.

Three tokenizers, one interface: characters and bytes for small models made here, and whatever a Hugging Face folder
brings. In all of them text stays text: a control token that somebody spells out is encoded as ordinary characters.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from homeschool.chat_template import check_messages, check_question, without_surrogates
from homeschool.errors import DataError, ModelError
from homeschool.hf_tokenizer import HFTokenizer
from homeschool.messages.refusals import text as say
from homeschool.messages.suggestion import suggestion
from homeschool.tokenizer_files import parse_json, read_files, write_files
from homeschool.types import Message

__all__ = [
    "ByteTokenizer",
    "CharTokenizer",
    "HFTokenizer",
    "StreamDecoder",
    "Tokenizer",
    "check_vocabulary",
    "load_tokenizer",
]

SPECIAL_TOKENS = ("<|pad|>", "<|unk|>", "<|user|>", "<|assistant|>", "<|end|>")
PAD, UNK, USER, ASSISTANT, END = range(5)

_KIND_KEY = "homeschool_tokenizer"
_TURN_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '<|user|>' + message['content'] }}"
    "{% elif message['role'] == 'assistant' %}{{ '<|assistant|>' + message['content'] + '<|end|>' }}"
    "{% else %}{{ raise_exception('roles are user and assistant, not ' + message['role']) }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


class Tokenizer(Protocol):
    """What models, data and engines ask of a tokenizer."""

    name: str
    vocab_size: int
    """Highest id plus one: the embedding rows a model needs."""
    pad_id: int
    stop_ids: frozenset[int]
    """Sampling one of these ends a completion."""
    has_chat: bool
    """Whether a plain text prompt is written as one user message."""

    def encode(self, text: str) -> list[int]:
        """Plain text to ids, nothing added; a control token spelled out in it becomes ordinary pieces."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """Ids to text. Special tokens, and ids beyond the vocabulary, decode to nothing."""
        ...

    def encode_prompt(self, prompt: str | Sequence[Message]) -> list[int]:
        """A question up to where the answer begins; it must not end with an assistant's message (DataError)."""
        ...

    def encode_dialogue(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        """Tokens and loss mask: True on the assistant's text and the stop token behind it."""
        ...

    def encode_document(self, text: str) -> list[int]:
        """A pre-training document: its tokens, then the token that ends it."""
        ...

    def save(self, folder: Path) -> None:
        """Write the tokenizer files of a Hugging Face folder."""
        ...


class _TurnTokenizer(ABC):
    """What the character and byte tokenizers share: five special tokens, ids 0 to 4, and turns written with them.

    A turn is ``<|user|>question<|assistant|>answer<|end|>``; ``<|end|>`` also ends a document and is the stop token.
    """

    name: str
    pad_id = PAD
    stop_ids = frozenset({END})
    has_chat = True

    def __init__(self, vocab_size: int) -> None:
        self.vocab_size = vocab_size

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Ids of plain text, none of them special."""

    @abstractmethod
    def _backend_parts(self) -> dict[str, Any]:
        """What tokenizer.json says about this kind: pre_tokenizer, model, decoder."""

    def encode_prompt(self, prompt: str | Sequence[Message]) -> list[int]:
        """``<|user|>question<|assistant|>``; DataError for a role other than user and assistant."""
        messages = check_question([{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt)
        return [*self._turns(messages)[0], ASSISTANT]

    def encode_dialogue(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        """Tokens and loss mask: True on the assistant's text and its ``<|end|>``; all False without an assistant."""
        return self._turns(check_messages(messages))

    def encode_document(self, text: str) -> list[int]:
        """The text, then ``<|end|>``."""
        return [*self.encode(text), END]

    def save(self, folder: Path) -> None:
        """Write tokenizer.json and tokenizer_config.json; ``AutoTokenizer`` opens them and gives the same ids."""
        special = [
            {"id": i, "content": token, "special": True}
            | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
            for i, token in enumerate(SPECIAL_TOKENS)
        ]
        backend = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None}
        config = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": False,
            "pad_token": SPECIAL_TOKENS[PAD],
            "unk_token": SPECIAL_TOKENS[UNK],
            "eos_token": SPECIAL_TOKENS[END],
            "chat_template": _TURN_TEMPLATE,
            _KIND_KEY: self.name,
        }
        files = {"tokenizer.json": backend | self._backend_parts(), "tokenizer_config.json": config}
        write_files(Path(folder), {name: _to_bytes(content) for name, content in files.items()})

    def _turns(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        tokens: list[int] = []
        mask: list[bool] = []
        for message in messages:
            text = self.encode(message["content"])
            if message["role"] == "user":
                turn, trains = [USER, *text], [False] * (1 + len(text))
            elif message["role"] == "assistant":
                turn, trains = [ASSISTANT, *text, END], [False] + [True] * (len(text) + 1)
            else:
                raise DataError(say.ROLE_UNKNOWN_HERE(name=self.name, role=message["role"]))
            tokens += turn
            mask += trains
        return tokens, mask


class CharTokenizer(_TurnTokenizer):
    """One token per character of a fixed alphabet; any other character becomes ``<|unk|>``.

    ``CharTokenizer("ab")`` knows seven tokens: five special ones, then a = 5 and b = 6.
    """

    name = "char"

    def __init__(self, alphabet: Iterable[str]) -> None:
        letters = list(alphabet)
        if bad := [letter for letter in letters if len(letter) != 1 or "\ud800" <= letter <= "\udfff"]:
            raise ModelError(say.NOT_ONE_CHARACTER(entry=bad[0]))
        if len(set(letters)) < len(letters):
            raise ModelError(say.CHARACTER_TWICE())
        self.alphabet = "".join(letters)
        self._ids = {letter: i for i, letter in enumerate(letters, start=len(SPECIAL_TOKENS))}
        self._texts = ("",) * len(SPECIAL_TOKENS) + tuple(letters)
        super().__init__(vocab_size=len(self._texts))

    @classmethod
    def train(cls, texts: Iterable[str]) -> "CharTokenizer":
        """The alphabet of these texts in code point order, so the order of the texts does not matter."""
        letters = {letter for text in texts for letter in without_surrogates(text)}
        return cls(sorted(letters))

    def encode(self, text: str) -> list[int]:
        return [self._ids.get(letter, UNK) for letter in text]

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(self._texts[token] for token in tokens if 0 <= token < self.vocab_size)

    def _backend_parts(self) -> dict[str, Any]:
        vocabulary = {token: i for i, token in enumerate((*SPECIAL_TOKENS, *self.alphabet))}
        every_character = {"type": "Split", "pattern": {"Regex": r"[\s\S]"}, "behavior": "Isolated", "invert": False}
        return {
            "pre_tokenizer": every_character,
            "post_processor": None,
            "decoder": {"type": "Fuse"},
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": SPECIAL_TOKENS[UNK]},
        }


class ByteTokenizer(_TurnTokenizer):
    """One token per byte of UTF-8: byte b is id b + 5. Every text can be written; ``<|unk|>`` is never produced."""

    name = "byte"

    def __init__(self) -> None:
        super().__init__(vocab_size=len(SPECIAL_TOKENS) + 256)

    def encode(self, text: str) -> list[int]:
        return [byte + len(SPECIAL_TOKENS) for byte in without_surrogates(text).encode()]

    def decode(self, tokens: Sequence[int]) -> str:
        first = len(SPECIAL_TOKENS)
        return bytes(token - first for token in tokens if first <= token < self.vocab_size).decode(errors="replace")

    def _backend_parts(self) -> dict[str, Any]:
        vocabulary = {token: i for i, token in enumerate((*SPECIAL_TOKENS, *_byte_letters()))}
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
        return {
            "pre_tokenizer": byte_level,
            "post_processor": None,
            "decoder": byte_level,
            "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
        }


def _byte_letters() -> list[str]:
    """The visible characters by which byte-level tokenizers name the bytes: itself if printable, else one from 256."""
    printable = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    spare = iter(range(256, 512))
    return [chr(byte if byte in printable else next(spare)) for byte in range(256)]


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model folder: ours without any library, any other through the extra ``[hf]``.

    ModelError if the folder or a file is missing or cannot be read.
    """
    folder = Path(folder)
    files = read_files(folder)
    kind = parse_json(files, "tokenizer_config.json", folder.name).get(_KIND_KEY)
    if kind is None:
        return HFTokenizer(folder)
    if kind == ByteTokenizer.name:
        return ByteTokenizer()
    if kind == CharTokenizer.name:
        return CharTokenizer(_saved_alphabet(files, folder.name))
    raise ModelError(say.OTHER_KIND(folder=folder, kind=kind, nearest=suggestion(str(kind), ("byte", "char"))))


def _saved_alphabet(files: dict[str, bytes], owner: str) -> list[str]:
    model = parse_json(files, "tokenizer.json", owner).get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    if not isinstance(vocabulary, dict) or set(map(repr, vocabulary.values())) != set(
        map(repr, range(len(vocabulary)))
    ):
        raise ModelError(say.NO_VOCABULARY(owner=owner))
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    if tuple(tokens[: len(SPECIAL_TOKENS)]) != SPECIAL_TOKENS:
        raise ModelError(say.OTHER_START(owner=owner, found=tokens[:5], expected=list(SPECIAL_TOKENS)))
    return tokens[len(SPECIAL_TOKENS) :]


def _to_bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def check_vocabulary(tokenizer: Tokenizer, model_vocab_size: int) -> None:
    """ModelError if the tokenizer can produce an id for which the model has no embedding. A larger model is fine."""
    if tokenizer.vocab_size > model_vocab_size:
        raise ModelError(say.TOO_MANY_IDS(name=tokenizer.name, ids=tokenizer.vocab_size, size=model_vocab_size))


class StreamDecoder:
    """Text of a growing completion, piece by piece, for talking to a model.

    A token can hold part of a character. Until the rest arrives it decodes to U+FFFD, so a trailing run of those is
    held back; what came before it is certain and is shown at once. The pieces, with ``flush`` at the end, add up to
    the decoded whole.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._window: list[int] = []
        self._context = 0  # how many tokens of the window were shown before it began
        self._shown = 0  # how many characters of the decoded window were shown

    def push(self, token: int) -> str:
        """The text that became certain with this token; often a word, sometimes nothing."""
        self._window.append(token)
        text = self._tokenizer.decode(self._window)
        certain = text.rstrip("\ufffd")
        piece = certain[self._shown :]
        self._shown = max(self._shown, len(certain))
        if piece and certain == text:
            # Some decoders treat the first token apart (they drop its space), so the last tokens stay as context.
            self._reset(self._window[self._context :])
        return piece

    def flush(self) -> str:
        """The rest, with U+FFFD for a character that never became complete; then start afresh."""
        piece = self._tokenizer.decode(self._window)[self._shown :]
        self._reset([])
        return piece

    def _reset(self, window: list[int]) -> None:
        self._window = window
        self._context = len(window)
        self._shown = len(self._tokenizer.decode(window))
