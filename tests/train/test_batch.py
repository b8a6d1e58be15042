"""Train batches by hand: what each field holds, what predicts what, and that no split changes the gradient."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from homeschool.algos.table import algorithm
from homeschool.config import OptimConfig
from homeschool.errors import ScorerError
from homeschool.models.decoder import DecoderConfig
from homeschool.models.layout import Layout
from homeschool.models.load import Policy, new_decoder
from homeschool.text import CharTokenizer
from homeschool.train.batch import TrainBatch, build_batch, micro_batches, pack, save_batch, text_batch
from homeschool.train.forward import batch_logprobs, batch_values, parts
from homeschool.train.learner import Learner, build_learner
from homeschool.train.update import update, update_on_text
from homeschool.types import Completion, FinishReason, Prompt, Rollout, RolloutGroup

TOKENIZER = CharTokenizer("abc")  # <|user|> 2, <|assistant|> 3, <|end|> 4, a 5, b 6, c 7
CPU = torch.device("cpu")


def rollout(
    prompt: Prompt, tokens: tuple[int, ...], reward: float | None, reason: FinishReason = "stop", logprob: float = -0.5
) -> Rollout:
    completion = Completion(TOKENIZER.decode(tokens), tokens, tuple(logprob * n for n in range(len(tokens))), reason)
    return Rollout(prompt, completion, reward, reward)


def groups() -> list[RolloutGroup]:
    """Three prompts; of seven answers five can train."""
    first, second, third = Prompt("1", "ab"), Prompt("2", "c"), Prompt("3", "")
    return [
        RolloutGroup(
            first,
            (
                rollout(first, (5, 4), 1.0),
                rollout(first, (6, 6, 4), None),
                rollout(first, (7, 7, 7), 0.5, "length"),
            ),
        ),
        RolloutGroup(second, (rollout(second, (5,), 0.0, "abort"), rollout(second, (), 0.0, "abort"))),
        RolloutGroup(third, (rollout(third, (4,), -1.0), rollout(third, (6, 4), 0.0), rollout(third, (5, 4), 2.0))),
    ]


@pytest.fixture
def batch() -> TrainBatch:
    return build_batch(groups(), TOKENIZER)


# --- from rollouts and from text ---


def test_rollouts_become_rows(batch: TrainBatch) -> None:
    assert batch.prefixes == ((2, 5, 6, 3), (2, 3))
    assert batch.groups.tolist() == [0, 0, 1, 1, 1]
    assert batch.lengths.tolist() == [2, 3, 1, 2, 2]
    assert batch.tokens.tolist() == [5, 4, 7, 7, 7, 4, 6, 4, 5, 4]
    assert batch.num_rows == 5
    assert batch.starts == [0, 2, 5, 6, 8, 10]
    assert batch.rows.tolist() == [0, 0, 1, 1, 1, 2, 3, 3, 4, 4]


def test_what_is_known_of_a_row(batch: TrainBatch) -> None:
    assert batch.rewards is not None
    assert batch.finished is not None
    assert batch.rollout_logprobs is not None
    assert batch.rewards.tolist() == [1.0, 0.5, -1.0, 0.0, 2.0]
    assert batch.finished.tolist() == [True, False, True, True, True]
    assert batch.rollout_logprobs.tolist() == [0, -0.5, 0, -0.5, -1, 0, 0, -0.5, 0, -0.5]
    assert batch.right is not None
    assert batch.right.tolist() == [True, False, False, False, True]  # full marks: a score of at least 1
    assert batch.prompt_ids == ("1", "3")
    assert {field.name for field in fields(batch) if isinstance(getattr(batch, field.name), Tensor)} == {
        *("groups", "lengths", "tokens", "loss_mask", "rewards", "right", "finished", "rollout_logprobs")
    }


def test_what_trains_is_the_reward_and_what_is_right_is_the_score() -> None:
    prompt = Prompt("1", "a")
    completion = Completion("b", (6, 4), (-0.5, -0.5), "stop")
    pair = (Rollout(prompt, completion, score=1.0, reward=-0.5), Rollout(prompt, completion, score=0.5, reward=3.0))
    batch = build_batch([RolloutGroup(prompt, pair)], TOKENIZER)
    assert batch.rewards is not None and batch.rewards.tolist() == [-0.5, 3.0]
    assert batch.right is not None and batch.right.tolist() == [True, False]


def test_the_stop_token_trains(batch: TrainBatch) -> None:
    assert batch.loss_mask.tolist() == [True] * 10
    assert batch.loss_mask[batch.tokens == 4].tolist() == [True] * 4


def test_nothing_to_learn_from() -> None:
    silent = [group for group in groups() if group.prompt.id == "2"]
    with pytest.raises(ScorerError, match="none of the 2 completions of this step has a mark"):
        build_batch(silent, TOKENIZER)


def test_a_prompt_without_tokens_gets_one_to_predict_from() -> None:
    class Plain(CharTokenizer):
        def encode_prompt(self, prompt: object) -> list[int]:
            return []

    (group,) = groups()[2:]
    assert build_batch([group], Plain("abc")).prefixes == ((0,),)


def test_groups_of_the_same_prompt_stay_apart() -> None:
    (first, *_) = groups()
    twice = build_batch([first, first], TOKENIZER)
    assert twice.groups.tolist() == [0, 0, 1, 1]
    assert twice.prefixes == ((2, 5, 6, 3), (2, 5, 6, 3))


def test_text_trains_where_its_mask_says_and_never_on_the_first_token() -> None:
    found = text_batch([([2, 5, 3, 6, 4], [False, False, False, True, True]), ([7, 4], [True, True])])
    assert found.prefixes == ((2,), (7,))
    assert found.groups.tolist() == [0, 1]
    assert found.lengths.tolist() == [4, 1]
    assert found.tokens.tolist() == [5, 3, 6, 4, 4]
    assert found.loss_mask.tolist() == [False, False, True, True, True]


# --- parts of a batch ---


def test_taking_rows_takes_all_that_is_known_of_them(batch: TrainBatch) -> None:
    known = batch.add(
        values=torch.arange(10.0),
        final_values=torch.arange(5.0),
        advantages=torch.arange(10.0) * 10,
        old_logprobs=-torch.arange(10.0),
    )
    part = known.take([1, 3, 4])
    assert part.prefixes == ((2, 5, 6, 3), (2, 3))
    assert part.prompt_ids == ("1", "3")
    assert part.groups.tolist() == [0, 1, 1]
    assert part.lengths.tolist() == [3, 2, 2]
    assert part.tokens.tolist() == [7, 7, 7, 6, 4, 5, 4]
    assert [x.tolist() for x in (part.rewards, part.finished, part.final_values) if x is not None] == [
        [0.5, 0.0, 2.0],
        [False, True, True],
        [1.0, 3.0, 4.0],
    ]
    places = [2, 3, 4, 6, 7, 8, 9]
    for name, sign in (("values", 1), ("advantages", 10), ("old_logprobs", -1)):
        assert getattr(part, name).tolist() == [sign * place for place in places]
    assert part.ref_logprobs is None
    assert known.take([2, 3, 4]).prefixes == ((2, 3),)
    assert known.take([2, 3, 4]).prompt_ids == ("3",)


def test_padded_and_flat_are_inverse(batch: TrainBatch) -> None:
    padded = batch.padded(torch.arange(1.0, 11.0))
    assert padded.tolist() == [[1, 2, 0], [3, 4, 5], [6, 0, 0], [7, 8, 0], [9, 10, 0]]
    assert batch.flat(padded).tolist() == list(range(1, 11))


def long_batch(lengths: list[int], groups: list[int], prefixes: list[int]) -> TrainBatch:
    total = sum(lengths)
    return TrainBatch(
        prefixes=tuple((5,) * length for length in prefixes),
        groups=torch.tensor(groups),
        lengths=torch.tensor(lengths),
        tokens=torch.arange(total) % 8,
        loss_mask=torch.arange(total) % 5 != 1,
    )


@pytest.mark.parametrize(
    ("budget", "plan"),
    [
        (100, [[0, 1, 2, 3, 4]]),
        # Groups cost 4 + 5 + 6 and 2 + 3 + 1 + 2 tokens; the one with short rows comes first.
        (23, [[0, 1, 2, 3, 4]]),
        (22, [[2, 3, 4], [0, 1]]),
        (10, [[2, 3, 4], [0], [1]]),
        (7, [[2, 3], [4], [0], [1]]),
        (1, [[2], [3], [4], [0], [1]]),
    ],
)
def test_micro_batches_keep_groups_together_where_they_fit(budget: int, plan: list[list[int]]) -> None:
    assert micro_batches(long_batch([5, 6, 3, 1, 2], [0, 0, 1, 1, 1], [4, 2]), budget) == plan


def test_micro_batches_of_some_rows() -> None:
    batch = long_batch([5, 6, 3, 1, 2], [0, 0, 1, 1, 1], [4, 2])
    assert micro_batches(batch, 100, [1, 2, 4]) == [[1, 2, 4]]
    assert micro_batches(batch, 9, [1, 2, 4]) == [[2, 4], [1]]
    assert micro_batches(batch, 9, []) == []


@pytest.mark.parametrize("budget", [1, 6, 9, 14, 25, 1000])
def test_micro_batches_cover_every_row_once_and_respect_the_budget(budget: int) -> None:
    generator = torch.Generator().manual_seed(budget)
    lengths = torch.randint(1, 9, (20,), generator=generator).tolist()
    groups = sorted(torch.randint(0, 6, (20,), generator=generator).tolist())
    groups = torch.unique_consecutive(torch.tensor(groups), return_inverse=True)[1].tolist()
    prefixes = torch.randint(1, 6, (max(groups) + 1,), generator=generator).tolist()
    batch = long_batch(lengths, groups, prefixes)
    plan = micro_batches(batch, budget)
    assert sorted(row for part in plan for row in part) == list(range(20))
    for part in plan:
        assert part == sorted(part)
        tokens = len(pack(batch.take(part), CPU).tokens)
        assert tokens == sum(lengths[row] for row in part) + sum(prefixes[g] for g in {groups[row] for row in part})
        assert tokens <= budget or len(part) == 1


def test_parts_know_where_they_come_from(batch: TrainBatch) -> None:
    found = list(parts(batch, 8, CPU))
    assert [part.rows for part in found] == [[2, 3, 4], [0], [1]]
    assert [part.index.tolist() for part in found] == [[5, 6, 7, 8, 9], [0, 1], [2, 3, 4]]
    for part in found:
        assert torch.equal(part.batch.tokens, batch.tokens[part.index])


# --- packing ---


def test_a_batch_as_the_model_reads_it(batch: TrainBatch) -> None:
    packed = pack(batch, CPU)
    assert packed.layout == Layout((4, 2), (2, 3, 1, 2, 2), (0, 0, 1, 1, 1))
    assert packed.tokens.tolist() == [2, 5, 6, 3, 2, 3, 5, 4, 7, 7, 7, 4, 6, 4, 5, 4]
    assert packed.positions.tolist() == [0, 1, 2, 3, 0, 1, 4, 5, 4, 5, 6, 2, 2, 3, 2, 3]
    # Each answer's first token is predicted at the end of its prompt (3 or 5), the others by the one before.
    assert packed.predictors.tolist() == [3, 6, 3, 8, 9, 5, 5, 12, 5, 14]
    assert packed.ends.tolist() == [7, 10, 11, 13, 15]
    assert len(packed.tokens) == 16


def test_a_group_of_one_is_a_single_trunk(batch: TrainBatch) -> None:
    packed = pack(batch.take([1, 3, 4]), CPU)
    assert packed.layout == Layout((7, 2), (2, 2), (1, 1))
    assert packed.tokens.tolist() == [2, 5, 6, 3, 7, 7, 7, 2, 3, 6, 4, 5, 4]
    assert packed.predictors.tolist() == [3, 4, 5, 8, 9, 8, 11]
    assert packed.ends.tolist() == [6, 10, 12]


def test_text_as_the_model_reads_it() -> None:
    rows = [([2, 5, 3, 6, 4], [False, False, False, True, True]), ([7, 4], [True, True])]
    packed = pack(text_batch(rows), CPU)
    assert packed.layout == Layout((5, 2))
    assert packed.tokens.tolist() == [2, 5, 3, 6, 4, 7, 4]
    assert packed.predictors.tolist() == [0, 1, 2, 3, 5]
    assert packed.ends.tolist() == [4, 6]


def test_a_saved_batch_holds_all_that_was_known(batch: TrainBatch, tmp_path: Path) -> None:
    save_batch(batch.add(advantages=torch.arange(10.0)), tmp_path / "batch.safetensors")
    tensors = load_file(tmp_path / "batch.safetensors")
    assert tensors["prefix_lengths"].tolist() == [4, 2]
    assert tensors["prefix_tokens"].tolist() == [2, 5, 6, 3, 2, 3]
    assert tensors["advantages"].tolist() == list(range(10))
    assert torch.equal(tensors["tokens"], batch.tokens)
    assert "ref_logprobs" not in tensors


# --- any split gives the same gradient ---

BUDGETS = (1, 12, 20, 1000)


def fresh_learner(budget: int, **options: Any) -> Learner:
    model = new_decoder(DecoderConfig(8, 32, 2, 4, 2, 8, 48, 32), 0)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data *= 8
    optim = OptimConfig(micro_tokens=budget)
    return build_learner(Policy(model, TOKENIZER, "test"), optim, **options)


def gradients(learner: Learner, run: Callable[[], object]) -> list[Tensor]:
    """The gradient that reaches the optimisers, in place of a step."""
    found: list[Tensor] = []
    optimizers = [learner.optimizer, learner.critic_optimizer]

    for optimizer in optimizers:
        if optimizer:

            def record(rate: float, optimizer: Any = optimizer) -> float:
                found.extend(master.grad.clone() for master in optimizer.masters)
                return 0.0

            optimizer.step = record  # type: ignore[method-assign]
    run()
    return found


def assert_same(found: list[Tensor], expected: list[Tensor]) -> None:
    assert len(found) == len(expected) > 0
    assert sum(float(tensor.norm()) for tensor in expected) > 0.01
    for a, b in zip(found, expected, strict=True):
        assert (a - b).norm() <= 1e-5 * b.norm() + 1e-7


TEXT = long_batch([5, 6, 3, 1, 2, 9], [0, 0, 1, 1, 1, 2], [4, 2, 1])


def test_splits_do_not_change_the_gradient_of_text() -> None:
    found = []
    for budget in BUDGETS:
        learner = fresh_learner(budget)
        metrics: dict[str, float] = {}
        found.append(gradients(learner, lambda: metrics.update(update_on_text(learner, TEXT, 0, 1))))  # noqa: B023
        assert metrics["policy/tokens"] == 21
        found[-1].append(torch.tensor(metrics["policy/loss"]))
    for other in found[1:]:
        assert_same(other, found[0])


ROWS = {
    "grpo": {"kl_coef": 0.1},
    "dr_grpo": {},
    "rloo": {},
    "ppo": {"epochs": 1, "kl_in": "none", "kl_coef": 0.0},
}


@pytest.mark.parametrize("name", ROWS)
def test_splits_do_not_change_the_gradient_of_exams(name: str) -> None:
    algo = algorithm(name, ROWS[name])
    generator = torch.Generator().manual_seed(1)
    noise = [torch.randn(26, generator=generator) for _ in range(5)]
    found = []
    for budget in BUDGETS:
        learner = fresh_learner(
            budget, critic_optim=OptimConfig() if algo.has_critic else None, with_reference=algo.needs_reference
        )
        now = batch_logprobs(learner.policy.model, TEXT, 1000, 1.0)
        known = TEXT.add(
            advantages=noise[0],
            old_logprobs=now + 0.3 * noise[1],
            ref_logprobs=now + 0.3 * noise[2],
            values=noise[3],
            returns=noise[4],
        )
        settings: dict[str, Any] = {"step": 0, "total_steps": 1, "seed": 0, "max_length": 9, "temperature": 1.0}
        found.append(gradients(learner, lambda: update(learner, known, algo, **settings)))  # noqa: B023
    for other in found[1:]:
        assert_same(other, found[0])


def test_rows_without_advantage_are_skipped_only_where_that_is_exact() -> None:
    advantages = torch.ones(26)
    advantages[:11] = 0.0  # the whole first group
    batch = TEXT.add(advantages=advantages)
    settings: dict[str, Any] = {"step": 0, "total_steps": 1, "seed": 0, "max_length": 9, "temperature": 1.0}
    algo = algorithm("dr_grpo", {})
    learner = fresh_learner(1000)
    found = gradients(learner, lambda: update(learner, batch, algo, **settings))
    # The same with a KL of almost nothing in the loss, which computes every row.
    whole = fresh_learner(1000, with_reference=True)
    known = batch.add(ref_logprobs=batch_logprobs(whole.policy.model, TEXT, 1000, 1.0))
    with_kl = replace(algo, kl_in="loss", kl_coef=1e-9)
    assert_same(found, gradients(whole, lambda: update(whole, known, with_kl, **settings)))


def test_annotations_do_not_depend_on_the_split() -> None:
    learner = fresh_learner(1000, critic_optim=OptimConfig())
    assert learner.critic is not None
    torch.nn.init.normal_(learner.critic.value_head.weight)
    whole = batch_logprobs(learner.policy.model, TEXT, 1000, 0.7)
    values, final_values = batch_values(learner.critic, TEXT, 1000)
    assert not whole[~TEXT.loss_mask].any()
    assert (whole[TEXT.loss_mask] < 0).all()
    for budget in BUDGETS[:-1]:
        torch.testing.assert_close(batch_logprobs(learner.policy.model, TEXT, budget, 0.7), whole, rtol=0, atol=1e-5)
        split, final_split = batch_values(learner.critic, TEXT, budget)
        torch.testing.assert_close(split, values, rtol=0, atol=1e-5)
        torch.testing.assert_close(final_split, final_values, rtol=0, atol=1e-5)
