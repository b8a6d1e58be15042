"""The designer on real training: forks are short runs of ``homeschool rl``, each in a run folder of its own.

Everything is made in OUT: ``forks/`` holds a run per fork and ``exams/`` the marks of each in the designer's exams,
named by what they are a function of, so that a design that was interrupted finds what it had made and goes on;
``design.json`` tells the decisions. A fork begins with the weights of the one before, fresh moments of the optimiser
and a guard that has seen nothing; all forks alike.
"""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from homeschool.config import RlConfig, build_config, flatten, nested, read_recipe, write_toml
from homeschool.errors import ConfigError, NonFiniteError, StoppedByGuard, TaskError
from homeschool.exam import take_exam
from homeschool.files import write_atomically
from homeschool.messages.refusals import stages as refused
from homeschool.models.load import load_policy
from homeschool.rewards.designer.halving import Halving, halve
from homeschool.rewards.designer.moves import Move
from homeschool.rewards.designer.rails import Settings, refuse_moves
from homeschool.rewards.designer.school import Marks, Practised
from homeschool.rewards.designer.search import Budget, Design, design
from homeschool.rewards.guard.gold import load_gold
from homeschool.stages.marking import build_marker, exam_marks
from homeschool.stages.rl import rl
from homeschool.stages.starting import build_engine, build_task
from homeschool.train.loop import Reporter, Silent
from homeschool.train.run_folder import read_lines
from homeschool.types import Prompt, Task

FORKS = "forks"
"""The folder of them, beside design.json."""
UNSEEN_EXAM = 2
"""Questions of the hidden exam that every run has to sit; forks sit the fewest possible, and nobody reads them."""


def design_training(
    config: RlConfig,
    settings: Mapping[str, Any],
    budget: Budget,
    out: Path,
    *,
    gold_price: float = 1.0,
    reporter: Reporter | None = None,
) -> Design[str]:
    """Teach ``config.policy`` within the purse and tune ``settings`` on the way; writes ``design.json`` into ``out``.

    ``config``: a run of ``homeschool rl`` with everything that the designer may not move; ``settings``: the hand-set
    rule to begin with, by full names: ``{"reward.rule": "fixed_tiers", "rl.kl_coef": 0.02}``. The purse is counted in
    answers, a gold call as ``gold_price`` of them. The result's ``state`` is the folder of the last run.

    The hidden split stays sealed: exams of the designer come from the check split, and no two share a question.
    Raises ConfigError for a setting that is a rail, TaskError where the check split holds too few questions.
    """
    _refuse_unread_audits(config, settings)
    school = TrainingSchool(config, out, exams_of(budget), budget.items, gold_price, reporter or Silent())
    school.require_questions()
    return _written(design(school, config.policy, dict(settings), budget, config.seed), school, budget.purse)


def halve_training(
    config: RlConfig,
    settings: Mapping[str, Any],
    moves: Sequence[Move],
    plan: Halving,
    out: Path,
    *,
    gold_price: float = 1.0,
    reporter: Reporter | None = None,
) -> Design[str]:
    """The same with a purse of tens of steps: one search among ``moves``, whose winner goes on.

    What a question of its exams costs follows from ``config`` and ``gold_price``, whatever the plan says. See
    :func:`~homeschool.rewards.designer.halving.halve`; what is refused, is as in :func:`design_training`.
    """
    for chosen in (settings, *(move.settings for move in moves)):
        _refuse_unread_audits(config, chosen)
    plan = replace(plan, item_price=question_price(config, gold_price))
    school = TrainingSchool(config, out, plan.exams(len(moves)), plan.items, gold_price, reporter or Silent())
    school.require_questions()
    return _written(halve(school, config.policy, dict(settings), moves, plan, config.seed), school, plan.purse)


def _refuse_unread_audits(config: RlConfig, settings: Mapping[str, Any]) -> None:
    refuse_moves(settings)
    if "guard.rate" in settings and not config.guard.audits:
        raise ConfigError(refused.RATE_NOT_READ(mode=config.guard.mode))


def question_price(config: RlConfig, gold_price: float) -> float:
    """What a question of an exam costs, in answers: each answer to it is written, and looked at by gold."""
    return max(1, config.exam.samples) * (1 + gold_price)


