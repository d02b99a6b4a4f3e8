"""Where results go, and in which format: what ``-o`` and ``-f`` mean together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from audioml.core.errors import UsageError
from audioml.core.files import shown
from audioml.core.formats import find_format
from audioml.core.plugins import registry

__all__ = ["formats_of", "is_folder", "refuse_overwriting"]


def formats_of(named: Sequence[str], out: str | None) -> tuple[str, ...]:
    """Return the formats asked for: by name, or by the suffix of the output file, or jams.

    Raises
    ------
    UsageError
        If a format or a suffix is not known.
    """
    known = sorted(c.name for c in registry().components("format"))
    if not named:
        return (_by_suffix(out, known),)
    parts = (part.strip().lower().removeprefix(".") for text in named for part in text.split(","))
    names = tuple(dict.fromkeys(part for part in parts if part))
    for name in names:
        if name not in known:
            raise UsageError(f"format {name!r} is not one of {', '.join(known)}")
    if not names:
        raise UsageError(f"-f names no format; it takes {', '.join(known)}")
    return names


def _by_suffix(out: str | None, known: list[str]) -> str:
    suffix = Path(out).suffix.lower() if out and not os.path.isdir(out) else ""
    if not suffix:
        return "jams"
    if suffix[1:] in known:  # most are called by their suffix, and need not be imported
        return suffix[1:]
    for name in known:
        if find_format(name).suffix == suffix:
            return name
    raise UsageError(
        f"-o {shown(str(out))} has a suffix that names no format; say which with -f, or end the "
        f"name of a folder with {os.sep}"
    )


def is_folder(out: str | None, *, several: bool) -> bool:
    """Return whether ``-o`` means a folder: it is one, ends like one, or must hold several files.

    Raises
    ------
    UsageError
        If several files would go where a file is named.
    """
    if out is None:
        return False
    if os.path.isdir(out) or out.endswith(("/", os.sep)):
        return True
    if not several:
        return False
    suffixes = {find_format(c.name).suffix for c in registry().components("format")}
    if os.path.exists(out) or Path(out).suffix.lower() in suffixes:
        raise UsageError(f"-o {shown(out)} names a file, but several are to be written: -o FOLDER")
    return True


def refuse_overwriting(recordings: Sequence[Path], targets: Sequence[Path]) -> None:
    """Raise a `UsageError` if a result would take the place of a recording."""
    sources = {os.path.realpath(path) for path in recordings}
    for target in targets:
        if os.path.realpath(target) in sources:
            raise UsageError(f"{shown(target)} is a recording and would be overwritten")
