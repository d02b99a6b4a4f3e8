"""What brings the bytes of items: downloads and archives, on the way to where they will stay."""

from __future__ import annotations

import re
from pathlib import Path

from audioml.core.errors import IntegrityError, UsageError
from audioml.core.files import hashed

from .archive import Archive
from .web import Part, Web, download
from .web.download import Told

__all__ = ["Fetcher", "check"]

_DIGEST = re.compile(r"(?:md5:[0-9a-f]{32}|sha1:[0-9a-f]{40}|sha256:[0-9a-f]{64})")


class Fetcher:
    """Gets files into a folder for unfinished ones.

    Parameters
    ----------
    folder
        On the disk where the files will stay.
    web
        What requests are made by.
    told
        Hears how far the file at hand is.
    """

    def __init__(self, folder: Path, web: Web, *, told: Told = lambda _done, _total: None) -> None:
        self.folder, self.web, self.told = folder, web, told
        self._archives: dict[str, Archive] = {}

    def part(self, name: str) -> Part:
        """Return the place of an unfinished file, the same for the same name in any run."""
        return Part(self.folder, name)

    def download(self, url: str, *, digest: str = "") -> Part:
        """Return a whole file, which is still a part until it is moved to where it stays.

        Parameters
        ----------
        url
            Of http or https.
        digest
            ``sha256:…``, ``sha1:…`` or ``md5:…``, where it is known.

        Raises
        ------
        FetchError
            If it cannot be had.
        IntegrityError
            If it is not what its hash says; nothing is kept.
        """
        part = self.part(url)
        joined = self._downloaded(url, part, digest)
        try:
            check(part.path, digest, what=url)
        except IntegrityError:
            part.discard()
            if not joined:
                raise
            self._downloaded(url, part, digest)  # the pieces may be of two files
            try:
                check(part.path, digest, what=url)
            except IntegrityError:
                part.discard()
                raise
        return part

    def _downloaded(self, url: str, part: Part, digest: str) -> bool:
        before = part.size
        joined = download(self.web, url, part, certain=bool(digest), told=self.told)
        return joined or before > 0

    def archive(self, place: str, *, digest: str = "") -> Archive:
        """Return a zip, on the web or on this machine, that members are taken from.

        Nothing is fetched before something is taken from it.
        """
        if place not in self._archives:
            self._archives[place] = Archive(self, place, digest)
        return self._archives[place]

    def close(self, *, finished: bool) -> None:
        """Let go of the archives; one that was fetched whole is kept unless all is finished."""
        for archive in self._archives.values():
            archive.close(finished=finished)
        self._archives.clear()


def check(path: Path, digest: str, *, what: str) -> None:
    """Compare a file with its hash, ``METHOD:HEX``; an empty one agrees with every file.

    Raises
    ------
    IntegrityError
        If they differ.
    UsageError
        If the hash is of no known form.
    """
    if not digest:
        return
    if not _DIGEST.fullmatch(digest):
        raise UsageError(f"expected a hash like sha256:64 hexadecimal digits, got {digest!r}")
    method, _, wanted = digest.partition(":")
    found = hashed(path, method)
    if found != wanted:
        raise IntegrityError(
            f"{what} is not what was expected: its {method} is {found[:12]}…, not {wanted[:12]}…; "
            "nothing of it was kept"
        )
