"""One file, or a span of its bytes, got in as many pieces as it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from audioml.core.files import shown, writing

from ..errors import ChangedError, FetchError, TransientError
from .client import Reply, Web
from .part import Part

__all__ = ["Identity", "Span", "Told", "download", "identity"]

Told = Callable[[int, int | None], None]
"""``told(bytes so far, bytes in all or None)``."""

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_ENCODINGS = ("", "identity", "none", "binary", "utf-8")
_PAGES = ("text/html", "application/xhtml+xml")


class Span(NamedTuple):
    """Some bytes of a file: from ``start`` to before ``stop``."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file was when it was first asked for; what it is told by later."""

    bytes: int | None
    etag: str = ""
    modified: str = ""

    @classmethod
    def of(cls, reply: Reply) -> Identity:
        """Return what an answer says of the whole file."""
        if reply.status == 206:
            text = (_RANGE.match(reply.headers.get("Content-Range", "")) or [""] * 4)[3]
        else:
            text = reply.headers.get("Content-Length", "")
        size = int(text) if text.isdecimal() else None
        headers = reply.headers
        return cls(size, headers.get("ETag", ""), headers.get("Last-Modified", ""))

    @property
    def validator(self) -> str:
        """Return what ``If-Range`` takes: a strong ETag, or a date (RFC 9110, 13.1.5)."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    def differs(self, other: Identity) -> bool:
        """Return whether another answer is about another file."""
        pairs = zip(self.known(), other.known(), strict=True)
        return any(a != b for a, b in pairs if a and b)

    def known(self) -> tuple[int | None, str, str]:
        """Return its parts, as they are written down."""
        return self.bytes, self.etag, self.modified


def identity(web: Web, url: str) -> Identity | None:
    """Return what a file is, None where its host cannot give parts of it.

    Raises
    ------
    FetchError
        If there is no such file.
    """

    def attempt() -> Identity | None:
        with web.open(url, {"Range": "bytes=0-0"}) as reply:
            found = Identity.of(reply) if reply.status == 206 else None
            if reply.status == 416:
                raise FetchError(f"{url} is empty")
            return found if found and found.bytes else None

    return web.patiently(url, attempt, size=lambda: 0)


def download(
    web: Web,
    url: str,
    part: Part,
    *,
    span: Span | None = None,
    whole: Identity | None = None,
    certain: bool = False,
    told: Told = lambda _done, _total: None,
) -> bool:
    """Fill a part, and return whether it took more than one answer.

    Parameters
    ----------
    web
        Asks for it.
    url, span
        What of what; without a span, all of it.
    part
        Where it goes; what is there already is not fetched again.
    whole
        What the file must be, for a span of it.
    certain
        Whether its hash is known, so that pieces may be joined that the host gives no proof for,
        and anything may come that claims to be a page.
    told
        Hears how far it is.

    Raises
    ------
    FetchError
        If it cannot be had.
    ChangedError
        If it is not what it was.
    OfflineError
        If nobody answers.
    OutputError
        If it cannot be written; what was got stays.
    """
    work = _Download(
        web=web, url=url, part=part, span=span, whole=whole, certain=certain, told=told
    )
    web.patiently(url, work.attempt, size=lambda: part.size)
    return work.joined


class _Download:
    """Attempts at one part."""

    def __init__(
        self,
        *,
        web: Web,
        url: str,
        part: Part,
        span: Span | None,
        whole: Identity | None,
        certain: bool,
        told: Told,
    ) -> None:
        self._web, self._url, self._part, self._span = web, url, part, span
        self._whole, self._certain, self._told = whole, certain, told
        self.joined = False

    def attempt(self) -> None:
        """Go on where the last attempt ended.

        Raises
        ------
        TransientError
            If it is not whole by now.
        """
        about = self._about_part()
        have = self._part.size
        if about is not None and self._is_whole(about, have):
            return
        if about is None or not self._can_go_on(about, have):
            self._part.begin()
            about, have = None, 0
        with self._web.open(self._url, self._headers(about, have)) as reply:
            about = self._accepted(reply, about, have)
            self._copy(reply, about)
        self._finish(about)

    def _about_part(self) -> Identity | None:
        note = self._part.note
        same = note.get("url") == self._url and note.get("span") == _listed(self._span)
        if not same or not isinstance(note.get("about"), list) or len(note["about"]) != 3:
            return None
        found = Identity(*note["about"])
        return None if self._whole is not None and self._whole.differs(found) else found

    def _is_whole(self, about: Identity, have: int) -> bool:
        return have == self._length(about) or bool(self._part.note.get("whole"))

    def _length(self, about: Identity) -> int | None:
        return about.bytes if self._span is None else self._span.stop - self._span.start

    def _can_go_on(self, about: Identity, have: int) -> bool:
        length = self._length(about)
        within = have > 0 and (length is None or have < length)
        return within and bool(about.validator or self._certain)

    def _headers(self, about: Identity | None, have: int) -> dict[str, str]:
        known = about or self._whole
        if self._span is None and about is None:
            return {}
        first, stop = (0, None) if self._span is None else self._span
        last = "" if stop is None else stop - 1
        headers = {"Range": f"bytes={first + have}-{last}"}
        if known is not None and known.validator:
            headers["If-Range"] = known.validator
        return headers

    def _accepted(self, reply: Reply, about: Identity | None, have: int) -> Identity:
        """Return what the file is that an answer brings, the part being ready for its bytes."""
        now = Identity.of(reply)
        known = about or self._whole
        changed = known is not None and known.differs(now)
        if self._span is not None and (reply.status != 206 or changed):
            raise ChangedError(f"{self._url} is not what it was when its reading began")
        if reply.status == 200:
            if have:
                self._part.begin()
            self._refuse_other(reply.headers)
        elif reply.status == 416 or changed or not self._continues(reply, have):
            self._part.begin()
            raise TransientError("what was got before does not fit what is there now")
        if self._part.size and known is not None:
            self.joined = True
            pairs = zip(now.known(), known.known(), strict=True)
            now = Identity(*(new or old for new, old in pairs))  # type: ignore[arg-type]
        self._note(now)
        return now

    def _continues(self, reply: Reply, have: int) -> bool:
        match = _RANGE.match(reply.headers.get("Content-Range", ""))
        first = 0 if self._span is None else self._span.start
        return match is not None and int(match[1]) == first + have

    def _refuse_other(self, headers: Mapping[str, str]) -> None:
        encoding = headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            raise FetchError(f"{self._url} comes packed as {encoding}, which was not asked for")
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in _PAGES and not self._certain:
            raise FetchError(f"{self._url} answered with a page ({kind}), not with a recording")

    def _note(self, about: Identity, **more: Any) -> None:
        span = _listed(self._span)
        self._part.write_note(url=self._url, span=span, about=about.known(), **more)

    def _copy(self, reply: Reply, about: Identity) -> None:
        length = self._length(about)
        done = self._part.size
        with self._part.append() as file:
            for chunk in self._in_time(reply.chunks()):
                with writing(shown(self._part.path)):
                    left = memoryview(chunk)
                    while left:
                        left = left[file.write(left) :]
                done += len(chunk)
                self._told(done, length)
                if length is not None and done > length:
                    break

    def _in_time(self, chunks: Iterable[bytes]) -> Iterable[bytes]:
        """Yield chunks while enough of them come.

        Raises
        ------
        TransientError
            If they only drip.
        """
        pace, clock = self._web.pace, self._web.clock
        since, got = clock.now(), 0
        for chunk in chunks:
            yield chunk
            got += len(chunk)
            if clock.now() - since >= pace.window:
                if got < pace.least:
                    raise TransientError(f"only {got} bytes came in {pace.window:g} s")
                since, got = clock.now(), 0

    def _finish(self, about: Identity) -> None:
        length, size = self._length(about), self._part.size
        if length is not None and size > length:
            self._part.begin()
            raise TransientError(f"more came than the {length} bytes that were announced")
        if length is not None and size < length:
            raise TransientError(f"it broke off after {size} of {length} bytes")
        self._note(about, whole=True)


def _listed(span: Span | None) -> list[int] | None:
    return None if span is None else list(span)
