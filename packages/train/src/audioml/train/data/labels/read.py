"""Which reader a label file has, told by its ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from audioml.core import midi
from audioml.core.errors import UsageError, ValidationError
from audioml.core.files import shown

from . import jams, tables
from .labels import Labels

__all__ = ["READERS", "read_labels"]


def _played(data: bytes, /) -> Labels:
    score = midi.decode(data)
    return Labels.of(notes=score.notes, pedal=score.pedal)


READERS: Mapping[str, Callable[[bytes], Labels]] = {
    ".mid": _played,
    ".midi": _played,
    ".jams": jams.decode,
    ".csv": tables.decode,
    ".tsv": tables.decode,
    ".txt": tables.decode,
    ".lab": tables.decode,
}
"""What reads the bytes of a label file, by its ending."""


def read_labels(path: Path, /) -> Labels:
    """Return what a label file says.

    Raises
    ------
    UsageError
        If nothing reads files of its ending.
    ValidationError
        If it cannot be read, or is not what its ending says.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            f"{shown(path)} is no label file that can be read; expected {', '.join(READERS)}"
        )
    try:
        return reader(path.read_bytes())
    except OSError as error:
        raise ValidationError(f"{shown(path)} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise ValidationError(f"{shown(path)}: {error}") from error
