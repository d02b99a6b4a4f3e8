"""What a parser finds in a data set: recordings, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .labels import Labels

__all__ = ["Found", "Item", "Problem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A recording of a data set.

    Parameters
    ----------
    name
        Of its row in the corpus; no other has it.
    audio
        Its file.
    label
        The file of its labels, or None.
    labels
        What the metadata itself says of it, such as its class; or None.
    split
        ``train``, ``validation`` or ``test`` where the set says so.
    piece, artist
        Of which two splits never share one; the piece is seen from the name by default.
    facts
        Further columns of the manifest.
    """

    name: str
    audio: Path
    label: Path | None = None
    labels: Labels | None = None
    split: str | None = None
    piece: str | None = None
    artist: str | None = None
    facts: Mapping[str, str | float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that is left out, or that deserves a look: ``kind`` is a word for counting.

    Kinds are ``audio without labels``, ``labels without audio``, ``ambiguous``, ``corrupt audio``,
    ``unreadable labels``, ``labels too long``, ``missing file``; others are only told.
    """

    kind: str
    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """Recordings, and what could not be used."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, given: Found | Iterable[Item], /) -> Found:
        """Return what a parser gave, which may be the recordings alone."""
        return given if isinstance(given, Found) else cls(tuple(given))
