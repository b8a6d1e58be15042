"""Packing: what stands where, and that attention over trunks and branches is the attention of separate sequences."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from homeschool.models.layout import (
    Layout,
    PackedAttention,
    Rectangle,
    causal_attention,
    forked_attention,
    masked_forked_attention,
)

CPU = torch.device("cpu")
EXAMPLE = Layout((3, 2), (2, 2, 1), (0, 0, 1))

LAYOUTS = {
    "one trunk": Layout((5,)),
    "even trunks": Layout((4, 4, 4)),
    "uneven trunks": Layout((5, 1, 3)),
    "one group": Layout((4,), (3, 3, 3), (0, 0, 0)),
    "group of one": Layout((4,), (3,), (0,)),
    "uneven branches": Layout((4,), (3, 1, 5), (0, 0, 0)),
    "uneven everything": Layout((5, 1, 3), (2, 4, 1, 1, 3), (0, 0, 1, 2, 2)),
    "a trunk without branches": Layout((2, 6, 3), (4, 2, 3), (0, 2, 2)),
    "only the last has branches": Layout((2, 2, 2), (3, 3), (2, 2)),
}


def test_the_example_of_the_docstring() -> None:
    assert EXAMPLE.positions().tolist() == [0, 1, 2, 0, 1, 3, 4, 3, 4, 2]
    assert EXAMPLE.trunk_starts == [0, 3]
    assert EXAMPLE.branch_starts == [5, 7, 9]
    assert EXAMPLE.trunk_tokens == 5
    assert EXAMPLE.total_tokens == 10


def test_a_branch_is_predicted_from_the_end_of_its_trunk_and_then_from_itself() -> None:
    assert EXAMPLE.branch_predictors().tolist() == [2, 5, 2, 7, 4]
    assert Layout((3, 2)).branch_predictors().tolist() == []


@pytest.mark.parametrize(
    ("trunks", "branches", "parents"), [((), (), ()), ((2, 0), (), ()), ((2,), (1,), ()), ((2, 2), (1, 1), (1, 0))]
)
def test_a_layout_that_means_nothing_is_our_own_mistake(
    trunks: tuple[int, ...], branches: tuple[int, ...], parents: tuple[int, ...]
) -> None:
    with pytest.raises(AssertionError):
        Layout(trunks, branches, parents)


def test_rectangle_pads_on_the_right_and_comes_back() -> None:
    rectangle = Rectangle((2, 1), (0, 2), 3, CPU)
    packed = torch.tensor([[1.0], [2.0], [3.0]])
    padded = rectangle.pad(packed)
    assert padded.squeeze(-1).tolist() == [[1, 2], [0, 0], [3, 0]]
    assert torch.equal(rectangle.unpad(padded), packed)


def test_full_rectangle_is_a_view() -> None:
    rectangle = Rectangle((2, 2), (0, 1), 2, CPU)
    packed = torch.arange(4.0)[:, None]
    assert rectangle.slots is None
    assert rectangle.pad(packed).data_ptr() == packed.data_ptr()
    assert torch.equal(rectangle.unpad(rectangle.pad(packed)), packed)


def test_rectangle_passes_gradients_only_where_tokens_are() -> None:
    rectangle = Rectangle((2, 1), (0, 1), 2, CPU)
    packed = torch.ones(3, 1, requires_grad=True)
    weights = torch.tensor([[[1.0], [2.0]], [[4.0], [8.0]]])  # the last place is padding
    (rectangle.pad(packed) * weights).sum().backward()
    assert packed.grad is not None
    assert packed.grad.flatten().tolist() == [1, 2, 4]
    padded = torch.ones(2, 2, 1, requires_grad=True)
    (rectangle.unpad(padded) * torch.tensor([[1.0], [2.0], [4.0]])).sum().backward()
    assert padded.grad is not None
    assert padded.grad.flatten().tolist() == [1, 2, 4, 0]


def heads(layout: Layout, query_heads: int = 4, key_heads: int = 2, depth: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    count = layout.total_tokens
    query = torch.randn(count, query_heads, depth, requires_grad=True)
    key, value = (torch.randn(count, key_heads, depth, requires_grad=True) for _ in range(2))
    return query, key, value


def places_of(layout: Layout) -> list[list[int]]:
    """Packed indices of each sequence written out whole: every trunk, and every branch behind its trunk."""
    trunks = [list(range(start, start + n)) for start, n in zip(layout.trunk_starts, layout.trunks, strict=True)]
    branches = zip(layout.branch_starts, layout.branches, layout.parents, strict=True)
    return trunks + [trunks[parent] + list(range(start, start + n)) for start, n, parent in branches]


def naive_attention(layout: Layout, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Each sequence by itself, each query a softmax over the keys up to its own."""
    group = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(group, 1), value.repeat_interleave(group, 1)
    out: list[Tensor] = [query[0]] * layout.total_tokens
    for sequence in places_of(layout):
        for end, place in enumerate(sequence, start=1):
            seen = sequence[:end]
            scores = torch.einsum("hd,shd->hs", query[place], key[seen]) * query.shape[-1] ** -0.5
            out[place] = torch.einsum("hs,shd->hd", scores.softmax(-1), value[seen])
    return torch.stack(out)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize(("query_heads", "key_heads"), [(4, 2), (3, 3), (4, 1)])
