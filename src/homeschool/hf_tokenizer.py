"""Tokenizers of Hugging Face model folders, through the ``tokenizers`` library.

The ids are those that ``transformers`` gives, with one deliberate difference: text from outside never becomes a control
token. A question that contains ``<|im_end|>`` is a question about ten odd characters, not the end of the question.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from homeschool.chat_template import ChatTemplate, Dialogue, check_messages, check_question, without_surrogates
from homeschool.errors import ModelError
from homeschool.messages.refusals import text as say
from homeschool.tokenizer_files import named_tokens, parse_json, read_files, template_source, write_files
from homeschool.types import Message

if TYPE_CHECKING:
    from tokenizers import Encoding
    from tokenizers import Tokenizer as Backend

_PROBE = "homeschool"


class _Piece(NamedTuple):
    """One token and the part of the text it came from."""

    id: int
    start: int
    end: int


class HFTokenizer:
    """The tokenizer of a Hugging Face folder; needs the extra ``[hf]``.

    ``stop_ids`` holds, as far as they exist: every ``eos_token_id`` of ``generation_config.json``; the ``eos_token`` of
    ``tokenizer_config.json``; and the token with which the chat template ends an assistant's turn, found by rendering a
    small dialogue and taking the first added token behind the answer (``<|im_end|>``, ``<|eot_id|>`` ...), so none has
    to be known by name. A folder in which none of these exists is refused: nothing would ever end.

    ``vocab_size`` is the highest id plus one. ``pad_id`` is the ``pad_token``, else the token that ends a document:
    padding never trains.

    Control tokens are the special tokens of ``tokenizer.json``, those named in the configs, and the stop tokens. Added
    tokens that the folder does not call special (``<think>`` in some) anyone can write, as their author intended.
    """

    def __init__(self, folder: Path) -> None:
        self._load(read_files(Path(folder)), Path(folder).resolve().name)

    def _load(self, files: dict[str, bytes], name: str) -> None:
        self.name = name
        self._files = files
        self._config: dict[str, Any] = {}
        for file in ("special_tokens_map.json", "tokenizer_config.json"):  # the first is older; the second prevails
            self._config |= parse_json(files, file, name)
        self._marked = self._backend()
        vocabulary = self._marked.get_vocab(with_added_tokens=True)
        self.vocab_size = 1 + max(vocabulary.values(), default=-1)
        self._named = {key: token for key, token in named_tokens(self._config).items() if token in vocabulary}
        # Tokens that a config names are special even where tokenizer.json does not say so.
        _make_special(self._marked, self._named.values())
        source = template_source(files, self._config)
        self._template = None if source is None else ChatTemplate(source, name, self._named)
        self.has_chat = self._template is not None
        self.stop_ids = self._find_stop_ids()
        self._control = self._find_control()
        self._unknown = self._id_named("unk_token")
        end = self._id_named("eos_token")
        self._document_end = min(self.stop_ids) if end is None else end
        pad = self._id_named("pad_token")
        self.pad_id = self._document_end if pad is None else pad
        self._prefix = self._find_prefix()

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickled backend forgets that special tokens spelled in text are to be split: rebuild it from the files.
        return _from_files, (self._files, self.name)

    # --- what a tokenizer does ----------------------------------------------------------------------------------------

    def encode(self, text: str) -> list[int]:
        """Plain text to ids, nothing added. A control token spelled out in the text becomes ordinary pieces."""
        return [piece.id for piece in self._encode_plain(without_surrogates(text))]

    def decode(self, tokens: Sequence[int]) -> str:
        """Ids to text. Special tokens, and ids beyond the vocabulary, decode to nothing."""
        known = [int(token) for token in tokens if 0 <= token < self.vocab_size]
        return str(self._marked.decode(known, skip_special_tokens=True))

    def encode_document(self, text: str) -> list[int]:
        """A pre-training document: the start token if this family uses one, the text, the token that ends it."""
        return [*self._prefix, *self.encode(text), self._document_end]

    def encode_prompt(self, prompt: str | Sequence[Message]) -> list[int]:
        """A question up to where the answer begins. Without a chat template only one plain text can be asked."""
        messages = check_question([{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt)
        if self._template is None:
            (question,) = self._plain_turns(messages, ("user",))
            return [*self._prefix, *self.encode(question)]
        dialogue = Dialogue(self._template, messages)
        return [piece.id for piece in self._encode_dialogue(dialogue, add_generation_prompt=True)]

    def encode_dialogue(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        """Tokens of a dialogue and its loss mask: True on what the assistant has to write, its stop token included.

        The assistant's part begins where the generation prompt after the turns before it ends, so that what trains is
        what will be sampled; a token that reaches across that border does not train. It ends with the first stop token
        of the template. ModelError if the template does not write the dialogue that way. Without a chat template one
        question and its answer can be written, one behind the other.
        """
        messages = check_messages(messages)
        if self._template is None:
            question, answer = self._plain_turns(messages, ("user", "assistant"))
            asked, answered = [*self._prefix, *self.encode(question)], [*self.encode(answer), self._document_end]
            return asked + answered, [False] * len(asked) + [True] * len(answered)
        dialogue = Dialogue(self._template, messages)
        pieces = self._encode_dialogue(dialogue, add_generation_prompt=False)
        mask = [False] * len(pieces)
        for turn, message in enumerate(messages):
            if message["role"] == "assistant":
                first, stop = self._answer_span(dialogue, turn, pieces)
                mask[first : stop + 1] = [True] * (stop + 1 - first)
        return [piece.id for piece in pieces], mask

    def save(self, folder: Path) -> None:
        """Write the files this tokenizer was read from, byte for byte."""
        write_files(Path(folder), self._files)

    # --- keeping control tokens out of what people write --------------------------------------------------------------

    def _encode_plain(self, text: str, start: int = 0) -> list[_Piece]:
        """Encode text with special tokens split; ``start`` is where it stands in a larger text.

        Splitting alone is not enough: some vocabularies hold a control token as an ordinary entry too, and a word that
        spells it finds it there. Such a word is cut behind its first character and encoded in two parts.
        """
        pieces = _pieces(self._plain.encode(text, add_special_tokens=False))
        spelled = self._control_pieces(pieces, text)
        if not spelled:
            return [_Piece(piece.id, start + piece.start, start + piece.end) for piece in pieces]
        if any(piece.end - piece.start < 2 for piece in spelled):
            raise ModelError(say.EATS_A_CHARACTER(name=self.name, text=text[:80]))
        cuts = [0, *(piece.start + 1 for piece in spelled), len(text)]
        parts = (self._encode_plain(text[first:last], start + first) for first, last in pairwise(cuts))
        return [piece for part in parts for piece in part]

    def _encode_dialogue(self, dialogue: Dialogue, add_generation_prompt: bool) -> list[_Piece]:
        """Encode a dialogue in which nobody but the template writes control tokens.

        It is rendered open, and once more veiled: every letter of the messages replaced by a private-use character.
        Control tokens in the veiled text can only be the template's. If the open text has the same ones, it is encoded
        in one go, which gives the ids of transformers. If not, somebody spelled one: then the template's control tokens
        are taken from the veiled text, and what stands between them is unveiled and encoded as plain text. (A template
        that looks into the text, to drop a ``<think>`` part say, finds nothing there in that case and drops nothing.)
        """
        whole = len(dialogue.messages)
        opened = dialogue.opened(whole, add_generation_prompt)
        veiled = dialogue.veiled(whole, add_generation_prompt)
        pieces = _pieces(self._marked.encode(opened, add_special_tokens=False))
        written, intended = self._control_pieces(pieces, opened), self._veiled_controls(dialogue, veiled)
        if dialogue.unveil(veiled) == opened:
            is_honest = written == intended
        else:  # the template looks into the text, so places may differ; the order of its tokens may not
            is_honest = [piece.id for piece in written] == [piece.id for piece in intended]
        if is_honest:
            return pieces
        dialogue.is_veiled = True
        pieces, end = [], 0
        for control in intended:
            pieces += [*self._encode_plain(dialogue.unveil(veiled[end : control.start]), end), control]
            end = control.end
        return pieces + self._encode_plain(dialogue.unveil(veiled[end:]), end)

    def _veiled_controls(self, dialogue: Dialogue, veiled: str) -> list[_Piece]:
        folded, unfolded = dialogue.fold(veiled)
        controls = self._control_pieces(_pieces(self._marked.encode(folded, add_special_tokens=False)), folded)
        return [_Piece(piece.id, unfolded(piece.start), unfolded(piece.end)) for piece in controls]

    def _control_pieces(self, pieces: Iterable[_Piece], text: str) -> list[_Piece]:
        """The control tokens among them. An unknown character is none, even if "unknown" shares its id with one."""
        unknown = self._named.get("unk_token")
        return [
            piece
            for piece in pieces
            if piece.id in self._control
            and (piece.id != self._unknown or text[piece.start : piece.end].strip() == unknown)
        ]

    def _answer_span(self, dialogue: Dialogue, turn: int, pieces: Sequence[_Piece]) -> tuple[int, int]:
        """Indices of the first token of an assistant's turn and of its stop token."""
        whole, asked = dialogue.text(len(dialogue.messages), False), dialogue.text(turn, True)
        refusal = dialogue.template.refusal
        if not whole.startswith(asked):
            raise refusal(say.REWRITES(number=turn + 1), say.ONLY_APPENDS())
        first = next((i for i, piece in enumerate(pieces) if piece.start >= len(asked)), len(pieces))
        stop = next((i for i in range(first, len(pieces)) if pieces[i].id in self.stop_ids), None)
        if stop is None:
            raise refusal(say.NO_STOP_BEHIND(number=turn + 1), say.STOP_BEHIND_EACH())
        # Templates may trim the text and rewrite, add or drop its <think> part; the rest has to be there.
        content = dialogue.messages[turn]["content"].rpartition("</think>")[2].strip()
        answer = whole[len(asked) : pieces[stop].start].strip()
        if not answer.endswith(content):
            raise refusal(say.OTHER_ANSWER(found=answer[-80:], number=turn + 1), say.THE_ANSWER(answer=content[-80:]))
        return first, stop

    # --- reading the folder -------------------------------------------------------------------------------------------

    @cached_property
    def _plain(self) -> "Backend":
        # A second backend, not a switch thrown to and fro on one: another thread would find it thrown the wrong way.
        backend = self._backend()
        tokens = (self._marked.id_to_token(token) for token in sorted(self._control))
        _make_special(backend, (token for token in tokens if token is not None))
        backend.encode_special_tokens = True
        return backend

    def _backend(self) -> "Backend":
        try:
            from tokenizers import Tokenizer as Backend
        except ImportError as error:
            raise ModelError(say.NO_TOKENIZERS(name=self.name)) from error
        try:
            backend = Backend.from_buffer(self._files["tokenizer.json"])
        except Exception as error:  # the library raises bare Exception
            raise ModelError(say.TOKENIZER_UNREADABLE(name=self.name, error=error)) from error
        backend.no_truncation()  # left over from somebody's training run: it would cut texts silently
        backend.no_padding()
        return backend

    def _id_named(self, key: str) -> int | None:
        return self._marked.token_to_id(self._named[key]) if key in self._named else None

    def _find_control(self) -> frozenset[int]:
        added = self._marked.get_added_tokens_decoder()
        return self.stop_ids | {token for token, info in added.items() if info.special}

    def _find_stop_ids(self) -> frozenset[int]:
        value = parse_json(self._files, "generation_config.json", self.name).get("eos_token_id")
        ids = [] if value is None else value if isinstance(value, list) else [value]
        if not all(type(token) is int for token in ids):
            raise ModelError(say.BAD_STOP_IDS(name=self.name, value=value))
        found = {*ids, self._id_named("eos_token"), self._turn_end()} - {None}
        if not found:
            raise ModelError(say.NO_STOP_TOKEN(name=self.name))
        return frozenset(found)

    def _turn_end(self) -> int | None:
        """The first added token behind the assistant's text, if the template writes one."""
        if self._template is None:
            return None
        text = self._template.render([{"role": "user", "content": "?"}, {"role": "assistant", "content": _PROBE}])
        end = text.rfind(_PROBE) + len(_PROBE)
        added = self._marked.get_added_tokens_decoder()
        pieces = _pieces(self._marked.encode(text, add_special_tokens=False))
        return next((piece.id for piece in pieces if piece.start >= end and piece.id in added), None)

    def _find_prefix(self) -> list[int]:
        """The start tokens that belong before plain text: as the config says, else as tokenizer.json does it."""
        if "add_bos_token" in self._config:
            start = self._id_named("bos_token") if self._config["add_bos_token"] else None
            return [] if start is None else [start]
        encoding = self._marked.encode("a")
        count = next((i for i, is_added in enumerate(encoding.special_tokens_mask) if not is_added), 0)
        return list(encoding.ids[:count])

    def _plain_turns(self, messages: Sequence[Message], roles: tuple[str, ...]) -> list[str]:
        received = tuple(message["role"] for message in messages)
        if received != roles:
            raise ModelError(
                say.NO_TEMPLATE(name=self.name, received=", ".join(received), expected=say.THEN().join(roles))
            )
        return [message["content"] for message in messages]


def _from_files(files: dict[str, bytes], name: str) -> HFTokenizer:
    tokenizer = HFTokenizer.__new__(HFTokenizer)
    tokenizer._load(files, name)
    return tokenizer


def _make_special(backend: "Backend", tokens: Iterable[str]) -> None:
    """Call these tokens special; what else is said of them (that white space around them is theirs, say) stays."""
    from tokenizers import AddedToken

    known = {info.content: info for info in backend.get_added_tokens_decoder().values()}
    for token in tokens:
        info = known.get(token) or AddedToken(token, normalized=False)
        info.special = True
        backend.add_special_tokens([info])


def _pieces(encoding: "Encoding") -> list[_Piece]:
    return [_Piece(token, *span) for token, span in zip(encoding.ids, encoding.offsets, strict=True)]
