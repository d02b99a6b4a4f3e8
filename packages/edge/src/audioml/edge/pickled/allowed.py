"""The bytes of a pickle that may be loaded: allowed by its SHA-256, and made by this Python."""

from __future__ import annotations

from pathlib import Path

from audioml.core.errors import NotFoundError
from audioml.core.files import shown
from audioml.core.store import home
from audioml.core.store.trust import Trust

from .versions import check_python

__all__ = ["COMMAND", "allowed", "pins"]

COMMAND = "audioml edge allow"


def pins() -> Trust:
    """Return the permissions of this user."""
    return Trust(home() / "trust.json")


def allowed(path: Path) -> bytes:
    """Return the bytes of a pickle, which are the ones that were checked.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UntrustedError
        If it was not allowed, or has changed since.
    PluginError
        If another Python made it.
    """
    if not path.is_file():
        raise NotFoundError(f"{shown(path)} is not a file")
    data = pins().require(path, allow_command=COMMAND)
    check_python(data, shown(path))
    return data
