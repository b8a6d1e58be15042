"""What the settings of an RL run say by themselves cannot be: refused before a model is loaded or a folder is made."""

from homeschool.config import RlConfig
from homeschool.stages.asking import refuse_two_choosers
from homeschool.stages.guard import refuse_unguarded
from homeschool.stages.scorers import refuse_unread_ensemble
from homeschool.train.learner import refuse_unteachable


def refuse_settings(config: RlConfig) -> None:
    """Raise ConfigError for settings that no model and no task could save: what they are, and the way out.

    Single numbers, and columns of the algorithm that contradict each other, are refused elsewhere
    (:func:`~homeschool.config.refuse_impossible`, :mod:`homeschool.algos.contradictions`).
    """
    refuse_unteachable(config)
    refuse_two_choosers(config)
    refuse_unread_ensemble(config.reward)
    refuse_unguarded(config)