def exams_of(budget: Budget) -> int:
    """Exams that the purse can pay for, at most: in a search one per round and pair, and the last one."""
    term = budget.trial * (1 + budget.practice)
    searches = int(budget.purse // term) + 1
    rounds = budget.candidates.bit_length() - 1
    return searches * (max(1, rounds) + budget.pairs) + 1


def _written(found: Design[str], school: "TrainingSchool", purse: float) -> Design[str]:
    told = described(found, school, purse)
    write_atomically(school.out / "design.json", json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    return found


def described(result: Design[str], school: "TrainingSchool", purse: float) -> dict[str, Any]:
    """The design for people and programs that read it."""
    return {
        "settings": result.settings,
        "policy": school.place(result.state),
        "line": [fork.name for fork in school.line(result.state)],
        "spent": result.spent,
        "search_cost": result.search_cost,
        "purse": purse,
        "gold_price": school.gold_price,
        "gold_calls": school.gold_calls,
        "seconds": round(school.seconds, 3),
        "meta_marks": list(result.marks),
        "decisions": [asdict(decision) for decision in result.decisions],
    }


@dataclass(frozen=True)
class TrainingSchool:
    """Practice by ``homeschool rl``, exams on the check split."""

    base: RlConfig
    out: Path
    exams: int
    """Exams of the designer, at most."""
    items: int
    """Questions of each."""
    gold_price: float
    reporter: Reporter = field(default_factory=Silent)

    @cached_property
    def task(self) -> Task:
        """What the forks learn and sit exams in."""
        return build_task(self.base.task, self.base.reward.scorer)

    @cached_property
    def questions(self) -> list[Prompt]:
        """Of all meta exams together."""
        return self.task.exam("check", self.exams * self.items, self.base.seed)

    def line(self, state: str) -> list[Path]:
        """The forks that the learner in ``state`` came through, the first one first; each as it lies here, wherever
        the folder stood when they were made."""
        found: list[Path] = []
        while (fork := self._fork(state)) and fork not in found:
            found.insert(0, fork)
            state = read_recipe(fork / "config.toml")["policy"]
        return found

    def place(self, state: str) -> str:
        """Where the learner in ``state`` is kept: a fork from this folder on, which may be moved; another as named."""
        fork = self._fork(state)
        return str(fork.relative_to(self.out)) if fork else state

    def _fork(self, state: str) -> Path | None:
        """The fork of this design that ``state`` names by its last part; None for the learner it began with."""
        named = Path(state)
        fork = self.out / FORKS / named.name
        is_fork = named.parent.name == FORKS and state != self.base.policy
        return fork if is_fork and (fork / "config.toml").exists() else None

    @property
    def gold_calls(self) -> float:
        """Answers that gold has looked at: audits of all forks, and the exams."""
        return sum(map(_gold_calls, _forks(self.out))) + sum(float(told["answers"]) for told in _sat(self.out))

    @property
    def seconds(self) -> float:
        """See :func:`seconds_in`."""
        return seconds_in(self.out)

    def require_questions(self) -> None:
        """Raise TaskError unless every exam can have questions of its own."""
        wanted = self.exams * self.items
        if len(self.questions) < wanted:
            sizes = {"exams": self.exams, "items": self.items, "wanted": wanted, "count": len(self.questions)}
            raise TaskError(refused.TOO_FEW_FOR_EXAMS(**sizes, task=self.task.name))

    def practise(self, state: str, settings: Settings, expense: float, seed: int) -> Practised[str]:
        """A run from ``state`` with about so many answers and gold calls. One that diverges has taught nothing."""
        config = self._run(state, settings, expense, seed)
        folder = Path(config.out)
        answers = config.steps * config.prompts * config.algorithm.group_size
        if not (folder / "summary.json").exists():
            self.reporter.note(f"{folder.name}: {config.steps} steps, {_shown(settings)}")
            try:
                rl(config, self.reporter)
            except (NonFiniteError, StoppedByGuard) as error:
                self.reporter.note(f"{folder.name}: {error}")
                return Practised(state, answers + self.gold_price * _gold_calls(folder))
        return Practised(str(folder), answers + self.gold_price * _gold_calls(folder))

    def exam(self, state: str, paper: int, items: int) -> Marks:
        """The true score: marked by the gold check where one is named, else by the task. ``exam.samples`` answers to
        each question, or a greedy one. Taken once; a design that goes on finds it in ``exams/``, where it is named by
        the paper, how many questions it has, how often each is answered, and by whom.
        """
        samples = self.base.exam.samples
        path = self.out / "exams" / f"meta-{paper}-{items}x{samples}-{Path(state).name}.json"
        if not path.exists():
            began = time.perf_counter()
            scores = self._sit(state, paper, items)
            answers, seconds = len(scores) * max(1, samples), round(time.perf_counter() - began, 3)
            told = {"paper": paper, "scores": scores, "answers": answers, "seconds": seconds}
            write_atomically(path, json.dumps(told) + "\n")
        scores = json.loads(path.read_text(encoding="utf-8"))["scores"]
        return Marks(scores, items * question_price(self.base, self.gold_price))

    def _sit(self, state: str, paper: int, items: int) -> list[float]:
        questions = self.questions[paper * items : (paper + 1) * items]
        policy = load_policy(state, self.base.dtype, self.base.device)
        full_marks = self.base.reward.full_marks or getattr(self.task, "full_marks", None) or 1.0
        with (
            closing(build_marker(self.base, self.task, None, policy)) as marker,
            closing(build_engine(policy)) as engine,
        ):
            name = self.base.guard.gold
            gold = load_gold(name, self.task, marker.scorers, self.base.reward.timeout_s, frozenset()) if name else None
            try:
                result = take_exam(
                    engine,
                    marker,
                    questions,
                    self.base.sampling,
                    samples=self.base.exam.samples,
                    seed=self.base.seed,
                    name=f"meta {paper}",
                    own=exam_marks(self.task, marker, gold)["own"],
                )
            finally:
                if gold:
                    gold.close()
        return [100 * score / full_marks for score in (result.true_marks or result).scores]

    def _run(self, state: str, settings: Settings, expense: float, seed: int) -> RlConfig:
        """The fork as a configuration: that of the base, with what the designer set."""
        flat = {key: value for key, value in flatten(self.base).items() if value is not None}
        config = build_config(RlConfig, nested(flat | settings), "design")
        rate = float(settings.get("guard.rate", 0.0))
        answers = config.prompts * config.algorithm.group_size
        steps = max(1, int(expense / (answers * (1 + self.gold_price * rate)) + 1e-9))
        parent = Path(state).name if self.line(state) else ""  # wherever the folder stands
        named = repr((parent, sorted(settings.items()), steps, seed)).encode()
        folder = self.out / FORKS / blake2b(named, digest_size=8).hexdigest()
        config = replace(
            config,
            out=str(folder),
            policy=state,
            seed=seed,
            steps=steps,
            resume=(folder / "config.toml").exists(),
            readiness=False,
            exam=replace(config.exam, items=UNSEEN_EXAM),
            check=replace(config.check, every=0),
        )
        if config.resume:
            self._settle(config)
        return config

    def _settle(self, config: RlConfig) -> None:
        """A fork that was begun before the folder was moved: write down where its parent lies now, so that the run can
        be gone on with."""
        written = Path(config.out) / "config.toml"
        began = build_config(RlConfig, read_recipe(written), str(written))
        parent = self._fork(config.policy)
        if parent and began.policy != config.policy and self._fork(began.policy) == parent:
            here = replace(began, policy=config.policy)
            write_atomically(written, f"# homeschool rl\n{write_toml(here)}")


def seconds_in(out: Path) -> float:
    """Of the steps of all forks in the folder of a design, those thrown away among them, and of the exams; whichever
    process made them."""
    steps = [_last(fork, "perf/seconds_total") for fork in _forks(out)]
    return sum([*steps, *(float(told["seconds"]) for told in _sat(out))])


def _forks(out: Path) -> list[Path]:
    return sorted((out / FORKS).glob("*"))


def _sat(out: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((out / "exams").glob("meta-*.json"))]


def _gold_calls(folder: Path) -> float:
    return _last(folder, "guard/gold_calls")


def _last(folder: Path, metric: str) -> float:
    """The metric after the last step of a run; 0 where there is none."""
    rows = list(read_lines(folder / "metrics.jsonl")) if (folder / "metrics.jsonl").exists() else []
    return float(rows[-1].get(metric, 0.0)) if rows else 0.0


def _shown(settings: Settings) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items())
