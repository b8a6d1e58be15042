"""What the critic says of itself."""

from statistics import fmean, median

from homeschool.diagnosis.finding import Seen
from homeschool.diagnosis.history import SMOOTH, History

EXPLAINS = 0.05
"""Share of the differences in return below which a critic is as good as one number for all questions. 0 is that number;
sampling alone moves the share by a few hundredths from step to step."""
PATIENCE = 20
"""Steps a critic gets first: its value head starts at zero, so 0 is where every critic begins."""
OUTSIDE = 1.0
"""Loss of the critic in squared ranges of marks. The loss is half a squared error, so a forecast inside the range costs
0.5 at worst; at 1 the forecasts lie far outside what can be earned. The PPO run of this repository stays below 0.08."""


def critic_explains_nothing(history: History) -> Seen | None:
    """After its first steps the critic still knows nothing of which answers will earn more."""
    explained = _explained(history, PATIENCE)
    if len(explained) < PATIENCE or fmean(explained) >= EXPLAINS:
        return None
    return Seen("warning", EXPLAINS, {"share": fmean(explained), **history.span(PATIENCE)})


def critic_explodes(history: History) -> Seen | None:
    """The critic forecasts marks that do not exist."""
    loss = history.last("value/loss", SMOOTH)
    if not loss or median(loss) < OUTSIDE * history.scale**2:
        return None
    evidence = {"loss": median(loss), "worst": 0.5 * history.scale**2, "lowest": history.lowest}
    return Seen("problem", OUTSIDE, evidence | {"highest": history.highest} | history.span(SMOOTH))


def _explained(history: History, count: int) -> list[float]:
    """Explained variance of the last steps in which returns differed: where none do it is written down as 0."""
    spread = history.last("reward/std", count)
    return history.last("value/explained_variance", count) if spread and min(spread) > 0 else []
