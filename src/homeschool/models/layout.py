"""How packed token sequences attend to each other: trunks, and branches that continue them.

Tokens of many sequences lie end to end with no padding. A *trunk* is a sequence that starts from nothing: a prompt, a
document, a whole dialogue. A *branch* continues one trunk: the completions of a group are branches of their prompt. The
trunk is computed once however many branches it has, forward and backward. All trunks come first, then all branches::

    trunks (3, 2), branches (2, 2, 1), parents (0, 0, 1)
    tokens     a a a b b | a1 a1 a2 a2 b1
    positions  0 1 2 0 1 | 3  4  3  4  2
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""attend(layer, query [N, H, D], key [N, K, D], value [N, K, D]) -> [N, H, D], for K key heads with H a multiple of
K."""


@dataclass(frozen=True)
class Layout:
    """Lengths of the sequences in one packed batch, in packing order."""

    trunks: tuple[int, ...]
    branches: tuple[int, ...] = ()
    parents: tuple[int, ...] = ()
    """For each branch the index of the trunk it continues; branches of one trunk are neighbours."""

    def __post_init__(self) -> None:
        assert self.trunks and min(self.trunks) >= 1, "every trunk needs a token to predict from"
        assert len(self.branches) == len(self.parents) and list(self.parents) == sorted(self.parents)

    @property
    def trunk_tokens(self) -> int:
        return sum(self.trunks)

    @property
    def total_tokens(self) -> int:
        return sum(self.trunks) + sum(self.branches)

    @cached_property
    def trunk_starts(self) -> list[int]:
        """Index of the first token of each trunk."""
        return [0, *accumulate(self.trunks)][:-1]

    @cached_property
    def branch_starts(self) -> list[int]:
        """Index of the first token of each branch."""
        return [self.trunk_tokens + start for start in [0, *accumulate(self.branches)][:-1]]

    def positions(self) -> Tensor:
        """Place of each token in its own sequence, int64 [N]; a branch counts on from its trunk."""
        starts = [0] * len(self.trunks) + [self.trunks[parent] for parent in self.parents]
        return ranges(starts, self.trunks + self.branches)

    def branch_predictors(self) -> Tensor:
        """For each branch token the index of the token whose hidden state predicts it, int64 [branch tokens]."""
        predictors = ranges([start - 1 for start in self.branch_starts], self.branches)
        ends = [self.trunk_starts[parent] + self.trunks[parent] - 1 for parent in self.parents]
        firsts = [start - self.trunk_tokens for start in self.branch_starts]
        filled = [branch for branch, length in enumerate(self.branches) if length]
        predictors[[firsts[branch] for branch in filled]] = torch.tensor(
            [ends[branch] for branch in filled], dtype=torch.long
        )
        return predictors


def ranges(starts: Sequence[int], lengths: Sequence[int]) -> Tensor:
    """start, start + 1, ... for ``length`` numbers each, one after the other: int64 [sum of lengths]."""
    counts = torch.tensor(lengths, dtype=torch.long)
    shifts = torch.tensor(starts, dtype=torch.long) - counts.cumsum(0) + counts
    return torch.arange(int(counts.sum())) + shifts.repeat_interleave(counts)


class Rectangle:
    """Ragged rows of a packed tensor as one padded rectangle, and back.

    ``slots`` [tokens] says where each token goes in the flattened rectangle; None when every row is full, and then both
    ways are views. Padding is zero and never read back.
    """

    def __init__(self, lengths: Sequence[int], rows: Sequence[int], num_rows: int, device: torch.device) -> None:
        self.width = max(lengths, default=0)
        self.num_rows = num_rows
        self.slots: Tensor | None = None
        if list(lengths) != [self.width] * num_rows:
            self.slots = ranges([row * self.width for row in rows], lengths).to(device)

    def pad(self, packed: Tensor) -> Tensor:
        """[tokens, ...] -> [rows, width, ...]."""
        shape = (self.num_rows, self.width, *packed.shape[1:])
        if self.slots is None:
            return packed.view(shape)
        flat: Tensor = _Scatter.apply(packed, self.slots, self.num_rows * self.width)  # type: ignore[no-untyped-call]
        return flat.view(shape)

    def unpad(self, padded: Tensor) -> Tensor:
        """[rows, width, ...] -> [tokens, ...]."""
        flat = padded.reshape(self.num_rows * self.width, *padded.shape[2:])
        if self.slots is None:
            return flat
        unpadded: Tensor = _Gather.apply(flat, self.slots)  # type: ignore[no-untyped-call]
        return unpadded


