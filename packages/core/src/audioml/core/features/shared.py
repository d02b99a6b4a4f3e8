"""Log-mel rows of windows that share the frames they have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .edges import Layout
from .layouts import arranged
from .scales import Scale
from .spectra import Cut, MelSpectra
from .windows import strided

__all__ = ["SharedRows"]


class SharedRows:
    """Makes log-mel rows, each as if its window stood alone.

    A frame at a window's edge sees padding where the signal goes on, so it is computed anew for
    each window. Slicing one long spectrogram instead is wrong there by up to 79 dB.
    """

    def __init__(self, layout: Layout, spectra: MelSpectra, scale: Scale, *, axes: str) -> None:
        self._layout, self._spectra, self._scale = layout, spectra, scale
        self._axes = axes
        each = layout.frames - (layout.inner - layout.shared if layout.shared else 0)
        self.batch = max(1, spectra.block // each)
        self.reset()

    def reset(self) -> None:
        """Forget the frames that the next window would share with the last."""
        self._kept: NDArray[Any] | None = None

    def empty(self, rows: int) -> NDArray[np.float32]:
        """Return an array to be filled, float32, its axes in the order wanted."""
        shape = {"t": self._layout.frames, "m": self._spectra.size}
        order = self._axes.replace("1", "")
        out = np.empty((rows, *(shape[letter] for letter in order)), np.float32)
        return arranged(out, self._axes, axes=order)

    def fill(self, samples: NDArray[np.float32], out: NDArray[Any]) -> None:
        """Fill ``out`` with as many windows as it has rows, the first beginning at sample 0."""
        layout, windows = self._layout, len(out)
        used = (windows - 1) * layout.grid.hop + layout.grid.length
        padded = np.zeros(used + 2 * layout.margin)  # in double precision, see `_Space`
        padded[layout.margin : layout.margin + used] = samples[:used]
        left = layout.left.cut(padded, layout, windows)
        right = layout.right.cut(padded, layout, windows)
        mels = self._spectra([left, self._inner(padded, windows), right])
        if layout.shared:
            mels[1] = self._shared(mels[1][0], windows)
        rows = np.concatenate(mels, axis=1)
        out[:] = arranged(self._scale.rows(rows), self._axes, axes="tm")

    def _inner(self, padded: NDArray[np.float64], windows: int) -> Cut:
        """Return the frames that see no padding: of every window, or only what is new."""
        layout, weights = self._layout, self._layout.window
        step, first, count = layout.hop_length, len(layout.left), layout.inner
        if not layout.shared:
            shape = windows, count, len(weights)
            steps = layout.grid.hop, step, 1
            return Cut(strided(padded, shape, steps, first=first * step), weights)
        known = 0 if self._kept is None else len(self._kept)
        new = count + (windows - 1) * layout.shared - known
        shape, steps = (1, new, len(weights)), (0, step, 1)
        return Cut(strided(padded, shape, steps, first=(first + known) * step), weights)

    def _shared(self, new: NDArray[Any], windows: int) -> NDArray[Any]:
        """Return the frames of each window out of the common ones, and keep the last of them."""
        frames = new if self._kept is None else np.concatenate([self._kept, new])
        self._kept = frames[windows * self._layout.shared :]
        size = frames.shape[1]
        shape = windows, self._layout.inner, size
        return strided(frames, shape, (self._layout.shared * size, size, 1))
