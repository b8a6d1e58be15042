"""TRL's ``GRPOTrainer`` as an arm, driven through its own ``train()`` loop.

    python benchmarks/peers/trl_grpo.py '{"work": "p128", "model": "<folder>", "dtype": "bfloat16", "tuning": "T0"}'

Nothing of TRL is replaced. A callback stops the loop at the start of each step to read what to do; timers wrap the
methods that sample and that prepare a batch. For the training half alone, TRL's own ``rollout_func`` hook returns
recorded tokens.

T0 is the trainer as shipped: its defaults, with what the work fixes (batch, group, lengths) and ``use_cpu``, without
which it refuses to start here. As shipped it loads fp32 weights, runs the forward under bf16 autocast, checkpoints
activations and trains 8 sequences at a time. T1 is the same trainer with every switch set as well as we know how.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
import torch
from datasets import Dataset
from safetensors.torch import save_file
from serve import Channel, Reply, Request, Stopwatch, peak_bytes
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer
from trl.models.utils import unwrap_model_for_generation
from work import WORKS, Work, prompt_ids, recorded_completions, score, text

PROMPTS_IN_DATASET = 512

TUNINGS: dict[str, Callable[[str], dict[str, Any]]] = {
    "T0": lambda dtype: {"bf16": dtype == "bfloat16"},
    "T1": lambda dtype: {
        "bf16": False,
        "model_init_kwargs": {"dtype": dtype},
        "gradient_checkpointing": False,
        "cache_implementation": "static",
        "per_device_train_batch_size": 8,
    },
}


def build_trainer(work: Work, model: str, dtype: str, tuning: str, **overrides: Any) -> GRPOTrainer:
    settings = {
        "output_dir": "/tmp/homeschool-bench-trl",
        "use_cpu": True,
        "num_generations": work.group_size,
        "max_completion_length": work.completion_tokens,
        "max_steps": 10**6,
        "save_strategy": "no",
        "report_to": "none",
        "logging_steps": 10**6,
        "disable_tqdm": True,
        "per_device_train_batch_size": 8,
    }
    settings |= TUNINGS[tuning](dtype) | overrides
    settings["gradient_accumulation_steps"] = work.sequences // settings["per_device_train_batch_size"]
    steps = range(PROMPTS_IN_DATASET // work.prompts)
    rows = [text(ids) for step in steps for ids in prompt_ids(work, step)]
    return GRPOTrainer(
        model=model,
        reward_funcs=marks,
        args=GRPOConfig(**settings),
        train_dataset=Dataset.from_dict({"prompt": rows}),
    )


def marks(completion_ids: list[list[int]], **_: Any) -> list[float]:
    return [score(tokens) for tokens in completion_ids]


class Driver(TrainerCallback):
    """Between steps, does as told; during a step, only watches the clock."""

    def __init__(self, trainer: GRPOTrainer, work: Work, channel: Channel) -> None:
        self.trainer, self.work, self.channel = trainer, work, channel
        self.watch = Stopwatch()
        self.step_request: Request = {}
        self._clock: Any = None
        for name, label in (("_generate_single_turn", "generate"), ("_generate_and_score_completions", "prepare")):
            setattr(trainer, name, self._timed(getattr(trainer, name), label))

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        for request in self.channel.requests():
            if request["op"] == "quit":
                sys.exit(0)
            if request["op"] in ("step", "train"):
                return self._begin(request)
            self.channel.answer(request, getattr(self, request["op"]))
        sys.exit(0)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if path := self.step_request.get("save_gradient"):
            named = self.trainer.model.named_parameters()
            save_file({name: p.grad.float().clone() for name, p in named if p.grad is not None}, path)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._clock.__exit__(None, None, None)
        metrics = self.trainer._metrics["train"]
        mean_length = metrics["completions/mean_length"][-1]
        self.channel.reply(
            op=self.step_request["op"],
            tokens=round(mean_length * self.work.sequences),
            peak_bytes=peak_bytes(),
            **self.watch.take(),
        )

    def generate(self, request: Request) -> Reply:
        """Sampling alone: the method TRL calls for it, on the prompts of one step, repeated as TRL repeats them."""
        prompts = prompt_ids(self.work, request["step"])
        repeated = [ids for ids in prompts for _ in range(self.work.group_size)]
        completions, _ = self.trainer._generate_single_turn(repeated, None, {}, self.work.group_size)
        return {"tokens": sum(map(len, completions)), "peak_bytes": peak_bytes(), **self.watch.take()}

    def greedy(self, request: Request) -> Reply:
        """Most likely tokens by ``transformers`` itself, one row per prompt: the reference of the correctness gate."""
        prompts = torch.tensor(prompt_ids(self.work, request["step"]))
        trainer = self.trainer
        with unwrap_model_for_generation(trainer.model_wrapped, trainer.accelerator) as model, torch.no_grad():
            rows = model.generate(
                input_ids=prompts,
                attention_mask=torch.ones_like(prompts),
                do_sample=False,
                max_new_tokens=self.work.completion_tokens,
            )
        return {"completions": rows[:, prompts.shape[1] :].tolist()}

    def info(self, request: Request) -> Reply:
        trainer = self.trainer
        return {
            "versions": _versions(),
            "weights": str(next(trainer.model.parameters()).dtype),
            "mixed_precision": trainer.accelerator.mixed_precision,
            "gradient_checkpointing": trainer.args.gradient_checkpointing,
            "micro_batch": trainer.args.per_device_train_batch_size,
            "attention": trainer.model.config._attn_implementation,
            "cache": trainer.args.cache_implementation,
            "threads": torch.get_num_threads(),
            "peak_bytes": peak_bytes(),
        }

    def _begin(self, request: Request) -> None:
        self.step_request = request
        self.trainer.rollout_func = self._replay if request["op"] == "train" else None
        self._clock = self.watch("step")
        self._clock.__enter__()

    def _replay(self, prompts: list[str], trainer: GRPOTrainer) -> dict[str, Any]:
        """Recorded tokens in place of sampling. Rewards come from them through the same reward function."""
        step = self.step_request["step"]
        repeated = [ids for ids in prompt_ids(self.work, step) for _ in range(self.work.group_size)]
        return {"prompt_ids": repeated, "completion_ids": recorded_completions(self.work, step), "logprobs": None}

    def _timed(self, method: Callable[..., Any], label: str) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.watch(label):
                return method(*args, **kwargs)

        return timed


def _versions() -> dict[str, str]:
    import accelerate
    import transformers
    import trl

    return {module.__name__: module.__version__ for module in (torch, transformers, trl, accelerate)}


def main(options: dict[str, Any]) -> None:
    channel = Channel()
    work = WORKS[options.pop("work")]
    trainer = build_trainer(work, **options)
    trainer.add_callback(Driver(trainer, work, channel))
    channel.reply(op="ready")
    trainer.train()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
