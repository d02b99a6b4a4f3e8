"""What became of one input: a file that was found, or a stretch of a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audioml.core.stages import ModelSpec
from audioml.core.values import Frames, Prediction

__all__ = ["Result", "Status"]

Status = Literal["ok", "truncated"]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A model's answer for one input, and what is worth knowing of both.

    Parameters
    ----------
    key
        What this input is and no other: a digest of a file's path, size and time, or of a stream's
        name and the time of its block. The same input always has the same key.
    name
        The file's path within the folder that is watched, or the stream's name.
    prediction
        What the model answered; times are in seconds from the beginning of the file or stream.
    spec
        The model.
    status
        ``truncated`` where a file ended before its header said.
    flags
        What was noticed: ``silent``, ``clipped``, ``short``, ``resampled``, ``gap``.
    rate, channels, duration
        Of the input: Hz, number, seconds.
    seconds
        Time that the work took.
    first
        Number of the first window in its file or stream.
    recorded
        When the input began, in seconds since 1970: a file's modification time less its duration,
        or the clock when the first block came.
    """

    key: str
    name: str
    prediction: Prediction
    spec: ModelSpec
    status: Status = "ok"
    flags: tuple[str, ...] = ()
    rate: int = 0
    channels: int = 0
    duration: float = 0.0
    seconds: float = 0.0
    recorded: float = 0.0
    first: int = 0

    @property
    def heads(self) -> dict[str, Frames]:
        """Return what has one entry for each window, in the model's order."""
        return self.prediction.frames

    @property
    def scores(self) -> Frames | None:
        """Return the last head that has labels, shape (windows, labels)."""
        labelled = [f for f in self.heads.values() if f.labels and f.values.ndim == 2]
        return labelled[-1] if labelled else None

    @property
    def starts(self) -> NDArray[np.float64]:
        """Return when each window begins in seconds, float64, shape (windows,)."""
        heads = list(self.heads.values())
        return heads[0].times if heads else np.zeros(0)
