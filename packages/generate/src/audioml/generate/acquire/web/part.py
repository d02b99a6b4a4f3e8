"""A file on its way: its bytes so far, and what they were said to be."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any, BinaryIO

from audioml.core.files import shown, writing

__all__ = ["Part"]


class Part:
    """``KEY.part`` in a folder, and ``KEY.json`` beside it with what is known of it.

    Parameters
    ----------
    folder
        Where unfinished files are.
    name
        What it is a part of, such as a URL; the key is made of it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        key = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self.path, self._note = folder / f"{key}.part", folder / f"{key}.json"

    @property
    def size(self) -> int:
        """Return the bytes that are there."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def note(self) -> dict[str, Any]:
        """Return what is known of it; nothing where that was lost."""
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self._note.read_text("utf-8"))
            if isinstance(found, dict):
                return found
        return {}

    def write_note(self, **known: Any) -> None:
        """Keep what is known of it."""
        with writing(shown(self._note)):
            self._note.write_text(json.dumps(known), "utf-8")

    def begin(self) -> None:
        """Empty it."""
        with writing(shown(self.path)):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._note.unlink(missing_ok=True)
            self.path.write_bytes(b"")

    def append(self) -> BinaryIO:
        """Return the file, open at its end; what is written is there at once."""
        with writing(shown(self.path)):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("ab", buffering=0)

    def discard(self) -> None:
        """Forget it; nothing happens where it is gone already."""
        with writing(shown(self.path)):
            self.path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)
