"""API keys: only their hashes are kept, one line each: a name, a space, and a SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from pathlib import Path

from audioml.core.errors import UsageError
from audioml.core.files import shown

__all__ = ["Keys", "new_key"]

log = logging.getLogger(__name__)

_LINE = re.compile(r"(?P<name>[\w.@-]{1,64})\s+(?P<hash>[0-9a-f]{64})")
_PREFIX = "aml_"  # by which a key that was published by mistake is found


def new_key(name: str) -> tuple[str, str]:
    """Return a new key, and the line of the file that lets it in.

    The key holds 256 random bits, so a fast hash keeps it as safely as a slow one would.
    """
    if not re.fullmatch(r"[\w.@-]{1,64}", name):
        raise UsageError(f"a key's name is of letters, digits and . _ @ -, got {name!r}")
    key = _PREFIX + secrets.token_urlsafe(32)
    return key, f"{name} {_hash(key)}"


class Keys:
    """The keys of a file; a changed file is noticed at the next request."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._known: dict[str, str] = {}
        self._refresh()

    def name_of(self, key: str) -> str | None:
        """Return whose key it is, or None for nobody's; in the same time for every wrong key."""
        self._refresh()
        given, found = _hash(key), None
        for digest, name in self._known.items():
            if hmac.compare_digest(given, digest):
                found = name
        return found

    def _refresh(self) -> None:
        seen = None
        try:
            about = self._path.stat()
            seen = (about.st_mtime_ns, about.st_size)
            if seen == self._seen:
                return
            lines = self._path.read_text(encoding="utf-8").splitlines()
            self._known, self._seen = dict(_parsed(lines, self._path)), seen
        except (OSError, UnicodeDecodeError, UsageError) as error:
            told = f"the keys {shown(self._path)} cannot be read: {error}"
            if self._seen is None:
                raise UsageError(told) from error
            log.error("%s; those known before hold", told)  # noqa: TRY400 - the sentence says it
            self._seen = seen or self._seen


def _parsed(lines: list[str], path: Path) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        match = _LINE.fullmatch(text)
        if text and match is None:
            raise UsageError(
                f"{shown(path)}, line {number}: expected a name and a SHA-256, as "
                "`audioml serve key NAME` prints them"
            )
        if match:
            found.append((match["hash"], match["name"]))
    return found


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
