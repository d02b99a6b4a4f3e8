"""A network made ready to be exported: its names, and which of its axes may have any length."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from audioml.core.errors import UsageError

__all__ = ["Exportable", "exportable"]

Moving = Mapping[str, Mapping[int, str]]


class _Plain(nn.Module):
    """Takes tensors in order and returns a tuple of them, which every exporter understands."""

    def __init__(self, network: nn.Module, names: tuple[str, ...] | None) -> None:
        super().__init__()
        self.network, self.names = network, names

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        given = self.network(*tensors)
        if isinstance(given, Mapping):
            return tuple(given[name] for name in self.names or given)
        return tuple(given) if isinstance(given, tuple | list) else (given,)


@dataclass(frozen=True, slots=True)
class Exportable:
    """What an exporter needs to know.

    ``moving`` names the axes of any length, of inputs and outputs: axes of one name have one
    length.
    """

    network: nn.Module
    example: tuple[Tensor, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    moving: Moving = field(default_factory=dict)

    def answers(self, tensors: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return what the network answers, by name."""
        with torch.no_grad():
            given = self.network(*tensors)
        return dict(zip(self.outputs, given, strict=True))

    def longer(self, *names: str) -> tuple[Tensor, ...]:
        """Return the example with the named axes twice as long; no name stands for all."""
        wanted = set(names) or {n for axes in self.moving.values() for n in axes.values()}
        made = []
        for name, tensor in zip(self.inputs, self.example, strict=True):
            for axis, length in self.moving.get(name, {}).items():
                if length in wanted:
                    tensor = torch.cat([tensor, tensor], dim=axis)  # noqa: PLW2901
            made.append(tensor)
        return tuple(made)

    def tensors(self, names: Sequence[str], values: Sequence[Tensor]) -> list[dict[str, Any]]:
        """Return names, types and shapes of inputs or outputs as plain objects."""
        return [
            {
                "name": name,
                "dtype": str(value.dtype).removeprefix("torch."),
                "shape": [
                    None if axis in self.moving.get(name, {}) else length
                    for axis, length in enumerate(value.shape)
                ],
            }
            for name, value in zip(names, values, strict=True)
        ]


def exportable(
    network: nn.Module,
    example: Tensor | Sequence[Tensor] | Mapping[str, Tensor],
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    moving: Moving | None = None,
) -> Exportable:
    """Return a copy of a network on the CPU, in float32 and evaluation mode, with its names.

    Parameters
    ----------
    network
        Whose ``forward`` takes tensors and returns one, several or a mapping of them.
    example
        A batch of inputs; as a mapping, in the order of ``forward``, it names the inputs.
    inputs, outputs
        Names; by default those of mappings, else ``input`` and ``output``, with numbers where
        there are several.
    moving
        Name of an input to its axes of any length and their names, such as
        ``{"spectra": {0: "rows", 1: "frames"}}``; by default axis 0 of each is ``rows``.

    Raises
    ------
    UsageError
        If names and tensors do not match in number, or an axis does not exist.
    """
    named = isinstance(example, Mapping)
    given = example.values() if isinstance(example, Mapping) else example
    tensors = (given,) if isinstance(given, Tensor) else tuple(given)
    tensors = tuple(t.detach().cpu() for t in tensors)
    names = tuple(inputs) or (
        tuple(map(str, example)) if named else _numbered("input", len(tensors))
    )
    if len(names) != len(tensors):
        raise UsageError(f"'inputs' must name {len(tensors)} tensors, got {', '.join(names)}")
    axes = dict(moving) if moving else {name: {0: "rows"} for name in names}
    _check_axes(axes, names, tensors)
    plain = copy.deepcopy(network).cpu().float().eval().requires_grad_(requires_grad=False)
    with torch.no_grad():
        answer = plain(*tensors)
    keys = tuple(answer) if isinstance(answer, Mapping) else None
    found = _Plain(plain, keys).eval()
    with torch.no_grad():
        answers = found(*tensors)
    out = tuple(outputs) or keys or _numbered("output", len(answers))
    if len(out) != len(answers):
        raise UsageError(f"'outputs' must name {len(answers)} tensors, got {', '.join(out)}")
    made = Exportable(found, tensors, names, out, axes)
    made = Exportable(found, _long_enough(made), names, out, axes)
    return Exportable(found, made.example, names, out, {**axes, **_followed(made)})


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name}_{i}" for i in range(count))


def _check_axes(axes: Moving, names: Sequence[str], tensors: Sequence[Tensor]) -> None:
    known = dict(zip(names, tensors, strict=True))
    for name, which in axes.items():
        if name not in known or any(not 0 <= a < known[name].ndim for a in which):
            shapes = {n: tuple(t.shape) for n, t in known.items()}
            raise UsageError(
                f"'moving' must name axes of the inputs {shapes}, got {dict(which)} of {name!r}"
            )


def _long_enough(made: Exportable) -> tuple[Tensor, ...]:
    """Return an example with no moving axis of length 1, which exporters take for a constant."""
    short = {
        length
        for name, tensor in zip(made.inputs, made.example, strict=True)
        for axis, length in made.moving.get(name, {}).items()
        if tensor.shape[axis] == 1
    }
    return made.longer(*short) if short else made.example


def _followed(made: Exportable) -> dict[str, dict[int, str]]:
    """Return which axes of the outputs follow which of the inputs: each is tried."""
    before = made.answers(made.example)
    found: dict[str, dict[int, str]] = {name: {} for name in made.outputs}
    for name in dict.fromkeys(n for axes in made.moving.values() for n in axes.values()):
        for output, value in made.answers(made.longer(name)).items():
            for axis, (one, two) in enumerate(zip(before[output].shape, value.shape, strict=True)):
                if one != two:
                    same = two == 2 * one
                    found[output][axis] = name if same else f"{name}_{output}"
    return found
