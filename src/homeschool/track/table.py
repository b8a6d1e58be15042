"""Which trackers there are, and what each asks for. No package of theirs is loaded before it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from homeschool.errors import ConfigError
from homeschool.messages.refusals import comparing as refused
from homeschool.messages.suggestion import suggestion
from homeschool.track.sink import Sink, Start
from homeschool.track.swanlab import SwanLab
from homeschool.track.tensorboard import TensorBoard
from homeschool.track.trackio import Trackio
from homeschool.track.wandb import WandB


@dataclass(frozen=True)
class Tracker:
    """One row."""

    package: str
    """What is imported; the extra that installs it has the tracker's name."""
    build: Callable[[Start, Any], Sink]
    """From a run and the imported package."""

    def open(self, start: Start) -> Sink:
        """A sink for this run. May raise anything that the package does."""
        return self.build(start, import_module(self.package))


TRACKERS = {
    "tensorboard": Tracker("tensorboardX", TensorBoard),
    "wandb": Tracker("wandb", WandB),
    "swanlab": Tracker("swanlab", SwanLab),
    "trackio": Tracker("trackio", Trackio),
}


def tracker_names(listed: str) -> list[str]:
    """The trackers that ``track`` names, separated by commas; each once, in order."""
    return list(dict.fromkeys(name for name in map(str.strip, listed.split(",")) if name))


def require_trackers(listed: str) -> None:
    """Raise ConfigError for a tracker that there is not, or whose package is missing: with the command that installs
    it."""
    missing = []
    for name in tracker_names(listed):
        if name not in TRACKERS:
            raise ConfigError(refused.NO_TRACKER(name=name, nearest=suggestion(name, TRACKERS)))
        if find_spec(TRACKERS[name].package) is None:
            missing.append(name)
    if missing:
        packages = ", ".join(TRACKERS[name].package for name in missing)
        raise ConfigError(refused.TRACKER_MISSING(listed=listed, packages=packages, extras=",".join(missing)))
