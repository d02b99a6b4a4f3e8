"""Which frames of a window see its padding, and what they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ValidationError
from .spectra import Cut
from .stft import PadMode
from .windows import Grid, strided

__all__ = ["Edge", "Layout", "lay_out"]


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """Neighbouring frames of a window of which each sees some padding.

    With zeros around a window, such a frame is a frame of the signal under a window function that
    is 0 where the padding is. A reflection has to be gathered, by ``index``.
    """

    first: int
    weights: NDArray[Any]
    index: NDArray[np.intp] | None

    def __len__(self) -> int:
        return len(self.weights)

    def cut(self, padded: NDArray[Any], layout: Layout, windows: int) -> Cut:
        """Return the frames in each of some windows of a signal with margins."""
        hop, n_fft = layout.grid.hop, self.weights.shape[1]
        if self.index is not None:
            origins = layout.margin + hop * np.arange(windows)
            return Cut(padded[origins[:, np.newaxis, np.newaxis] + self.index], self.weights)
        shape, steps = (windows, len(self), n_fft), (hop, layout.hop_length, 1)
        view = strided(padded, shape, steps, first=self.first * layout.hop_length)
        return Cut(view, self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The frames of a window: ``left`` ones, ``inner`` ones that see no padding, ``right`` ones.

    ``shared`` is the number of frames from one window to the next where windows have inner frames
    in common, else 0. ``window`` is the window function; ``margin`` samples before and after a
    window are within reach of its frames.
    """

    grid: Grid
    window: NDArray[Any]
    hop_length: int
    margin: int
    left: Edge
    inner: int
    right: Edge
    shared: int

    @property
    def frames(self) -> int:
        """Return the number of frames of a window."""
        return len(self.left) + self.inner + len(self.right)


def lay_out(
    grid: Grid,
    window: NDArray[Any],
    *,
    hop_length: int,
    center: bool,
    pad_mode: PadMode,
) -> Layout:
    """Return where the frames of a window lie.

    Raises
    ------
    ValidationError
        If a window holds no frame.
    """
    n_fft, length = len(window), grid.length
    margin = n_fft // 2 if center else 0
    count = (length + 2 * margin - n_fft) // hop_length + 1
    if length + 2 * margin < n_fft:
        raise ValidationError(f"a window of {length} samples holds no frame of n_fft={n_fft}")
    begins = np.arange(count) * hop_length - margin  # within the window
    inside = np.flatnonzero((begins >= 0) & (begins + n_fft <= length))
    left, after = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (count, count)

    def edge(first: int, last: int) -> Edge:
        index = begins[first:last, np.newaxis] + np.arange(n_fft)
        if pad_mode == "reflect":
            reflected = np.pad(np.arange(length), margin, mode="reflect")
            return Edge(first, np.broadcast_to(window, index.shape), reflected[index + margin])
        seen = (index >= 0) & (index < length)
        return Edge(first, np.where(seen, window, window.dtype.type(0)), None)

    shared = grid.hop // hop_length if grid.hop % hop_length == 0 else 0
    return Layout(
        grid=grid,
        window=window,
        hop_length=hop_length,
        margin=margin,
        left=edge(0, left),
        inner=after - left,
        right=edge(after, count),
        shared=shared if shared < after - left else 0,
    )
