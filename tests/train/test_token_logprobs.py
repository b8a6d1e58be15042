"""Log-probabilities of chosen tokens against the plain composition, values and gradients."""

import math

import pytest
import torch
from torch import Tensor, nn

from homeschool.models.decoder import Decoder, DecoderConfig
from homeschool.train.token_logprobs import CHUNK, token_logprobs

VOCAB, WIDTH = 50, 16


@pytest.fixture
def model() -> Decoder:
    model = Decoder(DecoderConfig(VOCAB, WIDTH, 1, 2, 2, 8, 16, 32, tied=False))
    nn.init.normal_(model.lm_head.weight)
    return model


def plain(model: Decoder, hidden: Tensor, targets: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    logprobs = (model.logits(hidden).float() / temperature).log_softmax(-1)
    entropy = -(logprobs.exp() * logprobs).sum(-1)
    return logprobs.gather(-1, targets[:, None]).squeeze(-1), entropy


@pytest.mark.parametrize("count", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
def test_values_and_gradients_are_those_of_log_softmax(model: Decoder, count: int, temperature: float) -> None:
    hidden = torch.randn(count, WIDTH, requires_grad=True)
    targets, weights = torch.randint(VOCAB, (count,)), torch.randn(count)
    inputs = (hidden, model.lm_head.weight)
    found, entropy = token_logprobs(model, hidden, targets, temperature)
    expected, expected_entropy = plain(model, hidden, targets, temperature)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(entropy, expected_entropy, rtol=1e-5, atol=1e-5)
    found_grads = torch.autograd.grad((found * weights).sum(), inputs)
    expected_grads = torch.autograd.grad((expected * weights).sum(), inputs)
    torch.testing.assert_close(found_grads, expected_grads, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("count", [1, CHUNK, 3 * CHUNK + 5])
@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_the_entropy_has_a_gradient_where_a_loss_reads_it(model: Decoder, count: int, temperature: float) -> None:
    hidden = torch.randn(count, WIDTH, requires_grad=True)
    targets, weights, others = torch.randint(VOCAB, (count,)), torch.randn(count), torch.randn(count)
    inputs = (hidden, model.lm_head.weight)
    both = [
        torch.autograd.grad((logprobs * weights + entropy * others).sum(), inputs)
        for logprobs, entropy in (f(model, hidden, targets, temperature) for f in (token_logprobs, plain))
    ]
    torch.testing.assert_close(both[0], both[1], rtol=1e-4, atol=1e-5)
    alone = [
        torch.autograd.grad((f(model, hidden, targets, temperature)[1] * others).sum(), inputs)
        for f in (token_logprobs, plain)
    ]
    torch.testing.assert_close(alone[0], alone[1], rtol=1e-4, atol=1e-5)


def with_logits(logits: list[float]) -> tuple[Decoder, Tensor]:
    """A model whose logits are these."""
    model = Decoder(DecoderConfig(len(logits), 2, 1, 1, 1, 2, 2, 8, tied=False))
    model.lm_head.weight.data = torch.tensor([[value, 0.0] for value in logits])
    return model, torch.tensor([[1.0, 0.0]])


def test_known_numbers() -> None:
    model, hidden = with_logits([math.log(0.2), math.log(0.7), math.log(0.1)])
    logprobs, entropy = token_logprobs(model, hidden.expand(2, -1), torch.tensor([1, 2]))
    assert logprobs.tolist() == pytest.approx([-0.3566749, -2.3025851])
    assert entropy.tolist() == pytest.approx([0.8018186, 0.8018186])


def test_temperature_zero_means_the_plain_policy() -> None:
    """Greedy answers are trained at temperature 1: that is what their log-probabilities were reported at."""
    model, hidden = with_logits([0.0, 1.0])
    zero, _ = token_logprobs(model, hidden, torch.tensor([1]), 0.0)
    one, _ = token_logprobs(model, hidden, torch.tensor([1]), 1.0)
    assert zero.tolist() == one.tolist() == pytest.approx([-0.3132617])


def test_large_logits_do_not_overflow() -> None:
    model, hidden = with_logits([3e4, 3e4 - 1, -3e4])
    logprobs, entropy = token_logprobs(model, hidden.expand(3, -1), torch.tensor([0, 1, 2]))
    assert logprobs.tolist() == pytest.approx([-0.3132617, -1.3132617, -60000.3132617])
    assert entropy.tolist() == pytest.approx([0.5822033] * 3)


def test_forbidden_tokens_add_nothing() -> None:
    model, hidden = with_logits([0.0, float("-inf"), 0.0])
    hidden[0, 1] = 0.0
    model.lm_head.weight.data[:, 1] = 0.0
    logprobs, entropy = token_logprobs(model, hidden, torch.tensor([2]))
    assert logprobs.tolist() == pytest.approx([math.log(0.5)])
    assert entropy.tolist() == pytest.approx([math.log(2)])


def test_a_logit_that_is_no_number_is_passed_on() -> None:
    """The update refuses such a loss; hiding it here would train on nonsense."""
    model, hidden = with_logits([0.0, float("nan")])
    assert token_logprobs(model, hidden, torch.tensor([0]))[0].isnan().all()


def test_bf16_keeps_its_results_in_fp32(model: Decoder) -> None:
    hidden = torch.randn(130, WIDTH).bfloat16().requires_grad_()
    targets = torch.randint(VOCAB, (130,))
    full = hidden.detach().float().requires_grad_()
    expected, _ = plain(model.bfloat16().float(), full, targets, 1.0)
    found, _ = token_logprobs(model.bfloat16(), hidden, targets)
    assert found.dtype == torch.float32
    assert (found - expected).abs().max() < 0.1
    found.sum().backward()
    expected.sum().backward()
    assert hidden.grad is not None
    assert full.grad is not None
    assert (hidden.grad.float() - full.grad).norm() < 0.02 * full.grad.norm()


def test_nothing_in_nothing_out(model: Decoder) -> None:
    logprobs, entropy = token_logprobs(model, torch.zeros(0, WIDTH), torch.zeros(0, dtype=torch.long))
    assert logprobs.tolist() == entropy.tolist() == []
