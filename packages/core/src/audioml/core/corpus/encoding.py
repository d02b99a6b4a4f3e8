"""How samples are kept: as floats, as 16-bit PCM or as 8-bit mu-law."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ValidationError

__all__ = ["ENCODINGS", "check_encoding", "decode", "encode"]

ENCODINGS: dict[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "int16": np.dtype("<i2"),
    "mulaw": np.dtype("u1"),
}
"""Name of each encoding, and the type of its samples on disk."""

_MU = 255.0
_LEVELS = (np.arange(256) / _MU * 2 - 1).astype(np.float64)
_MULAW = (np.sign(_LEVELS) * np.expm1(np.abs(_LEVELS) * np.log1p(_MU)) / _MU).astype(np.float32)


# Where one step becomes the next, and for narrow cells of [-1, 1] how many of these lie before:
# a quarter of the time of a logarithm, and the same bits whatever processor takes it.
_CURVE = np.arange(-127, 128) * (2 / _MU)
_STEPS = (np.sign(_CURVE) * np.expm1(np.abs(_CURVE) * np.log1p(_MU)) / _MU).astype(np.float32)
_CELLS = 1 << 14  # to each side: 61e-6 wide, where the finest step is 174e-6
_LEFT = np.arange(2 * _CELLS + 1) / _CELLS - 1 - 1e-6  # sums in single precision are that far off
_BEFORE = np.searchsorted(_STEPS, _LEFT, side="right").astype(np.uint8)
_NEXT = np.append(_STEPS, np.float32(np.inf))


def check_encoding(encoding: str) -> None:
    """Refuse an encoding that is not known.

    Raises
    ------
    ValidationError
        If it is not one of `ENCODINGS`.
    """
    if encoding not in ENCODINGS:
        raise ValidationError(f"encoding {encoding!r} is not one of {', '.join(ENCODINGS)}")


def encode(samples: NDArray[np.floating[Any]], encoding: str, /) -> NDArray[Any]:
    """Return samples as they are kept, in the same shape.

    Parameters
    ----------
    samples
        Floating point, nominally in [-1, 1]; what is beyond is clipped, except in ``float32``.
    encoding
        ``float32``; ``int16``, of which 32768 would be 1, as libsndfile has it; or ``mulaw``, 256
        steps between fixed ends of -1 and 1 (ITU-T G.711's curve, mu = 255, as in van den Oord et
        al. 2016, sec. 2.2).

    Raises
    ------
    ValidationError
        If the encoding is not known.
    """
    check_encoding(encoding)
    if encoding == "float32":
        return np.asarray(samples, ENCODINGS[encoding])
    if encoding == "int16":
        return np.asarray(np.clip(np.rint(samples * 32768.0), -32768, 32767), ENCODINGS[encoding])
    clipped = np.clip(np.asarray(samples, np.float32), -1.0, 1.0)
    cell = ((clipped + np.float32(1)) * np.float32(_CELLS)).astype(np.int32)
    before = _BEFORE.take(cell, mode="clip")
    return np.asarray(before + (clipped >= _NEXT.take(before)), ENCODINGS[encoding])


def decode(kept: NDArray[Any], encoding: str, /) -> NDArray[np.float32]:
    """Return kept samples as float32, nominally in [-1, 1], in the same shape; see `encode`.

    Raises
    ------
    ValidationError
        If the encoding is not known.
    """
    check_encoding(encoding)
    if encoding == "mulaw":
        levels: NDArray[np.float32] = _MULAW[kept]
        return levels
    samples = np.asarray(kept, np.float32)
    return samples if encoding == "float32" else np.asarray(samples / np.float32(32768))
