"""What is wanted of a corpus."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from audioml.core.corpus.splits import SPLITS
from audioml.core.errors import UsageError

from ..acquire.licences import UNKNOWN, identify

__all__ = ["ENCODINGS", "Settings"]

ENCODINGS = ("mulaw", "int16")
_RATES = range(1000, 400_001)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is wanted of a corpus.

    Parameters
    ----------
    source
        What `audioml generate acquire` left, any other folder of recordings, or the Parquet of a
        corpus.
    destination
        The corpus to be.
    rate
        Hz; None for 16000, or what Parquet has.
    encoding
        One of `ENCODINGS`; None for ``mulaw``, or what Parquet has.
    split
        Shares of train, validation and test, ``given``, or None for the splits that are given
        where all recordings have one, else 80/10/10.
    seed
        Of the splits that are drawn.
    min_seconds
        Recordings that are shorter are left out.
    licence
        Of recordings that come without one.
    keep_damaged
        Whether to use what can be decoded of a recording that is damaged.
    parquet
        A folder in which the Parquet stays; every worker must see it.
    engine, master, workers
        Where the work is done, as `audioml.core.executor.engine_named` and its engines have it.
    again
        Whether to make a corpus anew that is there already.

    Raises
    ------
    UsageError
        If a value makes no sense.
    """

    source: Path
    destination: Path
    rate: int | None = None
    encoding: str | None = None
    split: str | None = None
    seed: int = 0
    min_seconds: float = 5.0
    licence: str | None = None
    keep_damaged: bool = False
    parquet: Path | None = None
    engine: str = "local"
    master: str | None = None
    workers: int = 1
    again: bool = False

    def __post_init__(self) -> None:
        if self.rate is not None and self.rate not in _RATES:
            raise UsageError(f"a rate is from {_RATES[0]} to {_RATES[-1]} Hz, got {self.rate!r}")
        if self.encoding not in (None, *ENCODINGS):
            raise UsageError(f"an encoding is one of {', '.join(ENCODINGS)}, got {self.encoding!r}")
        if not (math.isfinite(self.min_seconds) and self.min_seconds >= 0):
            raise UsageError(f"'min_seconds' must be 0 or above, got {self.min_seconds!r}")
        if self.licence is not None and identify(self.licence).id == UNKNOWN.id:
            raise UsageError(
                f"a licence is a name such as CC-BY-4.0, or own, got {self.licence!r}; "
                "leave it out where it is not known"
            )
        _ = self.shares

    @property
    def shares(self) -> tuple[float, ...] | None:
        """Return the shares of the splits, None where they are given or left open."""
        if self.split in (None, "given"):
            return None
        try:
            parts = [float(part) for part in str(self.split).split("/")]
        except ValueError:
            parts = []
        total = sum(parts)
        if len(parts) != len(SPLITS) or min(parts) < 0 or not 0 < total < math.inf:
            raise UsageError(
                f"a split is three shares such as 80/10/10, or given, got {self.split!r}"
            )
        return tuple(part / total for part in parts)
