"""The short-time Fourier transform, as librosa 0.11 computes it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ValidationError

__all__ = ["PadMode", "frame", "hann", "stft"]

PadMode = Literal["constant", "reflect"]


def hann(n_fft: int, *, win_length: int | None = None) -> NDArray[np.float64]:
    """Return a periodic Hann window of ``win_length`` samples, centred in ``n_fft`` samples.

    Raises
    ------
    ValidationError
        If the window is longer than the transform.
    """
    length = n_fft if win_length is None else win_length
    if not 0 < length <= n_fft:
        raise ValidationError(f"'win_length' must be in 1..{n_fft} (n_fft), got {win_length!r}")
    # written as scipy.signal.get_window does, so that both agree to the last bit
    window = 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, length + 1)[:-1])
    before = (n_fft - length) // 2
    return np.pad(window, (before, n_fft - length - before))


def frame(samples: NDArray[Any], *, frame_length: int, hop_length: int) -> NDArray[Any]:
    """Return overlapping frames as a read-only view, shape (..., frames, frame_length).

    What is left at the end and does not fill a frame is not in it. The last two axes are those of
    ``librosa.util.frame`` in the other order.

    Raises
    ------
    ValidationError
        If a length is not above 0, or the signal is shorter than one frame.
    """
    if frame_length < 1 or hop_length < 1:
        raise ValidationError(
            f"'frame_length' and 'hop_length' must be above 0, got {frame_length}, {hop_length}"
        )
    if samples.shape[-1] < frame_length:
        raise ValidationError(
            f"a signal of {samples.shape[-1]} samples holds no frame of {frame_length}; pad it"
        )
    view = np.lib.stride_tricks.sliding_window_view(samples, frame_length, axis=-1)
    return view[..., ::hop_length, :]


def stft(
    samples: NDArray[np.floating[Any]],
    *,
    n_fft: int = 2048,
    hop_length: int | None = None,
    win_length: int | None = None,
    center: bool = True,
    pad_mode: PadMode = "constant",
) -> NDArray[np.complexfloating[Any, Any]]:
    """Return the short-time Fourier transform, complex, shape (..., 1 + n_fft // 2, frames).

    Parameters
    ----------
    samples
        float32 or float64, shape (..., n).
    n_fft
        Length of the transform in samples.
    hop_length
        Samples from one frame to the next; a quarter of the window by default.
    win_length
        Length of the periodic Hann window in samples, centred in the frame; ``n_fft`` by default.
    center
        Whether frame ``t`` is centred at sample ``t * hop_length``; else it begins there.
    pad_mode
        What stands before and after the signal where ``center``: zeros or its reflection.

    Raises
    ------
    ValidationError
        If the signal holds no frame, or a length makes no sense.
    """
    window = hann(n_fft, win_length=win_length)
    hop_length = (win_length or n_fft) // 4 if hop_length is None else hop_length
    if center:
        ends = [(0, 0)] * (samples.ndim - 1) + [(n_fft // 2, n_fft // 2)]
        samples = np.pad(samples, ends, mode=pad_mode)
    frames = frame(samples, frame_length=n_fft, hop_length=hop_length)
    result = np.result_type(samples.dtype, np.complex64)
    spectrum = np.empty((*frames.shape[:-1], 1 + n_fft // 2), result)
    block = max(1, 2**16 // n_fft)
    for first in range(0, frames.shape[-2], block):
        part = frames[..., first : first + block, :]
        # the window is float64: so is the transform, as librosa's is, before it is rounded
        spectrum[..., first : first + block, :] = np.fft.rfft(part * window)
    return spectrum.swapaxes(-1, -2)
