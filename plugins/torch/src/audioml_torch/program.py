"""Programs of ``torch.export``."""

from __future__ import annotations

import io
from typing import Any

from .archive import Archive
from .network import EXTRA, Network, Shape, Tensor, told

__all__ = ["read"]


def read(archive: Archive, device: Any) -> Network:
    """Return the network of a program; what torch says where it cannot is raised as it is."""
    import torch
    from torch.export.passes import move_to_device_pass

    archive.check_program()
    extra = {EXTRA: ""}
    program = torch.export.load(io.BytesIO(archive.data), extra_files=extra)
    if str(device) != "cpu":
        program = move_to_device_pass(program, device)
    values = {node.name: node.meta.get("val") for node in program.graph.nodes}
    signature = program.graph_signature
    described = told(extra[EXTRA])
    named = _keys(program) or list(signature.user_outputs)
    inputs = tuple(_tensor(name, values[name]) for name in signature.user_inputs)
    outputs = tuple(
        _tensor(name, values[node])
        for name, node in zip(named, signature.user_outputs, strict=True)
    )
    if described and (len(described[0]), len(described[1])) == (len(inputs), len(outputs)):
        inputs, outputs = described
    # guards are code too; shapes are checked before a run
    return Network(inputs, outputs, program.module(check_guards=False))


def _keys(program: Any) -> list[str]:
    """Return the names of the outputs where the network returns a mapping."""
    spec = program.call_spec.out_spec
    return [str(key) for key in spec.context] if spec.type is dict else []


def _tensor(name: str, value: Any) -> Tensor:
    shape: Shape = tuple(n if isinstance(n, int) else None for n in value.shape)
    return Tensor(name, str(value.dtype).removeprefix("torch."), shape)
