"""TRL's ``PPOTrainer`` as an arm. 1.12.0 is the last release that has one.

    python benchmarks/peers/trl_ppo.py '{"work": "p128", "model": "<folder>", "dtype": "bfloat16", "tuning": "P0"}'

One step: sample, score by a reward module that costs nothing, reference log-probs, values, GAE, one pass over the
batch. TRL knows no groups here: each prompt stands in its dataset ``group_size`` times.

P0 is the trainer as shipped with bf16 asked for in the only way it listens to (accelerate's variable): it loads fp32
weights, samples and reads the reference in fp32, and trains under autocast. P1 loads all models in the training dtype,
which is the only way to make the whole of its step bf16. Its own loop never turns activation checkpointing on.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
import torch
from datasets import Dataset
from serve import Channel, Reply, Request, Stopwatch, peak_bytes
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, TrainerCallback
from trl.experimental.ppo import PPOConfig, PPOTrainer, ppo_trainer
from work import WORKS, Work, prompt_ids

PROMPTS_IN_DATASET = 512


class ShareOfOddTokens(nn.Module):
    """A reward model in the form the trainer asks for, doing the least work that form allows."""

    base_model_prefix = "body"

    @staticmethod
    def body(input_ids: Tensor, **_: Any) -> SimpleNamespace:
        odd = (input_ids % 2).float().cumsum(1)
        share = odd / torch.arange(1, input_ids.shape[1] + 1)
        return SimpleNamespace(hidden_states=[share.unsqueeze(-1)])

    @staticmethod
    def score(hidden: Tensor) -> Tensor:
        return hidden


def build_trainer(work: Work, model: str, dtype: str, tuning: str, **overrides: Any) -> PPOTrainer:
    settings = {
        "output_dir": "/tmp/homeschool-bench-ppo",
        "use_cpu": True,
        "bf16": False,
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": work.sequences // 8,
        "num_mini_batches": 1,
        "num_ppo_epochs": 1,
        "response_length": work.completion_tokens,
        "temperature": 1.0,
        "total_episodes": 10**6,
        "num_sample_generations": 0,
        "save_strategy": "no",
        "report_to": "none",
        "logging_steps": 10**6,
        "disable_tqdm": True,
    }
    settings |= overrides
    weights = dtype if tuning == "P1" else "float32"
    if tuning == "P0" and dtype == "bfloat16":
        os.environ["ACCELERATE_MIXED_PRECISION"] = "bf16"

    def load(kind: Any, **more: Any) -> Any:
        return kind.from_pretrained(model, dtype=getattr(torch, weights), **more)

    steps = range(PROMPTS_IN_DATASET // work.prompts)
    rows = [ids for step in steps for ids in prompt_ids(work, step) for _ in range(work.group_size)]
    return PPOTrainer(
        args=PPOConfig(**settings),
        processing_class=AutoTokenizer.from_pretrained(model),
        model=load(AutoModelForCausalLM),
        ref_model=load(AutoModelForCausalLM),
        reward_model=ShareOfOddTokens(),
        value_model=load(AutoModelForSequenceClassification, num_labels=1),
        train_dataset=Dataset.from_dict({"input_ids": rows}),
        eval_dataset=Dataset.from_dict({"input_ids": rows[:8]}),
    )


class Driver(TrainerCallback):
    """Between steps, waits for the next order."""

    def __init__(self, trainer: PPOTrainer, work: Work, channel: Channel) -> None:
        self.trainer, self.work, self.channel = trainer, work, channel
        self.watch = Stopwatch()
        self.new_tokens = 0
        self._clock: Any = None
        ppo_trainer.batch_generation = self._timed(ppo_trainer.batch_generation)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._wait()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._clock.__exit__(None, None, None)
        self.channel.reply(op="step", tokens=self.new_tokens, peak_bytes=peak_bytes(), **self.watch.take())
        self._wait()

    def _wait(self) -> None:
        for request in self.channel.requests():
            if request["op"] == "quit":
                sys.exit(0)
            if request["op"] == "step":
                self._clock = self.watch("step")
                self._clock.__enter__()
                return
            self.channel.answer(request, getattr(self, request["op"]))
        sys.exit(0)

    def info(self, request: Request) -> Reply:
        import accelerate
        import transformers
        import trl

        trainer = self.trainer
        return {
            "versions": {module.__name__: module.__version__ for module in (torch, transformers, trl, accelerate)},
            "weights": str(next(trainer.policy_model.parameters()).dtype),
            "mixed_precision": trainer.accelerator.mixed_precision,
            "gradient_checkpointing": trainer.policy_model.is_gradient_checkpointing,
            "micro_batch": trainer.args.per_device_train_batch_size,
            "epochs": trainer.args.num_ppo_epochs,
            "threads": torch.get_num_threads(),
            "peak_bytes": peak_bytes(),
        }

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(model: Any, queries: Tensor, *args: Any) -> Any:
            with self.watch("generate"):
                sequences, logits = method(model, queries, *args)
            self.new_tokens = sequences[:, queries.shape[1] :].numel()
            return sequences, logits

        return timed


def main(options: dict[str, Any]) -> None:
    channel = Channel()
    work = WORKS[options.pop("work")]
    trainer = build_trainer(work, **options)
    trainer.add_callback(Driver(trainer, work, channel))
    channel.reply(op="ready")
    trainer.train()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
