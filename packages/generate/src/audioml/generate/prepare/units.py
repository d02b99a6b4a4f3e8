"""What one worker does at a time: some songs, which become a part of the Parquet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from audioml.core.errors import AudioError, AudiomlError, OutputError
from audioml.core.files import sha256, shown

from .exchange import write_part
from .songs import Song
from .sound import Form, sound_of

__all__ = ["Done", "Unit", "Work", "key_of", "units_of"]

_VERSION = 1
_SONGS = 16  # of a unit at most
_BYTES = 64 << 20  # of their files, but for a single one that is larger
_ROUNDS = 4  # units for each worker at least, where there are songs enough


@dataclass(frozen=True, slots=True)
class Unit:
    """Songs that are worked on together."""

    songs: tuple[Song, ...]

    def alone(self) -> Iterator[Unit]:
        """Yield a unit for each of the songs."""
        return (Unit((song,)) for song in self.songs)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a unit: how many songs are ready, and why the others are not."""

    ready: int
    failed: dict[str, str] = field(default_factory=dict)


def key_of(song: Song, form: Form) -> str:
    """Return a hash of all that a row is made of."""
    told = asdict(song)
    del told["file"]  # it may lie elsewhere tomorrow
    about: list[Any] = [_VERSION, told, asdict(form)]
    if song.sha256 is None:
        try:
            found = Path(song.file).stat()
            about += [found.st_size, found.st_mtime_ns]
        except OSError:
            about += [None]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode("utf-8")).hexdigest()[:32]


def units_of(songs: Sequence[Song], *, workers: int) -> Iterator[Unit]:
    """Yield units of songs that follow one another."""
    most = max(1, min(_SONGS, -(-len(songs) // (_ROUNDS * workers))))
    unit: list[Song] = []
    size = 0
    for song in songs:
        grown = _size(song)
        if unit and (len(unit) == most or size + grown > _BYTES):
            yield Unit(tuple(unit))
            unit, size = [], 0
        unit.append(song)
        size += grown
    if unit:
        yield Unit(tuple(unit))


def _size(song: Song) -> int:
    try:
        return Path(song.file).stat().st_size
    except OSError:
        return 0  # its turn will come, and its reason


@dataclass(frozen=True, slots=True)
class Work:
    """Prepares one unit after the other; sent to the processes that work.

    A unit may come twice: its part has the same name and the same rows.
    """

    form: Form
    parts: Path
    credits: Mapping[str, str]

    def __call__(self, unit: Unit, /) -> Done:
        """Write the part of a unit.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        failed: dict[str, str] = {}
        keys = {song.id: key_of(song, self.form) for song in unit.songs}
        name = hashlib.sha256("".join(keys.values()).encode()).hexdigest()[:24]
        part = self.parts / f"part-{name}.parquet"
        ready = _rows(unit, self.form, keys, failed)
        if (first := next(ready, None)) is None:
            return Done(0, failed)
        return Done(write_part(part, chain([first], ready), self.credits), failed)


def _rows(
    unit: Unit, form: Form, keys: Mapping[str, str], failed: dict[str, str]
) -> Iterator[dict[str, Any]]:
    for song in unit.songs:
        try:
            yield _row(song, form, keys[song.id])
        except OutputError:
            raise
        except AudiomlError as error:
            failed[song.id] = str(error).replace(shown(song.file), shown(song.path))
        except (ValueError, RuntimeError, MemoryError) as error:
            failed[song.id] = f"{type(error).__name__}: {error}"


def _row(song: Song, form: Form, key: str) -> dict[str, Any]:
    path = Path(song.file)
    found = _checked(song, path)
    samples = sound_of(path, form)
    about = asdict(song)
    del about["file"]
    return {
        **about,
        "sha256": found,
        "rate": form.rate,
        "encoding": form.encoding,
        "n": len(samples),
        "audio_sha256": hashlib.sha256(samples.data).hexdigest(),
        "key": key,
        "audio": samples.tobytes(),
    }


def _checked(song: Song, path: Path) -> str:
    """Return the hash of a file, which is the one that was acquired."""
    try:
        found = sha256(path)
    except FileNotFoundError as error:
        raise AudioError(f"{shown(path)} does not exist") from error
    except OSError as error:
        raise AudioError(f"{shown(path)} cannot be read: {error.strerror}") from error
    if song.sha256 not in (None, found):
        raise AudioError(f"{shown(path)} is not the file that was acquired: its hash is another")
    return found
