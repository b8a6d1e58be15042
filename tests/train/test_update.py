"""The update whatever the columns: no split, layout or masked place changes a gradient; each term is what it says."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from homeschool.algos.columns import Algorithm
from homeschool.algos.table import algorithm
from homeschool.config import OptimConfig
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, new_decoder
from homeschool.streams import stream
from homeschool.text import CharTokenizer
from homeschool.train.batch import TrainBatch
from homeschool.train.forward import batch_logprobs
from homeschool.train.learner import Learner, build_learner
from homeschool.train.update import update, update_on_text

TOKENIZER = CharTokenizer("abc")
SETTINGS: dict[str, Any] = {"step": 0, "total_steps": 1, "seed": 0, "max_length": 9, "temperature": 1.0}

WAYS = [
    *((surrogate, ratio) for surrogate in ("clip", "stop_gradient", "soft_gate") for ratio in ("token", "sequence")),
    ("divergence_mask", "token"),
    ("logprob", "none"),
]
AGGREGATIONS = ("token_mean", "sequence_mean", "sequence_sum", "constant_length")


def row(**columns: Any) -> Algorithm:
    """Any combination; clips that act, and no skipped rows."""
    limits = {"clip_low": 0.1, "clip_high": 0.1, "divergence": 0.02}
    return replace(algorithm("dr_grpo", {}), **{**limits, **columns})


def learner(algo: Algorithm, micro_tokens: int = 1000, lr: float = 1e-3) -> Learner:
    model = new_decoder(DecoderConfig(8, 32, 2, 4, 2, 8, 48, 32), 0)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data *= 8
    built = build_learner(
        Policy(model, TOKENIZER, "test"),
        OptimConfig(lr=lr, micro_tokens=micro_tokens),
        with_reference=algo.needs_reference,
    )
    if built.reference is not None:
        for parameter in built.reference.parameters():
            parameter.data *= 1.1
    return built


def groups_of(lengths: list[int], groups: list[int], prefixes: list[int]) -> TrainBatch:
    total = sum(lengths)
    return TrainBatch(
        prefixes=tuple((5,) * length for length in prefixes),
        groups=torch.tensor(groups),
        lengths=torch.tensor(lengths),
        tokens=torch.arange(total) % 8,
        loss_mask=torch.arange(total) % 5 != 1,
        right=torch.arange(len(lengths)) % 2 == 0,
    )


BATCH = groups_of([5, 6, 3, 1, 2, 9], [0, 0, 1, 1, 1, 2], [4, 2, 1])


def known(batch: TrainBatch, algo: Algorithm) -> TrainBatch:
    """The batch as it comes to the update, with old policies that differ from the new one by a few per cent."""
    generator = torch.Generator().manual_seed(1)
    advantages, old, sampled, reference = (torch.randn(len(batch.tokens), generator=generator) for _ in range(4))
    now = batch_logprobs(learner(algo).policy.model, batch, 1000, 1.0)
    return batch.add(
        advantages=advantages,
        old_logprobs=now + 0.2 * old,
        rollout_logprobs=now + 0.2 * sampled,
        ref_logprobs=now + 0.2 * reference,
    )


def recorded(built: Learner) -> list[Tensor]:
    """The gradient that reaches the policy's optimiser, as one vector, in place of each step."""
    found: list[Tensor] = []

    def record(rate: float) -> float:
        found.append(torch.cat([master.grad.flatten().clone() for master in built.optimizer.masters]))  # type: ignore[union-attr]
        return 0.0

    built.optimizer.step = record  # type: ignore[method-assign]
    return found


def gradient(batch: TrainBatch, algo: Algorithm, micro_tokens: int = 1000) -> tuple[Tensor, dict[str, float]]:
    """The gradient of one update, and its metrics."""
    built = learner(algo, micro_tokens)
    found = recorded(built)
    metrics = update(built, batch, algo, **SETTINGS)
    return found[0], metrics


