"""Keys and values of a running generation: one copy of each prompt, one line per row that is being written.

``trunk`` holds the prompts, ``own`` what each row has written. Active groups and rows are always the first ones of
their arrays; when one leaves, the last one moves into its place, so every read is a slice.
"""

import torch
from torch import Tensor

from homeschool.models.decoder import DecoderConfig

_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu


class GenerationCache:
    """Preallocated for ``groups`` prompts of ``prompt_width`` tokens and ``rows`` completions of ``width`` tokens."""

    def __init__(
        self,
        config: DecoderConfig,
        groups: int,
        prompt_width: int,
        rows: int,
        width: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        heads, depth = config.num_key_heads, config.head_dim
        self.trunk = torch.zeros(2, config.num_layers, groups, heads, prompt_width, depth, dtype=dtype, device=device)
        self.own = torch.zeros(2, config.num_layers, rows, heads, width, depth, dtype=dtype, device=device)
        self.device = device
        self.trunk_lengths: list[int] = []
        self.lengths: list[int] = []
        self.group_of: list[int] = []
        """For each active row the place of its prompt."""

    def store_trunks(self, layer: int, first: int, key: Tensor, value: Tensor) -> None:
        """Keep prompts [groups, width, K, D] at places ``first`` and on."""
        stop = first + key.shape[0]
        for part, rows in enumerate((key, value)):
            self.trunk[part, layer, first:stop, :, : key.shape[1]] = rows.transpose(1, 2)

    def drop_row(self, row: int) -> None:
        """Free a row's place; the last row moves into it."""
        last = len(self.lengths) - 1
        if row != last:
            used = self.lengths[last]
            self.own[:, :, row, :, :used] = self.own[:, :, last, :, :used]
            self.lengths[row], self.group_of[row] = self.lengths[last], self.group_of[last]
        self.lengths.pop()
        self.group_of.pop()

    def drop_trunk(self, group: int) -> None:
        """Free a prompt's place; the last prompt moves into it."""
        last = len(self.trunk_lengths) - 1
        if group != last:
            used = self.trunk_lengths[last]
            self.trunk[:, :, group, :, :used] = self.trunk[:, :, last, :, :used]
            self.trunk_lengths[group] = self.trunk_lengths[last]
            self.group_of = [group if place == last else place for place in self.group_of]
        self.trunk_lengths.pop()


class DecodeAttention:
    """One new token per active row: it is appended to the row's own keys, then sees its prompt and itself.

    Built once per token and used by every layer. The rows of a group stand in line before one copy of their prompt.
    """

    def __init__(self, cache: GenerationCache) -> None:
        self.cache = cache
        self.rows, self.groups = len(cache.lengths), len(cache.trunk_lengths)
        self.width, self.prompt_width = max(cache.lengths) + 1, max(cache.trunk_lengths)
        lengths = torch.tensor(cache.lengths, device=cache.device)
        self.row_index = torch.arange(self.rows, device=cache.device)
        self.is_level = min(cache.lengths) == max(cache.lengths)
        self.lengths = lengths
        dtype = cache.own.dtype
        self.own_mask = None if self.is_level else _mask(lengths + 1, self.width, dtype)
        trunk_lengths = torch.tensor(cache.trunk_lengths, device=cache.device)
        is_even = min(cache.trunk_lengths) == self.prompt_width
        self.trunk_mask = None if is_even else _mask(trunk_lengths, self.prompt_width, dtype)
        self._line_up()

    def _line_up(self) -> None:
        """Where each row stands in the line before its prompt."""
        counts = [0] * self.groups
        places = []
        for group in self.cache.group_of:
            places.append(counts[group])
            counts[group] += 1
        self.fan = max(counts)
        slots = [group * self.fan + place for group, place in zip(self.cache.group_of, places, strict=True)]
        self.in_order = slots == list(range(self.groups * self.fan))
        self.slots = torch.tensor(slots, device=self.cache.device)

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        own_key, own_value = self._append(layer, key, value)
        trunk_key = self.cache.trunk[0, layer, : self.groups, :, : self.prompt_width]
        trunk_value = self.cache.trunk[1, layer, : self.groups, :, : self.prompt_width]
        rows, num_heads, depth = query.shape
        key_heads = key.shape[1]
        own_query = query.view(rows, key_heads, -1, depth)
        own_out, own_lse = attend(own_query, own_key, own_value, self.own_mask)
        line = self._to_line(query, key_heads)
        line_out, line_lse = attend(line, trunk_key, trunk_value, self.trunk_mask)
        trunk_out = self._from_line(line_out)
        trunk_lse = self._from_line(line_lse.unsqueeze(-1)).squeeze(-1)
        share = torch.sigmoid(own_lse - trunk_lse).unsqueeze(-1).to(query.dtype)
        return torch.lerp(trunk_out, own_out, share).reshape(rows, num_heads, depth)

    def _append(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        own = self.cache.own[:, layer, : self.rows]
        if self.is_level:
            own[0, :, :, self.width - 1] = key
            own[1, :, :, self.width - 1] = value
        else:
            own[0, self.row_index, :, self.lengths] = key
            own[1, self.row_index, :, self.lengths] = value
        return own[0, :, :, : self.width], own[1, :, :, : self.width]

    def _to_line(self, query: Tensor, key_heads: int) -> Tensor:
        """[rows, H, D] -> [groups, K, fan * H/K, D]."""
        if not self.in_order:
            query = query.new_zeros(self.groups * self.fan, *query.shape[1:]).index_copy_(0, self.slots, query)
        split = query.view(self.groups, self.fan, key_heads, -1, query.shape[-1])
        return split.transpose(1, 2).flatten(2, 3)

    def _from_line(self, line: Tensor) -> Tensor:
        """[groups, K, fan * H/K, D] -> [rows, K, H/K, D]."""
        split: Tensor = line.unflatten(2, (self.fan, -1)).transpose(1, 2).flatten(0, 1)
        return split if self.in_order else split.index_select(0, self.slots)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Attention output and log-sum-exp of its scores: [B, K, L, D], [B, K, L] for mask [B, 1, 1, S]."""
    if query.device.type == "cpu":
        out, lse = _flash(query, key, value, 0.0, False, attn_mask=mask)
        return out, lse
    scores = (query.float() @ key.float().transpose(-1, -2)) * query.shape[-1] ** -0.5
    scores = scores if mask is None else scores + mask
    lse = scores.logsumexp(-1)
    return ((scores - lse.unsqueeze(-1)).exp() @ value.float()).to(query.dtype), lse


def _mask(lengths: Tensor, width: int, dtype: torch.dtype) -> Tensor:
    """Additive mask [B, 1, 1, width]: 0 where the place is below the length, minus infinity elsewhere."""
    hidden = torch.arange(width, device=lengths.device) >= lengths[:, None]
    return torch.zeros(hidden.shape, dtype=dtype, device=lengths.device).masked_fill_(hidden, float("-inf"))[
        :, None, None
    ]
