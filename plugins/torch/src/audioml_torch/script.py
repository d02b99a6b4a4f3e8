"""TorchScript."""

from __future__ import annotations

import io
from typing import Any

from .archive import Archive
from .network import EXTRA, Network, Tensor, told

__all__ = ["read"]


def read(archive: Archive, device: Any) -> Network:
    """Return the network of a file of TorchScript.

    What nobody described has inputs by the names of its ``forward``, of float32 and any shape, and
    one output, ``output``; networks that return several are told in the record `EXTRA`.
    """
    import torch

    archive.check_script()
    extra = {EXTRA: ""}
    load: Any = torch.jit.load
    module = load(io.BytesIO(archive.data), map_location=device, _extra_files=extra)
    described = told(extra[EXTRA])
    if described is None:
        names = [a.name for a in module.forward.schema.arguments[1:]]
        described = (
            tuple(Tensor(n, "float32", None) for n in names),
            (Tensor("output", "float32", None),),
        )
    return Network(*described, module.eval())