def assert_same(found: tuple[Tensor, dict[str, float]], wanted: tuple[Tensor, dict[str, float]]) -> None:
    assert wanted[0].norm() > 1e-3
    assert (found[0] - wanted[0]).norm() <= 1e-5 * wanted[0].norm()
    assert found[1]["policy/loss"] == pytest.approx(wanted[1]["policy/loss"], abs=1e-5)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@pytest.mark.parametrize(("surrogate", "ratio"), WAYS)
def test_no_split_changes_the_gradient(surrogate: str, ratio: str, aggregation: str) -> None:
    algo = row(surrogate=surrogate, ratio=ratio, aggregation=aggregation)
    batch = known(BATCH, algo)
    whole = gradient(batch, algo)
    for micro_tokens in (1, 14):
        assert_same(gradient(batch, algo, micro_tokens), whole)


TERMS: dict[str, dict[str, Any]] = {
    "k2 in the loss": {"kl_in": "loss", "kl_estimator": "k2", "kl_coef": 0.3},
    "k3 in the loss": {"kl_in": "loss", "kl_estimator": "k3", "kl_coef": 0.3},
    "corrected k3": {"kl_in": "loss", "kl_estimator": "k3", "kl_coef": 0.3, "kl_corrected": True},
    "exact KL": {"kl_in": "loss", "kl_estimator": "exact", "kl_coef": 0.3},
    "entropy": {"entropy_coef": 0.3},
    "imitation": {"likelihood_coef": 0.3},
    "truncated tokens": {"mismatch": "truncate", "mismatch_level": "token", "mismatch_cap": 1.05},
    "masked answers": {"mismatch": "mask", "mismatch_level": "sequence", "mismatch_cap": 1.05},
}


@pytest.mark.parametrize("term", TERMS)
def test_no_split_changes_the_gradient_of_a_further_term(term: str) -> None:
    plain, algo = row(), row(**TERMS[term])
    batch = known(BATCH, algo)
    whole = gradient(batch, algo)
    assert (whole[0] - gradient(batch, plain)[0]).norm() > 1e-2 * whole[0].norm(), "the term does nothing"
    for micro_tokens in (1, 14):
        assert_same(gradient(batch, algo, micro_tokens), whole)


def alone(batch: TrainBatch) -> TrainBatch:
    """Every answer with a prompt of its own."""
    prefixes = tuple(batch.prefixes[group] for group in batch.groups.tolist())
    return replace(batch, prefixes=prefixes, groups=torch.arange(batch.num_rows), packings={})


def padded(batch: TrainBatch) -> TrainBatch:
    """All answers as long as the longest, with padding that is masked and that no number should be read from."""
    inside = torch.arange(int(batch.lengths.max())) < batch.lengths[:, None]

    def pad(values: Tensor, filling: Any) -> Tensor:
        out = torch.full(inside.shape, filling, dtype=values.dtype)
        out[inside] = values
        return out.flatten()

    nan = float("nan")
    return replace(
        batch,
        lengths=torch.full_like(batch.lengths, inside.shape[1]),
        tokens=pad(batch.tokens, 3),
        loss_mask=pad(batch.loss_mask, False),
        packings={},
    ).add(
        **{
            name: pad(getattr(batch, name), nan)
            for name in ("advantages", "old_logprobs", "rollout_logprobs", "ref_logprobs")
        }
    )


@pytest.mark.parametrize("layout", [alone, padded])
@pytest.mark.parametrize(("surrogate", "ratio"), WAYS)
def test_shared_prompts_packed_rows_and_padding_agree(
    surrogate: str, ratio: str, layout: Callable[[TrainBatch], TrainBatch]
) -> None:
    """In fp32 within 1e-5, with NaN in every masked place."""
    algo = row(surrogate=surrogate, ratio=ratio, aggregation="sequence_mean", **TERMS["k3 in the loss"])
    batch = known(BATCH, algo)
    wanted = gradient(batch, algo)
    found = gradient(layout(batch), algo)
    assert (found[0] - wanted[0]).norm() <= 1e-5 * wanted[0].norm()
    for name in ("policy/loss", "policy/clip_frac", "policy/approx_kl", "policy/entropy", "ref/kl"):
        assert found[1][name] == pytest.approx(wanted[1][name], abs=1e-5), name


