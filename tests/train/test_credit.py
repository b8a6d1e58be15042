"""Credit on batches small enough to work out by hand."""

import pytest
import torch
from torch import Tensor

from homeschool.algos.table import algorithm
from homeschool.train.algorithm_state import AlgorithmState
from homeschool.train.batch import TrainBatch
from homeschool.train.credit import credit


def batch_of(rewards: list[float], groups: list[int], lengths: list[int], **known: Tensor) -> TrainBatch:
    total = sum(lengths)
    return TrainBatch(
        prefixes=tuple((1,) for _ in set(groups)),
        groups=torch.tensor(groups),
        lengths=torch.tensor(lengths),
        tokens=torch.ones(total, dtype=torch.long),
        loss_mask=torch.ones(total, dtype=torch.bool),
        prompt_ids=tuple(map(str, sorted(set(groups)))),
        rewards=torch.tensor(rewards),
    ).add(**known)


def advantages(batch: TrainBatch) -> list[float]:
    assert batch.advantages is not None
    return [round(x, 4) for x in batch.advantages.tolist()]


def test_a_group_is_compared_with_its_mean_at_every_token() -> None:
    batch = batch_of([1.0, 0.0, 5.0, 2.0], [0, 0, 1, 1], [2, 1, 1, 2])
    assert advantages(credit(batch, algorithm("dr_grpo", {}))) == [0.5, 0.5, -0.5, 1.5, -1.5, -1.5]


def test_without_a_baseline_the_reward_is_the_advantage() -> None:
    batch = batch_of([1.0, 0.0], [0, 1], [1, 2])
    assert advantages(credit(batch, algorithm("reinforce", {}))) == [1.0, 0.0, 0.0]


def test_the_plain_policy_gradient_pays_for_the_kl_that_is_still_to_come() -> None:
    """1 - (0.1 + 0.2 + 0.3), 1 - (0.2 + 0.3), 1 - 0.3; and 0 - 0.4."""
    algo = algorithm("reinforce_plus_plus", {"whiten": "none", "kl_coef": 1.0})
    batch = batch_of([1.0, 0.0], [0, 1], [3, 1], ref_kl=torch.tensor([0.1, 0.2, 0.3, 0.4]))
    assert advantages(credit(batch, algo)) == [0.4, 0.5, 0.7, -0.4]


def test_an_answer_as_one_action_pays_for_all_of_its_kl() -> None:
    """Paid: 1 - 0.5 * 0.6 = 0.7 and 0 - 0.5 * 0.4 = -0.2; leave-one-out of two is their difference."""
    algo = algorithm("rloo", {"kl_coef": 0.5})
    batch = batch_of([1.0, 0.0], [0, 0], [3, 1], ref_kl=torch.tensor([0.1, 0.2, 0.3, 0.4]))
    assert advantages(credit(batch, algo)) == [0.9, 0.9, 0.9, -0.9]


def critic_batch(finished: bool = True) -> TrainBatch:
    return batch_of(
        [1.0],
        [0],
        [2],
        values=torch.tensor([0.5, 0.25]),
        final_values=torch.tensor([0.0 if finished else 0.75]),
    )


def test_one_lambda_serves_policy_and_critic() -> None:
    """delta = 0.25 - 0.5 = -0.25 and 1 - 0.25 = 0.75; A_0 = -0.25 + 0.5 * 0.75 = 0.125; returns are A + V."""
    found = credit(critic_batch(), algorithm("ppo", {"whiten": "none", "gae_lambda": 0.5}))
    assert advantages(found) == [0.125, 0.75]
    assert found.returns is not None and found.returns.tolist() == [0.625, 1.0]


def test_the_critic_may_learn_with_a_lambda_of_its_own() -> None:
    columns = {"whiten": "none", "gae_lambda": 0.5, "gae_lambda_critic": 1.0}
    found = credit(critic_batch(), algorithm("ppo", columns))
    assert advantages(found) == [0.125, 0.75]
    assert found.returns is not None and found.returns.tolist() == [1.0, 1.0]


def test_lambda_may_follow_the_length_of_the_answer() -> None:
    """alpha 1 and two tokens: lambda = 1 - 1 / 2; alpha 0.5: lambda = 0, and A_0 is delta_0 alone."""
    for alpha, first in ((1.0, 0.125), (0.5, -0.25)):
        columns = {"whiten": "none", "gae_lambda": 1.0, "gae_length_alpha": alpha, "gae_lambda_critic": 1.0}
        found = credit(critic_batch(), algorithm("ppo", columns))
        assert advantages(found) == [first, 0.75]
        assert found.returns is not None and found.returns.tolist() == [1.0, 1.0]


def test_an_answer_that_was_cut_off_goes_on_in_the_critics_mind() -> None:
    found = credit(critic_batch(finished=False), algorithm("ppo", {"whiten": "none", "gae_lambda": 1.0}))
    assert advantages(found) == [1.25, 1.5]  # 1 + 0.75 - 0.5 and 1 + 0.75 - 0.25


def test_the_kl_is_charged_token_by_token_under_a_critic() -> None:
    """Rewards -0.2 and 1 - 0.4; lambda 1: A_1 = 0.6 - 0.25, A_0 = -0.2 + 0.6 - 0.5."""
    algo = algorithm("ppo", {"whiten": "none", "gae_lambda": 1.0, "kl_coef": 2.0})
    found = credit(critic_batch().add(ref_kl=torch.tensor([0.1, 0.2])), algo)
    assert advantages(found) == [-0.1, 0.35]


