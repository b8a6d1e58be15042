"""Our loss and gradient are TRL's, on what ``benchmarks/oracle --record`` wrote down of one update of each trainer.

The peer's numbers come from its own ``train()``: TRL 1.16's GRPOTrainer and RLOOTrainer, TRL 1.12's PPOTrainer. Where
we differ on purpose, the test takes exactly that out of ours (``docs/differences.json``) and then asks for equality.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from homeschool.algos.table import ALGORITHMS
from homeschool.models.heads import Critic
from homeschool.train.annotate import annotate
from homeschool.train.batch import build_batch
from homeschool.train.credit import credit
from homeschool.train.forward import batch_logprobs, batch_values

sys.path.insert(0, str(Path(__file__).parent))
import oracle_ours as oracle

FIXTURES = Path(__file__).parents[1] / "fixtures" / "oracle"
RECORDED = json.loads((FIXTURES / "oracle.json").read_text())
CASES = {case["name"]: case for case in RECORDED["cases"]}
DIFFERENCES = json.loads((Path(__file__).parents[2] / "docs" / "differences.json").read_text())
LOSS_GAP, GRADIENT_GAP = 1e-5, 1e-4


@pytest.fixture(scope="module")
def tensors() -> dict[str, Tensor]:
    return load_file(FIXTURES / "oracle.safetensors")


def weights_of(tensors: dict[str, Tensor], case: dict[str, Any]) -> dict[str, dict[str, Tensor]]:
    start = f"weights/{case['family']}/"
    return {
        name.removeprefix(start): oracle.unflat(row, layout("critic" if "critic" in name else "policy", case))
        for name, row in tensors.items()
        if name.startswith(start)
    }


def layout(model: str, case: dict[str, Any]) -> list[tuple[str, list[int]]]:
    found: list[tuple[str, list[int]]] = RECORDED["layouts"][f"{model}/{case['family']}"]
    return found


def theirs_of(tensors: dict[str, Tensor], case: dict[str, Any]) -> dict[str, Tensor]:
    start = f"peer/{case['name']}/"
    found = {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
    for model in {"policy", "critic"} & found.keys():
        gradients = oracle.unflat(found.pop(model), layout(model, case))
        found |= {f"{model}/{name}": gradient for name, gradient in gradients.items()}
    return found


def find(tensors: dict[str, Tensor], case: dict[str, Any], removed: tuple[str, ...]) -> oracle.Gap:
    ours = oracle.find(case, RECORDED["settings"][case["family"]], weights_of(tensors, case), removed)
    return oracle.gap(case, ours, theirs_of(tensors, case))


@pytest.mark.parametrize("name", CASES)
def test_loss_gradient_and_advantages_are_the_peers(name: str, tensors: dict[str, Tensor]) -> None:
    gap = find(tensors, CASES[name], tuple(CASES[name]["differences"]))
    assert gap.within(LOSS_GAP, GRADIENT_GAP), gap


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["differences"]])
def test_a_difference_that_is_named_is_there(name: str, tensors: dict[str, Tensor]) -> None:
    """Each by itself: with all the others taken out, the two sides are apart."""
    named = CASES[name]["differences"]
    for left_in in named:
        gap = find(tensors, CASES[name], tuple(other for other in named if other != left_in))
        assert not gap.within(LOSS_GAP, GRADIENT_GAP), left_in


@pytest.mark.parametrize(
    "columns",
    [
        {"clip_high": 0.201},
        {"clip_low": 0.199},
        {"kl_coef": 0.0401},
        {"kl_estimator": "k2"},
        {"kl_corrected": True},
        {"advantage": "group_mean"},
        {"aggregation": "token_mean"},
        {"ratio": "sequence"},
        {"surrogate": "soft_gate"},
    ],
    ids=str,
)
def test_one_column_changed_is_noticed(columns: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    case = CASES["grpo"] | {"columns": CASES["grpo"]["columns"] | columns}
    assert not find(tensors, case, ()).within(LOSS_GAP, GRADIENT_GAP)


@pytest.mark.parametrize(
    "columns",
    [
        {"gae_lambda": 0.949},
        {"gae_gamma": 0.999},
        {"kl_coef": 0.0501},
        {"value_clip": 0.201},
        {"value_coef": 0.1001},
        {"whiten": "none"},
    ],
    ids=str,
)
def test_one_column_of_the_critic_changed_is_noticed(columns: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    case = CASES["ppo-even"] | {"columns": CASES["ppo-even"]["columns"] | columns}
    assert not find(tensors, case, () if "whiten" in columns else ("whiten_population",)).within(LOSS_GAP, GRADIENT_GAP)


def test_a_gap_is_measured_as_it_is_described(tensors: dict[str, Tensor]) -> None:
    case = CASES["dr-grpo"]
    theirs = theirs_of(tensors, case)
    ours = oracle.Found(
        float(theirs["loss"]),
        0.0,
        {name: tensor.clone() for name, tensor in theirs.items() if name.startswith("policy/")},
        oracle.at_trained_tokens(case, theirs["advantages"]),
    )
    assert oracle.gap(case, ours, theirs).within(0, 0)
    assert oracle.gap(case, replace(ours, loss=ours.loss + 0.5), theirs).loss == pytest.approx(0.5)
    scaled = {name: 1.25 * tensor for name, tensor in ours.gradients.items()}
    assert oracle.gap(case, replace(ours, gradients=scaled), theirs).gradient == pytest.approx(0.25)
    one = "policy/model.layers.1.mlp.down_proj.weight"
    gap = oracle.gap(case, replace(ours, gradients=ours.gradients | {one: 2 * ours.gradients[one]}), theirs)
    assert gap.worst == one and gap.gradient == pytest.approx(1.0)
    assert oracle.gap(case, replace(ours, advantages=ours.advantages + 2), theirs).advantages == pytest.approx(2)
    assert not oracle.gap(case, replace(ours, loss=float("nan")), theirs).within(1e9, 1e9)
    with pytest.raises(KeyError, match=r"dr-grpo: gradients of different parameters: \['policy/x'\]"):
        oracle.gap(case, replace(ours, gradients=ours.gradients | {"policy/x": torch.ones(1)}), theirs)


def test_an_unknown_difference_is_refused(tensors: dict[str, Tensor]) -> None:
    with pytest.raises(KeyError, match="no way to take out wishful_thinking"):
        find(tensors, CASES["grpo"], ("wishful_thinking",))


@pytest.mark.parametrize(("name", "high", "low"), [("grpo", 4, 7), ("ppo-even", 11, 12)])
def test_the_recorded_ratios_reach_beyond_both_ends_of_the_clip(
    name: str, high: int, low: int, tensors: dict[str, Tensor]
) -> None:
    """Else equality would say nothing about the clip; the same for the clip of the values."""
    case, weights = CASES[name], weights_of(tensors, CASES[name])
    run = oracle.build_run(case, RECORDED["settings"][case["family"]], weights)
    batch = credit(annotate(build_batch(oracle.groups_of(case), run.tokenizer), run), run.algo, run.state)
    model, critic = run.learner.policy.model, run.learner.critic
    old = batch_logprobs(model, batch, 2048, 1.0)
    oracle.move(run.learner, weights)
    ratio = (batch_logprobs(model, batch, 2048, 1.0) - old).exp()
    assert batch.advantages is not None
    assert int(((ratio > 1.2) & (batch.advantages > 0)).sum()) == high
    assert int(((ratio < 0.8) & (batch.advantages < 0)).sum()) == low
    if isinstance(critic, Critic) and batch.values is not None:
        moved = batch_values(critic, batch, 2048)[0] - batch.values
        assert (moved > 0.2).any() and (moved < -0.2).any() and (moved.abs() < 0.2).any()


def test_the_answers_cover_what_is_claimed_of_them() -> None:
    found = CASES["grpo"]["answers"]
    rows = [answer for answers in found["answers"] for answer in answers]
    assert {len(row) for row in rows} == {2, 3, 4, 5, 6, 7, 8}
    assert sum(row[-1] != oracle.END for row in rows) == 4
    assert [len({mark for (mark,) in marks}) for marks in found["marks"]] == [2, 1, 3]


def test_every_row_is_compared_or_says_why_not() -> None:
    compared = {case["algo"] for case in CASES.values()}
    without = [entry["row"] for entry in DIFFERENCES["without_peer"]]
    assert sorted([*compared, *without]) == sorted(ALGORITHMS)


def test_every_difference_is_told_in_both_languages_and_the_measured_ones_can_be_taken_out() -> None:
    entries = DIFFERENCES["differences"]
    assert {entry["name"] for entry in entries if entry["measured"]} == oracle.REMOVABLE
    assert {name for case in CASES.values() for name in case["differences"]} <= oracle.REMOVABLE
    for entry in entries:
        assert set(entry["rows"]) <= set(ALGORITHMS), entry["name"]
        for part in ("ours", "theirs", "why"):
            assert sorted(entry[part]) == ["en", "zh"] and all(entry[part].values()), (entry["name"], part)
    assert all(entry["en"] and entry["zh"] for entry in DIFFERENCES["without_peer"])


def test_the_fixture_stays_small() -> None:
    assert sum(path.stat().st_size for path in FIXTURES.iterdir()) < 200_000
