"""Windows of samples, for models that take sound itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages import FeatureExtractor, FeatureStream
from ..values import Audio, Rows
from .layouts import arranged, check_layout
from .windows import Grid, Pad, Tape, WindowStream, centred, check_windows, mono, strided

__all__ = ["PCM"]


@dataclass(frozen=True, kw_only=True)
class PCM(FeatureExtractor):
    """Samples as they are: tensor ``audio``, float32, shape (rows, n).

    Parameters
    ----------
    rate
        Hz.
    window
        Seconds; None makes the whole signal one row.
    hop
        Seconds from one window to the next; by default the window's length.
    pad
        What happens to samples at the end that do not fill a window: ``zero`` completes them with
        zeros, ``short`` does so only for a signal shorter than one window, ``drop`` never;
        ``center`` puts half of the zeros before the signal. That depends on its length, which a
        stream does not know: it completes the end, and equals the whole for whole hops.
    tensor
        Name of the tensor.
    layout
        Order of the axes after the row: ``n`` stands for samples, each ``1`` for an axis of
        length one.

    Raises
    ------
    ValidationError
        If a parameter is not as above.
    """

    rate: int
    window: float | None = None
    hop: float | None = None
    pad: Pad = "zero"
    tensor: str = "audio"
    layout: str = "n"

    def __post_init__(self) -> None:
        self._grid()
        check_layout(self.layout, axes="n")

    def _grid(self) -> Grid | None:
        return check_windows(rate=self.rate, window=self.window, hop=self.hop, pad=self.pad)

    def stream(self) -> FeatureStream:
        """Return a new stream; without a window it keeps the sound until the end."""
        grid = self._grid()
        if grid is None:
            return _Whole(self)
        return WindowStream(grid, _Copies(grid, self.layout), rate=self.rate, tensor=self.tensor)

    def whole(self, blocks: Iterable[Audio], /) -> Iterator[Rows]:
        """Yield the rows of a whole signal that is read in blocks, a few at a time."""
        grid = self._grid()
        if self.pad == "center" and grid is not None:
            blocks = centred(blocks, grid)
        yield from super().whole(blocks)

    def __call__(self, audio: Audio, /) -> Rows:
        """Return the rows of a whole signal: a read-only view of it where nothing is padded."""
        grid = self._grid()
        if self.pad == "center" and grid is not None:
            return super().__call__(audio)
        samples = mono(audio, self.rate)
        if grid is None:
            grid = Grid(max(len(samples), 1), max(len(samples), 1), "drop")
        missing = grid.missing(len(samples), first=True)
        if missing:
            samples = np.pad(samples, (0, missing))
        rows = _windows(np.ascontiguousarray(samples), grid, grid.full(len(samples)))
        rows.flags.writeable = False
        starts = audio.start + np.arange(len(rows)) * grid.hop / self.rate
        return Rows({self.tensor: arranged(rows, self.layout, axes="n")}, starts)


def _windows(samples: NDArray[Any], grid: Grid, rows: int) -> NDArray[Any]:
    return strided(samples, (rows, grid.length), (grid.hop, 1))


class _Copies:
    """Windows copied, since the samples of a stream do not stay."""

    batch = 16

    def __init__(self, grid: Grid, layout: str) -> None:
        self._grid, self._layout = grid, layout

    def empty(self, rows: int) -> NDArray[np.float32]:
        out = np.empty((rows, self._grid.length), np.float32)
        return arranged(out, self._layout, axes="n")

    def fill(self, samples: NDArray[np.float32], out: NDArray[Any]) -> None:
        out[:] = arranged(_windows(samples, self._grid, len(out)), self._layout, axes="n")

    def reset(self) -> None:
        pass


class _Whole:
    """One row, once the signal is over."""

    def __init__(self, extractor: PCM) -> None:
        self._extractor = extractor
        self.reset()

    def reset(self) -> None:
        self._tape = Tape()
        self._start = 0.0

    def push(self, audio: Audio, /) -> Rows:
        samples = mono(audio, self._extractor.rate)
        if not self._tape.size:
            self._start = audio.start
        self._tape.append(samples)
        return self._rows(np.zeros(0, np.float32))

    def finish(self) -> Rows:
        rows = self._rows(self._tape.samples())
        self.reset()
        return rows

    def _rows(self, samples: NDArray[np.float32]) -> Rows:
        return self._extractor(Audio(samples, self._extractor.rate, self._start))