def test_the_future_may_be_discounted() -> None:
    """gamma 0.5: delta = 0.125 - 0.5 and 1 - 0.25; A_0 = -0.375 + 0.5 * 0.75."""
    found = credit(critic_batch(), algorithm("ppo", {"whiten": "none", "gae_gamma": 0.5, "gae_lambda": 1.0}))
    assert advantages(found) == [0.0, 0.75]


def test_a_critics_advantages_are_whitened_and_its_returns_are_not() -> None:
    found = credit(critic_batch(), algorithm("ppo", {"gae_lambda": 0.5}))
    assert advantages(found) == [-1.0, 1.0]
    assert found.returns is not None and found.returns.tolist() == [0.625, 1.0]


def test_whitening_reads_the_tokens_that_train() -> None:
    """1/2, -1/2 and -1/2: mean -1/6, variance 2/9."""
    batch = batch_of([1.0, 0.0], [0, 0], [2, 2]).add(loss_mask=torch.tensor([True, False, True, True]))
    assert advantages(credit(batch, algorithm("reinforce_plus_plus_baseline", {}))) == [1.4142, 0.0, -0.7071, -0.7071]


def test_whitened_over_tokens() -> None:
    batch = batch_of([1.0, 0.0, 1.0, 0.0], [0, 0, 1, 1], [5, 1, 1, 3])
    found = credit(batch, algorithm("reinforce_plus_plus_baseline", {})).advantages
    assert found is not None
    assert abs(float(found.mean())) < 1e-6
    assert float(found.var(unbiased=False)) == pytest.approx(1.0, abs=1e-6)


def test_whitened_over_answers_a_long_answer_counts_once() -> None:
    batch = batch_of([3.0, 1.0], [0, 0], [5, 1])
    assert advantages(credit(batch, algorithm("dr_grpo", {"whiten": "batch"}))) == [1.0] * 5 + [-1.0]


def test_divided_by_the_deviation_of_the_batch() -> None:
    """Rewards 1 0 1 1: deviation (n - 1) 0.5; group means 0.5 and 1."""
    batch = batch_of([1.0, 0.0, 1.0, 1.0], [0, 0, 1, 1], [1, 1, 1, 1])
    assert advantages(credit(batch, algorithm("lite_ppo", {}))) == [0.9998, -0.9998, 0.0, 0.0]


def test_the_slow_scale_is_that_of_the_steps_before() -> None:
    """The first batch is divided by its own size, 2; a tenfold second one is divided by 2 as well."""
    algo = algorithm("audited", {})
    state = AlgorithmState(algo)
    first = credit(batch_of([2.0, 0.0], [0, 0], [1, 1]), algo, state)
    second = credit(batch_of([20.0, 0.0], [0, 0], [1, 1]), algo, state)
    assert advantages(first) == [1.0, -1.0]
    assert advantages(second) == [10.0, -10.0]


def test_several_marks_are_standardised_before_they_are_added() -> None:
    """The columns are +-0.5 / 0.7072 = 0.70701 and -+5 / 7.0712 = 0.70710; weights 2 and 1, or 1 and 1."""
    algo = algorithm("gdpo", {"whiten": "none"})
    parts = torch.tensor([[1.0, 0.0], [0.0, 10.0]])
    batch = batch_of([1.0, 10.0], [0, 0], [1, 1], parts=parts)
    assert advantages(credit(batch, algo, None, (2.0, 1.0))) == [0.7069, -0.7069]
    assert advantages(credit(batch, algo)) == [-0.0001, 0.0001]


def test_one_mark_needs_no_combination() -> None:
    batch = batch_of([1.0, 0.0], [0, 0], [1, 1])
    assert advantages(credit(batch, algorithm("gdpo", {"whiten": "none"}))) == [0.707, -0.707]


def test_groups_of_unequal_size_and_of_one() -> None:
    batch = batch_of([1.0, 0.0, 0.5, 0.0, 0.0, 3.0], [0, 0, 1, 2, 2, 2], [1] * 6)
    assert advantages(credit(batch, algorithm("dr_grpo", {}))) == [0.5, -0.5, 0.0, -1.0, -1.0, 2.0]


def test_a_prompt_is_compared_with_its_past_and_then_remembered() -> None:
    """Nothing known: 1/2. After a pass with 2 marks of prior and nothing forgotten but the least, 0.96: 2 of 2.96..."""
    algo = algorithm("spo", {"whiten": "none"})
    state = AlgorithmState(algo)
    assert advantages(credit(batch_of([1.0], [0], [2]), algo, state)) == [0.5, 0.5]
    (again,) = advantages(credit(batch_of([1.0], [0], [1]), algo, state))
    assert 0.3 < again < 0.4


def test_prompts_are_remembered_one_by_one() -> None:
    algo = algorithm("spo", {"whiten": "none"})
    state = AlgorithmState(algo)
    both = batch_of([1.0, 0.0], [0, 1], [1, 1])
    credit(both, algo, state)
    # The first is at Beta(1.96, 0.96). The second began at 2 passes of 3 and failed: Beta(1.28, 1.64).
    assert advantages(credit(both, algo, state)) == [round(1 - 1.96 / 2.92, 4), round(-1.28 / 2.92, 4)]
