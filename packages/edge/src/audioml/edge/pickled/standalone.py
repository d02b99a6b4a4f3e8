"""SONYC's features in one piece: what ``audioml edge export-features X.pkl`` pickles by value.

It needs numpy, and soxr for audio of another rate; nothing of audioml. Therefore it imports
within functions and repeats what `audioml.core.features` has: the tests compare the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["get_features"]


def get_features(  # noqa: PLR0917 - the signature is SONYC's
    y: ArrayLike,
    sr: float,
    hop_size: float | None = None,
    duration: float = 1,
    target_sr: int = 8000,
    n_fft: int = 1024,
    n_mels: int = 64,
    mel_hop_len: int = 160,
    fmax: float | None = None,
) -> NDArray[Any]:
    """Return the log-mel windows of audio, float32, shape (windows, n_mels, frames), in dB.

    Parameters
    ----------
    y
        Floating point, shape (n,) or (channels, n).
    sr
        Hz of ``y``; it is resampled to ``target_sr``.
    hop_size, duration
        Seconds from one window to the next, 0.1 by default, and of a window.
    n_fft, mel_hop_len
        Length of the transform, and samples from one frame to the next.
    n_mels, fmax
        Number of HTK mel filters, and where they end in Hz: at half the rate by default.
    """
    import numpy as np

    windows = cut(
        at_rate(y, sr, target_sr),
        length=round(duration * target_sr),
        hop=round((0.1 if hop_size is None else hop_size) * target_sr),
    )
    bank = filters(target_sr, n_fft, n_mels, target_sr / 2 if fmax is None else fmax)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    spectra = (magnitudes(window, taper, mel_hop_len) for window in windows)
    found: NDArray[Any] = np.stack([decibels(bank @ spectrum) for spectrum in spectra])
    return found.astype(np.float32)


def at_rate(y: ArrayLike, sr: float, target_sr: int) -> NDArray[Any]:
    """Return the mean of the channels at another rate, shape (n,)."""
    import numpy as np

    samples: NDArray[Any] = np.atleast_2d(y).mean(axis=0)
    if not len(samples):
        raise ValueError("the audio holds no samples")
    if sr == target_sr:
        return samples
    import soxr

    resampled: NDArray[Any] = soxr.resample(samples.astype(np.float32), sr, target_sr)
    return resampled


def cut(samples: NDArray[Any], *, length: int, hop: int) -> NDArray[Any]:
    """Return windows, shape (windows, length), zeros completing the last on both sides of all."""
    import numpy as np

    more = -(-max(len(samples) - length, 0) // hop)
    missing = length + more * hop - len(samples)
    padded = np.pad(samples, (missing // 2, missing - missing // 2))
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]


def magnitudes(samples: NDArray[Any], taper: NDArray[Any], hop: int) -> NDArray[Any]:
    """Return the spectrum of centred frames, shape (bins, frames)."""
    import numpy as np

    padded = np.pad(samples, len(taper) // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, len(taper))[::hop]
    return np.abs(np.fft.rfft(frames * taper)).T


def filters(rate: int, n_fft: int, n_mels: int, fmax: float) -> NDArray[Any]:
    """Return HTK mel filters of the same area each, shape (n_mels, bins)."""
    import numpy as np

    top = 2595.0 * np.log10(1.0 + fmax / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(0.0, top, n_mels + 2) / 2595.0) - 1.0)
    slopes = edges[:, None] - np.fft.rfftfreq(n_fft, 1.0 / rate)
    widths = np.diff(edges)[:, None]
    ramps = np.maximum(0, np.minimum(-slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]))
    found: NDArray[Any] = ramps * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return found


def decibels(mels: NDArray[Any]) -> NDArray[Any]:
    """Return 10 log10 of magnitudes, no more than 80 dB below their largest."""
    import numpy as np

    values = 10.0 * np.log10(np.maximum(1e-10, mels))
    found: NDArray[Any] = np.maximum(values, values.max() - 80.0)
    return found
