"""Safetensors: a header in JSON, and the numbers after it."""

from __future__ import annotations

import json
from pathlib import Path

from .reading import Arrays, begins, mapped, reading, vector

__all__ = ["is_safetensors", "read"]

_DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}
_LONGEST = 1 << 20  # bytes of the header


def is_safetensors(path: Path) -> bool:
    """Return whether a file begins as this format does."""
    head = begins(path, 9)
    return len(head) == 9 and head[8:] == b"{" and int.from_bytes(head[:8], "little") <= _LONGEST


def read(path: Path) -> Arrays:
    """Return the tensors of floating point.

    Raises
    ------
    IntegrityError
        If the file is damaged.
    """
    with reading(path, "safetensors file"):
        data = mapped(path)
        size = int.from_bytes(data[:8], "little")
        if size > _LONGEST or 8 + size > len(data):
            raise ValueError(f"a header of {size} bytes")
        header = json.loads(bytes(data[8 : 8 + size]))
        body, found = data[8 + size :], {}
        for name, told in header.items():
            if name != "__metadata__" and told["dtype"] in _DTYPES:
                first, end = told["data_offsets"]
                if not 0 <= first <= end <= len(body):
                    raise ValueError(f"{name!r} ends at byte {end} of {len(body)}")
                shape = tuple(told["shape"])
                found[name] = vector(body[first:end], _DTYPES[told["dtype"]], shape=shape)
        return found
