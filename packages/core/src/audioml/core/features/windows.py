"""Windows of a signal that arrives in blocks: where they lie, and what is kept between blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import AudioError, ValidationError
from ..values import Audio, Rows

__all__ = [
    "Grid",
    "Pad",
    "RowMaker",
    "Tape",
    "WindowStream",
    "centred",
    "check_windows",
    "mono",
    "strided",
]

Pad = Literal["zero", "short", "drop", "center"]
Samples = NDArray[np.float32]
_PIECE = 1 << 17  # samples that rows are made of at a time


@dataclass(frozen=True, slots=True)
class Grid:
    """Windows of ``length`` samples, one every ``hop`` samples."""

    length: int
    hop: int
    pad: Pad

    def full(self, samples: int) -> int:
        """Return how many whole windows fit."""
        return 0 if samples < self.length else (samples - self.length) // self.hop + 1

    def missing(self, samples: int, *, first: bool) -> int:
        """Return how many zeros complete the last window of a signal.

        ``samples`` are counted from the beginning of the next window; ``first`` tells that no
        window came before.
        """
        fit = self.full(samples)
        left = samples - fit * self.hop
        alone = first and not fit
        seen = 0 if alone else max(self.length - self.hop, 0)
        wanted = self.pad in ("zero", "center") or (alone and self.pad == "short")
        return self.length - left if wanted and left > seen else 0


class Tape:
    """The samples that later windows still need; joined only when they are looked at."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[Samples] = []

    def append(self, samples: Samples) -> None:
        """Add samples at the end."""
        kept = samples[-self.size :] if self.size < 0 else samples
        self.size += len(samples)
        if len(kept):
            self._parts.append(kept.copy())  # the caller may use the memory of a block again

    def samples(self) -> Samples:
        """Return all samples in one piece, shape (size,)."""
        if len(self._parts) != 1:
            self._parts = [np.concatenate(self._parts or [np.zeros(0, np.float32)])]
        return self._parts[0]

    def drop(self, count: int) -> None:
        """Forget samples at the beginning, and those still to come if there are not so many."""
        rest = self.samples()[count:]
        self._parts = [rest] if len(rest) else []
        self.size -= count


class RowMaker(Protocol):
    """Makes rows out of windows; it may remember what the next windows share with these."""

    batch: int

    def empty(self, rows: int) -> NDArray[Any]:
        """Return an array to be filled."""
        ...

    def fill(self, samples: Samples, out: NDArray[Any]) -> None:
        """Fill ``out`` with as many windows as it has rows, the first beginning at sample 0."""
        ...

    def reset(self) -> None:
        """Forget what was before."""
        ...


class WindowStream:
    """Rows of a signal that arrives in blocks: the same as of the whole signal."""

    def __init__(self, grid: Grid, maker: RowMaker, *, rate: int, tensor: str) -> None:
        self._grid, self._maker = grid, maker
        self._rate, self._tensor = rate, tensor
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next block begins a new signal."""
        self._tape = Tape()
        self._start = 0.0
        self._count = 0
        self._maker.reset()

    def push(self, audio: Audio, /) -> Rows:
        """Return the windows that became complete."""
        return self.run(audio)

    def finish(self) -> Rows:
        """Return the window that the end leaves incomplete, padded with zeros if so wanted."""
        return self.run(None, last=True)

    def run(self, audio: Audio | None, /, *, last: bool = False) -> Rows:
        """Return the rows of a block; ``last`` says that the signal ends with it."""
        samples = np.zeros(0, np.float32)
        if audio is not None:
            samples = mono(audio, self._rate)
            if not self._count and not self._tape.size:
                self._start = audio.start
        held = self._tape.size + len(samples)
        missing = self._grid.missing(held, first=not self._count) if last else 0
        out = self._maker.empty(self._grid.full(held + missing))
        first, self._count = self._count, self._count + len(out)
        self._fill(samples, missing, out)
        starts = self._start + np.arange(first, self._count) * self._grid.hop / self._rate
        if last:
            self.reset()
        return Rows({self._tensor: out}, starts)

    def _fill(self, samples: Samples, missing: int, out: NDArray[Any]) -> None:
        grid, tape, done = self._grid, self._tape, 0
        for piece in _pieces(samples, missing, size=self._maker.batch * grid.hop):
            tape.append(piece)
            rows = grid.full(tape.size)
            if rows:
                self._maker.fill(tape.samples(), out[done : done + rows])
                tape.drop(rows * grid.hop)
                done += rows


def _pieces(samples: Samples, zeros: int, *, size: int) -> Iterator[Samples]:
    """Yield a signal in pieces that stay in the processor's cache."""
    for first in range(0, len(samples), size):
        yield samples[first : first + size]
    if zeros:
        yield np.zeros(zeros, np.float32)


def centred(blocks: Iterable[Audio], grid: Grid) -> Iterator[Audio]:
    """Yield a whole signal with the zeros that complete its last window on both sides of it.

    It then begins before its own start, by half of what was missing.
    """
    parts = list(blocks)
    if not parts:
        raise AudioError("no audio: expected at least one block")
    rate, start = parts[0].rate, parts[0].start
    missing = grid.missing(sum(part.samples.shape[1] for part in parts), first=True)
    before = missing // 2
    if before:
        yield Audio(np.zeros((1, before), np.float32), rate, start - before / rate)
    for part in parts:
        for first in range(0, part.samples.shape[1], _PIECE):
            piece = part.samples[:, first : first + _PIECE]
            yield Audio(piece, rate, part.start + first / rate)
    if missing:
        yield Audio(np.zeros((1, missing - before), np.float32), rate, parts[-1].end)


def mono(audio: Audio, rate: int) -> Samples:
    """Return the samples of one channel, shape (n,).

    Raises
    ------
    AudioError
        If the audio has another rate or several channels.
    """
    if audio.rate != rate:
        raise AudioError(f"these features take audio at {rate} Hz, got {audio.rate} Hz; resample")
    if audio.channels != 1:
        raise AudioError(f"these features take 1 channel, got {audio.channels}; use mono()")
    samples: Samples = audio.samples[0]
    return samples


def check_windows(*, rate: int, window: float | None, hop: float | None, pad: Pad) -> Grid | None:
    """Return the windows of an extractor's parameters, in samples; None is the whole signal.

    Raises
    ------
    ValidationError
        If a length is not above 0 or ``pad`` is unknown.
    """
    if isinstance(rate, bool) or not isinstance(rate, int) or rate < 1:
        raise ValidationError(f"'rate' must be a whole number of Hz above 0, got {rate!r}")
    if pad not in ("zero", "short", "drop", "center"):
        raise ValidationError(f"'pad' must be 'zero', 'short', 'drop' or 'center', got {pad!r}")
    if window is None:
        if hop is not None:
            raise ValidationError(f"'hop' needs a 'window', got hop={hop!r} and no window")
        return None
    length = round(window * rate)
    step = length if hop is None else round(hop * rate)
    if length < 1 or step < 1:
        raise ValidationError(
            f"'window' and 'hop' must be at least one sample, got {window!r} s and {hop!r} s"
        )
    return Grid(length, step, pad)


def strided(
    samples: NDArray[Any], shape: tuple[int, ...], steps: tuple[int, ...], *, first: int = 0
) -> NDArray[Any]:
    """Return a view that begins at sample ``first`` and takes ``steps`` samples along each axis.

    As ``numpy.lib.stride_tricks.as_strided``, but within bounds, and ten times quicker to make.
    """
    size = samples.itemsize
    return np.ndarray(
        shape, samples.dtype, samples, first * size, tuple(step * size for step in steps)
    )
