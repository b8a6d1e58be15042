"""homeschool as an arm: the same verbs a run uses, on the same weights, prompts, lengths and marks.

    python benchmarks/ours.py '{"work": "p128", "model": "<folder>", "dtype": "bfloat16", "tuning": "grpo"}'

Defaults of the package throughout; only what the work fixes is set. ``grpo`` trains with the objective of the peer's
default (token mean, no KL); ``ppo`` with the peer's coefficients, its reference model and its one epoch.
"""

import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent / "peers"), str(Path(__file__).resolve().parent)]
import torch
from safetensors.torch import save_file
from serve import Channel, Reply, Request, Stopwatch, peak_bytes
from work import FIRST_TOKEN, WORKS, Work, prompt_ids, recorded_completions, score, text

import homeschool
from homeschool.algos.columns import Algorithm
from homeschool.algos.table import algorithm
from homeschool.config import OptimConfig
from homeschool.models.load import DTYPES, Policy, decoder_config, load_decoder, read_json
from homeschool.resources import keep_freed_memory
from homeschool.rewards.marker import Marker
from homeschool.rollout.collect import collect
from homeschool.rollout.torch_engine import TorchEngine
from homeschool.streams import Key
from homeschool.train.batch import build_batch
from homeschool.train.forward import batch_logprobs
from homeschool.train.learner import build_learner
from homeschool.train.rl import RlRun, rl_step
from homeschool.types import Completion, Message, Prompt, Sampling

SHORT_DTYPES = {str(dtype).removeprefix("torch."): name for name, dtype in DTYPES.items()}

ALGORITHMS: dict[str, tuple[str, dict[str, Any]]] = {
    "grpo": ("grpo", {"aggregation": "token_mean", "kl_in": "none", "kl_coef": 0.0}),
    "ppo": ("ppo", {"epochs": 1, "kl_coef": 0.05, "value_coef": 0.1}),
}


class Words:
    """One word, one token: the tokenizer of the model folder, without the library that reads its file."""

    name = "words"
    pad_id = 0
    has_chat = False

    def __init__(self, vocab_size: int) -> None:
        self.vocab_size = vocab_size
        self.stop_ids = frozenset({vocab_size})

    def encode(self, text: str) -> list[int]:
        return [int(word[1:]) for word in text.split()]

    def decode(self, tokens: Sequence[int]) -> str:
        return text([token for token in tokens if FIRST_TOKEN <= token < self.vocab_size])

    def encode_prompt(self, prompt: str | Sequence[Message]) -> list[int]:
        assert isinstance(prompt, str)
        return self.encode(prompt)

    def encode_dialogue(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        raise NotImplementedError("no dialogue in these benchmarks")

    def encode_document(self, text: str) -> list[int]:
        raise NotImplementedError("no document in these benchmarks")

    def save(self, folder: Path) -> None:
        raise NotImplementedError("nothing is saved in these benchmarks")


class Replay:
    """An engine that hands out recorded completions, so that only the training half takes time. Publishing is kept."""

    def __init__(self, engine: TorchEngine, work: Work) -> None:
        self.engine, self.work = engine, work

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, *, group_size: int = 1, seed: int = 0, step: Key = 0
    ) -> list[tuple[Completion, ...]]:
        assert isinstance(step, int)
        recorded = [
            Completion(text(tokens), tuple(tokens), (0.0,) * len(tokens), "length")
            for tokens in recorded_completions(self.work, step)
        ]
        return [tuple(recorded[i : i + group_size]) for i in range(0, len(recorded), group_size)]

    def load_weights(self, policy: Policy, version: int) -> None:
        self.engine.load_weights(policy, version)

    def close(self) -> None:
        self.engine.close()


