"""The teacher's sheet: every question with its right answer, and what the levels measure with fixed seeds, as CSV."""

import csv
from io import StringIO
from pathlib import Path

from homeschool.files import write_atomically
from homeschool.messages import levels as say
from homeschool.messages.sentence import Sentence
from homeschool.play.classes import HIDDEN, SEEN
from homeschool.play.level import Draw, Level
from homeschool.play.levels import LEVELS
from homeschool.play.meet import sheets
from homeschool.play.page import level_data

COLUMNS = ("level", "title", "seed", "hidden_seeds", "question", "options", "right_answer")


def rows(language: str) -> list[dict[str, str]]:
    """A row for each question, and in level 0 for each answer sheet. The same on every machine."""
    found = []
    for level in LEVELS:
        told = level_data(level)
        shared = {
            "level": str(level.number),
            "title": told["title"][language],
            "seed": str(SEEN),
            "hidden_seeds": " ".join(map(str, HIDDEN)),
        }
        found += [shared | row for row in (*_guesses(level, told, language), *_sheets(level, language))]
        task = told["task"][language]
        found.append(shared | {"question": task, "options": "", "right_answer": _measured(level, language)})
    return found


def _guesses(level: Level, told: dict[str, object], language: str) -> list[dict[str, str]]:
    answers = level.run({}).answers if level.guesses else {}
    found = []
    words: list[dict[str, object]] = told["guesses"]  # type: ignore[assignment]
    for guess, word in zip(level.guesses, words, strict=True):
        names: list[dict[str, str]] = word["names"]  # type: ignore[assignment]
        question: dict[str, str] = word["question"]  # type: ignore[assignment]
        right = answers[guess.name]
        if isinstance(guess, Draw):
            lines = zip(names, right, strict=True)
            told_right = "; ".join(f"{name[language]}: {' '.join(f'{y:.0f}' for y in line)}" for name, line in lines)
        else:
            told_right = names[guess.options.index(str(right))][language]
        options = " / ".join(name[language] for name in names)
        found.append({"question": question[language], "options": options, "right_answer": told_right})
    return found


def _sheets(level: Level, language: str) -> list[dict[str, str]]:
    if level.name != "meet":
        return []

    def said(sentence: Sentence) -> str:
        return sentence.zh if language == "zh" else sentence.en

    marks = {name: said(say.OPTIONS[name]) for name in ("right", "wrong", "argued")}
    return [
        {
            "question": f"{one['question']} {one['answer']}",
            "options": " / ".join(marks.values()),
            "right_answer": marks["argued" if one["argued"] else "right" if one["right"] else "wrong"],
        }
        for one in sheets()
    ]


def _measured(level: Level, language: str) -> str:
    """The goals of the level's check."""
    return "; ".join(check.goal[language] for check in level.run(level.start() | PASSED_BY[level.name]).checks)


PASSED_BY: dict[str, dict[str, object]] = {
    "meet": {
        "marks": " ".join("argued" if one["argued"] else "right" if one["right"] else "wrong" for one in sheets()),
        "temperature": 0.75,
    },
    "one_rule": {"bar": 70.0, "claim": "strong"},
    "own_lines": {"line": "mean"},
    "tutor": {"sight": "both", "pace": 0.1, "lambda": 0.95},
    "mocks": {"group": 5.0, "divide": True},
    "incident": {"alarm": "audits", "audits": 0.1},
    "patches": {"audits": 0.05},
    "graduation": {"rule": "raw_score", "group": 4.0, "audits": 0.05},
    "father": {"program": 'def rule(attempt, history):\n    return attempt["score"] / 100\n'},
}
"""Settings that pass each level: one way of several, for the teacher and for the tests."""


def write_sheet(path: Path, language: str) -> int:
    """Write the sheet; returns its rows."""
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    found = rows(language)
    writer.writerows(found)
    write_atomically(path, "\ufeff" + text.getvalue())
    return len(found)
