"""From bytes to gunicorn's request, whose parser alone decides what a request is."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

from gunicorn.config import Config
from gunicorn.http import errors
from gunicorn.http.body import ChunkedReader
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader

from .refusal import Refused

__all__ = ["Asked", "Incoming", "Stream", "cut_head", "parse"]

HEAD = 64 << 10  # bytes of a header
_END = b"\r\n\r\n"
_STATUS = {  # of what gunicorn's parser raises; 400 is for the rest
    errors.ConfigurationProblem: 500,
    errors.ExpectationFailed: 417,
    errors.ForbiddenProxyRequest: 403,
    errors.LimitRequestHeaders: 431,
    errors.LimitRequestLine: 414,
    errors.UnsupportedTransferCoding: 501,
}


def cut_head(buffer: bytearray, *, since: int) -> bytes | None:
    """Take a header off the front of a buffer; return None while it is not all there.

    Parameters
    ----------
    since
        Bytes that were looked through before.

    Raises
    ------
    Refused
        If it is too long.
    """
    end = buffer.find(_END, max(since - len(_END) + 1, 0))
    if end < 0 and len(buffer) <= HEAD:
        # a line that ends in LF alone is wrong, and would be waited on: let the parser say so
        if buffer.count(b"\n", since) == buffer.count(b"\r\n", max(since - 1, 0)):
            return None
        end = len(buffer) - len(_END)
    if end > HEAD or (end < 0 and len(buffer) > HEAD):
        raise Refused(431, f"the header must not be longer than {HEAD} bytes")
    head = bytes(buffer[: end + len(_END)])
    del buffer[: end + len(_END)]
    return head


class Asked(Request):  # type: ignore[misc]  # gunicorn has no types
    """A request whose connection can be ended until the header of its answer is sent.

    The answer says so then; one that has promised to keep the connection keeps it.
    """

    last = False
    _closes: bool | None = None

    def should_close(self) -> bool:
        """Return whether the connection closes after the answer."""
        if self._closes is None:
            self._closes = self.last or bool(super().should_close())
        return self._closes


def parse(head: bytes, config: Config, client: Any, *, number: int) -> tuple[Asked, Incoming]:
    """Return the request of a header, and where the rest of it comes from.

    Parameters
    ----------
    client
        The address of the peer.
    number
        Of the request on its connection, from 1.

    Raises
    ------
    Refused
        If it is not a request.
    """
    incoming = Incoming(head)
    try:
        request = Asked(config, incoming, client, number)
    except (errors.NoMoreData, StopIteration) as error:
        raise Refused(400, "the header of the request is not complete") from error
    except (errors.ParseException, OSError) as error:
        raise Refused(_STATUS.get(type(error), 400), str(error)) from error
    if incoming.take_buffered():
        raise Refused(400, "the header of the request ends twice")
    return request, incoming


class Incoming(Unreader):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn's parser reads: a header, and later, in a thread, what `more` returns."""

    def __init__(self, head: bytes) -> None:
        super().__init__()
        self.buf.write(head)
        self.more: Callable[[int], bytes] = lambda _: b""

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return some bytes, or none at the end."""
        return self.more(min(size_hint or 0, 1 << 20) or 1 << 16)


class Stream(io.RawIOBase):
    """A chunked body that is read while it comes; to be wrapped in an `io.BufferedReader`.

    Reading raises OSError where the client goes away, is too slow, or sends what are no chunks.
    Once it failed it fails for good: an upload that broke off is not one that ended.

    Parameters
    ----------
    reader
        gunicorn's, which knows about chunks.
    """

    def __init__(self, reader: ChunkedReader) -> None:
        self._pieces: Iterator[bytes] = reader.parser
        self._piece = memoryview(b"")
        self._failed = False
        self.ended = False

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, into: Any) -> int:
        """Read what there is; wait only where there is nothing."""
        while not self._piece and not self.ended:
            self._advance()
        view = memoryview(into).cast("B")
        number = min(len(view), len(self._piece))
        view[:number] = self._piece[:number]
        self._piece = self._piece[number:]
        return number

    def _advance(self) -> None:
        if self._failed:
            raise ConnectionAbortedError("the upload broke off")
        try:
            self._piece = memoryview(next(self._pieces))
        except StopIteration:
            self.ended = True
        except (errors.ParseException, OSError) as error:
            self._failed = True
            raise ConnectionAbortedError(f"the upload broke off: {error}") from error
