"""A file on the web as `zipfile` reads one: pieces of it are fetched when they are asked for."""

from __future__ import annotations

import contextlib
import errno
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from .web import Span

__all__ = ["Remote"]

_LEAST = (1 << 16) + 1024  # bytes asked for at once: a zip's end, with its comment, is within


class Remote:
    """A read-only file of which pieces are at hand.

    Parameters
    ----------
    size
        Its bytes.
    fetch
        Returns the bytes of a span.
    """

    def __init__(self, size: int, fetch: Callable[[Span], bytes]) -> None:
        self._size, self._fetch, self._at = size, fetch, 0
        self._pieces: list[tuple[Span, BinaryIO]] = []

    @contextlib.contextmanager
    def holding(self, span: Span, file: BinaryIO) -> Iterator[None]:
        """Take a span from a file while the block runs."""
        self._pieces.insert(0, (span, file))
        try:
            yield
        finally:
            self._pieces.remove((span, file))

    def seekable(self) -> bool:
        """Return that it can be read at any place."""
        return True

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, f"there is no byte {base + offset}")
        self._at = base + offset
        return self._at

    def read(self, count: int | None = -1, /) -> bytes:
        """Return so many bytes, fewer only at the end."""
        left = self._size - self._at
        left = max(left if count is None or count < 0 else min(count, left), 0)
        found = []
        while left:
            chunk = self._read_piece(left)
            if not chunk:
                raise EOFError(f"byte {self._at} was not got")
            self._at += len(chunk)
            left -= len(chunk)
            found.append(chunk)
        return b"".join(found)

    def close(self) -> None:
        """Let go of the pieces."""
        self._pieces.clear()

    def _read_piece(self, count: int) -> bytes:
        for span, file in self._pieces:
            if span.start <= self._at < span.stop:
                file.seek(self._at - span.start)
                return file.read(min(count, span.stop - self._at))
        start = max(0, min(self._at, self._size - _LEAST))
        span = Span(start, min(self._size, max(start + _LEAST, self._at + count)))
        self._pieces.append((span, io.BytesIO(self._fetch(span))))
        return self._read_piece(count)
