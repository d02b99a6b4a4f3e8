"""What an answer, or the lack of one, means."""

from __future__ import annotations

import math
import re
import ssl
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3 import exceptions

from audioml.core.errors import AudiomlError, OfflineError

from ..errors import FetchError, TransientError
from .clock import Clock
from .origin import origin_of

__all__ = ["asked_wait", "failure", "moved_to", "refuse_status"]

_MOVED = (301, 302, 303, 307, 308)
_FILES = (200, 206, 416)
_CONNECTION = re.compile(r"^(<.*?>|\w+\(host=.*?\)): ")
_AGAIN = (408, 425, 429, 500, 502, 503, 504)


def moved_to(url: str, status: int, headers: Mapping[str, str]) -> str | None:
    """Return where an answer sends us, None where it is an answer.

    Raises
    ------
    FetchError
        If it sends us from https to http, or to something else, such as a file.
    """
    place = headers.get("Location")
    if status not in _MOVED or place is None:
        return None
    target = urljoin(url, place)
    old, new = urlsplit(url).scheme, urlsplit(target).scheme
    if new not in ("http", "https") or (old, new) == ("https", "http"):
        raise FetchError(f"{url} sends us to {target!r}, which is not followed")
    return target.partition("#")[0]


def refuse_status(url: str, raw: urllib3.BaseHTTPResponse, clock: Clock) -> None:
    """Raise what an answer means that brings no file.

    Raises
    ------
    TransientError
        If the host is busy or out of order.
    FetchError
        If it has no such file, or gives it to others.
    """
    if raw.status in _FILES:
        return
    said = f"answered {raw.status} {raw.reason or ''}".rstrip()
    if raw.status in _AGAIN:
        raise TransientError(said, after=asked_wait(raw.headers, clock))
    raise FetchError(f"{url} {said}")


def asked_wait(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Return the seconds that a host asks to wait (RFC 9110, 10.2.3)."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            date = parsedate_to_datetime(text)
        except ValueError:
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (date - clock.today()).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def failure(error: Exception, url: str) -> TransientError | AudiomlError:
    """Return the error for a request that had no answer, or half of one."""
    origin = origin_of(url)
    cause = getattr(error, "original_error", error)  # a proxy's
    if isinstance(cause, exceptions.SSLError | ssl.SSLError):
        return OfflineError(f"{origin} cannot be trusted: {cause}")
    if isinstance(cause, exceptions.LocationParseError | exceptions.LocationValueError):
        return FetchError(f"{url!r} is no URL: {cause}")
    if isinstance(cause, exceptions.ConnectTimeoutError | exceptions.NewConnectionError):
        return TransientError(_words(cause), origin=origin)
    if isinstance(cause, exceptions.TimeoutError | TimeoutError):
        return TransientError("no byte came for too long")
    if isinstance(cause, exceptions.ProtocolError | OSError):
        return TransientError(f"the connection broke off ({_words(cause)})")
    return FetchError(f"{url}: {_words(cause)}")


def _words(error: Exception) -> str:
    """Return what the system says, without the objects that urllib3 puts before it."""
    inner = error.args[-1] if error.args else error
    while isinstance(inner, Exception) and inner.args:
        inner = inner.args[-1]
    return _CONNECTION.sub("", str(inner)) or type(error).__name__
