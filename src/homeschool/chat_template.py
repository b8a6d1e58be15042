"""Dialogues, and the templates by which a model folder says how they are written."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, chain

from homeschool.errors import DataError, ModelError
from homeschool.messages.refusals import text as say
from homeschool.template_sandbox import Sandbox
from homeschool.types import Message

ROLES = ("system", "developer", "user", "assistant", "tool")
"""A closed list, because templates write ``"<|" + role + "|>"``: a free role could spell any control token."""

_PRIVATE_USE = (range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))
_STRETCH = re.compile(r"[\U000F0000-\U0010FFFD](?:\s*[\U000F0000-\U0010FFFD])*")


def check_messages(messages: Sequence[Message]) -> list[dict[str, str]]:
    """A plain copy of a dialogue. DataError names the first turn that is not role and text, or an empty dialogue."""
    if not messages:
        raise DataError(say.NO_MESSAGES())
    return [_check_message(number, message) for number, message in enumerate(messages, start=1)]


def check_question(messages: Sequence[Message]) -> list[dict[str, str]]:
    """As ``check_messages``, and the last turn is one to be answered: an answer there would leak into the prompt."""
    checked = check_messages(messages)
    if checked[-1]["role"] == "assistant":
        raise DataError(say.ENDS_WITH_ANSWER())
    return checked


def _check_message(number: int, message: object) -> dict[str, str]:
    if not isinstance(message, Mapping):
        raise DataError(say.NOT_A_MESSAGE(number=number, message=message))
    for key in ("role", "content", *message):
        if not isinstance(key, str) or not isinstance(message.get(key), str):
            raise DataError(say.NOT_TEXT(number=number, key=key, value=message.get(key)))
    if message["role"] not in ROLES:
        raise DataError(say.OTHER_ROLE(number=number, role=message["role"], roles=", ".join(ROLES)))
    return {key: str(value) for key, value in message.items()}


class ChatTemplate:
    """A compiled template; ``owner`` is the name that errors give it."""

    def __init__(self, source: str, owner: str, special_tokens: Mapping[str, str]) -> None:
        self.owner = owner
        self._special_tokens = dict(special_tokens)
        self._sandbox = Sandbox()
        try:
            self._template = self._sandbox.compile_bounded(source)
        except Exception as error:  # foreign text: besides syntax errors it can overflow the parser
            raise self.refusal(say.TEMPLATE_UNREADABLE(error=_describe(error)), say.VALID_JINJA()) from error

    def render(self, messages: Sequence[Message], add_generation_prompt: bool = False) -> str:
        """The dialogue as text, if asked with the header of the answer to come. ModelError if the template fails."""
        try:
            self._sandbox.start()
            return self._template.render(
                messages=[dict(message) for message in messages],
                tools=None,
                documents=None,
                add_generation_prompt=add_generation_prompt,
                **self._special_tokens,
            )
        except Exception as error:  # a foreign program: it can raise whatever it likes
            roles = ", ".join(message["role"] for message in messages)
            reason = say.TEMPLATE_FAILS(roles=roles, error=_describe(error))
            raise self.refusal(reason, say.WRITES_ONLY()) from error

    def refusal(self, reason: str, expected: str) -> ModelError:
        """The error for a template that cannot be used; templates are mended in the folder they came with."""
        return ModelError(say.BAD_TEMPLATE(owner=self.owner, reason=reason, expected=expected))


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"


class Dialogue:
    """One dialogue as its template writes it, open or veiled. Veiling keeps length and white space."""

    def __init__(self, template: ChatTemplate, messages: Sequence[Message]) -> None:
        self.template = template
        self.messages = [{key: without_surrogates(value) for key, value in turn.items()} for turn in messages]
        self.is_veiled = False
        letters = {letter for turn in self.messages for key in turn.keys() - {"role"} for letter in turn[key]}
        letters = {letter for letter in letters if not letter.isspace()}
        if len(letters) > sum(map(len, _PRIVATE_USE)):
            raise DataError(say.TOO_MANY_CHARACTERS(count=len(letters)))
        self._veil = dict(zip(map(ord, sorted(letters)), chain(*_PRIVATE_USE), strict=False))
        self._unveil = {veiled: letter for letter, veiled in self._veil.items()}

    def opened(self, count: int, add_generation_prompt: bool) -> str:
        """The first ``count`` turns as they are."""
        return self.template.render(self.messages[:count], add_generation_prompt)

    def veiled(self, count: int, add_generation_prompt: bool) -> str:
        """The first ``count`` turns with nothing legible in them but what the template writes."""
        turns = [
            {key: value if key == "role" else value.translate(self._veil) for key, value in turn.items()}
            for turn in self.messages[:count]
        ]
        return self.template.render(turns, add_generation_prompt)

    def unveil(self, text: str) -> str:
        """Veiled text made legible again."""
        return text.translate(self._unveil)

    @staticmethod
    def fold(veiled: str) -> tuple[str, Callable[[int], int]]:
        """Veiled text with each veiled stretch shrunk to one character, and the place here of each place there.

        For encoding: nobody reads the veiled letters, and they would take far longer to encode than the open ones.
        """
        stretches = list(_STRETCH.finditer(veiled))
        removed = [0, *accumulate(stretch.end() - stretch.start() - 1 for stretch in stretches)]
        starts = [stretch.start() - before for stretch, before in zip(stretches, removed, strict=False)]
        folded = _STRETCH.sub(chr(_PRIVATE_USE[0][0]), veiled)
        return folded, lambda place: place + removed[bisect_left(starts, place)]

    def text(self, count: int, add_generation_prompt: bool) -> str:
        """The text that the tokens were made from."""
        if self.is_veiled:
            return self.unveil(self.veiled(count, add_generation_prompt))
        return self.opened(count, add_generation_prompt)


def without_surrogates(text: str) -> str:
    """Halves of surrogate pairs, which JSON can smuggle in and UTF-8 cannot hold, become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
