"""The scale that a log-mel spectrogram is given in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ValidationError

__all__ = ["Log", "Scale"]

Log = Literal["db", "ln", "log10"] | None
_LOGS = {"db": np.log10, "log10": np.log10, "ln": np.log}


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithm with a floor, and what is done with the range of a row.

    ``log`` is 10 log10, the natural or the decimal logarithm, or None; ``offset`` is added and
    values below ``amin`` are raised to it before; ``ref`` is the value of 0 dB, or ``max`` for
    the row's largest, and values ``top_db`` below the row's largest are raised to there.
    """

    log: Log
    offset: float
    amin: float
    ref: float | Literal["max"]
    top_db: float | None

    def __post_init__(self) -> None:
        if self.log not in (*_LOGS, None):
            raise ValidationError(f"'log' must be 'db', 'ln', 'log10' or None, got {self.log!r}")
        if self.log and self.offset + self.amin <= 0:
            raise ValidationError(f"'amin' must be above 0 under a logarithm, got {self.amin!r}")
        if self.log != "db" and (self.ref != 1.0 or self.top_db is not None):
            raise ValidationError(f"'ref' and 'top_db' need log='db', got log={self.log!r}")
        if self.ref != "max" and not (isinstance(self.ref, int | float) and self.ref > 0):
            raise ValidationError(f"'ref' must be above 0 or 'max', got {self.ref!r}")

    def frames(self, mels: NDArray[Any]) -> NDArray[Any]:
        """Return the logarithm; it is taken frame by frame, before frames are shared."""
        if self.offset:
            mels += mels.dtype.type(self.offset)
        if self.amin:
            np.maximum(mels, mels.dtype.type(self.amin), out=mels)
        if self.log is None:
            return mels
        _LOGS[self.log](mels, out=mels)
        if self.log == "db":
            mels *= mels.dtype.type(10.0)
            if self.ref not in (1.0, "max"):
                mels -= mels.dtype.type(10.0 * np.log10(max(self.amin, float(self.ref))))
        return mels

    def rows(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return rows, shape (rows, frames, n_mels), with each row's range seen to."""
        if not rows.size or (self.top_db is None and self.ref != "max"):
            return rows
        largest = rows.max(axis=(1, 2), keepdims=True)
        if self.ref == "max":
            rows -= largest
            largest = np.zeros_like(largest)
        if self.top_db is not None:
            np.maximum(rows, largest - rows.dtype.type(self.top_db), out=rows)
        return rows
