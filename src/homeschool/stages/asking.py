"""Which questions an RL run asks besides the usual ones of a step."""

from homeschool.config import RlConfig
from homeschool.errors import ConfigError
from homeschool.messages.refusals import stages as refused
from homeschool.stages.paying import full_marks
from homeschool.stages.scorers import Scorers
from homeschool.tasks.notebook import Notebook
from homeschool.train.answers import Draw
from homeschool.types import Prompt, Task


def draw_from(config: RlConfig, task: Task) -> Draw:
    """New questions in the middle of a step, for algorithms that replace some."""

    def draw(number: int, turn: int, count: int) -> list[Prompt]:
        # Beyond every step that a run could have, so that no later step asks the same again by construction.
        return task.batch("train", (turn << 32) + number, count, config.seed)

    return draw


def build_notebook(config: RlConfig, task: Task, scorer: Scorers | None = None) -> Notebook | None:
    """The error notebook that chooses the prompts, where ``config`` asks for one."""
    if not config.follow_notebook:
        return None

    def batch(step: int) -> list[Prompt]:
        return task.batch("train", step, config.prompts, config.seed)

    return Notebook(batch, config.seed, config.reward.full_marks or full_marks(config, task, scorer))


def refuse_two_choosers(config: RlConfig) -> None:
    """Raise ConfigError where notebook and algorithm would both choose the prompts."""
    if config.follow_notebook and config.algorithm.resample:
        raise ConfigError(refused.TWO_CHOOSERS(resample=config.algorithm.resample))
