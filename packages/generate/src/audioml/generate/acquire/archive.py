"""A zip of recordings: one that lies here, or one on the web, of which some members are read."""

from __future__ import annotations

import contextlib
import logging
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from audioml.core.errors import AudiomlError, NotFoundError, OutputError
from audioml.core.files import is_inside, shown, writing

from .errors import ChangedError, FetchError
from .remote import Remote
from .web import Part, Span, download, identity
from .web.download import Identity

if TYPE_CHECKING:
    from .fetcher import Fetcher

__all__ = ["Archive"]

log = logging.getLogger(__name__)
_LARGEST = 4 << 30  # bytes that one recording may unpack to
_LARGEST_SUMS = 1 << 26
_SHARE = 0.5  # of an archive's bytes that are worth reading it by its members
_HEADER = 30 + 2 * 65535 + 24  # bytes that a member may have besides its data
_PIECE = 1 << 18
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError)


class Archive:
    """Members of a zip, taken one by one; made by `Fetcher.archive`.

    A zip on the web is read in ranges, so that only its directory and the members that are wanted
    are fetched. Where its host gives no ranges, or more than half of it is wanted, it is fetched
    whole, and compared with its hash.

    Parameters
    ----------
    fetcher
        Fetches it.
    place
        Its URL, or its path.
    digest
        Of the whole, where it is known.
    """

    def __init__(self, fetcher: Fetcher, place: str, digest: str) -> None:
        self.place = place
        self._fetcher, self._digest = fetcher, digest
        self._wanted: set[str] = set()
        self._zip: zipfile.ZipFile | None = None
        self._remote: Remote | None = None
        self._identity: Identity | None = None
        self._failed: AudiomlError | None = None
        self._decided = False
        self._ends: dict[int, int] = {}
        self._sums: dict[str, dict[str, str]] = {}

    def want(self, member: str) -> None:
        """Announce that a member will be taken: how the zip is read depends on how many are."""
        self._wanted.add(member)

    def members(self) -> list[str]:
        """Return the names of its files.

        Raises
        ------
        FetchError
            If it cannot be had, or is no zip.
        """
        return [info.filename for info in self._opened().infolist() if not info.is_dir()]

    def extract(self, member: str, target: Path, *, sums: str = "") -> str:
        """Write a member to a file, and return the hash it should have.

        Parameters
        ----------
        member, target
            What goes where.
        sums
            A member that holds SHA-1 sums as ``sha1sum`` writes them, of names beside it.

        Raises
        ------
        FetchError
            If there is no such member, or it cannot be unpacked.
        """
        try:
            return self._extract(member, target, sums)
        except ChangedError:
            log.info("%s has changed; its directory is read again", self.place)
            self.close(finished=False)
            return self._extract(member, target, sums)

    def close(self, *, finished: bool) -> None:
        """Let go of it; with ``finished``, what was fetched of it whole is removed."""
        if self._zip is not None:
            self._zip.close()
        if finished and self._on_web:
            self._fetcher.part(self.place).discard()
        self._zip = self._remote = self._identity = None
        self._decided = False
        self._sums.clear()

    @property
    def _on_web(self) -> bool:
        return self.place.startswith(("http://", "https://"))

    def _extract(self, member: str, target: Path, sums: str) -> str:
        archive = self._decided_on(self._opened())
        info = self._info(archive, member)
        expected = self._sum(archive, member, sums) if sums else ""
        with self._understood(info), self._at_hand(info), archive.open(info) as source:
            _copy(source, target)
        return expected

    @contextlib.contextmanager
    def _understood(self, info: zipfile.ZipInfo) -> Iterator[None]:
        """Say in a sentence what is wrong with a member that the block unpacks."""
        member = f"{info.filename} in {self.place}"
        try:
            yield
        except NotImplementedError as error:
            raise FetchError(
                f"{member} is packed in a way that Python cannot unpack ({error}); unpack the zip "
                "with 7z, and acquire the folder"
            ) from error
        except RuntimeError as error:
            raise FetchError(f"{member} is encrypted") from error
        except _DAMAGE as error:
            raise _damaged(member, error) from error

    def _info(
        self, archive: zipfile.ZipFile, member: str, *, largest: int = _LARGEST
    ) -> zipfile.ZipInfo:
        try:
            info = archive.getinfo(member)
        except KeyError as error:
            raise FetchError(f"{self.place} holds no {member!r}") from error
        special = stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG)
        if special or not is_inside(member):
            raise FetchError(f"{self.place} holds an unsafe name: {member!r}")
        if info.file_size > largest:
            raise FetchError(f"{member} in {self.place} unpacks to {info.file_size} bytes")
        return info

    def _sum(self, archive: zipfile.ZipFile, member: str, sums: str) -> str:
        if sums not in self._sums:
            info = self._info(archive, sums, largest=_LARGEST_SUMS)
            with self._understood(info), self._at_hand(info), archive.open(info) as file:
                text = b"".join(_pieces(file)).decode("utf-8", "replace")
            self._sums[sums] = dict(_listed_sums(text, sums))
        digest = self._sums[sums].get(member, "")
        return f"sha1:{digest}" if digest else ""

    def _opened(self) -> zipfile.ZipFile:
        """Return the zip; one that could not be had is not asked for again."""
        if self._failed is not None:
            raise self._failed
        if self._zip is None:
            with self._remembering():
                self._zip = self._open()
        return self._zip

    @contextlib.contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            if self._on_web:
                self._fetcher.part(self.place).discard()
            self._failed = _damaged(self.place, error)
            raise self._failed from error
        except (OutputError, ChangedError):
            raise
        except AudiomlError as error:
            self._failed = error
            raise

    def _open(self) -> zipfile.ZipFile:
        if not self._on_web:
            return self._open_here(Path(self.place))
        if self._fetcher.part(self.place).size:  # of an earlier run that fetched all of it
            return self._open_whole()
        self._identity = identity(self._fetcher.web, self.place)
        if self._identity is None or self._identity.bytes is None:
            return self._open_whole()
        self._remote = Remote(self._identity.bytes, self._read_span)
        archive = zipfile.ZipFile(self._remote)
        starts = sorted(info.header_offset for info in archive.infolist())
        self._ends = dict(zip(starts, [*starts[1:], archive.start_dir], strict=True))
        return archive

    def _decided_on(self, archive: zipfile.ZipFile) -> zipfile.ZipFile:
        """Return the archive, fetched whole where most of it will be taken."""
        if self._remote is None or self._identity is None or self._decided:
            return archive
        self._decided = True
        sizes = (i.compress_size for i in archive.infolist() if i.filename in self._wanted)
        if sum(sizes) <= _SHARE * (self._identity.bytes or 0):
            return archive
        archive.close()
        with self._remembering():
            self._zip = self._open_whole()
        return self._zip

    def _open_here(self, path: Path) -> zipfile.ZipFile:
        from .fetcher import check

        if not path.is_file():
            raise NotFoundError(f"{shown(path)} does not exist")
        check(path, self._digest, what=shown(path))
        return zipfile.ZipFile(path)

    def _open_whole(self) -> zipfile.ZipFile:
        self._remote = None
        return zipfile.ZipFile(self._fetcher.download(self.place, digest=self._digest).path)

    def _read_span(self, span: Span) -> bytes:
        """Return some bytes of the directory."""
        part = self._fetch_span(span)
        data = part.path.read_bytes()
        part.discard()
        return data

    def _fetch_span(self, span: Span) -> Part:
        part = self._fetcher.part(f"{self.place}#{span.start}-{span.stop}")
        download(
            self._fetcher.web,
            self.place,
            part,
            span=span,
            whole=self._identity,
            told=self._fetcher.told,
        )
        return part

    @contextlib.contextmanager
    def _at_hand(self, info: zipfile.ZipInfo) -> Iterator[None]:
        """Have the bytes of a member here while the block runs."""
        if self._remote is None:
            yield
            return
        start = info.header_offset
        end = min(self._ends[start], start + info.compress_size + _HEADER)
        part = self._fetch_span(Span(start, end))
        try:
            with part.path.open("rb") as file, self._remote.holding(Span(start, end), file):
                yield
        except _DAMAGE:
            part.discard()
            raise
        part.discard()


def _damaged(what: str, error: BaseException) -> FetchError:
    return FetchError(f"{what} is damaged, or no zip: {str(error) or type(error).__name__}")


def _copy(source: IO[bytes], target: Path) -> None:
    with writing(shown(target)):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("wb")
    with file:
        for chunk in _pieces(source):
            with writing(shown(target)):
                file.write(chunk)


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    """Yield what a member unpacks to."""
    while True:
        try:
            chunk = source.read(_PIECE)
        except OSError as error:  # bz2's word for damage
            raise zipfile.BadZipFile(str(error)) from error
        if not chunk:
            return
        yield chunk


def _listed_sums(text: str, sums: str) -> Iterator[tuple[str, str]]:
    """Yield the member that each line is about, and its sum."""
    folder = sums.rpartition("/")[0]
    for line in text.splitlines():
        digest, _, name = line.partition(" ")
        name = name.lstrip(" *")
        yield (f"{folder}/{name}" if folder else name), digest.lower()
