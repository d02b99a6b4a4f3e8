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
    clipped = np.clip(samples, -1.0, 1.0)
    curve = np.copysign(np.log1p(_MU * np.abs(clipped)) / np.log1p(_MU), clipped)
    return np.asarray(np.floor((curve + 1.0) / 2.0 * _MU + 0.5), ENCODINGS[encoding])


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
