"""The FMA data set: 106,574 tracks of the Free Music Archive, each under its own licence.

Defferrard et al. 2017, "FMA: A dataset for music analysis". The archives are the published zips;
the site itself is not asked, as its owners wish.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from audioml.core.errors import NotFoundError, UsageError
from audioml.core.files import shown
from audioml.core.store.store import home

from ..collection import Wanted
from ..fetcher import Fetcher, check
from ..item import Item, Member
from .fma_tracks import Track, read_tracks, tracks_of

__all__ = ["FMA", "SHA1", "FMADataSet"]

log = logging.getLogger(__name__)

_PUBLISHED = "https://os.unil.cloud.switch.ch/fma"
_METADATA = "fma_metadata.zip"
_SUBSETS = ("small", "medium", "large", "full")
SHA1 = MappingProxyType(
    {
        "fma_metadata.zip": "f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
        "fma_small.zip": "ade154f733639d52e35e32f5593efe5be76c6d70",
        "fma_medium.zip": "c67b69ea232021025fca9231fc1c7c1a063ab50b",
        "fma_large.zip": "497109f4dd721066b5ce5e5f250ec604dc78939e",
        "fma_full.zip": "0f0ace23fbe9ba30ecb7e95f763e435ea802b8ab",
    }
)
"""Of the published zips."""


class FMADataSet:
    """The data set, from where it is published, from a mirror, or from zips on this machine.

    Parameters
    ----------
    sha1
        Of its zips, where they are not those that are published.
    """

    settings: Mapping[str, str] = {
        "subset": "small (8,000 clips of 30 s, the default), medium (25,000), large (106,574), or "
        "full (106,574 whole tracks)",
    }
    credit = (
        "Metadata and selection: [FMA, a dataset for music analysis](https://github.com/mdeff/fma) "
        "(Defferrard, Benzi, Vandergheynst and Bresson, ISMIR 2017), CC BY 4.0"
    )

    def __init__(self, sha1: Mapping[str, str] = SHA1) -> None:
        self._sha1 = sha1

    def items(self, wanted: Wanted, fetcher: Fetcher, /) -> Iterator[Item]:
        """Yield the tracks of a subset; their genre is the root of the genres that they have.

        The metadata (342 MiB) are fetched once for a machine, and a table of 5 MB is kept of them.

        Raises
        ------
        UsageError
            If there is no such subset.
        NotFoundError
            If the source has no such zip.
        """
        subset = wanted.settings.get("subset", "small")
        if subset not in _SUBSETS:
            raise UsageError(f"subset is one of {', '.join(_SUBSETS)}, got {subset!r}")
        source = (wanted.source or _PUBLISHED).rstrip("/")
        audio = _place(source, f"fma_{subset}.zip")
        whole = f"sha1:{self._sha1[f'fma_{subset}.zip']}"
        for track in self._tracks(source, fetcher):
            if _SUBSETS.index(track.subset) <= _SUBSETS.index(subset):
                yield _item(track, f"fma_{subset}", audio, whole)

    def _tracks(self, source: str, fetcher: Fetcher) -> list[Track]:
        digest = self._sha1[_METADATA]
        kept = home() / "collections" / f"fma-tracks-1-{digest[:12]}.parquet"
        place = _place(source, _METADATA)
        if place.startswith(("http://", "https://")):
            if kept.is_file():
                return read_tracks(kept)
            log.info("fetching %s, once for this machine", place)
            part = fetcher.download(place, digest=f"sha1:{digest}")
            found = tracks_of(part.path, keep=kept)
            part.discard()
            return found
        if kept.is_file():
            return read_tracks(kept)
        check(Path(place), f"sha1:{digest}", what=place)
        return tracks_of(Path(place), keep=kept)


def _place(source: str, name: str) -> str:
    """Return where a zip is."""
    if source.startswith(("http://", "https://")):
        return f"{source}/{name}"
    path = Path(source) / name
    if not path.is_file():
        raise NotFoundError(f"{shown(path)} does not exist; SOURCE is a folder with FMA's zips")
    return str(path)


def _item(track: Track, root: str, archive: str, whole: str) -> Item:
    number = f"{track.id:06d}"
    name = f"{number[:3]}/{number}"
    return Item(
        id=f"{'fma-full' if root == 'fma_full' else 'fma'}/{name}",
        place=Member(archive, f"{root}/{name}.mp3", sums=f"{root}/checksums", whole=whole),
        suffix=".mp3",
        licence=track.licence,
        licence_url=track.licence_url,
        page=track.page,
        artist=track.artist,
        title=track.title,
        album=track.album,
        genre=track.genre,
        split=track.split,
    )


FMA = FMADataSet()
