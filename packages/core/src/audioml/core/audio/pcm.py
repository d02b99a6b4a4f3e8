"""Bytes to samples: the formats in which sound comes without a file around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

__all__ = ["FORMATS", "PCM", "check_form"]

_CHANNELS = 64  # more than that is a misunderstanding
_RATES = (100, 768_000)  # Hz

Samples = NDArray[np.float32]


def _integers(dtype: str, scale: float) -> Callable[[bytes], Samples]:
    def convert(data: bytes) -> Samples:
        samples: Samples = np.frombuffer(data, dtype).astype(np.float32)
        samples *= np.float32(scale)
        return samples

    return convert


def _u8(data: bytes) -> Samples:
    samples: Samples = np.frombuffer(data, np.uint8).astype(np.float32)
    samples -= np.float32(128)
    samples *= np.float32(2.0**-7)
    return samples


def _s24(data: bytes) -> Samples:
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return _integers("<i4", 2.0**-31)(wide.tobytes())


def _f32(data: bytes) -> Samples:
    return np.frombuffer(data, "<f4").astype(np.float32, copy=False)


def _f64(data: bytes) -> Samples:
    with np.errstate(over="ignore"):  # what does not fit becomes infinite, and that is noticed
        samples: Samples = np.frombuffer(data, "<f8").astype(np.float32)
    return samples


_CONVERT: dict[str, tuple[int, Callable[[bytes], Samples]]] = {
    "s16le": (2, _integers("<i2", 2.0**-15)),
    "s16be": (2, _integers(">i2", 2.0**-15)),
    "s24le": (3, _s24),
    "s32le": (4, _integers("<i4", 2.0**-31)),
    "u8": (1, _u8),
    "f32le": (4, _f32),
    "f64le": (8, _f64),
}

FORMATS: dict[str, int] = {name: width for name, (width, _) in _CONVERT.items()}
"""Name of a format to its bytes per sample; ``s`` is signed, ``f`` floating point, ``le`` little
endian, ``be`` big endian as in network order."""


class PCM:
    """Turns bytes into samples as they come; bytes may be split anywhere, even within a sample.

    Integers are divided by their full scale, which is exact up to 24 bits: 32768 for ``s16le``.

    Parameters
    ----------
    format
        One of `FORMATS`.
    channels
        How many samples make a frame; they are interleaved.

    Raises
    ------
    UsageError
        If the format is unknown.
    """

    def __init__(self, format: str, channels: int) -> None:  # noqa: A002 - named as the option
        if format not in _CONVERT:
            raise UsageError(f"unknown format {format!r}; expected one of {', '.join(_CONVERT)}")
        self.channels = channels
        self._width, self._convert = _CONVERT[format]
        self._rest = b""

    @property
    def frame(self) -> int:
        """Return the bytes of one frame, all channels together."""
        return self._width * self.channels

    def push(self, data: bytes, /) -> Samples:
        """Return the frames that are complete, float32, shape (channels, n)."""
        if self._rest:
            data = self._rest + data
        whole = len(data) - len(data) % self.frame
        self._rest = data[whole:]
        samples = self._convert(data[:whole] if self._rest else data)
        if self.channels == 1:
            return samples[np.newaxis]
        return np.ascontiguousarray(samples.reshape(-1, self.channels).T)

    def reset(self) -> None:
        """Forget the part of a frame that is held: what comes next does not follow it."""
        self._rest = b""


def check_form(rate: Any, channels: Any) -> tuple[int, int]:
    """Return a rate in Hz and a number of channels that are such.

    Raises
    ------
    UsageError
        If they are not.
    """
    low, high = _RATES
    if isinstance(rate, bool) or not isinstance(rate, int) or not low <= rate <= high:
        raise UsageError(f"expected a sample rate of {low} to {high} Hz, got {rate!r}")
    whole = isinstance(channels, int) and not isinstance(channels, bool)
    if not whole or not 1 <= channels <= _CHANNELS:
        raise UsageError(f"expected 1 to {_CHANNELS} channels, got {channels!r}")
    return rate, channels
