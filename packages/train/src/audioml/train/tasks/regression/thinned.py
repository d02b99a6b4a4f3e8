"""Some of many points, for a plot."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Thinned"]


class Thinned:
    """Every n-th of the rows that are added, n such that at most ``most`` are kept."""

    def __init__(self, most: int) -> None:
        self._most, self._every, self._seen = most, 1, 0
        self._kept: list[Tensor] = []

    def add(self, rows: Tensor) -> None:
        """Add rows, of shape (n, ...)."""
        first = -self._seen % self._every
        self._seen += len(rows)
        self._kept.append(rows[first :: self._every].clone())
        while sum(map(len, self._kept)) > self._most:
            self._kept = [torch.cat(self._kept)[::2]]
            self._every *= 2

    def rows(self) -> Tensor:
        """Return the rows that are kept, float32, shape (kept, ...)."""
        return torch.cat(self._kept) if self._kept else torch.empty(0)
