"""The files of a data set, wherever they lie in it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from audioml.core.errors import NotFoundError, UsageError
from audioml.core.files import shown

from .settings import Settings

__all__ = ["audio_files", "beneath", "label_files", "names_of"]

_KNOWN = (".aac", ".aif", ".aiff", ".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav", ".wma")


def beneath(folder: Path, endings: Iterable[str]) -> list[str]:
    """Return the files with one of these endings below a folder, as paths with ``/``, in order.

    Hidden files and folders are left out: copies for Macs hold an ``._x.wav`` beside ``x.wav``.
    """
    wanted = tuple(endings)
    return sorted(path for path in _walk(folder) if path.lower().endswith(wanted))


def _walk(folder: Path) -> Iterator[str]:
    for root, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith("."):
                yield Path(root, name).relative_to(folder).as_posix()


def audio_files(settings: Settings) -> list[str]:
    """Return the audio files of a data set.

    Raises
    ------
    NotFoundError
        If the folder does not exist, or holds none; the sentence says what it holds instead.
    """
    folder = settings.source_path
    if not folder.is_dir():
        raise NotFoundError(f"'source_path' {shown(folder)} is not a folder")
    found = beneath(folder, settings.audio_ext)
    if not found:
        others = Counter(Path(name).suffix.lower() for name in beneath(folder, _KNOWN))
        held = ", ".join(f"{count} {ending}" for ending, count in others.most_common())
        hint = f"it holds {held}: set audio_ext" if others else "it holds no audio at all"
        raise NotFoundError(
            f"no {', '.join(settings.audio_ext)} file lies below {shown(folder)}; {hint}"
        )
    return found


def label_files(settings: Settings, audio: Iterable[str]) -> list[str]:
    """Return the label files of a data set, without those that are its audio or its metadata."""
    if settings.label_ext is None:
        return []
    taken = set(audio)
    about = settings.metadata.resolve() if settings.metadata else None
    return [
        name
        for name in beneath(settings.source_path, settings.label_ext)
        if name not in taken and (settings.source_path / name).resolve() != about
    ]


def names_of(audio: Iterable[str]) -> dict[str, str]:
    """Return the name of each audio file's row: its path, without its ending where that is enough.

    Raises
    ------
    UsageError
        If a name cannot be kept as text.
    """
    paths = list(audio)
    for path in paths:
        if not path.isprintable():
            raise UsageError(f"rename {path!r}: a row cannot have such a name")
    bare = {path: str(Path(path).with_suffix("").as_posix()) for path in paths}
    often = Counter(bare.values())
    return {path: path if often[name] > 1 else name for path, name in bare.items()}
