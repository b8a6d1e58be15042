"""Reward models as scorers: ``reward.scorer = "model:FOLDER"``, or ``"model:A+B+C"`` for an ensemble.

They run in this process, for they are our own code; their numbers are trusted no more than a stranger's: a score that
is not a number is no mark. What is scored is the very tokens that were sampled, so policy and reward models must have
the same tokenizer.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from homeschool.config import RewardConfig
from homeschool.errors import ConfigError, UsageError
from homeschool.messages.refusals import rewards as say
from homeschool.models.load import Policy
from homeschool.models.reward_model import RewardModel, load_reward_model, require_same_tokenizer
from homeschool.rewards.ensembles import ensemble
from homeschool.train.batch import TrainBatch
from homeschool.train.preference import batch_scores, sequence_batch

PREFIX = "model:"
TOKEN_BUDGET = 8192
"""Tokens in one forward; without a backward they take little memory."""


def is_learned(name: str) -> bool:
    """Whether the name of a scorer stands for reward models."""
    return name.startswith(PREFIX)


def load_learned_scorer(name: str, config: RewardConfig, policy: Policy) -> "LearnedScorer":
    """The scorer of ``model:A+B+C``, on the policy's device.

    Raises ConfigError for a name that says nothing or the same thing twice, ModelError for a folder that holds no
    reward model or one with another tokenizer than the policy's.
    """
    listed = name.removeprefix(PREFIX)
    folders = [listed] if Path(listed).is_dir() else [folder.strip() for folder in listed.split("+")]
    if not all(folders):
        raise ConfigError(say.NO_FOLDER_NAMED(name=name))
    if len(set(folders)) < len(folders):
        raise ConfigError(say.NAMED_TWICE(name=name))
    if len(folders) == 1 and config.ensemble != "mean":
        raise ConfigError(say.ENSEMBLE_OF_ONE(ensemble=config.ensemble, name=name))
    device = str(policy.model.device)
    members = [load_reward_model(folder, device=device) for folder in folders]
    for member in members:
        require_same_tokenizer(member, policy)
    return LearnedScorer(members, config.ensemble, config.variance_weight)


class LearnedScorer:
    """A reward function that asks one or several reward models; a prompt is read once for all its answers."""

    def __init__(
        self,
        members: Sequence[RewardModel],
        how: str = "mean",
        variance_weight: float = 1.0,
        token_budget: int = TOKEN_BUDGET,
    ) -> None:
        self.members = list(members)
        self.token_budget = token_budget
        self._join = ensemble(how, variance_weight)
        self._tokenizer = self.members[0].tokenizer
        self._end = _end_of(self.members[0])
        self._context = min(member.model.config.max_positions for member in self.members)
        for member in self.members:
            member.model.requires_grad_(False)

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[str], completion_ids: Sequence[Sequence[int]]
    ) -> list[float]:
        """One score per completion. ``completion_ids`` are its tokens as sampled; without them the text is encoded."""
        order, batch = self._batch(prompts, completions, completion_ids)
        by_member = [batch_scores(member.model, batch, self.token_budget).tolist() for member in self.members]
        scores = [0.0] * len(completions)
        for place, opinions in zip(order, zip(*by_member, strict=True), strict=True):
            scores[place] = self._join(opinions)
        return scores

    def _batch(
        self, prompts: Sequence[Any], completions: Sequence[str], completion_ids: Sequence[Sequence[int]]
    ) -> tuple[list[int], TrainBatch]:
        """Completions behind their prompts, those of one prompt together, and which one each row is."""
        by_prefix: dict[tuple[int, ...], list[int]] = {}
        encoded: dict[Any, tuple[int, ...]] = {}
        for place, prompt in enumerate(prompts):
            key = prompt if isinstance(prompt, str) else repr(prompt)
            if key not in encoded:
                encoded[key] = tuple(self._tokenizer.encode_prompt(prompt)) or (self._tokenizer.pad_id,)
            by_prefix.setdefault(encoded[key], []).append(place)
        order = [place for places in by_prefix.values() for place in places]
        groups = [number for number, places in enumerate(by_prefix.values()) for _ in places]
        prefixes = list(by_prefix)
        rows = [
            self._ended(completion_ids[place] or self._encoded(completions[place], len(prefixes[group])))
            for place, group in zip(order, groups, strict=True)
        ]
        self._refuse_too_long(max(len(prefixes[group]) + len(row) for group, row in zip(groups, rows, strict=True)))
        return order, sequence_batch(prefixes, groups, rows)

    def _encoded(self, text: str, asked: int) -> list[int]:
        """A made-up answer, as a trial before the run has them; what no context could hold is left out."""
        return self._tokenizer.encode(text)[: self._context - asked - 1]

    def _ended(self, tokens: Sequence[int]) -> list[int]:
        """An answer that was cut off is judged as if it had ended there: scores were learned at the stop token."""
        return list(tokens) if tokens and tokens[-1] in self._tokenizer.stop_ids else [*tokens, self._end]

    def _refuse_too_long(self, longest: int) -> None:
        if longest > self._context:
            raise UsageError(say.TOO_LONG(tokens=longest, context=self._context))


def _end_of(reward: RewardModel) -> int:
    """The stop token that stands behind an answer in the pairs it was trained on."""
    tokens, mask = reward.tokenizer.encode_dialogue(
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    )
    return tokens[len(mask) - 1 - mask[::-1].index(True)]
