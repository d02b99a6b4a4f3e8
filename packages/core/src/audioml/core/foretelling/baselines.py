"""What a network that foretells samples in mu-law must beat, and by how many bits a sample."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..corpus.encoding import decode, encode
from ..errors import ValidationError
from .linear import foretold_linearly

__all__ = ["Baselines"]

_LEVELS = 256
_PRIOR = 16.0  # as if each row of a table had been seen so often in the proportions of all

Codes = NDArray[np.uint8]


class Baselines:
    """Simple guesses, learnt by counting: by name, see `bits`.

    - ``uniform``: every level is as likely;
    - ``unigram``: as likely as it is in all;
    - ``markov``: as likely as it is after the level before;
    - ``lpc``: as likely as it is where linear prediction that follows the sound says this level,
      see `foretold_linearly`.

    Parameters
    ----------
    levels
        How often there is each, shape (256,).
    pairs
        How often there is each (column) after each (row), shape (256, 256).
    predicted
        How often there is each (column) where each (row) is foretold linearly.
    """

    def __init__(self, levels: NDArray[Any], pairs: NDArray[Any], predicted: NDArray[Any]) -> None:
        self._levels = np.log2((levels + 1.0) / (levels.sum() + _LEVELS))
        self._pairs, self._predicted = (self._conditional(table) for table in (pairs, predicted))

    @classmethod
    def of(cls, songs: Iterable[Codes], /, *, most: int = 2_000_000) -> Self:
        """Return what songs in mu-law teach, of which ``most`` samples are heard.

        Raises
        ------
        ValidationError
            If there are none.
        """
        levels = np.zeros(_LEVELS)
        pairs, predicted = np.zeros((_LEVELS, _LEVELS)), np.zeros((_LEVELS, _LEVELS))
        left = most
        for song in songs:
            if left <= 0:
                break
            heard = np.asarray(song[:left])
            left -= len(heard)
            levels += np.bincount(heard, minlength=_LEVELS)
            pairs += _counted(heard[:-1], heard[1:])
            predicted += _counted(_foretold(heard), heard)
        if not levels.sum():
            raise ValidationError("there is nothing to count: the songs hold no samples")
        return cls(levels, pairs, predicted)

    def bits(self, windows: Iterable[Codes], /, *, first: int = 1) -> dict[str, float]:
        """Return what a sample costs by each guess: of every window, from ``first`` on.

        Raises
        ------
        ValidationError
            If no window is longer than ``first``.
        """
        if first < 1:
            raise ValidationError(f"'first' must be at least 1, got {first}")
        sums, count = np.zeros(3), 0
        for window in windows:
            told = np.asarray(window[first:])
            count += len(told)
            sums[0] -= self._levels[told].sum()
            sums[1] -= self._pairs[window[first - 1 : -1], told].sum()
            sums[2] -= self._predicted[_foretold(window)[first:], told].sum()
        if not count:
            raise ValidationError(f"no song is longer than {first} samples, so nothing is foretold")
        found = (sums / count).tolist()
        return {"uniform": 8.0, **dict(zip(("unigram", "markov", "lpc"), found, strict=True))}

    def _conditional(self, table: NDArray[Any]) -> NDArray[np.float64]:
        """Return logarithms of chances; rows that are rare are mixed with what is usual."""
        seen = table.sum(axis=1, keepdims=True)
        mixed = (table + _PRIOR * np.exp2(self._levels)) / (seen + _PRIOR)
        return np.asarray(np.log2(mixed), np.float64)


def _foretold(codes: Codes) -> Codes:
    return np.asarray(encode(foretold_linearly(decode(codes, "mulaw")), "mulaw"), np.uint8)


def _counted(rows: Codes, columns: Codes) -> NDArray[np.float64]:
    places = rows.astype(np.int64) * _LEVELS + columns
    return np.bincount(places, minlength=_LEVELS**2).reshape(_LEVELS, _LEVELS).astype(np.float64)
