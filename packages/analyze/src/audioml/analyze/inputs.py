"""Which recordings the user means: files, folders, globs."""

from __future__ import annotations

import glob
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audioml.core.errors import AudioError, UsageError
from audioml.core.files import shown

__all__ = ["SUFFIXES", "Input", "expand"]

log = logging.getLogger(__name__)

SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("aac", "aif", "aifc", "aiff", "au", "caf", "flac", "m4a", "m4b", "mka", "mp2", "mp3"),
        *("mp4", "oga", "ogg", "opus", "w64", "wav", "webm", "wma"),
    )
)


@dataclass(frozen=True, slots=True)
class Input:
    """A recording, and the path that its outputs get below the output folder (no suffix)."""

    path: Path
    stem: Path


def expand(arguments: Iterable[str]) -> list[Input]:
    """Return the recordings that arguments mean, each once, in order.

    A file is taken whatever its name; a folder stands for the audio files below it, and a pattern
    for what it matches. A missing file stays in the list, to fail by itself.

    Raises
    ------
    AudioError
        If a folder or a pattern holds no audio file.
    """
    found: dict[Path, Path] = {}
    for argument in arguments:
        for path, relative in _expanded(argument):
            found.setdefault(path, relative)
    return _distinct(found)


def _expanded(argument: str) -> Iterator[tuple[Path, Path]]:
    if "://" in argument:
        raise UsageError(f"{argument!r} is an address; fetch the file first and name it here")
    path = Path(argument)
    if os.path.isdir(path):
        inside = sorted(p for p in _files_below(path) if _is_recording(p))
        if not inside:
            raise AudioError(
                f"folder {shown(path)} holds no audio file ({', '.join(sorted(SUFFIXES))})"
            )
        yield from ((p, p.relative_to(path)) for p in inside)
    elif glob.has_magic(argument) and not os.path.lexists(path):
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 - absolute patterns too
        if not matches:
            raise AudioError(f"pattern {argument!r} matches no file")
        for match in matches:
            if not Path(match).is_dir():
                yield Path(match), Path(Path(match).name)
    else:
        yield path, Path(path.name)


def _files_below(folder: Path) -> Iterator[Path]:
    def closed(error: OSError) -> None:
        log.warning("%s cannot be looked into: %s", shown(str(error.filename)), error.strerror)

    for here, _, names in os.walk(folder, onerror=closed):
        yield from (Path(here, name) for name in names)


def _is_recording(path: Path) -> bool:
    """Tell by the name; ``._song.mp3`` is what macOS leaves beside a song on foreign disks."""
    name = path.name
    return path.suffix.lower() in SUFFIXES and not name.startswith("._") and path.is_file()


def _distinct(found: dict[Path, Path]) -> list[Input]:
    """Give each recording a stem of its own: ``a.mp3`` and ``a.wav`` keep their suffixes."""
    stems = Counter(_folded(relative.with_suffix("")) for relative in found.values())
    inputs: list[Input] = []
    taken: set[str] = set()
    for path, relative in found.items():
        stem = relative.with_suffix("")
        unique = stem if stems[_folded(stem)] == 1 else relative
        if _folded(unique) in taken and path.parent.name:
            unique = Path(path.parent.name) / unique  # a/x.wav and b/x.wav
        number = 2
        while _folded(unique) in taken:
            unique, number = relative.with_name(f"{relative.name}-{number}"), number + 1
        taken.add(_folded(unique))
        inputs.append(Input(path, unique))
    return inputs


def _folded(path: Path) -> str:
    """Return a path as a disk sees it that does not tell capitals."""
    return str(path).casefold()