class _Scatter(torch.autograd.Function):
    """Rows to distinct slots of a zero tensor. The general index ops would add in the backward; here slots never
    collide."""

    @staticmethod
    def forward(ctx, packed, slots, size):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(slots)
        return packed.new_zeros(size, *packed.shape[1:]).index_copy_(0, slots, packed)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        (slots,) = ctx.saved_tensors
        return grad.index_select(0, slots), None, None


class _Gather(torch.autograd.Function):
    """The inverse of _Scatter."""

    @staticmethod
    def forward(ctx, flat, slots):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(slots)
        ctx.shape = flat.shape
        return flat.index_select(0, slots)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        (slots,) = ctx.saved_tensors
        return grad.new_zeros(ctx.shape).index_copy_(0, slots, grad), None


class PackedAttention:
    """Causal attention within each sequence of a layout; a branch also sees its whole trunk.

    Used for training and for reading prompts before generation, which passes ``record`` to keep the keys and values.
    """

    def __init__(
        self,
        layout: Layout,
        device: torch.device,
        record: Callable[[int, Tensor, Tensor], None] | None = None,
    ) -> None:
        self.layout = layout
        self.split = layout.trunk_tokens
        self.record = record
        num_trunks = len(layout.trunks)
        self.trunk = Rectangle(layout.trunks, range(num_trunks), num_trunks, device)
        self.branch: Rectangle | None = None
        if layout.branches:
            self._lay_branches(layout, device)

    def _lay_branches(self, layout: Layout, device: torch.device) -> None:
        """Branches sit in a rectangle of (trunk, place within the group), so one trunk meets all its branches at
        once."""
        counts = [layout.parents.count(trunk) for trunk in range(len(layout.trunks))]
        self.fan = max(counts)
        places = [place for count in counts for place in range(count)]
        rows = [parent * self.fan + place for parent, place in zip(layout.parents, places, strict=True)]
        self.branch = Rectangle(layout.branches, rows, len(layout.trunks) * self.fan, device)
        self.trunk_mask: Tensor | None = None
        if self.trunk.slots is not None:
            lengths = torch.tensor(layout.trunks, device=device)
            self.trunk_mask = torch.arange(self.trunk.width, device=device) < lengths[:, None]

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        trunk_key, trunk_value = self.trunk.pad(key[: self.split]), self.trunk.pad(value[: self.split])
        if self.record:
            self.record(layer, trunk_key, trunk_value)
        out = causal_attention(self.trunk.pad(query[: self.split]), trunk_key, trunk_value)
        out = self.trunk.unpad(out)
        if self.branch is None:
            return out
        own_query, own_key, own_value = (self.branch.pad(part[self.split :]) for part in (query, key, value))
        branch_out = forked_attention(own_query, own_key, own_value, trunk_key, trunk_value, self.trunk_mask, self.fan)
        return torch.cat([out, self.branch.unpad(branch_out)])


