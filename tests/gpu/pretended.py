"""A GPU that is not there: its tensors say ``pretended:0``, hold their numbers in memory, and refuse what a GPU would.

Numbers are real, so whole steps run, with everything that depends on what was computed. What is refused: operations on
tensors of two devices, kernels written for the processor, and an optimiser whose step counter stayed behind. What it
cannot show is how a GPU rounds, and how long it takes.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only, tree_unflatten

NAME = "pretended"
CPU = torch.device("cpu")
MOVES = {"aten::_to_copy", "aten::copy_", "aten::_foreach_copy_"}
"""What goes from one device to another."""
INDEXED = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}
"""Indices may lie on the CPU, wherever that which is indexed lies."""
BY_NUMBER_ONLY = {"aten::_fused_adamw_"}
"""Not even a single number may lie elsewhere: the kernel reads its address."""


class Placed(Tensor):
    """A tensor on the GPU that is not there."""

    held: Tensor
    """Its numbers."""

    @staticmethod
    def __new__(cls, held: Tensor) -> "Placed":
        out: Placed = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=f"{NAME}:0",
        )
        out.held = held
        return out

    __torch_function__ = torch._C._disabled_torch_function_impl

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def __repr__(self, **_: Any) -> str:
        return f"Placed({self.held!r})"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Placed":
        copy = Placed(self.held.clone())
        out = torch.nn.Parameter(copy, self.requires_grad) if isinstance(self, torch.nn.Parameter) else copy
        memo[id(self)] = out
        return out

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return computed(func, args, kwargs or {})


class PretendedGPU(TorchDispatchMode):
    """While it is on, ``device="pretended"`` gives tensors of the GPU that is not there."""

    def __init__(self) -> None:
        register()
        super().__init__()

    def __enter__(self) -> "PretendedGPU":
        torch._C._set_only_lift_cpu_tensors(True)  # so torch.tensor moves its numbers by an operation that is seen
        super().__enter__()
        return self

    def __exit__(self, *reason: Any) -> None:
        super().__exit__(*reason)
        torch._C._set_only_lift_cpu_tensors(False)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return computed(func, args, kwargs or {})


def computed(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    name = func._schema.name
    flat, form = tree_flatten((args, kwargs))
    if name == "aten::to":  # whole in inference mode, elsewhere in parts
        wanted = {"device": torch.device, "dtype": torch.dtype}
        found = {key: part for key, kind in wanted.items() for part in flat if isinstance(part, kind)}
        return computed(torch.ops.aten._to_copy.default, args[:1], found)
    given = [part for part in flat if isinstance(part, Tensor)]
    refuse_mixture(name, args, given)
    there = any(isinstance(part, Placed) for part in given)
    if there and (name.startswith("mkldnn::") or "for_cpu" in name):
        raise NotImplementedError(f"{name} is a kernel for the CPU")
    asked = kwargs.get("device")
    if asked is not None:
        there = torch.device(asked).type == NAME
        kwargs = kwargs | {"device": CPU}
        flat, form = tree_flatten((args, kwargs))
    held = [part.held if isinstance(part, Placed) else part for part in flat]
    held_args, held_kwargs = tree_unflatten(held, form)
    out = func(*held_args, **held_kwargs)
    if name == "aten::_local_scalar_dense":
        return out
    places = {id(part.held): part for part in given if isinstance(part, Placed)}
    places |= {id(part): part for part in given if not isinstance(part, Placed)}
    if name == "aten::_to_copy" and any(out is part for part in held):
        out = out.clone()

    def placed(found: Tensor) -> Tensor:
        if id(found) in places:
            return places[id(found)]
        return Placed(found) if there else found

    return tree_map_only(Tensor, placed, out)


def refuse_mixture(name: str, args: Any, given: list[Tensor]) -> None:
    if name in MOVES:
        return
    if name in INDEXED:
        whole, indices = args[0], [index for index in args[1] if index is not None]
        if whole.device == CPU and any(index.device != CPU for index in indices):
            raise RuntimeError(f"{name}: what is indexed is on the CPU, an index on the GPU")
        given = [whole, *(part for part in args[2:] if isinstance(part, Tensor))]
    if name not in BY_NUMBER_ONLY:
        given = [part for part in given if part.dim()]
    devices = {part.device for part in given}
    if len(devices) > 1:
        raise RuntimeError(f"{name}: tensors of two devices, {sorted(map(str, devices))}")


class Driver(backend_registration._DummyBackendModule):
    """What torch asks a device about itself, when it computes a layer again."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]

    def device(self, _: int) -> AbstractContextManager[None]:
        return nullcontext()

    def get_rng_state(self, *_: Any) -> Tensor:
        return torch.zeros(1)

    def set_rng_state(self, *_: Any) -> None:
        """Nothing here draws."""


@cache
def register() -> None:
    """Tell torch of the device; once in a process, before its first backward."""
    backend_registration._setup_privateuseone_for_python_backend(NAME, Driver())
