"""TRL 1.12's ``PPOTrainer`` in the oracle, driven through its own ``train()``.

    python benchmarks/peers/oracle_ppo.py <folder>

Log-probabilities, values, rewards per token, GAE, whitening, loss and backward are theirs. Put in are the recorded
answers in place of sampling (with the logits that its own ``forward`` gives them), the recorded marks as a reward
model, and, before the first loss, the weights of policy and critic that are being trained.
"""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
import torch
from datasets import Dataset
from oracle_cases import END, LONGEST, PAD, UNKNOWN, VOCAB
from oracle_files import SETTINGS, Json, assign, gradients, run_all, tokenizer_of, weights
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
from trl.experimental.ppo import PPOConfig, PPOTrainer, ppo_trainer

WHITEN = ppo_trainer.masked_whiten


class Marks(nn.Module):
    """The recorded marks in the form of a reward model."""

    base_model_prefix = "body"

    def __init__(self, case: Json) -> None:
        super().__init__()
        answers = case["answers"]
        self.by_prompt = {
            tuple(prompt): marks[0][0] for prompt, marks in zip(answers["prompts"], answers["marks"], strict=True)
        }

    def body(self, input_ids: Tensor, **_: Any) -> SimpleNamespace:
        prompts = [[token for token in row if token != PAD] for row in input_ids[:, :-LONGEST].tolist()]
        marks = torch.tensor([self.by_prompt[tuple(prompt)] for prompt in prompts])
        return SimpleNamespace(hidden_states=[marks[:, None, None].expand(-1, input_ids.shape[1], 1)])

    @staticmethod
    def score(hidden: Tensor) -> Tensor:
        return hidden


def run(case: Json, folder: Path) -> dict[str, Tensor]:
    """One update of the peer's ``train()``: losses, gradients of policy and critic, advantages."""
    trainer = build_trainer(case, folder)
    found: dict[str, Tensor] = {}
    replay(trainer, case)
    record(trainer, case, folder, found)
    trainer.train()
    return found


def build_trainer(case: Json, folder: Path) -> PPOTrainer:
    prompts = case["answers"]["prompts"]
    settings = SETTINGS | {
        "output_dir": str(folder / "trainer"),
        "per_device_train_batch_size": len(prompts) // case["micro_batches"],
        "gradient_accumulation_steps": case["micro_batches"],
        "num_mini_batches": 1,
        "num_ppo_epochs": 1,
        "total_episodes": len(prompts),
        "response_length": LONGEST,
        "temperature": case["temperature"],
        "num_sample_generations": 0,
        "logging_steps": 1,
    }
    model = str(folder / "models" / case["family"])
    data = Dataset.from_dict({"input_ids": prompts})
    trainer = PPOTrainer(
        args=PPOConfig(**settings | case["settings"]),
        processing_class=tokenizer_of(VOCAB, PAD, END, UNKNOWN),
        model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        ref_model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        reward_model=Marks(case),
        value_model=AutoModelForSequenceClassification.from_pretrained(model, num_labels=1, dtype=torch.float32),
        train_dataset=data,
        eval_dataset=data,
    )
    assign(trainer.policy_model, weights(folder, case, "old"))
    assign(trainer.ref_model, weights(folder, case, "reference"))
    assign(trainer.value_model, weights(folder, case, "critic-old"))
    return trainer


def replay(trainer: PPOTrainer, case: Json) -> None:
    """Recorded answers in place of sampling, the places after their end filled with padding as TRL's sampler does.

    The batch comes from a list, in the order of the case. From its own loader it would be the last of its pass, and
    there accelerate ends every accumulation at once: an optimiser step for each micro-batch.
    """
    prompts = [{"input_ids": prompt} for prompt in case["answers"]["prompts"]]
    trainer.dataloader = [trainer.data_collator(prompts)]
    answers = case["answers"]
    by_prompt = {tuple(prompt): found[0] for prompt, found in zip(answers["prompts"], answers["answers"], strict=True)}

    def generation(model: Any, queries: Tensor, _: int, pad: int, config: Any) -> tuple[Tensor, Tensor]:
        responses = torch.full((len(queries), LONGEST), pad)
        for row, query in enumerate(queries):
            answer = by_prompt[tuple(query[query != pad].tolist())]
            responses[row, : len(answer)] = torch.tensor(answer)
        both = torch.cat([queries, responses], 1)
        with torch.no_grad():
            logits = ppo_trainer.forward(model, both, pad).logits[:, queries.shape[1] - 1 : -1]
        return both, logits / config.temperature

    ppo_trainer.batch_generation = generation


def record(trainer: PPOTrainer, case: Json, folder: Path, found: dict[str, Tensor]) -> None:
    """Notes advantages, losses and gradients; puts in the new weights in between."""
    new, critic_new = weights(folder, case, "new"), weights(folder, case, "critic-new")
    rows = case["answers"]["prompts"]
    micro_rows: list[list[int]] = []
    fresh = [True]

    def whitened(values: Tensor, mask: Tensor, shift_mean: bool = True) -> Tensor:
        out = WHITEN(values, mask, shift_mean)
        if shift_mean:  # rewards are whitened without, advantages with
            found["advantages"] = out.masked_fill(~mask, 0.0)
        return out

    def before_forward(_: Any, args: Any, inputs: Json) -> None:
        prompts = inputs["input_ids"][:, :-LONGEST].tolist()
        micro_rows.append([rows.index([token for token in prompt if token != PAD]) for prompt in prompts])
        found["micro_rows"] = torch.tensor(micro_rows)
        if fresh:
            fresh.clear()
            assign(trainer.policy_model, new)
            assign(trainer.value_model, critic_new)

    def before_step(*_: Any) -> None:
        found.update(gradients(trainer.policy_model, "policy"))
        found.update(gradients(trainer.value_model, "critic"))

    def logged(metrics: Json, *_: Any) -> None:
        found["loss"] = torch.tensor(metrics["loss/policy_avg"])
        found["value_loss"] = torch.tensor(metrics["loss/value_avg"])

    ppo_trainer.masked_whiten = whitened
    trainer.accelerator.unwrap_model(trainer.model).register_forward_pre_hook(before_forward, with_kwargs=True)
    trainer.optimizer.optimizer.register_step_pre_hook(before_step)
    trainer.log = logged


if __name__ == "__main__":
    run_all(Path(sys.argv[1]), ("ppo",), run)