def test_packed_attention_is_that_of_separate_sequences(name: str, query_heads: int, key_heads: int) -> None:
    layout = LAYOUTS[name]
    parts = heads(layout, query_heads, key_heads)
    found = PackedAttention(layout, CPU)(0, *parts)
    expected = naive_attention(layout, *parts)
    weights = torch.randn_like(expected)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    found_grads = torch.autograd.grad((found * weights).sum(), parts)
    expected_grads = torch.autograd.grad((expected * weights).sum(), parts)
    torch.testing.assert_close(found_grads, expected_grads, rtol=1e-5, atol=2e-5)


def test_record_gets_the_keys_and_values_of_the_trunks() -> None:
    layout = Layout((3, 2), (2,), (1,))
    query, key, value = heads(layout)
    seen: list[tuple[int, Tensor, Tensor]] = []
    PackedAttention(layout, CPU, lambda *args: seen.append(args))(7, query, key, value)
    ((layer, trunk_key, trunk_value),) = seen
    assert layer == 7
    assert torch.equal(trunk_key[0], key[:3])
    assert torch.equal(trunk_value[1, :2], value[3:5])
    assert not trunk_key[1, 2].any()


def random_fork(trunks: int, fan: int, width: int, trunk_width: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    sizes = [(trunks * fan, width, 6), (trunks * fan, width, 2), (trunks * fan, width, 2)]
    sizes += [(trunks, trunk_width, 2), (trunks, trunk_width, 2)]
    return tuple(torch.randn(*size, 8, dtype=dtype, requires_grad=True) for size in sizes)


FORKS = [
    pytest.param((1, 3, 4, 5, None), id="one trunk"),
    pytest.param((2, 1, 3, 4, None), id="fan of one"),
    pytest.param((3, 2, 1, 1, None), id="single tokens"),
    pytest.param((2, 3, 5, 4, torch.tensor([[1, 1, 1, 1], [1, 0, 0, 0]]) > 0), id="padded trunks"),
]


@pytest.mark.parametrize("fork", FORKS)
def test_joined_attention_equals_masked_attention(fork: tuple[int, int, int, int, Tensor | None]) -> None:
    trunks, fan, width, trunk_width, mask = fork
    parts = random_fork(trunks, fan, width, trunk_width, torch.float32)
    found = forked_attention(*parts, mask, fan)
    expected = masked_forked_attention(*parts, mask, fan)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    weights = torch.randn_like(expected)
    found_grads = torch.autograd.grad((found * weights).sum(), parts)
    expected_grads = torch.autograd.grad((expected * weights).sum(), parts)
    torch.testing.assert_close(found_grads, expected_grads, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("attention", [forked_attention, masked_forked_attention])
def test_joined_attention_stays_right_where_one_part_has_all_the_weight(attention: Callable[..., Tensor]) -> None:
    """Scores of +-800: exponentials overflow in fp32, so only the log-sum-exp of the parts may meet."""
    query = torch.full((1, 1, 1, 8), 40.0)
    own_key, own_value = torch.full((1, 1, 1, 8), 7.0), torch.full((1, 1, 1, 8), 1.0)
    trunk_key, trunk_value = torch.full((1, 2, 1, 8), -7.0), torch.full((1, 2, 1, 8), 5.0)
    out = attention(query, own_key, own_value, trunk_key, trunk_value, None, 1)
    assert out.flatten().tolist() == [1.0] * 8
    out = attention(query, -own_key, own_value, -trunk_key, trunk_value, None, 1)
    assert out.flatten().tolist() == [5.0] * 8


def test_joined_attention_in_bf16_stays_near_fp32() -> None:
    mask = torch.tensor([[True, True, True, True], [True, True, False, False]])
    parts = random_fork(2, 3, 5, 4, torch.bfloat16)
    full = tuple(part.detach().float().requires_grad_() for part in parts)
    found, expected = forked_attention(*parts, mask, 3), masked_forked_attention(*full, mask, 3)
    torch.testing.assert_close(found.float(), expected, rtol=0.02, atol=0.02)
    weights = torch.randn_like(expected)
    found_grads = torch.autograd.grad((found * weights.bfloat16()).sum(), parts)
    expected_grads = torch.autograd.grad((expected * weights).sum(), full)
    for found_grad, expected_grad in zip(found_grads, expected_grads, strict=True):
        gap = (found_grad.float() - expected_grad).norm() / expected_grad.norm()
        assert gap < 0.02


def test_padding_to_the_right_is_never_looked_at() -> None:
    parts = torch.randn(3, 1, 5, 2, 8)
    clean = causal_attention(*parts)
    parts[:, :, 3:] = 1e4
    assert torch.equal(causal_attention(*parts)[:, :3], clean[:, :3])
