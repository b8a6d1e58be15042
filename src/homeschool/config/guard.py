"""Who watches the marks: audits, what they may cost, and what follows from them."""

from dataclasses import dataclass
from typing import Literal

GuardMode = Literal["off", "observe", "audited", "weak"]


@dataclass(frozen=True)
class GuardConfig:
    """Hidden audits by a check that can be trusted, and what they change in the pay."""

    mode: GuardMode = "off"
    """off; observe: audit and report, pay as ever; audited: pay so that on average the gold check's mark is earned;
    weak: no gold check, only signs that there may be cheating. `--guard weak` is short for `--guard.mode weak`."""
    gold: str = ""
    """The gold check: `task` for the task's own, or `file.py:function` as for a scorer, in a limited process."""
    rate: float = 0.05
    """Gold calls as a share of all answers. With variance 0 every rewarded answer is audited with this chance; else it
    is the least chance, and where no budget is set the budget of the whole run."""
    variance: float = 3.0
    """Noise that audits may add to the pay, as a multiple of the pay's own variance; the chance of an audit follows
    from it, high at first and falling with cheating and doubt. 0: the chance is always `rate`."""
    most: float = 1.0
    """Largest chance of an audit."""
    budget: int = 0
    """Gold calls of the whole run, those of the warm-up included; 0: rate times all answers, and no limit where the
    chance is fixed."""
    when_spent: Literal["stop", "go_on"] = "stop"
    """What happens when the budget is spent before the run is over: stop with exit code 3, or go on with what the
    predictor expects and no promise."""
    unaffordable: Literal["refuse", "warn"] = "refuse"
    """What happens when the warm-up shows that the budget cannot hold the noise down: refuse to train, or warn."""
    appeals: float = 0.0
    """Chance of an audit for an answer that was not rewarded: corrects graders that refuse right answers."""
    rewarded_above: float = 0.0
    """An answer with a score above this counts as rewarded."""
    predictor: Literal["proxy", "learned"] = "learned"
    """What unaudited answers are paid: what the scorer says, or what audits so far make of answers like it."""
    credit: Literal["unbiased", "bounded"] = "unbiased"
    """unbiased: however large; bounded: cut to `bounds`, a little biased, for graders that are mostly wrong."""
    bounds: tuple[float, float] = (-1.0, 2.0)
    """bounded: least and largest pay, as multiples of full marks."""
    steer: bool = True
    """Up to 30 % of the audits go where suspicion points; false: all are uniform."""
    warmup: int = 64
    """Answers of the untrained policy that are audited first, for at most half of the budget: whether the check works,
    how wrong the scorer is, and what rate is needed. 0: none."""
    tolerance: float = 0.0
    """Share of false passes among rewarded answers that is no cheating; 0: what the warm-up cannot rule out, plus 0.01,
    at most 0.1."""
    on_alarm: Literal["note", "audit_more", "rollback", "stop"] = "note"
    """What a verdict of cheating leads to, besides being written down."""
    screen: bool = True
    """Leave answers out of the update whose like uniform audits have found mostly false; false: audited pay alone."""
    quarantine: bool = True
    """The same for items and kinds of items."""
    other_keys: int = 2
    """Each rewarded answer is marked again by the keys of so many other items. weak: what it earns there is not paid;
    else a learned prediction hears of it, once audits have found the scorer wrong. It costs marks and no answers. 0:
    none."""
    key: str = "answer"
    """The column of a question that holds its key, the right answer."""
    canaries: float = 0.02
    """weak: questions that cannot be solved honestly, as a share of the prompts; they never train. 0: none."""
    reexam: float = 0.05
    """weak: answers to questions asked again in other words because their marks look odd, as a share of all answers at
    most; what does not repeat is not paid. 0: none."""
    opinion: str = ""
    """weak: a second grader, `file.py:function`, that looks at every rewarded answer; only its disagreement counts."""
    norm_room: float = 4.0
    """The gradient norm may be this many times its slow running size, where that is more than optim.grad_clip: a caught
    cheat is a large step. 0: optim.grad_clip alone."""

    @property
    def audits(self) -> bool:
        """There is a gold check, and coins fall."""
        return self.mode in ("observe", "audited")
