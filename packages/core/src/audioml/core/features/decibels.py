"""Decibels, as librosa 0.11 counts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ValidationError

__all__ = ["amplitude_to_db", "power_to_db"]

Reference = float | Callable[[NDArray[Any]], Any]


def power_to_db(
    power: ArrayLike,
    *,
    ref: Reference = 1.0,
    amin: float = 1e-10,
    top_db: float | None = 80.0,
) -> NDArray[Any]:
    """Return ``10 * log10(power / ref)``.

    Parameters
    ----------
    power
        Any shape, not negative; float32 stays float32.
    ref
        The power of 0 dB, or a function of ``power`` that returns it, such as ``np.max``.
    amin
        Powers below this one, above 0, are taken as this one.
    top_db
        Values more than this many dB below the largest are raised to there; None keeps them.

    Raises
    ------
    ValidationError
        If ``amin`` is not above 0 or ``top_db`` is below 0.
    """
    if amin <= 0:
        raise ValidationError(f"'amin' must be above 0, got {amin!r}")
    if top_db is not None and top_db < 0:
        raise ValidationError(f"'top_db' must not be below 0 dB, got {top_db!r}")
    power = np.asarray(power)
    zero = ref(power) if callable(ref) else abs(ref)
    decibels: NDArray[Any] = 10.0 * np.log10(np.maximum(amin, power))
    decibels -= 10.0 * np.log10(np.maximum(amin, zero))
    return decibels if top_db is None else np.maximum(decibels, decibels.max() - top_db)


def amplitude_to_db(
    amplitude: ArrayLike,
    *,
    ref: Reference = 1.0,
    amin: float = 1e-5,
    top_db: float | None = 80.0,
) -> NDArray[Any]:
    """Return ``20 * log10(amplitude / ref)``; the parameters are amplitudes, see `power_to_db`.

    Raises
    ------
    ValidationError
        If ``amin`` is not above 0 or ``top_db`` is below 0.
    """
    if amin <= 0:
        raise ValidationError(f"'amin' must be above 0, got {amin!r}")
    magnitude = np.abs(np.asarray(amplitude))
    zero = ref(magnitude) if callable(ref) else abs(ref)
    return power_to_db(np.square(magnitude), ref=zero**2, amin=amin**2, top_db=top_db)
