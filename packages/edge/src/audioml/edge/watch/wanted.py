"""Which names are recordings."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePath

__all__ = ["IGNORED", "PATTERNS", "Wanted"]

PATTERNS = ("*.wav", "*.flac", "*.mp3", "*.ogg", "*.opus", "*.aiff", "*.aif", "*.m4a")
IGNORED = (".*", "*~", "*.part", "*.partial", "*.tmp", "*.temp", "*.crdownload", "*.swp")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Patterns of names, as a shell has them, whatever their case.

    A pattern with a slash is compared with the path within the folder, one without with the name.
    Every part of the path is held against ``ignored``, so a hidden folder is not looked into.
    """

    patterns: tuple[str, ...] = PATTERNS
    ignored: tuple[str, ...] = IGNORED

    def __call__(self, path: str) -> bool:
        """Return whether a path within the folder is a recording to be analysed."""
        return _matches(path, self.patterns) and not self.ignores(path)

    def ignores(self, path: str) -> bool:
        """Return whether a file or folder is passed over."""
        return any(_matches(part, self.ignored) for part in PurePath(path).parts)


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    lowered = path.lower()
    name = lowered.rpartition("/")[2]
    return any(fnmatchcase(lowered if "/" in p else name, p.lower()) for p in patterns)
