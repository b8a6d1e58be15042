"""The textbook: pure by index, closed alphabet, right sums, and nothing of what is examined."""

import re
from itertools import product

import pytest

from homeschool.errors import TaskError
from homeschool.tasks import load_task, stories_en, stories_zh
from homeschool.tasks.generated import SPLITS
from homeschool.tasks.sums import Sum, Sums
from homeschool.tasks.textbook import alphabet, documents

KINDS = {
    "the default": Sums(),
    "one digit, products": Sums(digits=1, operators="+-*"),
    "four numbers": Sums(digits=3, operators="+-*", terms=4),
}


def book(count: int, sums: Sums | None = None, **options: float) -> list[str]:
    return list(documents(0, 0, count, sums or Sums(), **options))


def is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def test_a_document_depends_on_the_seed_and_its_index_alone() -> None:
    whole = book(50)
    assert list(documents(0, 20, 5, Sums())) == whole[20:25]
    assert list(documents(1, 20, 5, Sums())) != whole[20:25]
    assert book(0) == []


def test_it_is_not_one_document_again_and_again() -> None:
    texts = book(4000)
    assert len(set(texts)) > 3600
    assert len({text[:12] for text in texts}) > 1500


def test_documents_are_short() -> None:
    lengths = [len(text) for text in book(4000)]
    assert 100 < sum(lengths) / len(lengths) < 160
    assert min(lengths) >= 15
    assert max(lengths) < 500


def test_every_character_is_in_the_alphabet() -> None:
    known = alphabet()
    assert list(known) == sorted(set(known))
    for sums in KINDS.values():
        assert set("".join(book(1500, sums))) <= set(known)
    assert set("\n !~09azAZ").issubset(known)
    assert sum(map(is_chinese, known)) <= 350


@pytest.mark.parametrize("name", ["sums", "papers", "spell_backward"])
def test_the_alphabet_covers_the_prompts_of_the_built_in_tasks(name: str) -> None:
    task = load_task(name)
    for split in SPLITS:
        for prompt in task.exam(split, 300, seed=0):
            assert set(prompt.question + task.worked_answer(prompt)) <= set(alphabet())


def test_every_slot_is_filled() -> None:
    assert not {"{", "}", "|"} & set("".join(book(6000, sums_share=0.2)))


def test_every_sentence_of_every_plot_is_told_sooner_or_later() -> None:
    """Looked for by its longest piece without a slot."""
    told = "\n".join(book(20_000, sums_share=0.0))
    for plots in (stories_en.PLOTS, stories_zh.PLOTS):
        for sentence in (sentence for plot in plots for beat in plot for sentence in beat):
            assert max(re.split(r"\{\w+\}", sentence), key=len) in told


def test_shares_of_sums_and_languages() -> None:
    stories = book(300, sums_share=0.0)
    assert not any(re.search(r"\d", text) for text in stories)
    assert all(re.search(r"\d", text) for text in book(300, sums_share=1.0))
    assert 0.44 < sum(bool(re.search(r"\d", text)) for text in book(2000)) / 2000 < 0.56
    lists = re.compile(r"^[a-z ]+: ", re.MULTILINE)
    told = [text for text in book(600, sums_share=0.0, chinese_share=0.0) if not lists.match(text)]
    assert not any(map(is_chinese, "".join(told)))
    told = [text for text in book(600, sums_share=0.0, chinese_share=1.0) if not lists.match(text)]
    assert not re.search("[A-Za-z]", "".join(told))
    assert len(told) > 500


@pytest.mark.parametrize("options", [{"sums_share": -0.1}, {"chinese_share": 1.5}, {"sums_share": float("nan")}])
def test_a_share_outside_0_to_1_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(TaskError, match="must be from 0 to 1"):
        documents(0, 0, 1, Sums(), **options)


SPOKEN = {" plus ": " + ", " minus ": " - ", " times ": " * ", "加": " + ", "减": " - ", "乘": " * "}
EXPRESSION = re.compile(r"\d+(?: [-+*] \d+)+")


def written_sums(line: str) -> list[Sum]:
    for word, sign in SPOKEN.items():
        line = line.replace(word, sign)
    found = [match.group().split() for match in EXPRESSION.finditer(line)]
    return [Sum(tuple(map(int, parts[::2])), tuple(parts[1::2])) for parts in found]


def readings(line: str) -> list[Sum]:
    """Sums that three numbers in a row on one line can stand for: problems in words write no sign."""
    numbers = [int(number) for number in re.findall(r"\d+", line)]
    triples = zip(numbers, numbers[1:], numbers[2:], strict=False)
    return [
        Sum((left, right), (sign,))
        for (left, right, value), sign in product(triples, "+-*")
        if abs(Sum((left, right), (sign,)).value) == value
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_sum_of_the_check_and_hidden_splits_occurs(kind: str) -> None:
    found = [item for text in book(4000, KINDS[kind], sums_share=1.0) for item in written_sums(text)]
    assert len(found) > 8000
    assert {item.split for item in found} == {"train"}


@pytest.mark.parametrize("kind", ["the default", "one digit, products"])
def test_no_problem_in_words_gives_such_a_sum_away(kind: str) -> None:
    """Where 5 - 0 = 5 could also be read as 5 + 0 = 5, one reading from the train split explains the line."""
    lines = [line for text in book(4000, KINDS[kind], sums_share=1.0) for line in text.split("\n")]
    problems = [line for line in lines if not written_sums(line) and readings(line)]
    assert len(problems) > 500
    assert all(any(item.split == "train" for item in readings(line)) for line in problems)


@pytest.mark.parametrize("kind", KINDS)
def test_every_sum_is_right(kind: str) -> None:
    lines = [line for text in book(3000, KINDS[kind], sums_share=1.0) for line in text.split("\n")]
    for line in lines:
        for item in written_sums(line):
            last = re.findall(r"-?\d+", line)[-1]
            assert int(last) == item.value, line


def test_bare_sums_read_as_the_task_asks_and_answers_them() -> None:
    text = "\n".join(["", *book(500, sums_share=1.0), ""])
    task = Sums()
    asked = [prompt for prompt in task.exam("train", 2000, seed=0) if f"\n{prompt.text} " in text]
    assert len(asked) > 50
    assert all(f"\n{prompt.text} {task.worked_answer(prompt)}\n" in text for prompt in asked)


def test_stories_hold_no_digits() -> None:
    """A number in a story could be part of a sum that is examined."""
    for stories in (stories_en, stories_zh):
        assert not re.search(r"\d", repr(stories.PLOTS) + repr(stories.REASONS))


def test_these_documents_must_not_move() -> None:
    """Runs that name the same seed must have read the same book."""
    assert list(documents(0, 7, 2, Sums())) == [
        "Ben wrote 7 - 83 = -76, and that was right.\nMax had 25 pears. Tom gave him 38 more. Now he had 63.",
        "56 is less than 65.\n56 is less than 77.\n98 has 9 in the tens place and 8 in the ones place.\n"
        "89 is more than 80.",
    ]
