"""Answers that are nearly right: the gold answer with one thing changed, so that it is certainly another answer."""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import inf

from homeschool.rewards.lint.items import plain_number, same_answer

Mutation = Callable[[str], str | None]
"""From the right answer to a wrong one; None where this change does not apply."""

EXACT = 10_000  # one more than a larger number may lie within a fair tolerance, or be the same number to a float
MAX_TYPO = 40  # one letter too few in a longer text may be a spelling mistake, which a fair marker may forgive
UNITS = {
    "km": "m",
    "m": "km",
    "cm": "m",
    "mm": "cm",
    "kg": "g",
    "g": "kg",
    "l": "ml",
    "ml": "l",
    "h": "min",
    "min": "h",
    "s": "h",
    "hours": "minutes",
    "minutes": "hours",
    "days": "hours",
    "miles": "feet",
    "dollars": "cents",
    "cents": "dollars",
    "千米": "米",
    "米": "千米",
    "公斤": "克",
    "克": "公斤",
    "元": "分",
    "小时": "分钟",
    "分钟": "小时",
}
"""A unit, and one that says something else."""
_WITH_UNIT = re.compile(r"\s*([+-]?[0-9][0-9,]*(?:\.[0-9]+)?)(\s*)([^\W\d_]+)\s*")


def _number_changed(change: Callable[[Fraction], Fraction | None], largest: float = inf) -> Mutation:
    """A change of value; ``largest`` where it would be too small beside a larger number."""

    def mutate(answer: str) -> str | None:
        number = plain_number(answer)
        changed = None if number is None or abs(number) > largest else change(number)
        return None if changed is None or changed == number else _spelled(changed)

    return mutate


def _digits_changed(change: Callable[[str], str | None], largest: float = inf) -> Mutation:
    """A change to the digits of a whole number; its sign stays."""

    def mutate(answer: str) -> str | None:
        number = plain_number(answer)
        if number is None or number.denominator != 1 or abs(number) > largest:
            return None
        changed = change(str(abs(number)))
        if not changed or int(changed) == abs(number):
            return None
        return ("-" if number < 0 else "") + changed

    return mutate


def _text_changed(change: Callable[[str], str | None], longest: int = MAX_TYPO) -> Mutation:
    def mutate(answer: str) -> str | None:
        if plain_number(answer) is not None or len(answer) > longest:
            return None
        changed = change(answer)
        return None if not changed or not changed.strip() or same_answer(changed, answer) else changed

    return mutate


def _word_changed(change: Callable[[str], str | None]) -> Mutation:
    """A change to the letters of words; beside digits a letter may be a unit, a plural or a name that may vary."""

    def mutate(answer: str) -> str | None:
        is_words = answer[0].isalpha() and answer[-1].isalpha() and not any(map(str.isdigit, answer))
        return _text_changed(change)(answer) if is_words else None

    return mutate


def _spelled(number: Fraction) -> str | None:
    """Whole numbers and short decimals as one writes them."""
    return str(number) if number.denominator == 1 else f"{float(number):.10g}"


def _swapped_digits(digits: str) -> str | None:
    return digits[:-2] + digits[-1] + digits[-2] if len(digits) > 1 else None


def _swapped_letters(text: str) -> str | None:
    for place in range(len(text) - 2, -1, -1):
        first, second = text[place], text[place + 1]
        if first.isalpha() and second.isalpha() and first.casefold() != second.casefold():
            return text[:place] + second + first + text[place + 2 :]
    return None


def _last_number_raised(text: str) -> str | None:
    """Whole numbers only: the last digit of a decimal may lie within a fair tolerance."""
    numbers = list(re.finditer(r"(?<![0-9.])[0-9]{1,6}(?![0-9]|\.[0-9])", text))
    if not numbers:
        return None
    last = numbers[-1]
    return f"{text[: last.start()]}{int(last[0]) + 1}{text[last.end() :]}"


def _first_half(text: str) -> str | None:
    words = text.split()
    return " ".join(words[: len(words) // 2]) if len(words) > 1 else text[: len(text) // 2]


NUMBER_MUTATIONS: dict[str, Mutation] = {
    "one more": _number_changed(lambda number: number + 1, EXACT),
    "one less": _number_changed(lambda number: number - 1, EXACT),
    "the other sign": _number_changed(lambda number: -number),
    "ten times as much": _number_changed(lambda number: 10 * number),
    "a fraction more": _number_changed(lambda n: n + Fraction(2, 5) if n.denominator == 1 else None, EXACT),
    "nearly one more": _number_changed(lambda n: n + Fraction(9, 10) if n.denominator == 1 else None, EXACT),
    "the last digit dropped": _digits_changed(lambda digits: digits[:-1]),
    "the first digit dropped": _digits_changed(lambda digits: digits[1:]),
    "a digit added": _digits_changed(lambda digits: digits + "1"),
    "a digit in front": _digits_changed(lambda digits: "1" + digits),
    "two digits swapped": _digits_changed(_swapped_digits, EXACT),
}
TEXT_MUTATIONS: dict[str, Mutation] = {
    "the last letter dropped": _word_changed(lambda text: text[:-1] if text[-1] != "s" else None),
    "the first letter dropped": _word_changed(lambda text: text[1:]),
    "the first letter alone": _text_changed(lambda text: text[0], 4000),
    "two letters swapped": _word_changed(_swapped_letters),
    "letters added": _word_changed(lambda text: text + "xq"),
    "its last number raised": _text_changed(_last_number_raised, 4000),
    "the first half alone": _text_changed(_first_half, 4000),
}


def wrong_unit(answer: str) -> str | None:
    """``5 m`` where ``5 km`` is right; None where the right answer names no unit that is known here."""
    match = _WITH_UNIT.fullmatch(answer)
    other = UNITS.get(match[3]) if match else None
    return f"{match[1]}{match[2]}{other}" if match and other else None


def written_otherwise(answer: str) -> Iterator[tuple[str, str]]:
    """The same answer in characters that few people type. Paying for these is a matter of taste, not a mistake."""
    if len(answer) > 1:
        yield "an invisible character inside", f"{answer[0]}\u200b{answer[1:]}"
    if answer.isascii() and answer.isdigit():
        yield "Arabic digits", answer.translate({48 + digit: 0x660 + digit for digit in range(10)})
        circled = {48 + digit: 0x2460 + digit - 1 for digit in range(1, 10)} | {48: 0x24EA}
        yield "circled digits", answer.translate(circled)
    cyrillic = answer.translate(str.maketrans("aceopxy", "асеорху"))
    if cyrillic != answer:
        yield "letters of another alphabet", cyrillic


def raised_digit(answer: str) -> str | None:
    """``4²`` where 42 is right: digit by digit it is 42, and it means 16. None for anything but whole numbers."""
    if not re.fullmatch(r"-?[0-9]{2,30}", answer):
        return None
    return answer[:-1] + "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(answer[-1])]
