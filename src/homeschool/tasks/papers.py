"""Papers: one prompt is a whole exam paper, marked from 0 to 100.

A paper asks several sums, one a line; the answers go one a line in the same order. Its questions come from the split of
the paper, as the ``sums`` task splits them, so a hidden paper holds hidden sums only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

from homeschool.errors import TaskError
from homeschool.tasks.generated import SPLITS, Draws, GeneratedTask, distinct, require_whole, required_column
from homeschool.tasks.sums import Sums, is_exactly, require_operators
from homeschool.types import Prompt, Split


@dataclass(frozen=True)
class Papers(GeneratedTask):
    """Exam papers of sums.

    ``Papers(questions=2)`` asks ``"3 + 4 =\\n9 - 5 ="``; ``"7\\n4"`` earns 100 and ``"7\\n5"`` earns 50. The columns
    are ``answers`` and ``question_tags``, each a tuple with one entry per question.
    """

    questions: int = 5
    """How many sums one paper has, 1 to 20."""
    digits: int = 1
    """Most digits of one number, 1 to 6."""
    operators: str = "+-"
    """Which of ``+``, ``-`` and ``*`` occur."""
    terms: int = 2
    """How many numbers one sum has, 2 to 6."""

    name = "papers"
    full_marks = 100.0

    def __post_init__(self) -> None:
        require_whole(self.name, "questions", self.questions, 1, 20)
        require_whole(self.name, "digits", self.digits, 1, 6)
        require_whole(self.name, "terms", self.terms, 2, 6)
        require_operators(self.name, self.operators)
        for split in SPLITS:
            available = len(self.sums.exam(split, self.questions, 0))
            if available < self.questions:
                raise TaskError(
                    f'papers: {self.questions} different questions are wanted but the split "{split}" holds '
                    f"{available} sums of this kind; ask fewer questions or allow more digits, operators or terms"
                )

    @cached_property
    def sums(self) -> Sums:
        """Where the questions come from."""
        return Sums(self.digits, self.operators, self.terms)

    def draw(self, split: Split, draws: Draws) -> Prompt | None:
        return _prompt(distinct(self.sums, split, self.questions, draws))

    def everything(self, split: Split) -> Iterator[Prompt]:
        return map(_prompt, permutations(self.sums.everything(split), self.questions))

    def score(self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[float]:
        """The share of right answers, times 100. Line i answers question i, and holds its number and nothing else.

        mark = 100 right / max(questions, lines)

        So answers in another order are wrong, a missing line is a wrong answer, and lines beyond the last question
        lower the mark: handing in more than was asked pays less than stopping. White space around a line and around
        the whole is free; an empty line between answers is a line.
        """
        pairs = zip(completions, required_column(self.name, columns, "answers"), strict=True)
        return [_mark(completion, answers) for completion, answers in pairs]

    def worked_answer(self, prompt: Prompt) -> str:
        """The right numbers, one a line."""
        return "\n".join(prompt.columns["answers"])


def _mark(completion: str, answers: Sequence[str]) -> float:
    lines = completion.strip().split("\n", len(answers))
    right = sum(map(is_exactly, lines, answers))
    extra = lines[len(answers)].count("\n") + 1 if len(lines) > len(answers) else 0
    return 100 * right / (len(answers) + extra)


def _prompt(questions: Sequence[Prompt]) -> Prompt:
    short = ",".join(question.id.removeprefix("sums/") for question in questions)
    return Prompt(
        f"papers/{short}",
        "\n".join(question.question for question in questions),
        {
            "answers": tuple(question.columns["answer"] for question in questions),
            "question_tags": tuple(question.tags for question in questions),
        },
        tuple(dict.fromkeys(tag for question in questions for tag in question.tags)),
    )
