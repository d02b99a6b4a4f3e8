"""Reads the tags of audio files: title, artist and album."""

from __future__ import annotations

import logging
from pathlib import Path

from audioml.core.files import shown

__all__ = ["read_tags"]

log = logging.getLogger(__name__)


def read_tags(path: Path) -> dict[str, str]:
    """Return ``title``, ``artist`` and ``release`` (the album), empty where the file has none.

    What is missing is told in one warning.
    """
    from tinytag import TinyTag
    from tinytag import TinyTagException as Unreadable

    try:
        tags = TinyTag.get(path, duration=False)
        found = {"title": tags.title, "artist": tags.artist, "release": tags.album}
    except (Unreadable, OSError, ValueError):
        found = {"title": None, "artist": None, "release": None}
    missing = [{"release": "album"}.get(name, name) for name, value in found.items() if not value]
    if missing:
        log.warning("%s has no tag for %s", shown(path), ", ".join(missing))
    return {name: value or "" for name, value in found.items()}