class Arm:
    """The operations the harness asks for."""

    def __init__(self, work: Work, model: str, dtype: str, tuning: str, max_grad_norm: float = 1.0) -> None:
        self.work, self.watch = work, Stopwatch()
        settings = read_json(Path(model) / "config.json")
        config = decoder_config(settings)
        assert config, "the benchmark model must be of a family this package runs itself"
        decoder = load_decoder(Path(model), config, DTYPES[SHORT_DTYPES[dtype]], "cpu")
        self.policy = Policy(decoder, Words(work.shape.vocab), model)
        self.engine = TorchEngine(self.policy)
        self.algo = algorithm_of(tuning, work.group_size)
        self.sampling = Sampling(max_tokens=work.completion_tokens, ignore_stop=True)
        optim = OptimConfig(lr=1e-6, grad_clip=max_grad_norm)
        critic = optim if self.algo.has_critic else None
        self.learner = build_learner(self.policy, optim, critic_optim=critic, with_reference=self.algo.needs_reference)

    def generate(self, request: Request) -> Reply:
        sampling = self.sampling
        if "completion_tokens" in request:
            sampling = Sampling(max_tokens=request["completion_tokens"], ignore_stop=True)
        with self.watch("generate"):
            groups = self.engine.generate(
                self.prompts(request["step"]), sampling, group_size=self.algo.group_size, step=request["step"]
            )
        return self._measured(sum(len(completion.tokens) for group in groups for completion in group))

    def step(self, request: Request) -> Reply:
        return self._step(self.engine, request)

    def train(self, request: Request) -> Reply:
        return self._step(Replay(self.engine, self.work), request)

    def greedy(self, request: Request) -> Reply:
        sampling = Sampling(max_tokens=self.work.completion_tokens, temperature=0.0, ignore_stop=True)
        groups = self.engine.generate(self.prompts(request["step"]), sampling)
        return {"completions": [list(group[0].tokens) for group in groups]}

    def mismatch(self, request: Request) -> Reply:
        """Log-probabilities as sampled against those of the trainer's forward, on freshly drawn completions."""
        run = self._run(self.engine)
        groups = collect(
            run.engine, run.marker, self.prompts(request["step"]), self.sampling, group_size=self.algo.group_size
        )
        batch = build_batch(groups, self.policy.tokenizer)
        assert batch.rollout_logprobs is not None
        trained = batch_logprobs(self.policy.model, batch, run.learner.micro_tokens, 1.0)
        gap = (trained - batch.rollout_logprobs).abs()
        return {"largest": float(gap.max()), "mean": float(gap.mean())}

    def info(self, request: Request) -> Reply:
        return {
            "versions": {
                "homeschool": homeschool.__version__,
                "torch": torch.__version__,
                "python": platform.python_version(),
            },
            "weights": str(self.policy.model.dtype),
            "algorithm": self.algo.name,
            "epochs": self.algo.epochs,
            "micro_tokens": self.learner.micro_tokens,
            "checkpointing": self.policy.model.checkpointing,
            "threads": torch.get_num_threads(),
            "peak_bytes": peak_bytes(),
        }

    def prompts(self, step: int) -> list[Prompt]:
        return [Prompt(f"{step}/{i}", text(ids)) for i, ids in enumerate(prompt_ids(self.work, step))]

    def _step(self, engine: Any, request: Request) -> Reply:
        if path := request.get("save_gradient"):
            self._save_gradient(path)
        with self.watch("step"):
            groups, _, metrics = rl_step(self._run(engine), self.prompts(request["step"]), request["step"])
        self.watch.seconds["generate"] = metrics["time/rollout_s"]
        laps = {name: value for name, value in metrics.items() if name.startswith("time/")}
        tokens = sum(len(rollout.completion.tokens) for group in groups for rollout in group.rollouts)
        return self._measured(tokens) | {"laps": laps}

    def _run(self, engine: Any) -> RlRun:
        return RlRun(self.learner, engine, Marker(marks), self.algo, self.sampling, seed=0, total_steps=10**6)

    def _save_gradient(self, path: str) -> None:
        """Before the next update, once: the gradient as the optimiser is about to read it."""
        optimizer = self.learner.optimizer
        plain = optimizer.step

        def step(rate: float) -> float:
            named = zip(optimizer.names, optimizer.masters, strict=True)
            save_file({name: master.grad.clone() for name, master in named if master.grad is not None}, path)
            optimizer.step = plain  # type: ignore[method-assign]
            return plain(rate)

        optimizer.step = step  # type: ignore[method-assign]

    def _measured(self, tokens: int) -> Reply:
        return {"tokens": tokens, "peak_bytes": peak_bytes(), **self.watch.take()}


def marks(prompts: Sequence[Any], completions: Sequence[str], **_: Any) -> list[float]:
    return [score([int(word[1:]) for word in completion.split()]) for completion in completions]


def algorithm_of(tuning: str, group_size: int) -> Algorithm:
    name, columns = ALGORITHMS[tuning]
    return algorithm(name, columns | {"group_size": group_size})


def main(options: dict[str, Any]) -> None:
    channel = Channel()
    torch.set_num_threads(2)
    keep_freed_memory()
    arm = Arm(WORKS[options.pop("work")], **options)
    channel.reply(op="ready")
    for request in channel.requests():
        channel.answer(request, getattr(arm, request["op"]))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
