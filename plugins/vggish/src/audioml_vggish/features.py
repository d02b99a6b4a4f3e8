"""What VGGish is fed: examples of 96 frames of 10 ms, 64 mel bands each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError
from audioml.core.features.windows import Grid, WindowStream, mono, strided
from audioml.core.stages import FeatureExtractor, FeatureStream
from audioml.core.values import Audio, Rows

from .spectra import BANDS, FRAMES, RATE, STEP, WINDOW, log_mel

__all__ = ["EXAMPLE", "PADS", "TENSOR", "Pad", "VGGishLogMel"]

TENSOR = "examples"
EXAMPLE = (FRAMES - 1) * STEP + WINDOW
"""Samples that an example needs: 15600, or 0.975 s."""

Pad = Literal["drop", "zero", "repeat"]
PADS = ("drop", "zero", "repeat")
_BATCH = 4  # examples made at a time: 400 frames


@dataclass(frozen=True, kw_only=True)
class VGGishLogMel(FeatureExtractor):
    """Log-mel examples: tensor ``examples``, float32, shape (rows, 96, 64).

    Examples that overlap share the frames that they have in common, to the last bit.

    Parameters
    ----------
    hop
        Seconds from one example to the next, a multiple of 0.01 s. The first example needs
        0.975 s of sound: its last frame reaches 15 ms beyond 0.96 s.
    pad
        What happens to sound at the end that does not fill an example. ``drop``, as the original
        does: it is left out, and a recording shorter than 0.975 s has no example. ``zero``:
        silence completes the last example. ``repeat``: a recording too short for one example is
        repeated until it fills it; otherwise as ``drop``.

    Raises
    ------
    ValidationError
        If a parameter is not as above.
    """

    hop: float | None = 0.96
    pad: Pad = "drop"

    rate = RATE
    window = FRAMES * STEP / RATE

    def __post_init__(self) -> None:
        if self.pad not in PADS:
            raise ValidationError(f"'pad' must be one of {', '.join(PADS)}, got {self.pad!r}")
        self._step()

    def _step(self) -> int:
        """Return the hop in frames."""
        hop = self.hop
        number = isinstance(hop, int | float) and not isinstance(hop, bool) and math.isfinite(hop)
        frames = round(float(hop or 0) * RATE / STEP) if number else 0
        if frames < 1 or abs(float(hop or 0) * RATE / STEP - frames) > 1e-6:
            raise ValidationError(
                f"'hop' must be a multiple of {STEP / RATE} s above 0, for frames are "
                f"{STEP / RATE} s apart; got {hop!r}"
            )
        return frames

    def stream(self) -> FeatureStream:
        """Return a new stream."""
        return self._stream()

    def __call__(self, audio: Audio, /) -> Rows:
        """Return the examples of a whole signal."""
        stream = self._stream()
        return stream.run(audio, last=True)

    def _stream(self) -> WindowStream:
        step = self._step()
        grid = Grid(EXAMPLE, step * STEP, "zero" if self.pad == "zero" else "drop")
        kind = _Repeating if self.pad == "repeat" else WindowStream
        return kind(grid, _Examples(step), rate=RATE, tensor=TENSOR)


class _Examples:
    """Makes examples out of samples, and keeps the frames that the next one shares with these."""

    batch = _BATCH

    def __init__(self, step: int) -> None:
        self._step = step
        self.reset()

    def reset(self) -> None:
        """Forget the frames."""
        self._kept = np.empty((0, BANDS), np.float32)

    def empty(self, rows: int) -> NDArray[np.float32]:
        """Return an array to be filled."""
        return np.empty((rows, FRAMES, BANDS), np.float32)

    def fill(self, samples: NDArray[np.float32], out: NDArray[Any]) -> None:
        """Fill ``out`` with as many examples as it has rows, the first beginning at sample 0."""
        rows, step = len(out), self._step
        if step > FRAMES:  # what lies between two examples is not looked at
            for row in range(rows):
                out[row] = self._frames(samples, row * step, FRAMES)
            return
        known = len(self._kept)
        new = self._frames(samples, known, (rows - 1) * step + FRAMES - known)
        frames = np.concatenate([self._kept, new]) if known else new
        out[:] = strided(frames, out.shape, (step * BANDS, BANDS, 1))
        self._kept = frames[rows * step :].copy()

    def _frames(self, samples: NDArray[np.float32], first: int, count: int) -> NDArray[np.float32]:
        return log_mel()(strided(samples, (count, WINDOW), (STEP, 1), first=first * STEP))


class _Repeating(WindowStream):
    """Repeats a signal that is too short for one example."""

    def run(self, audio: Audio | None, /, *, last: bool = False) -> Rows:
        """Return the rows of a block; ``last`` says that the signal ends with it."""
        held = self._tape.samples()
        if last and not self._count and len(held) < EXAMPLE:
            heard = held if audio is None else np.concatenate([held, mono(audio, RATE)])
            if 0 < len(heard) < EXAMPLE:
                rest = np.resize(heard, EXAMPLE)[len(held) :]
                audio = Audio(rest, RATE, audio.start if audio else 0.0)
        return super().run(audio, last=last)
