"""What the user chose: frozen dataclasses, read from TOML (or YAML) and the command line.

Only choices live here, one file per part of a run; everything derived from them is computed where it is used. Every
field has a sentence. No torch.
"""

from homeschool.config.algorithm import AlgorithmColumns
from homeschool.config.exam import CheckConfig, EvalConfig, ExamConfig
from homeschool.config.guard import GuardConfig, GuardMode
from homeschool.config.limits import RANGES, refuse_impossible
from homeschool.config.making import command_making
from homeschool.config.names import flatten, nested, set_by_user
from homeschool.config.of_run import exam_of_run, refuse_code_inside
from homeschool.config.optim import AdamConfig, OptimConfig
from homeschool.config.reading import build_config, read_recipe
from homeschool.config.reward import Ensemble, RewardConfig
from homeschool.config.reward_model import RewardModelConfig
from homeschool.config.rl import BudgetConfig, GradientPenaltyConfig, RlConfig, StopConfig
from homeschool.config.run import Dtype, KeepConfig, RunConfig
from homeschool.config.task import TaskConfig
from homeschool.config.text import ModelConfig, PretrainConfig, SftConfig
from homeschool.config.writing import toml_value, write_toml

__all__ = [
    "RANGES",
    "AdamConfig",
    "AlgorithmColumns",
    "BudgetConfig",
    "CheckConfig",
    "Dtype",
    "Ensemble",
    "EvalConfig",
    "ExamConfig",
    "GradientPenaltyConfig",
    "GuardConfig",
    "GuardMode",
    "KeepConfig",
    "ModelConfig",
    "OptimConfig",
    "PretrainConfig",
    "RewardConfig",
    "RewardModelConfig",
    "RlConfig",
    "RunConfig",
    "SftConfig",
    "StopConfig",
    "TaskConfig",
    "build_config",
    "command_making",
    "exam_of_run",
    "flatten",
    "nested",
    "read_recipe",
    "refuse_code_inside",
    "refuse_impossible",
    "set_by_user",
    "toml_value",
    "write_toml",
]
