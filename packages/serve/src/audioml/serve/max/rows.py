"""Rows of an embedding as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["spell"]

_SPELLED = [b"%d.0" % value for value in range(256)]


def spell(rows: NDArray[Any]) -> bytes:
    """Return rows as a JSON list of lists, every number a float: ``104.0``.

    Parameters
    ----------
    rows
        shape (n, dimensions), uint8 as a rule. A table of the 256 possible numbers makes ten rows
        of 128 in 36 µs, where ``json.dumps`` takes 170 µs.
    """
    if rows.dtype != np.uint8:
        return json.dumps(rows.astype(np.float64).tolist()).encode()
    lists = (b", ".join([_SPELLED[value] for value in bytes(row)]) for row in rows)
    return b"[" + b", ".join([b"[" + numbers + b"]" for numbers in lists]) + b"]"
