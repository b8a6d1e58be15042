"""The KL over the whole vocabulary: value and gradient of the plain formula, in pieces, at the sampling temperature."""

import pytest
import torch
from torch import Tensor

from homeschool.models.decoder import Decoder, DecoderConfig
from homeschool.models.load import new_decoder
from homeschool.train.batch import TrainBatch
from homeschool.train.exact_kl import batch_exact_kl, exact_kl
from homeschool.train.token_logprobs import CHUNK

SHAPE = DecoderConfig(11, 16, 1, 2, 1, 8, 32)
COUNT = 2 * CHUNK + 3


def model(seed: int) -> Decoder:
    made = new_decoder(SHAPE, seed)
    made.lm_head.weight.data *= 30
    return made


def plain(logits: Tensor, ref_logits: Tensor) -> Tensor:
    ours, theirs = logits.softmax(-1), ref_logits.softmax(-1)
    return (ours * (ours.log() - theirs.log())).sum(-1)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_value_and_gradient_are_those_of_the_sum(temperature: float) -> None:
    policy, reference = model(0), model(1)
    hidden = torch.randn(COUNT, 16, requires_grad=True)
    ref_hidden = torch.randn(COUNT, 16)
    weights = torch.randn(COUNT)
    found = exact_kl(policy, hidden, reference, ref_hidden, temperature)
    (found * weights).sum().backward()
    gradients = [hidden.grad, policy.lm_head.weight.grad]
    hidden.grad = policy.lm_head.weight.grad = None
    wanted = plain(policy.logits(hidden) / temperature, reference.logits(ref_hidden).detach() / temperature)
    (wanted * weights).sum().backward()
    assert wanted.min() > 0 and wanted.max() > 0.1
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(gradients, [hidden.grad, policy.lm_head.weight.grad], strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_no_distance_to_oneself_and_none_without_tokens() -> None:
    policy = model(0)
    hidden = torch.randn(5, 16)
    assert exact_kl(policy, hidden, policy, hidden, 1.0).abs().max() < 1e-6
    assert exact_kl(policy, hidden[:0], policy, hidden[:0], 1.0).shape == (0,)


def test_over_a_batch_masked_tokens_have_none() -> None:
    policy, reference = model(0), model(1)
    batch = TrainBatch(
        prefixes=((1, 2),),
        groups=torch.tensor([0]),
        lengths=torch.tensor([2]),
        tokens=torch.tensor([3, 4]),
        loss_mask=torch.tensor([True, False]),
    )
    found = batch_exact_kl(policy, reference, batch, 100, 1.0)
    assert found[0] > 0 and found[1] == 0


def test_the_kl_at_a_token_is_that_of_the_choice_before_it_is_made() -> None:
    policy, reference = model(0), model(1)
    known = {"prefixes": ((1, 2),), "groups": torch.tensor([0]), "lengths": torch.tensor([2])}
    one, other = (
        batch_exact_kl(
            policy,
            reference,
            TrainBatch(**known, tokens=torch.tensor([token, 4]), loss_mask=torch.tensor([True, True])),  # type: ignore[arg-type]
            100,
            1.0,
        )
        for token in (3, 7)
    )
    assert one[0] == pytest.approx(float(other[0]), rel=1e-6)
    assert one[1] != pytest.approx(float(other[1]), rel=1e-3)