@pytest.mark.parametrize("ratio", ["token", "sequence"])
def test_an_answer_that_is_masked_throughout_counts_as_no_tokens(ratio: str) -> None:
    algo = row(ratio=ratio, aggregation="token_mean")
    batch = known(BATCH, algo)
    wanted = gradient(batch.take([0, 1, 2, 3, 4]), algo)
    masked = batch.loss_mask.clone()
    masked[batch.starts[5] :] = False
    assert_same(gradient(replace(batch, loss_mask=masked, packings={}), algo), wanted)


def test_a_batch_that_is_masked_throughout_moves_nothing() -> None:
    batch = known(BATCH, row())
    nothing = replace(batch, loss_mask=torch.zeros_like(batch.loss_mask), packings={})
    for surrogate, ratio in WAYS:
        found, metrics = gradient(nothing, row(surrogate=surrogate, ratio=ratio))
        assert not found.any()
        assert metrics["policy/loss"] == 0


def test_each_ratio_level_and_surrogate_is_its_own() -> None:
    """Else a column that is read by nothing would pass every test above."""
    found = {way: gradient(known(BATCH, row()), row(surrogate=way[0], ratio=way[1]))[0] for way in WAYS}
    for one, first in found.items():
        for other, second in found.items():
            assert one == other or (first - second).norm() > 1e-3 * first.norm(), (one, other)


# --- single terms ---


def shifted(algo: Algorithm, log_weight: float) -> TrainBatch:
    """A sampler that found every token less likely than the trainer does, by this factor."""
    batch = known(BATCH, algo)
    assert batch.old_logprobs is not None
    return batch.add(rollout_logprobs=batch.old_logprobs - log_weight)


@pytest.mark.parametrize(
    ("how", "cap", "factor"), [("truncate", 10.0, 3.0), ("truncate", 2.0, 2.0), ("mask", 10.0, 3.0), ("mask", 2.0, 0.0)]
)
def test_the_weight_between_sampler_and_trainer_multiplies_the_loss(how: str, cap: float, factor: float) -> None:
    """The trainer finds every token three times as likely."""
    plain, algo = row(), row(mismatch=how, mismatch_cap=cap)
    batch = shifted(algo, float(torch.tensor(3.0).log()))
    assert torch.allclose(gradient(batch, algo)[0], factor * gradient(batch, plain)[0], rtol=1e-4, atol=1e-6)
    assert gradient(batch, algo)[1]["policy/mismatch_weight"] == pytest.approx(factor, rel=1e-5)


def test_the_weight_of_an_answer_is_the_product_of_its_tokens() -> None:
    """1.1 for each token: answers of at most four trained tokens stay below 1.5, those of five and more do not."""
    algo = row(mismatch="mask", mismatch_level="sequence", mismatch_cap=1.5)
    batch = shifted(algo, float(torch.tensor(1.1).log()))
    trained = [int(batch.loss_mask[batch.starts[n] : batch.starts[n + 1]].sum()) for n in range(batch.num_rows)]
    weights = [1.1**count if count <= 4 else 0.0 for count in trained]
    expected = sum(w * count for w, count in zip(weights, trained, strict=True)) / sum(trained)
    assert 0.0 in weights and 1.1**4 in weights
    assert gradient(batch, algo)[1]["policy/mismatch_weight"] == pytest.approx(expected, rel=1e-4)


def test_imitation_is_fine_tuning_on_the_right_answers() -> None:
    algo = row(likelihood_coef=0.5)
    batch = known(BATCH, algo)
    batch = batch.add(advantages=torch.zeros(len(batch.tokens)))
    built = learner(algo)
    found = recorded(built)
    update_on_text(built, BATCH.take([0, 2, 4]), 0, 1)
    assert torch.allclose(gradient(batch, algo)[0], 0.5 * found[0], rtol=1e-4, atol=1e-6)


