"""KL estimators: their means under the policy against the exact sum over a small vocabulary."""

import pytest
import torch

from homeschool.algos import kl

POLICY = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)
REFERENCE = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
EXACT = 0.718414  # 0.5 ln 5 + 0.3 ln 1.5 + 0.15 ln 0.5 + 0.05 ln 0.125


@pytest.mark.parametrize("estimator", [kl.k1, kl.k3])
def test_k1_and_k3_average_to_the_exact_kl(estimator: kl.Estimator) -> None:
    mean = (POLICY * estimator(POLICY.log(), REFERENCE.log())).sum()
    assert float(mean) == pytest.approx(EXACT, abs=1e-6)


def test_k1_and_k3_average_to_the_exact_kl_for_random_pairs() -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        policy, reference = torch.randn(2, 6, dtype=torch.float64, generator=generator).mul(2).softmax(-1)
        exact = (policy * (policy / reference).log()).sum()
        for estimator in (kl.k1, kl.k3):
            assert float((policy * estimator(policy.log(), reference.log())).sum()) == pytest.approx(float(exact))


def test_k3_is_never_negative_and_zero_where_both_agree() -> None:
    logprobs = torch.linspace(-5, 0, 50)
    assert (kl.k3(logprobs, logprobs.flip(0)) >= 0).all()
    assert kl.k3(logprobs, logprobs).abs().max() == 0


def test_k2_has_the_gradient_of_the_exact_kl_on_policy() -> None:
    logits = torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64, requires_grad=True)
    reference = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64).log()
    exact = (logits.softmax(-1) * (logits.log_softmax(-1) - reference)).sum()
    (wanted,) = torch.autograd.grad(exact, logits)
    estimate = (logits.softmax(-1).detach() * kl.k2(logits.log_softmax(-1), reference)).sum()
    (found,) = torch.autograd.grad(estimate, logits)
    assert torch.allclose(found, wanted)


def test_an_impossible_token_stays_finite() -> None:
    assert torch.isfinite(kl.k3(torch.tensor([-1e4]), torch.tensor([0.0]))).all()
