"""Nothing measured, at no cost: Lightning asks its profiler a hundred times a step."""

from __future__ import annotations

import contextlib
from typing import Any

from lightning.pytorch.profilers import PassThroughProfiler

__all__ = ["NoProfiler"]


class NoProfiler(PassThroughProfiler):
    """Lightning's own that measures nothing, without a generator made for each question."""

    _nothing = contextlib.nullcontext()

    def profile(self, action_name: str) -> Any:
        """Return a context that does nothing."""
        return self._nothing
