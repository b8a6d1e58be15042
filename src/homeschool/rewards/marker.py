"""The examiner of one run: a scorer, its time limit, and how many failures are tolerated."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from homeschool.errors import ScorerError
from homeschool.rewards.scorers import ScoredBatch, ScorerReport, check_scorer, score_completions
from homeschool.types import Completion, Prompt


@dataclass
class Marker:
    """Marks completions; a bad one stays without a mark, too many bad ones end the run."""

    scorer: Callable[..., Any]
    timeout_s: float = 20.0
    max_failures: float = 0.2
    """Largest tolerated share of completions without a mark."""

    def check(self, prompts: Sequence[Prompt]) -> ScorerReport:
        """Try the scorer on made-up completions before anything long starts."""
        return check_scorer(self.scorer, list(prompts), timeout_s=self.timeout_s)

    def score(self, prompts: Sequence[Prompt], completions: Sequence[Completion]) -> ScoredBatch:
        """One mark per completion, None where there is none. Raises ScorerError above ``max_failures``."""
        marks = score_completions(self.scorer, list(prompts), list(completions), timeout_s=self.timeout_s)
        if marks.failed > self.max_failures * len(completions):
            counts = Counter(name for names in marks.findings for name in names)
            found = ", ".join(f"{name} {count}" for name, count in counts.most_common())
            raise ScorerError(
                f"{marks.failed} of {len(completions)} completions got no mark (tolerated: {self.max_failures:.0%}): "
                f"{found}. {'; '.join(marks.messages[:3])}"
            )
        return marks

    def close(self) -> None:
        """End the scorer's worker process, if it has one."""
        close = getattr(self.scorer, "close", None)
        if close:
            close()
