"""Which recordings the user means: files, folders, globs."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audioml.core.errors import AudioError
from audioml.core.files import shown

__all__ = ["SUFFIXES", "Input", "expand"]

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
    path = Path(argument)
    if path.is_dir():
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        if not inside:
            raise AudioError(
                f"folder {shown(path)} holds no audio file ({', '.join(sorted(SUFFIXES))})"
            )
        yield from ((p, p.relative_to(path)) for p in inside)
    elif glob.has_magic(argument) and not path.exists():
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 - absolute patterns too
        if not matches:
            raise AudioError(f"pattern {argument!r} matches no file")
        for match in matches:
            if not Path(match).is_dir():
                yield Path(match), Path(Path(match).name)
    else:
        yield path, Path(path.name)


def _distinct(found: dict[Path, Path]) -> list[Input]:
    """Give each recording a stem of its own: ``a.mp3`` and ``a.wav`` keep their suffixes."""
    stems = [relative.with_suffix("") for relative in found.values()]
    inputs: list[Input] = []
    taken: set[Path] = set()
    for (path, relative), stem in zip(found.items(), stems, strict=True):
        unique = stem if stems.count(stem) == 1 else relative
        number = 2
        while unique in taken:
            unique, number = relative.with_name(f"{relative.name}-{number}"), number + 1
        taken.add(unique)
        inputs.append(Input(path, unique))
    return inputs
