"""TRL 1.16's ``GRPOTrainer`` and ``RLOOTrainer`` in the oracle, driven through their own ``train()``.

    python benchmarks/peers/oracle_grpo.py <folder>

Marks, advantages, log-probabilities, loss and backward are theirs. Two things are put in: the recorded answers in place
of sampling, and, once the answers have been scored and before the first loss, the weights that are being trained. That
is what a second pass over a batch looks like to the trainer, without the rounding of an optimiser step in between.
"""

import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
import torch
from datasets import Dataset
from oracle_cases import END, LONGEST, PAD, UNKNOWN, VOCAB
from oracle_files import SETTINGS, Json, assign, gradients, run_all, tokenizer_of, weights, word
from torch import Tensor
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer
from trl.rewards import get_soft_overlong_punishment

PEERS = {"grpo": (GRPOTrainer, GRPOConfig), "rloo": (RLOOTrainer, RLOOConfig)}


def run(case: Json, folder: Path) -> dict[str, Tensor]:
    """One step of the peer's ``train()``: the loss, the gradient of every parameter and the advantages."""
    trainer = build_trainer(case, folder)
    recorder = Recorder(trainer, case, weights(folder, case, "new"))
    trainer.add_callback(recorder)
    trainer.train()
    totals = {"loss": torch.stack(recorder.losses).sum(), "micro_rows": torch.tensor(recorder.micro_rows)}
    return recorder.found | totals


def build_trainer(case: Json, folder: Path) -> Any:
    kind, config = PEERS[case["peer"]]
    prompts = [" ".join(map(word, prompt)) for prompt in case["answers"]["prompts"]]
    answers = case["answers"]["answers"]
    group_size = len(answers[0])
    settings = SETTINGS | {
        "output_dir": str(folder / "trainer"),
        "max_steps": 1,
        "num_generations": group_size,
        "max_completion_length": LONGEST,
        "per_device_train_batch_size": len(prompts) * group_size // case["micro_batches"],
        "gradient_accumulation_steps": case["micro_batches"],
        "num_iterations": 2 if case["stale"] else 1,
        "temperature": case["temperature"],
        "gradient_checkpointing": False,
        "shuffle_dataset": False,
        "logging_steps": 10,
    }
    model = folder / "models" / case["family"]
    scorers: list[Any] = [scorer(case, prompts, number) for number in range(len(case["answers"]["marks"][0][0]))]
    if zone := case["extras"].get("overlong"):
        scorers.append(get_soft_overlong_punishment(LONGEST, zone))
    trainer = kind(
        model=str(model),
        reward_funcs=scorers,
        args=config(**settings | case["settings"]),
        train_dataset=Dataset.from_dict({"prompt": prompts}),
        processing_class=tokenizer_of(VOCAB, PAD, END, UNKNOWN),
    )
    assign(trainer.model, weights(folder, case, "old"))
    if trainer.ref_model is not None:
        assign(trainer.ref_model, weights(folder, case, "reference"))
    replay(trainer, case, prompts)
    return trainer


def scorer(case: Json, prompts: list[str], number: int) -> Any:
    """The recorded marks as a reward function."""
    marks = {
        (prompt, tuple(answer)): found[number]
        for prompt, answers, rows in zip(prompts, case["answers"]["answers"], case["answers"]["marks"], strict=True)
        for answer, found in zip(answers, rows, strict=True)
    }

    def score(prompts: list[str], completion_ids: list[list[int]], **_: Any) -> list[float | None]:
        return [marks[prompt, tuple(ids)] for prompt, ids in zip(prompts, completion_ids, strict=True)]

    score.__name__ = f"scorer_{number}"
    return score


def replay(trainer: Any, case: Json, prompts: list[str]) -> None:
    """Recorded answers in place of sampling; with log-probabilities as sampled where the case has them.

    TRL corrects for another sampler only where that is vLLM. So for such a case the trainer is told that it was, which
    changes nothing else here: the answers are replayed either way.
    """
    by_prompt = dict(zip(map(tuple, case["answers"]["prompts"]), case["answers"]["answers"], strict=True))
    sampled = case["extras"].get("rollout_logprobs")
    if sampled:
        trainer.use_vllm, trainer._last_loaded_step = True, 0

    def single_turn(prompt_ids: list[list[int]], *_: Any) -> Any:
        groups = [prompt_ids[start] for start in range(0, len(prompt_ids), trainer.num_generations)]
        answers = [answer for prompt in groups for answer in by_prompt[tuple(prompt)]]
        if case["peer"] == "rloo":
            return answers
        return answers, sampled

    trainer._generate_single_turn = single_turn


class Recorder(TrainerCallback):
    """Notes what the trainer computes, and puts in the new weights between scoring and the first loss."""

    def __init__(self, trainer: Any, case: Json, new: dict[str, Tensor]) -> None:
        self.trainer = trainer
        self.losses: list[Tensor] = []
        self.found: dict[str, Tensor] = {}
        self.micro_rows: list[list[int]] = []
        rows = answers_in_order(case)
        score, step, loss = trainer._generate_and_score_completions, trainer.training_step, trainer._compute_loss
        fresh = [new]

        def scored(inputs: Any) -> Any:
            out = score(inputs)
            self.found["advantages"] = out["advantages"]
            return out

        def computed(model: Any, inputs: Any) -> Tensor:
            if fresh:
                assign(trainer.model, fresh.pop())
            both = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1).tolist()
            self.micro_rows.append([rows.index([token for token in row if token != PAD]) for row in both])
            return loss(model, inputs)

        def stepped(*args: Any) -> Tensor:
            self.losses.append(step(*args))
            return self.losses[-1]

        trainer._generate_and_score_completions, trainer._compute_loss = scored, computed
        trainer.training_step = stepped

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.found |= gradients(self.trainer.model, "policy")


def answers_in_order(case: Json) -> list[list[int]]:
    """Prompt and answer of each row of the case."""
    pairs = zip(case["answers"]["prompts"], case["answers"]["answers"], strict=True)
    return [prompt + answer for prompt, answers in pairs for answer in answers]


if __name__ == "__main__":
    run_all(Path(sys.argv[1]), ("grpo", "rloo"), run)
