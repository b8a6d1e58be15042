"""Marks for answers that can be checked by reading them: pure functions from text to 1.0 or 0.0.

One policy runs through all of them: **a completion that states more than one distinct answer earns nothing**, and so
does one whose answer cannot be read without guessing. A strict marker costs a few honest marks, and training soon
teaches the form; a lenient one is an invitation that training finds.

A number is ``42``, ``-42``, ``+42``, ``1,234,567``, ``0.5``, ``.5``, ``1e3``, ``3/4`` in lowest terms or
``\\frac{3}{4}``; full-width digits count as plain ones. Equality is exact, on fractions; a unit or a percent sign
behind it is not read. Refused, since they would have to be guessed: digits of other scripts, superscripts, circled
digits; ``84/2`` and ``6*7`` (questions, not answers); a sign apart from its number; a letter in front of a digit;
``sqrt(42)``; ``1,23``; more than 40 digits; text that changes its writing direction. A statement with a word of doubt
or denial in it ("not 42", "41 or 42", "about 42") is refused too.

Not covered: what sentences mean. "Do not believe this. It is 42." earns its mark where the last sentence counts.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import gcd, isfinite
from typing import Literal

from homeschool.errors import UsageError
from homeschool.messages.refusals import rewards as say

Where = Literal["only", "last", "boxed"]
"""Which part of a completion is its answer: see ``only_number``, ``last_number`` and ``boxed_answer``."""

MAX_CHARACTERS = 100_000  # a longer completion is not read: it bounds the work, and no honest answer is a book
MAX_DIGITS = 40

_PLAIN = str.maketrans("０１２３４５６７８９＋－．，／：＝\u2212", "0123456789+-.,/:=-")
_LATEX_FRACTION = re.compile(r"([+-]?)\\[dt]?frac\{([0-9]{1,40})\}\{([0-9]{1,40})\}")
_TAG = re.compile(r"</?[A-Za-z][\w-]{0,30}>")
_CHANGES_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(
    r"(?P<decimal>(?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|(?<!\.)\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)"
    r"(?:/(?P<below>[0-9]+))?"
)
_DASHES = r"+\-\u2010-\u2015"
# What may not stand in front of a number, as a pattern on the characters before it; a lone touching sign is fine.
_UNREADABLE_BEFORE = re.compile(
    r"[A-Za-z_]$"  # x42
    r"|[0-9][.,'’_]?$"  # 1,23 and 4.2.1
    rf"|[{_DASHES}/^×÷·√]\s*$"  # an operator, or a sign apart from its number
    r"|[0-9)\]}]\s*\*+\s*$"  # 6*7; a star after anything else is markup
    r"|\^\{$"
    rf"|[{_DASHES}][(\[{{$]+$"  # -(42)
    r"|(?<!\\boxed)(?<!\\text)(?<!\\textbf)(?<!\\mathbf)(?<!\\mathrm)(?<=[A-Za-z])[({]\s*$"  # sqrt(42)
)
_SIGN_BEFORE = re.compile(r"(?:^|[^0-9)\]}A-Za-z_])[+-]$")
_NOT_A_SIGN = re.compile(rf"[0-9)\]}}{_DASHES}*/^×÷]\s*[+-]$")
_DOUBT = re.compile(
    r"\b(?:not|no|never|neither|nor|cannot|wrong|incorrect|false|except|unless|or|either|maybe|perhaps|possibly|between"
    r"|about|around|approximately|roughly|almost|nearly|at\ (?:least|most)|than|anything|but)\b"
    r"|n['’]t\b|!=|[≠≈~<>≤≥?？]|不|没|非|或|也许|可能|大概|大约|左右|错|吗",
    re.IGNORECASE,
)
_ANSWER_MARK = re.compile(r"####|\banswer\s*(?:is\b|[:=])|答案\s*(?:应?[是为]|[:=])", re.IGNORECASE)
_CONNECTION = re.compile(r"=|:|\b(?:is|equals|equal\ to|makes|gives)\b|等于|[是为得]", re.IGNORECASE)
# The point behind the number of a list item ends no sentence.
_SENTENCE_END = re.compile(r"(?<=[.!?;])(?<!^[0-9]\.)(?<!^[0-9][0-9]\.)\s+|[。！；]\s*|\n+", re.MULTILINE)


def exact_match(completion: str, answer: str, ignore_case: bool = False) -> float:
    """1.0 if the completion is the answer and nothing else, up to white space at the ends and its amount within.

    Canonically equivalent Unicode spellings are the same (NFC). An empty completion, or one beyond ``MAX_CHARACTERS``,
    earns 0.0. Raises UsageError if the answer is empty: every empty completion would win.
    """
    key = _canonical(answer, ignore_case)
    if not key:
        raise UsageError(say.EMPTY_ANSWER(answer=answer))
    return float(len(completion) <= MAX_CHARACTERS and _canonical(completion, ignore_case) == key)


def number_match(
    completion: str, answer: str | float | Fraction, where: Where = "only", tolerance: float = 0.0
) -> float:
    """1.0 if the number stated in the completion is the answer, or within ``tolerance`` of it.

    ``where`` says which part is read: the ``only`` number, the ``last`` statement, or what is ``boxed``. Nothing
    stated, more than one answer stated, or an unreadable one earns 0.0.
    Raises UsageError if the answer itself is not one number, or the tolerance is negative or not finite.
    """
    key = only_number(str(answer))
    if key is None:
        raise UsageError(say.NOT_ONE_NUMBER(answer=answer))
    if not (isfinite(tolerance) and tolerance >= 0):
        raise UsageError(say.WRONG_TOLERANCE(tolerance=tolerance))
    stated = _READERS[where](completion)
    return float(stated is not None and abs(stated - key) <= Fraction(tolerance))


def only_number(text: str) -> Fraction | None:
    """The number in the text if it holds exactly one distinct number and no doubt: ``"It is 42 m."`` is 42.

    None for no number, two different ones, one that cannot be read, and beyond ``MAX_CHARACTERS``.
    """
    return None if len(text) > MAX_CHARACTERS else _statement(_plain(text))


def last_number(text: str) -> Fraction | None:
    """The number in which the text ends up, with free working before it: ``"Half of 84: 84/2 = 42."`` is 42.

    Statements are: what follows an answer mark (``Answer:``, ``the answer is``, ``答案是``, ``####``), the last one up
    to the end of the text; each line that is a bare number; and, without an answer mark, the last sentence. In a
    statement, every equals sign, colon, "is" and the like must lead to the same number or to an expression.
    None if two statements differ, if one holds doubt or no number, and beyond ``MAX_CHARACTERS``.
    """
    if len(text) > MAX_CHARACTERS:
        return None
    text = _TAG.sub("\n", _plain(text)).replace("=>", "=").replace("->", "=")
    found = {_conclusion(statement) for statement in _statements(text)}
    found |= {number for line in text.splitlines() if (number := _bare_number(line)) is not None}
    return found.pop() if len(found) == 1 else None


def boxed_answer(text: str) -> str | None:
    """What stands in ``\\boxed{...}``, braces matched: ``"so \\boxed{\\frac{1}{2}}."`` gives ``"\\frac{1}{2}"``.

    The same content may be boxed again. None for no box, an empty one, one that is not closed, boxes that differ, a
    word of doubt in the sentence before a box, and beyond ``MAX_CHARACTERS``.
    """
    if len(text) > MAX_CHARACTERS:
        return None
    found: set[str] = set()
    end = 0
    while (start := text.find("\\boxed{", end)) >= 0:
        end = _closing_brace(text, start + len("\\boxed{"))
        if end < 0 or _DOUBT.search(_SENTENCE_END.split(text[max(0, start - 200) : start])[-1]):
            return None
        found.add(text[start + len("\\boxed{") : end].strip())
    return found.pop() or None if len(found) == 1 else None


def tagged_sections(text: str, tags: Sequence[str]) -> dict[str, str] | None:
    """The content of each tag, if the text is these sections in this order and nothing else.

    ``tagged_sections("<think>12+30</think> <answer>42</answer>", ["think", "answer"])`` gives
    ``{"think": "12+30", "answer": "42"}``. None if a section is missing, empty, repeated, nested in another or out of
    order, if anything but white space stands outside, and beyond ``MAX_CHARACTERS``.
    """
    marks = [f"<{tag}>" for tag in tags] + [f"</{tag}>" for tag in tags]
    if len(text) > MAX_CHARACTERS:
        return None
    sections = {}
    for tag in tags:
        text = text.lstrip()
        if not text.startswith(f"<{tag}>"):
            return None
        content, closed, text = text.removeprefix(f"<{tag}>").partition(f"</{tag}>")
        if not closed or not content.strip() or any(mark in content for mark in marks):
            return None
        sections[tag] = content.strip()
    return None if text.strip() else sections


def within_format(text: str, tags: Sequence[str] = ("think", "answer")) -> float:
    """1.0 if ``tagged_sections`` finds every section, else 0.0.

    Multiply a mark by it rather than adding it: where no answer is right yet, an added reward for form is the whole
    signal, and form is all that is learned.
    """
    return float(tagged_sections(text, tags) is not None)


def _boxed_number(text: str) -> Fraction | None:
    content = boxed_answer(text)
    return None if content is None else only_number(content)


_READERS = {"only": only_number, "last": last_number, "boxed": _boxed_number}


def _statements(text: str) -> Iterator[str]:
    """What follows each answer mark, or else the last sentence."""
    marks = list(_ANSWER_MARK.finditer(text))
    for mark, following in pairwise(marks):
        yield text[mark.end() : following.start()].partition("\n")[0]
    if marks:
        yield text[marks[-1].end() :]
    else:
        yield next((part for part in reversed(_SENTENCE_END.split(text)) if any(c.isalnum() for c in part)), "")


def _conclusion(statement: str) -> Fraction | None:
    """The number to which every equals sign, colon and "is" of the statement leads; expressions on the way are skipped.

    What comes before the first of them is the subject: its numbers are not answers unless it is a bare number.
    """
    subject, *claims = _CONNECTION.split(statement)
    if not claims:
        return _statement(statement)
    if _DOUBT.search(statement):
        return None
    *steps, last = (_one(_numbers(claim)) for claim in claims)
    return last if {_bare_number(subject), *steps} <= {last, None} else None


def _statement(text: str) -> Fraction | None:
    return None if _DOUBT.search(text) else _one(_numbers(text))


def _bare_number(line: str) -> Fraction | None:
    return None if any(c.isalpha() for c in line) else _one(_numbers(line))


def _one(numbers: Iterable[Fraction | None]) -> Fraction | None:
    """The one distinct number; None for none, for two, and as soon as one cannot be read."""
    found = None
    for number in numbers:
        if number is None or (found is not None and number != found):
            return None
        found = number
    return found


def _numbers(text: str) -> Iterator[Fraction | None]:
    """Every number in plain text, None for each that cannot be read without guessing."""
    if _CHANGES_DIRECTION.search(text) or _has_foreign_digit(text):
        yield None
    for match in _NUMBER.finditer(text):
        before = text[max(0, match.start() - 16) : match.start()]
        if _SIGN_BEFORE.search(before) and not _NOT_A_SIGN.search(before):
            yield _value(before[-1], match)
        else:
            yield None if _UNREADABLE_BEFORE.search(before) else _value("", match)


def _value(sign: str, match: re.Match[str]) -> Fraction | None:
    """The value of a number as written; None for too many digits and for fractions not in lowest terms."""
    above, below = match["decimal"].replace(",", ""), match["below"]
    if len(above) > MAX_DIGITS or len(below or "") > MAX_DIGITS:
        return None
    if below is None:
        return Fraction(sign + above)
    if not above.isdigit() or int(below) < 2 or gcd(int(above), int(below)) != 1:
        return None
    return Fraction(int(sign + above), int(below))


def _plain(text: str) -> str:
    """Full-width forms, bold marks and LaTeX fractions in plain spelling; spaces keep ``1\\frac{1}{2}`` two numbers."""
    text = text.translate(_PLAIN).replace("{,}", ",").replace("**", " ")
    return _LATEX_FRACTION.sub(r" \1\2/\3 ", text)


def _has_foreign_digit(text: str) -> bool:
    return not text.isascii() and any(c > "\x7f" and unicodedata.category(c)[0] == "N" for c in text)


def _closing_brace(text: str, start: int) -> int:
    """Index of the brace that closes the one before ``start``; -1 if none does."""
    depth = 1
    for match in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return -1


def _canonical(text: str, ignore_case: bool) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return text.casefold() if ignore_case else text
