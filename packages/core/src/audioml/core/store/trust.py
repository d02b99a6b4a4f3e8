"""Which files that would run code when loaded the user has allowed, by their SHA-256."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

from ..errors import IntegrityError, NotFoundError, UntrustedError
from ..files import sha256, shown, write_bytes

__all__ = ["Trust"]


class Trust:
    """The pins, kept in one JSON file: path to hash and time of the permission.

    A pin holds for one file with one content; a changed or moved file must be allowed anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def allow(self, file: Path) -> str:
        """Pin a file as it is now, and return its SHA-256."""
        if not file.is_file():
            raise NotFoundError(f"{shown(file)} is not a file")
        digest = sha256(file)
        pins = self.pins()
        pins[str(file.resolve())] = {"sha256": digest, "allowed": time.strftime("%Y-%m-%d")}
        self._save(pins)
        return digest

    def revoke(self, file: Path) -> bool:
        """Take a permission back; return whether there was one."""
        pins = self.pins()
        found = pins.pop(str(file.resolve()), None)
        if found:
            self._save(pins)
        return found is not None

    def require(self, file: Path, *, allow_command: str) -> bytes:
        """Return the bytes of a file that is allowed, read once so that they are the ones checked.

        Raises
        ------
        UntrustedError
            If the file is not pinned, or is not what was pinned.
        IntegrityError
            If the pins themselves cannot be read.
        """
        data = file.read_bytes()
        pin = self.pins().get(str(file.resolve()))
        digest = hashlib.sha256(data).hexdigest()
        if not isinstance(pin, dict):
            raise UntrustedError(
                f"{shown(file)} runs code when loaded and is not allowed; if you trust it, "
                f"run: {allow_command} {shown(file)}"
            )
        if pin.get("sha256") != digest:
            raise UntrustedError(
                f"{shown(file)} has changed since it was allowed (sha256 {digest[:12]}, allowed "
                f"{str(pin.get('sha256'))[:12]}); if you trust it, "
                f"run: {allow_command} {shown(file)}"
            )
        return data

    def pins(self) -> dict[str, dict[str, str]]:
        """Return every pin."""
        try:
            pins = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise IntegrityError(
                f"{shown(self._path)} cannot be read: {error}; mend it, or delete it and allow anew"
            ) from error
        return pins if isinstance(pins, dict) else {}

    def _save(self, pins: dict[str, dict[str, str]]) -> None:
        write_bytes(self._path, (json.dumps(pins, indent=2, sort_keys=True) + "\n").encode())
