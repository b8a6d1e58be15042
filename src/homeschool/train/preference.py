"""Reward models learn: pairs to batches, one update, and the scores of many answers.

Both sides of a pair, and all answers to one prompt, are branches of one trunk (``models.layout``): what they share is
computed once, forward and backward. The share of every pair in the loss is fixed over the whole batch before the first
backward, so how it is cut into micro-batches changes memory and nothing else.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from homeschool.algos.preference import bradley_terry, centring
from homeschool.data import epoch_order
from homeschool.errors import NonFiniteError
from homeschool.messages.refusals import training as refused
from homeschool.models.reward_model import RewardDecoder
from homeschool.preferences import EncodedPair
from homeschool.train.batch import TrainBatch, pack
from homeschool.train.forward import hidden_states, parts
from homeschool.train.learner import Learner
from homeschool.train.not_finite import NotFinite
from homeschool.train.optimizer import learning_rate
from homeschool.train.sums import Sums


def pairs_of_step(pairs: Sequence[EncodedPair], step: int, count: int, seed: int) -> list[EncodedPair]:
    """The pairs of one step: each once per epoch, in an order that belongs to the epoch."""
    chosen = []
    for number in range(step * count, (step + 1) * count):
        epoch, place = divmod(number, len(pairs))
        chosen.append(pairs[int(epoch_order(seed, epoch, len(pairs))[place])])
    return chosen


def pair_batch(pairs: Sequence[EncodedPair]) -> TrainBatch:
    """Pairs as rows: row 2 i is the better side of pair i, row 2 i + 1 the other.

    Sides that share no token are groups of their own, each with its first token as the trunk.
    """
    prefixes: list[tuple[int, ...]] = []
    groups: list[int] = []
    rows: list[tuple[int, ...]] = []
    for pair in pairs:
        if pair.prefix:
            groups += [len(prefixes)] * 2
            prefixes.append(pair.prefix)
            rows += [pair.chosen, pair.rejected]
        else:
            for side in (pair.chosen, pair.rejected):
                groups.append(len(prefixes))
                prefixes.append(side[:1])
                rows.append(side[1:])
    return sequence_batch(prefixes, groups, rows)


def sequence_batch(
    prefixes: Sequence[tuple[int, ...]], groups: Sequence[int], rows: Sequence[Sequence[int]]
) -> TrainBatch:
    """Rows of tokens behind their prefixes; ``groups`` says which prefix, rows of one prefix being neighbours."""
    tokens = torch.tensor([token for row in rows for token in row], dtype=torch.long)
    return TrainBatch(
        prefixes=tuple(prefixes),
        groups=torch.tensor(groups),
        lengths=torch.tensor([len(row) for row in rows]),
        tokens=tokens,
        loss_mask=torch.ones(len(tokens), dtype=torch.bool),
    )


def pair_micro_batches(pairs: Sequence[EncodedPair], token_budget: int) -> list[list[int]]:
    """Numbers of the pairs in lists that fit a token budget, similar lengths together.

    The sides of a pair are never apart, since the loss compares them; a pair longer than the budget stands alone.
    """
    plan: list[list[int]] = []
    room = 0
    for number in sorted(range(len(pairs)), key=lambda number: (pairs[number].num_tokens, number)):
        cost = pairs[number].num_tokens
        if not plan or cost > room:
            plan.append([])
            room = token_budget
        plan[-1].append(number)
        room -= cost
    return plan


def pair_scores(model: RewardDecoder, pairs: Sequence[EncodedPair]) -> tuple[Tensor, Tensor]:
    """The scores of the better and of the other sides, fp32 [P] each, in one forward."""
    packed = pack(pair_batch(pairs), model.device)
    scores = model.scores(hidden_states(model, packed)[packed.ends])
    return scores[0::2], scores[1::2]


def update_on_pairs(
    learner: Learner, pairs: Sequence[EncodedPair], step: int, total_steps: int, center: float
) -> dict[str, float]:
    """One weight update towards the better sides: the mean Bradley-Terry loss, plus ``center`` times the mean of
    :func:`homeschool.algos.preference.centring`.

    Raises NonFiniteError before any weight has been touched by a loss or gradient that is not a number.
    """
    model = learner.policy.model
    assert isinstance(model, RewardDecoder)
    sums = Sums()
    try:
        for numbers in pair_micro_batches(pairs, learner.micro_tokens):
            _backward(model, [pairs[number] for number in numbers], len(pairs), center, sums)
        total = sums.totals["preference/loss"]
        if total != total or total in (float("inf"), float("-inf")):
            raise NotFinite(refused.LOSS_NOT_A_NUMBER, total)
        rate = learning_rate(learner.optimizer.optim, step, total_steps)
        sums.add("optim/grad_norm", torch.tensor(learner.optimizer.step(rate)))
        sums.add("optim/lr", torch.tensor(rate))
    except NonFiniteError as error:
        error.batch = pair_batch(pairs)
        raise
    learner.policy.version += 1
    return sums.result()


def _backward(model: RewardDecoder, pairs: Sequence[EncodedPair], count: int, center: float, sums: Sums) -> None:
    chosen, rejected = pair_scores(model, pairs)
    margins = torch.tensor([pair.margin for pair in pairs], device=chosen.device)
    loss = bradley_terry(chosen, rejected, margins)
    ((loss + center * centring(chosen, rejected)).sum() / count).backward()
    lead = (chosen - rejected).detach()
    sums.add("preference/loss", loss)
    sums.add("preference/accuracy", (lead > 0).float() + 0.5 * (lead == 0).float())
    sums.add("preference/lead", lead)
    sums.add("preference/level", (chosen + rejected).detach() / 2)


@torch.no_grad()
def pair_leads(model: RewardDecoder, pairs: Sequence[EncodedPair], token_budget: int) -> list[float]:
    """Score of the better side minus score of the other, pair by pair."""
    leads = torch.zeros(len(pairs))
    for numbers in pair_micro_batches(pairs, token_budget):
        chosen, rejected = pair_scores(model, [pairs[number] for number in numbers])
        leads[numbers] = (chosen - rejected).cpu()
    return [float(lead) for lead in leads]


@torch.no_grad()
def batch_scores(model: RewardDecoder, batch: TrainBatch, token_budget: int) -> Tensor:
    """The score of each row at its last token, fp32 [R]."""
    scores = torch.zeros(batch.num_rows)
    for part in parts(batch, token_budget, model.device):
        scores[torch.tensor(part.rows)] = model.scores(hidden_states(model, part.packed)[part.packed.ends]).cpu()
    return scores
