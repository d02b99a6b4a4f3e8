"""What the output of a file is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

__all__ = ["Namer"]


class Namer:
    """Gives every input a name of its own: ``a`` for ``a.wav``.

    Where that is taken, by ``a.flac`` or by ``a.wav`` as it was before, the name is ``a.wav``, and
    after that ``a.wav.2``. ``taken`` tells whether a name is.
    """

    def __init__(self, taken: Callable[[str], bool]) -> None:
        self._taken = taken

    def name(self, path: str) -> str:
        """Return a name that no other input has, without a suffix."""
        short = str(PurePath(path).with_suffix(""))
        if not self._taken(short):
            return short
        name, number = path, 2
        while self._taken(name):
            name, number = f"{path}.{number}", number + 1
        return name