def causal_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Plain causal attention over right-padded rows: [rows, width, heads, D] each, grouped key heads allowed.

    Padding needs no mask: it lies to the right of every real token, which therefore never looks at it.
    """
    out = scaled_dot_product_attention(
        query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), is_causal=True, enable_gqa=True
    )
    return out.transpose(1, 2)


def forked_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    trunk_key: Tensor,
    trunk_value: Tensor,
    trunk_mask: Tensor | None,
    fan: int,
) -> Tensor:
    """Branches attend to their trunk and causally to themselves.

    query [trunks * fan, C, H, D]; key, value [trunks * fan, C, K, D]; trunk_key, trunk_value [trunks, P, K, D];
    trunk_mask bool [trunks, P], True on real tokens, None when all are. Returns [trunks * fan, C, H, D].
    """
    if query.device.type == "cpu":
        out: Tensor = _Forked.apply(query, key, value, trunk_key, trunk_value, trunk_mask, fan)  # type: ignore[no-untyped-call]
        return out
    return masked_forked_attention(query, key, value, trunk_key, trunk_value, trunk_mask, fan)


def masked_forked_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    trunk_key: Tensor,
    trunk_value: Tensor,
    trunk_mask: Tensor | None,
    fan: int,
) -> Tensor:
    """The same by one masked attention over copied trunks: slower, for any device, and the oracle of the other."""
    width, trunk_width = query.shape[1], trunk_key.shape[1]
    keys = torch.cat([trunk_key.repeat_interleave(fan, 0), key], 1)
    values = torch.cat([trunk_value.repeat_interleave(fan, 0), value], 1)
    mask = torch.ones(width, trunk_width + width, dtype=torch.bool, device=query.device).tril(trunk_width)
    mask = mask.expand(query.shape[0], 1, -1, -1)
    if trunk_mask is not None:
        visible = torch.nn.functional.pad(trunk_mask.repeat_interleave(fan, 0), (0, width), value=True)
        mask = mask & visible[:, None, None, :]
    out = scaled_dot_product_attention(
        query.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), attn_mask=mask, enable_gqa=True
    )
    return out.transpose(1, 2)


_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


class _Forked(torch.autograd.Function):
    """Two attentions, over the trunk and over oneself, joined by their log-sum-exp.

    Softmax over a union of keys is the mean of the parts weighted by exp(lse_part - lse). The backward of each part
    with the *joined* output and log-sum-exp is exactly its share of the joined gradient, so nothing is copied per
    branch: all branches of a trunk (and the query heads of one key head) stand in line as queries to one copy of its
    keys.
    """

    @staticmethod
    def forward(ctx, query, key, value, trunk_key, trunk_value, trunk_mask, fan):  # type: ignore[no-untyped-def]
        mask = None
        if trunk_mask is not None:
            mask = torch.zeros_like(trunk_mask, dtype=query.dtype).masked_fill_(~trunk_mask, float("-inf"))
            mask = mask[:, None, None, :]
        own = [part.transpose(1, 2) for part in (query, key, value)]
        trunk = [part.transpose(1, 2) for part in (trunk_key, trunk_value)]
        line = _to_line(own[0], fan, trunk[0].shape[1])
        own_out, own_lse = _flash(*own, 0.0, True)
        line_out, line_lse = _flash(line, *trunk, 0.0, False, attn_mask=mask)
        trunk_lse = _from_line(line_lse.unsqueeze(-1), fan, own[0].shape[2]).squeeze(-1)
        lse = torch.logaddexp(own_lse, trunk_lse)
        out = own_out * (own_lse - lse).exp().unsqueeze(-1).to(own_out.dtype)
        out += _from_line(line_out, fan, own[0].shape[2]) * (trunk_lse - lse).exp().unsqueeze(-1).to(out.dtype)
        ctx.save_for_backward(*own, *trunk, mask, out, lse)
        ctx.fan = fan
        return out.transpose(1, 2)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        query, key, value, trunk_key, trunk_value, mask, out, lse = ctx.saved_tensors
        fan, key_heads, width = ctx.fan, trunk_key.shape[1], query.shape[2]
        grad = grad.transpose(1, 2)
        query_grad, key_grad, value_grad = _flash_backward(grad, query, key, value, out, lse, 0.0, True)
        line = [_to_line(part, fan, key_heads) for part in (grad, query, out, lse.unsqueeze(-1))]
        line_grad, trunk_key_grad, trunk_value_grad = _flash_backward(
            line[0], line[1], trunk_key, trunk_value, line[2], line[3].squeeze(-1), 0.0, False, attn_mask=mask
        )
        query_grad = query_grad + _from_line(line_grad, fan, width)
        grads = (query_grad, key_grad, value_grad, trunk_key_grad, trunk_value_grad)
        return *(part.transpose(1, 2) for part in grads), None, None


def _to_line(heads: Tensor, fan: int, key_heads: int) -> Tensor:
    """[trunks * fan, H, C, D] -> [trunks, K, (H/K) * fan * C, D]."""
    rows, num_heads, width, depth = heads.shape
    split = heads.view(rows // fan, fan, key_heads, num_heads // key_heads, width, depth)
    return split.permute(0, 2, 3, 1, 4, 5).reshape(rows // fan, key_heads, -1, depth)


def _from_line(line: Tensor, fan: int, width: int) -> Tensor:
    """The inverse of _to_line."""
    trunks, key_heads, _, depth = line.shape
    split = line.view(trunks, key_heads, -1, fan, width, depth).permute(0, 3, 1, 2, 4, 5)
    return split.reshape(trunks * fan, -1, width, depth)
