"""Reads the tags of audio files: title, artist and album."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audioml.core.analysis import Recording

__all__ = ["Tags", "missing_tags", "read_tags"]


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says of itself; ``release`` is the album. Empty where it says nothing."""

    title: str = ""
    artist: str = ""
    release: str = ""


def read_tags(path: Path) -> Tags:
    """Return the tags of a file."""
    from tinytag import TinyTag
    from tinytag import TinyTagException as Unreadable

    try:
        found = TinyTag.get(path, duration=False)
        return Tags(found.title or "", found.artist or "", found.album or "")
    except (Unreadable, OSError, ValueError):
        return Tags()


def missing_tags(recording: Recording) -> list[str]:
    """Return which of title, artist and album are not known of a recording."""
    tags = {"title": recording.title, "artist": recording.artist, "album": recording.release}
    return [name for name, value in tags.items() if not value]
