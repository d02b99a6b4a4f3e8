"""The recordings that a corpus is made of: those of a manifest, or all of a folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from audioml.core.errors import NotFoundError
from audioml.core.files import shown

from ..acquire.licences import UNKNOWN, identify
from ..acquire.manifest import MANIFEST, Recording, read_manifest
from ..acquire.names import AUDIO, safe_name, suffix_of

__all__ = ["Found", "Song", "songs_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """A recording that is to be prepared; text is None where it is not known.

    Parameters
    ----------
    id
        Its name in the corpus.
    file
        Where it is.
    path
        The same, below the folder that was given.
    sha256
        That its file must have.
    group
        What it shares with those from which it must not be parted.
    licence, licence_url, attribution, artist, title, album, genre, url, collection, split
        As in the manifest of acquired recordings; ``licence`` may be ``unknown``.
    """

    id: str
    file: str
    path: str
    sha256: str | None = None
    group: str = ""
    licence: str = UNKNOWN.id
    licence_url: str | None = None
    attribution: str | None = None
    artist: str | None = None
    title: str | None = None
    album: str | None = None
    genre: str | None = None
    url: str | None = None
    collection: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Recordings, in the order of their names, and whom to thank for each collection."""

    songs: list[Song]
    credits: dict[str, str] = field(default_factory=dict)


def songs_of(folder: Path, licence: str | None = None) -> Found:
    """Return the recordings below a folder.

    Parameters
    ----------
    folder
        What `audioml generate acquire` left, or any other.
    licence
        Of those that come without one.

    Raises
    ------
    NotFoundError
        If there are none.
    IntegrityError
        If there is a manifest that is not one of acquired recordings.
    """
    if not folder.is_dir():
        raise NotFoundError(f"{shown(folder)} is not a folder of recordings")
    if (folder / MANIFEST).is_file():
        rows, thanks = read_manifest(folder / MANIFEST)
        found = Found([_of_row(folder, row) for row in rows], thanks)
    else:
        found = Found(list(_of_folder(folder)))
    if not found.songs:
        raise NotFoundError(
            f"there is no recording below {shown(folder)}; expected one of {', '.join(AUDIO)}"
        )
    songs = [_licensed(song, licence) for song in found.songs]
    return Found(sorted(songs, key=lambda song: song.id), found.credits)


def _of_row(folder: Path, row: Recording) -> Song:
    return Song(
        id=row.id,
        file=os.path.abspath(folder / row.path),  # noqa: PTH100 - links stay what they are
        path=row.path,
        sha256=row.sha256,
        group=_group(row.artist, row.path),
        licence=row.licence or UNKNOWN.id,
        licence_url=row.licence_url,
        attribution=row.attribution,
        artist=row.artist,
        title=row.title,
        album=row.album,
        genre=row.genre,
        url=row.url,
        collection=row.collection,
        split=row.split,
    )


def _of_folder(folder: Path) -> Iterator[Song]:
    names = sorted(_beneath(folder))
    often = Counter(os.path.splitext(name)[0] for name in names)  # noqa: PTH122 - no path
    for name in names:
        bare = os.path.splitext(name)[0]  # noqa: PTH122
        yield Song(
            id=safe_name(bare if often[bare] == 1 else name),
            file=os.path.abspath(folder / name),  # noqa: PTH100
            path=name,
            group=_group(None, name),
        )


def _beneath(folder: Path) -> Iterator[str]:
    for root, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and suffix_of(name):
                yield (Path(root) / name).relative_to(folder).as_posix()


def _group(artist: str | None, path: str) -> str:
    """Return the artist, however it is written; where it is not known, the folder."""
    name = " ".join((artist or "").casefold().split())
    return f"artist {name}" if name else f"folder {path.rpartition('/')[0]}"


def _licensed(song: Song, licence: str | None) -> Song:
    if song.licence != UNKNOWN.id or licence is None:
        return song
    from dataclasses import replace

    known = identify(licence)
    return replace(song, licence=known.id, licence_url=known.url)
