"""One recording that a collection offers: what is known of it, and how it is got."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from audioml.core.errors import IntegrityError, OutputError
from audioml.core.files import shown, writing

from .errors import FetchError
from .fetcher import Fetcher, check
from .web import Part

__all__ = ["File", "Item", "Member", "Place", "Url"]


class Place(Protocol):
    """Where the bytes of a recording are."""

    @property
    def url(self) -> str | None:
        """Return what is written down as their origin; None where that is nobody's business."""
        ...

    def get(self, fetcher: Fetcher, /) -> Part:
        """Return them as a part, which is then moved to where it stays.

        Raises
        ------
        AudiomlError
            If they cannot be had.
        """
        ...


@dataclass(frozen=True, slots=True)
class Url:
    """A file on the web; ``digest`` is ``METHOD:HEX``, where it is known."""

    url: str
    digest: str = ""

    def get(self, fetcher: Fetcher, /) -> Part:
        """Return the file; see `Fetcher.download`."""
        part = fetcher.download(self.url, digest=self.digest)
        if not part.size:
            part.discard()
            raise FetchError(f"{self.url} is empty")
        return part


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip.

    Parameters
    ----------
    archive
        URL or path of the zip.
    member
        Its name in it.
    digest
        Its hash, ``METHOD:HEX``, where it is known.
    sums
        A member that has its SHA-1 sum, where there is one; see `Archive.extract`.
    whole
        Hash of the zip, for where it is fetched whole.
    """

    archive: str
    member: str
    digest: str = ""
    sums: str = ""
    whole: str = ""

    @property
    def url(self) -> str | None:
        """Return the URL of the zip, and the member's name behind ``#``."""
        is_path = not self.archive.startswith(("http://", "https://"))
        return None if is_path else f"{self.archive}#{quote(self.member)}"

    def get(self, fetcher: Fetcher, /) -> Part:
        """Return the file, unpacked."""
        part = fetcher.part(f"{self.archive}#{self.member}")
        archive = fetcher.archive(self.archive, digest=self.whole)
        listed = archive.extract(self.member, part.path, sums=self.sums)
        try:
            for digest in {self.digest, listed}:
                check(part.path, digest, what=f"{self.member} in {self.archive}")
        except IntegrityError:
            part.discard()
            raise
        return part


@dataclass(frozen=True, slots=True)
class File:
    """A file of this machine; with ``link`` it stays there, and a symbolic link is made to it."""

    path: Path
    link: bool = False

    @property
    def url(self) -> str | None:
        """Return nothing: paths of a machine say nothing to others."""
        return None

    def get(self, fetcher: Fetcher, /) -> Part:
        """Return a copy, or a link."""
        try:
            empty = not self.path.stat().st_size
        except OSError as error:
            raise FetchError(f"{shown(self.path)} cannot be read: {error.strerror}") from error
        if empty:
            raise FetchError(f"{shown(self.path)} is empty")
        part = fetcher.part(os.fspath(self.path.absolute()))
        part.discard()
        with writing(shown(part.path)):
            part.path.parent.mkdir(parents=True, exist_ok=True)
            if self.link:
                self._link(part.path)
            else:
                self._copy(part.path)
        return part

    def _copy(self, target: Path) -> None:
        try:
            source = self.path.open("rb")
        except OSError as error:
            raise FetchError(f"{shown(self.path)} cannot be read: {error.strerror}") from error
        with source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)

    def _link(self, target: Path) -> None:
        try:
            target.symlink_to(self.path.resolve())
        except OSError as error:
            raise OutputError(
                f"no link can be made in {shown(target.parent)} ({error.strerror}); "
                "acquire copies: leave link=yes out"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A recording that can be acquired; text is None where it is not known.

    Parameters
    ----------
    id
        Names it among all recordings of the destination: words and ``/``.
    place
        How it is got; None where it cannot be, for the reason in ``problem``.
    suffix
        Ending of its file, such as ``.mp3``; empty to find it out from the bytes.
    licence, licence_url
        As its source has them: a name, an SPDX identifier, a URL.
    attribution
        What its author wants to be written, instead of the usual line.
    page
        Where people can read about it.
    artist, title, album, genre, split
        What is known of the music.
    problem
        Why it cannot be acquired, which is told and counted.
    """

    id: str
    place: Place | None = None
    suffix: str = ""
    licence: str | None = None
    licence_url: str | None = None
    attribution: str | None = None
    page: str | None = None
    artist: str | None = None
    title: str | None = None
    album: str | None = None
    genre: str | None = None
    split: str | None = None
    problem: str = ""
