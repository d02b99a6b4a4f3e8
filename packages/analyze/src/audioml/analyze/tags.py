"""Reads the tags of audio files: title, artist and album."""

from __future__ import annotations

import logging
from dataclasses import astuple, dataclass
from pathlib import Path

from audioml.core.files import shown

__all__ = ["Tags", "read_tags"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says of itself; ``release`` is the album. Empty where it says nothing."""

    title: str = ""
    artist: str = ""
    release: str = ""


def read_tags(path: Path) -> Tags:
    """Return the tags of a file; what is missing is told in one warning."""
    from tinytag import TinyTag
    from tinytag import TinyTagException as Unreadable

    try:
        found = TinyTag.get(path, duration=False)
        tags = Tags(found.title or "", found.artist or "", found.album or "")
    except (Unreadable, OSError, ValueError):
        tags = Tags()
    named = zip(("title", "artist", "album"), astuple(tags), strict=True)
    missing = [name for name, value in named if not value]
    if missing:
        log.warning("%s has no tag for %s", shown(path), ", ".join(missing))
    return tags
