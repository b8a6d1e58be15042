"""What a guard does after each step and at the end: its audits and actions, written down and told."""

from collections.abc import Callable
from math import ceil
from typing import Any

from homeschool.messages import audit as say
from homeschool.rewards.guard.guard import Guard
from homeschool.rewards.guard.ledger import Row
from homeschool.train.checkpoint import load_checkpoint
from homeschool.train.loop import Reporter
from homeschool.train.rl import RlRun
from homeschool.train.run_folder import RunFolder


def write_audits(guard: Guard, folder: RunFolder, reporter: Reporter) -> None:
    """The audits and events of a step, in the run folder and to the user."""
    with guard.price:
        for row in guard.rows:
            folder.append("audits", row)
    for event in guard.events:
        folder.event("guard", **event)
        sentence = _told(event, guard)
        if sentence:
            reporter.note(sentence)


def _told(event: Row, guard: Guard) -> str:
    """What a user hears of an event; empty where it is only good to know."""
    found, name = event.get("evidence", {}), event.get("action")
    if event.get("reason") == "budget_spent":
        return say.BUDGET_SPENT(budget=guard.control.budget) if name == "observe" else ""
    if name == "observe" and event["reason"] == "alarm":
        return alarm(found)
    if name == "rollback":
        return say.ROLLBACK(step=found["to"], low=found["low"])
    if name in ("screen", "quarantine"):
        what = say.TAKEN_OUT if event["on"] else say.TAKEN_BACK
        return what(name=found["name"], false=found["false"], true=found["true"])
    return ""


def roll_back(run: RlRun, folder: RunFolder) -> None:
    """Take up the weights and the optimiser of an earlier checkpoint, where the ladder has decided so; the count of
    steps, the coins and what was learned of cheating go on."""
    step = run.guard.rolls_back_to if run.guard else None
    if step is not None:
        tensors, _, _ = load_checkpoint(folder.path / "checkpoints" / f"step-{step:06d}")
        run.learner.load_state(tensors)
        run.learner.policy.version += 1
        run.engine.load_weights(run.learner.policy, run.learner.policy.version)


def alarm(evidence: dict[str, float]) -> str:
    """The verdict in words."""
    return say.ALARM(
        false=evidence["since_false"],
        audits=evidence["since_audits"],
        tolerance=evidence["tolerance"],
        bound=evidence["bound"],
    )


def halt_of(guard: Guard) -> Callable[[], str | None]:
    """Why the run has to end after a step, as the loop wants to know it."""

    def halt() -> str | None:
        if guard.stop_reason == "budget_spent":
            budget = guard.control.budget
            return say.STOPPED_BUDGET(budget=budget, calls=guard.control.spent, more=ceil(1.5 * budget))
        if guard.stopped is not None:
            return say.STOPPED_ALARM(alarm=alarm(guard.stopped))
        return None

    return halt


def guard_summary(guard: Guard) -> dict[str, Any]:
    """What summary.json says of the guard."""
    return {
        "mode": guard.config.mode,
        "gold": guard.gold.name,
        "gold_calls": guard.control.spent,
        "gold_failures": guard.gold.failures,
        "budget_spent": guard.is_spent,
        "seconds": round(guard.price.seconds, 3),
        "share_of_steps": round(guard.price.share, 4),
        "gold_seconds": round(guard.price.gold_seconds, 3),
        "recent_true_score": vars(guard.true_score.interval()),
        "verdict": guard.verdict.evidence() | {"alarms": guard.verdict.alarms},
    }


def guard_line(summary: dict[str, Any]) -> str:
    """The same in a sentence."""
    score, count = summary["recent_true_score"], summary["verdict"]["alarms"]
    shown = f"{100 * score['estimate']:.1f} [{100 * score['low']:.1f}, {100 * score['high']:.1f}]"
    verdict = say.ALARMS(count=count) if count else say.NO_ALARM()
    price = say.PRICE(seconds=summary["seconds"], share=summary["share_of_steps"], gold=summary["gold_seconds"])
    return say.RESULT(calls=summary["gold_calls"], score=shown, verdict=verdict, price=price)
