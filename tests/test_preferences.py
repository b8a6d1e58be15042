"""Preference pairs: what a line means, what is refused with its number, splits that share nothing, pairs from marks."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeschool.errors import DataError
from homeschool.preferences import (
    EncodedPair,
    Preference,
    dialogue,
    encode_preferences,
    pairs_from_marks,
    read_preferences,
    refuse_overlap,
    split_preferences,
    with_noise,
    write_preferences,
)
from homeschool.text import CharTokenizer
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup

USER, ASSISTANT, END = 2, 3, 4  # of the character tokenizer; "a" is 5, "b" 6, ...
LETTERS = CharTokenizer("abcdefgh")


def user(content: str) -> dict[str, str]:
    return {"role": "user", "content": content}


def assistant(content: str) -> dict[str, str]:
    return {"role": "assistant", "content": content}


def written(path: Path, *rows: object) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def pair(prompt: str, chosen: str, rejected: str, **known: Any) -> Preference:
    return Preference(prompt, dialogue(prompt, chosen), dialogue(prompt, rejected), **known)


# --- reading ---


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "a", "chosen": "b", "rejected": "c"},
        {"prompt": [user("a")], "chosen": "b", "rejected": "c", "other": 7},
        {"prompt": [user("a")], "chosen": [assistant("b")], "rejected": [assistant("c")]},
        {"prompt": "a", "chosen": [user("a"), assistant("b")], "rejected": [user("a"), assistant("c")]},
        {"chosen": [user("a"), assistant("b")], "rejected": [user("a"), assistant("c")]},
    ],
)
def test_five_ways_to_write_the_same_pair(row: Mapping[str, Any], tmp_path: Path) -> None:
    (read,) = read_preferences(written(tmp_path / "pairs.jsonl", row))
    assert read == Preference(f"{tmp_path}/pairs.jsonl:1", (user("a"), assistant("b")), (user("a"), assistant("c")))
    assert encode_preferences([read], LETTERS, 64) == [EncodedPair((USER, 5, ASSISTANT), (6, END), (7, END))]


def test_two_texts_without_a_prompt_are_documents(tmp_path: Path) -> None:
    (read,) = read_preferences(written(tmp_path / "p.jsonl", {"chosen": "abc", "rejected": "abde", "margin": 2}))
    assert encode_preferences([read], LETTERS, 64, margin=9.0) == [EncodedPair((5, 6), (7, END), (8, 9, END), 2.0)]


def test_sides_that_share_no_token_have_no_prefix() -> None:
    (encoded,) = encode_preferences([Preference("x", "ab", "ba")], LETTERS, 64, margin=0.5)
    assert encoded == EncodedPair((), (5, 6, END), (6, 5, END), 0.5)
    assert encoded.num_tokens == 6


def test_a_side_that_begins_like_the_other_keeps_a_token_of_its_own() -> None:
    class Endless(CharTokenizer):
        def encode_document(self, text: str) -> list[int]:
            return self.encode(text)

    (encoded,) = encode_preferences([Preference("x", "ab", "abc")], Endless("abc"), 64)
    assert encoded == EncodedPair((5,), (6,), (6, 7))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"chosen": "b"', "2: not JSON"),
        ("[1]", "2: expected an object, received list"),
        ({"prompt": "a", "chosen": "b"}, '2: the column "rejected" is missing; its columns are prompt, chosen'),
        ({"prompt": "a", "chosen": "b", "rejected": "b "}, "2: both sides are the same"),
        ({"chosen": "b", "rejected": " b"}, "2: both sides are the same"),
        ({"prompt": "a", "chosen": "b", "rejected": ""}, '2: "rejected" is empty'),
        ({"prompt": "a", "chosen": "b", "rejected": 3}, '2: "rejected" is 3; expected text'),
        ({"prompt": " ", "chosen": "b", "rejected": "c"}, "2: \"prompt\" is ' '; expected text"),
        ({"prompt": "a", "chosen": "b", "rejected": "c", "margin": -1}, '2: "margin" is -1; expected a number, 0 or'),
        ({"prompt": "a", "chosen": "b", "rejected": "c", "margin": True}, '2: "margin" is True'),
        ({"chosen": "b", "rejected": [user("a"), assistant("c")]}, "2: one side is text and the other is messages"),
        ({"chosen": [user("a")], "rejected": [user("b")]}, "ends with a message of role user"),
        ({"chosen": [user("a"), {"role": "assistant"}], "rejected": "c"}, "2: \"chosen\": message 2 has 'content'"),
    ],
)
def test_a_bad_line_is_named(row: object, message: str, tmp_path: Path) -> None:
    good = {"prompt": "a", "chosen": "b", "rejected": "c"}
    with pytest.raises(DataError) as refusal:
        read_preferences(written(tmp_path / "p.jsonl", good, row))
    assert message in str(refusal.value)
    assert "p.jsonl:2" in str(refusal.value)


def test_a_file_that_is_missing_empty_or_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        read_preferences(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="is empty"):
        read_preferences(written(tmp_path / "empty.jsonl", ""))
    (tmp_path / "latin.jsonl").write_bytes('{"chosen": "é"}'.encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8"):
        read_preferences(tmp_path / "latin.jsonl")


def test_too_long_and_too_alike_for_the_model() -> None:
    with pytest.raises(DataError, match=r"a: prompt and answer have 7 tokens, the model's context is 6; shorten"):
        encode_preferences([pair("a", "b", "cdh")], LETTERS, 6)
    with pytest.raises(DataError, match="both sides are the same tokens to this tokenizer"):
        encode_preferences([pair("a", "x", "y")], LETTERS, 64)  # both unknown letters


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    pairs = [pair("a", "b", "c", margin=0.5), pair("d", "e", "f").flip(), Preference("x", "ab", "ba")]
    write_preferences(pairs, tmp_path / "pairs.jsonl")
    read = read_preferences(tmp_path / "pairs.jsonl")
    assert [(p.chosen, p.rejected, p.margin, p.is_flipped) for p in read] == [
        (p.chosen, p.rejected, p.margin, p.is_flipped) for p in pairs
    ]
    assert [p.key for p in read] == [p.key for p in pairs]


# --- splits ---


def test_pairs_about_the_same_prompt_share_a_split_whatever_the_answers_and_the_spacing() -> None:
    pairs = [pair(f"question {n}{' ' * extra}", f"b{extra}", "c") for n in range(300) for extra in range(3)]
    train, heldout = split_preferences(pairs, 0.2)
    assert len(train) + len(heldout) == 900
    assert {p.key for p in train} & {p.key for p in heldout} == set()
    assert len({p.key for p in pairs}) == 300
    assert 40 <= len(heldout) / 3 <= 80  # 60 expected
    refuse_overlap(train, heldout)
    shorter, _ = split_preferences(pairs[30:], 0.2)
    assert {p.place for p in shorter} <= {p.place for p in train}  # no pair changes sides when others go


def test_two_documents_in_either_order_share_a_split() -> None:
    assert Preference("x", "ab", "ba").key == Preference("y", "ba", "ab ").key


def test_a_prompt_on_both_sides_is_refused() -> None:
    with pytest.raises(DataError, match="the same prompt stands at one"):
        refuse_overlap(
            [Preference("one", dialogue("a", "b"), dialogue("a", "c"))],
            [Preference("two", dialogue("a", "d"), dialogue("a", "e"))],
        )


# --- rules plus noise ---


def group(name: str, *answers: tuple[str, float | None]) -> RolloutGroup:
    prompt = Prompt(name, name)
    rollouts = (Rollout(prompt, Completion(text, (5,), (0.0,), "stop"), score, score) for text, score in answers)
    return RolloutGroup(prompt, tuple(rollouts))


def test_the_better_mark_is_chosen_and_a_tie_gives_no_pair() -> None:
    groups = [
        group("a", ("7", 1.0), ("8", 0.0)),
        group("b", ("7", 0.0), ("8", 0.5), ("9", None)),
        group("c", ("7", 1.0), ("8", 1.0)),
        group("d", ("7", 1.0), ("", 0.0), (" ", 0.0)),  # an empty answer is no text to compare
    ]
    found = list(pairs_from_marks(groups, seed=0))
    assert [(p.place, p.chosen[-1], p.rejected[-1]) for p in found] == [
        ("a", assistant("7"), assistant("8")),
        ("b", assistant("8"), assistant("7")),
    ]


def test_every_pair_that_differs_can_be_drawn() -> None:
    answers = (("7", 1.0), ("8", 0.5), ("9", 0.0))
    drawn = {
        (p.chosen[-1]["content"], p.rejected[-1]["content"])  # type: ignore[index]
        for seed in range(30)
        for p in pairs_from_marks([group("a", *answers)], seed)
    }
    assert drawn == {("7", "8"), ("7", "9"), ("8", "9")}


def test_noise_swaps_its_share_of_the_sides_and_nothing_else() -> None:
    pairs = [pair(f"question {n}", "right", "wrong") for n in range(1000)]
    noisy = with_noise(pairs, 0.2, 0, "train")
    swapped = [p for p in noisy if p.is_flipped]
    assert 160 <= len(swapped) <= 240
    assert all(p.chosen[-1] == assistant("wrong") for p in swapped)
    assert [p for p in noisy if not p.is_flipped] == [p for p, n in zip(pairs, noisy, strict=True) if not n.is_flipped]
    assert with_noise(pairs, 0.2, 0, "train") == noisy
    assert with_noise(pairs, 0.2, 0, "heldout") != noisy
    assert with_noise(pairs, 0.0, 0, "train") == pairs