def test_rows_without_advantage_are_left_out_unless_something_else_trains_them() -> None:
    """The first group ties. Its rows are skipped where that is exact, and only there."""
    advantages = torch.ones(len(BATCH.tokens))
    advantages[:11] = 0.0
    batch = known(BATCH, row()).add(advantages=advantages)
    _, skipping = gradient(batch, row())
    everything = known(BATCH, row())
    _, whole = gradient(everything, row())
    assert skipping["policy/entropy"] != pytest.approx(whole["policy/entropy"], abs=1e-6)
    for columns in ({"entropy_coef": 1e-9}, {"entropy_target": 1.0}, TERMS["exact KL"]):
        _, metrics = gradient(batch, row(**columns))
        assert metrics["policy/entropy"] == pytest.approx(whole["policy/entropy"], abs=1e-6)
    for columns in ({}, {"likelihood_coef": 0.3}):
        found, _ = gradient(batch, row(**columns))
        almost, _ = gradient(batch, row(**columns, entropy_coef=1e-9))
        assert torch.allclose(found, almost, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("aggregation", "loss"),
    # Three tokens of advantage 1, one of -2: over tokens, answers, answers as sums, and two answers of 9 tokens each.
    [("token_mean", -1 / 4), ("sequence_mean", 1 / 2), ("sequence_sum", -1 / 2), ("constant_length", -1 / 18)],
)
def test_the_aggregation_is_that_of_the_row(aggregation: str, loss: float) -> None:
    batch = groups_of([3, 1], [0, 0], [2])
    batch = batch.add(loss_mask=torch.ones(4, dtype=torch.bool), advantages=torch.tensor([1.0, 1.0, 1.0, -2.0]))
    assert gradient(batch, row(aggregation=aggregation))[1]["policy/loss"] == pytest.approx(loss, abs=1e-6)


def test_minibatches_are_updates_on_one_part_of_the_batch_after_the_other() -> None:
    at_once, in_turn = row(minibatches=3, epochs=2), row()
    batch = known(BATCH, in_turn)
    together, apart = learner(at_once), learner(in_turn)
    update(together, batch, at_once, **SETTINGS)
    orders = [stream(0, "minibatch", 0, epoch).permutation(3).tolist() for epoch in range(2)]
    assert orders[0] != orders[1]
    for group in (*orders[0], *orders[1]):
        rows = [index for index, own in enumerate(batch.groups.tolist()) if own == group]
        update(apart, batch.take(rows), in_turn, **SETTINGS)
    for one, other in zip(together.policy.model.parameters(), apart.policy.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_distance_from_the_sampler_is_not_that_which_the_update_makes() -> None:
    algo = row(surrogate="divergence_mask", epochs=3)
    built, batch = learner(algo, lr=1e-2), known(BATCH, algo)
    now = batch_logprobs(built.policy.model, batch, 1000, 1.0)
    metrics = update(built, batch.add(old_logprobs=None, rollout_logprobs=now), algo, **SETTINGS)
    assert metrics["policy/approx_kl"] > 1e-3
    assert metrics["policy/mismatch_kl"] < 1e-10


def test_there_are_at_most_as_many_minibatches_as_groups() -> None:
    algo = row(minibatches=16)
    built = learner(algo)
    update(built, known(BATCH, algo), algo, **SETTINGS)
    assert built.policy.version == 3


def test_an_entropy_bonus_raises_the_entropy() -> None:
    algo = row(entropy_coef=1.0)
    built = learner(algo)
    batch = known(BATCH, algo).add(advantages=torch.zeros(len(BATCH.tokens)))
    entropies = [update(built, batch, algo, **SETTINGS)["policy/entropy"] for _ in range(5)]
    assert entropies == sorted(entropies) and entropies[-1] > entropies[0] + 0.01


def test_a_kl_in_the_loss_pulls_towards_the_reference() -> None:
    for estimator in ("k3", "exact"):  # as what they are measured by, too
        algo = row(kl_in="loss", kl_estimator=estimator, kl_coef=1.0)
        built = learner(algo, lr=1e-4)
        assert built.reference is not None
        batch = known(BATCH, algo).add(advantages=torch.zeros(len(BATCH.tokens)))
        batch = batch.add(ref_logprobs=batch_logprobs(built.reference, batch, 1000, 1.0), old_logprobs=None)
        distances = [update(built, batch, algo, **SETTINGS)["ref/kl"] for _ in range(5)]
        assert distances[0] > 0.01
        assert distances == sorted(distances, reverse=True), estimator
