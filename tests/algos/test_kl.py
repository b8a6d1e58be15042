"""KL estimators: their means under the policy against the exact sum over a small vocabulary."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from homeschool.algos import kl
from homeschool.algos.ratios import token_ratio

POLICY = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)
REFERENCE = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
EXACT = 0.718414  # 0.5 ln 5 + 0.3 ln 1.5 + 0.15 ln 0.5 + 0.05 ln 0.125
ROWS = torch.zeros(3, dtype=torch.long)


def test_estimators_by_hand() -> None:
    # The policy finds the token twice as likely as the reference does, then half as likely.
    logprobs = torch.tensor([math.log(0.4), math.log(0.2)], dtype=torch.float64)
    ref_logprobs = logprobs.flip(0)
    assert kl.k1(logprobs, ref_logprobs).tolist() == pytest.approx([0.6931472, -0.6931472])
    assert kl.k2(logprobs, ref_logprobs).tolist() == pytest.approx([0.2402265, 0.2402265])
    # 1/2 - 1 + ln 2 and 2 - 1 - ln 2.
    assert kl.k3(logprobs, ref_logprobs).tolist() == pytest.approx([0.1931472, 0.3068528])


@pytest.mark.parametrize("estimator", [kl.k1, kl.k3])
def test_k1_and_k3_average_to_the_exact_kl(estimator: kl.Estimator) -> None:
    mean = (POLICY * estimator(POLICY.log(), REFERENCE.log())).sum()
    assert float(mean) == pytest.approx(EXACT, abs=1e-6)


def test_the_exact_sum_by_hand_and_what_averages_to_it_for_random_pairs() -> None:
    assert kl.exact(POLICY.log()[None], REFERENCE.log()[None]).tolist() == pytest.approx([EXACT], abs=1e-6)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        logits, ref_logits = torch.randn(2, 1, 6, dtype=torch.float64, generator=generator).mul(2)
        policy, reference = logits.log_softmax(-1), ref_logits.log_softmax(-1)
        exact = kl.exact(logits, ref_logits)
        assert exact.shape == (1,) and float(exact) >= 0
        for estimator in (kl.k1, kl.k3):
            mean = (policy.exp() * estimator(policy, reference)).sum(-1)
            assert mean.tolist() == pytest.approx(exact.tolist())


def test_the_exact_kl_of_a_policy_with_itself_is_zero_and_logits_may_be_shifted() -> None:
    logits = torch.tensor([[1.0, -2.0, 0.5], [0.0, 0.0, 9.0]], dtype=torch.float64)
    assert kl.exact(logits, logits + 5).tolist() == pytest.approx([0, 0])


def test_the_exact_gradient_by_hand() -> None:
    # p_j * (log(p_j / q_j) - KL): p = 0.5 0.5, q = 0.8 0.2 gives -0.25 ln 4 and +0.25 ln 4.
    logits = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True)
    kl.exact(logits, torch.tensor([[0.8, 0.2]], dtype=torch.float64).log()).sum().backward()
    assert logits.grad is not None
    assert logits.grad[0].tolist() == pytest.approx([-0.25 * math.log(4), 0.25 * math.log(4)])


def test_a_token_that_cannot_be_said_costs_nothing_and_keeps_the_gradient_a_number() -> None:
    logits = torch.tensor([[0.0, 0.0, -torch.inf]], dtype=torch.float64, requires_grad=True)
    found = kl.exact(logits, torch.zeros(1, 3, dtype=torch.float64))
    assert found.tolist() == pytest.approx([math.log(1.5)])
    found.sum().backward()
    assert logits.grad is not None and torch.isfinite(logits.grad).all()
    only_policy = kl.exact(torch.zeros(1, 2), torch.tensor([[0.0, -torch.inf]]))
    assert only_policy.tolist() == pytest.approx([0.5 * 1e4 - math.log(2)], rel=1e-4)


def test_k3_is_never_negative_and_zero_where_both_agree() -> None:
    logprobs = torch.linspace(-5, 0, 50)
    assert (kl.k3(logprobs, logprobs.flip(0)) >= 0).all()
    assert kl.k3(logprobs, logprobs).abs().max() == 0


LOGITS = torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64)
OLD = torch.tensor([0.6, 0.1, 0.3], dtype=torch.float64)
REF = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64).log()


def gradient(of: Callable[[Tensor], Tensor]) -> Tensor:
    logits = LOGITS.clone().requires_grad_()
    (found,) = torch.autograd.grad(of(logits.log_softmax(-1)), logits)
    return found


def test_on_policy_k2_has_the_gradient_of_the_exact_kl_k1_has_none_and_k3_another() -> None:
    """Why k1 in the loss is refused and k3 in the loss is warned about."""
    wanted = gradient(lambda logprobs: kl.exact(logprobs[None], REF[None]).sum())
    sampled = LOGITS.softmax(-1)
    found = {name: gradient(lambda x, k=k: (sampled * k(x, REF)).sum()) for name, k in kl.ESTIMATORS.items()}  # type: ignore[misc]
    assert torch.allclose(found["k2"], wanted)
    assert torch.allclose(found["k1"], torch.zeros(3, dtype=torch.float64))
    assert not torch.allclose(found["k3"], wanted, rtol=0.1)


def test_importance_corrected_k3_is_the_exact_kl_and_its_gradient_on_an_older_policys_samples() -> None:
    def corrected(logprobs: Tensor) -> Tensor:
        return (OLD * kl.importance_corrected(kl.k3(logprobs, REF), token_ratio(logprobs, OLD.log(), ROWS))).sum()

    def plain(logprobs: Tensor) -> Tensor:
        return (OLD * kl.k3(logprobs, REF)).sum()

    def exact(logprobs: Tensor) -> Tensor:
        return kl.exact(logprobs[None], REF[None]).sum()

    logprobs = LOGITS.log_softmax(-1)
    assert float(corrected(logprobs)) == pytest.approx(float(exact(logprobs)))
    assert torch.allclose(gradient(corrected), gradient(exact))
    assert not math.isclose(float(plain(logprobs)), float(exact(logprobs)), rel_tol=0.1)


def test_an_impossible_token_stays_finite() -> None:
    assert torch.isfinite(kl.k3(torch.tensor([-1e4]), torch.tensor([0.0]))).all()
