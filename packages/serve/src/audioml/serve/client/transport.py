"""Requests and answers: one pool of connections, the key, and which failures are tried again."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from urllib3.util import Retry, Timeout

from audioml.core import __version__
from audioml.core.errors import AudiomlError, OfflineError, UsageError, WorkerError

from .body import Body
from .errors import LateError, refusal

__all__ = ["Transport", "query"]

_BACKOFF = 0.2  # seconds, doubled at every further try
_CONNECT = 10.0  # seconds: a connection that takes longer does not come
_CONNECTIONS = 16  # that are kept open
_PIECE = 1 << 16
_BUSY = (429, 503)


class _Patience(Retry):
    """Tries again what was not begun: busy servers, and connections that broke before an answer.

    An answer that is late is not tried again: the server may still be at work on the first.
    """

    longest = 60.0  # seconds of Retry-After that are waited for

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> _Patience:
        if isinstance(error, urllib3.exceptions.TimeoutError):
            raise error
        if response is not None and (self.get_retry_after(response) or 0) > self.longest:
            raise urllib3.exceptions.MaxRetryError(_pool, url or "", error)
        return super().increment(method, url, response, error, _pool, _stacktrace)


class Transport:
    """One server, as requests and answers.

    Parameters
    ----------
    url
        Its address; what stands in front of ``/v1`` belongs to it.
    key
        The API key, or None.
    timeout
        Seconds without a byte after which a request is given up.
    retries
        How often a request is tried again.

    Raises
    ------
    UsageError
        If the address is none.
    """

    def __init__(self, url: str, *, key: str | None, timeout: float, retries: int) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UsageError(f"expected an address like http://127.0.0.1:8000, got {url!r}")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.headers = {"User-Agent": f"audioml/{__version__}", "X-Request-Timeout": f"{timeout:g}"}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"
        self._retries = retries
        waits = Timeout(connect=min(timeout, _CONNECT), read=timeout)
        self._pool = urllib3.PoolManager(
            num_pools=1, maxsize=_CONNECTIONS, blocksize=_PIECE, timeout=waits
        )

    def close(self) -> None:
        """Close its connections."""
        self._pool.clear()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Body | BinaryIO | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        again: bool = True,
        once: bool = False,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Return an answer that is a 2xx.

        Parameters
        ----------
        method, path, body, headers
            Of the request; ``path`` is quoted and has its query.
        again
            Whether it may be tried again when the connection breaks before an answer.
        once
            Whether it is not tried again at all.
        stream
            Whether the answer is to be read by the caller while it comes.

        Raises
        ------
        AudiomlError
            The one that fits the server's refusal; OfflineError if nobody answers, LateError if
            the answer takes too long.
        """
        sent = {**self.headers, **(headers or {})}
        if isinstance(body, Body):
            sent["Content-Length"] = str(body.size)
        try:
            response = self._pool.urlopen(
                method,
                self.url + path,
                body=body,
                headers=sent,
                redirect=False,
                retries=self._patience(method, body, again=again, once=once),
                preload_content=not stream,
            )
            if 200 <= response.status < 300:
                return response
            raise refusal(response.status, response.headers, response.data)
        except urllib3.exceptions.HTTPError as error:
            raise self.failure(error) from error
        finally:
            if isinstance(body, Body):
                body.close()

    def _patience(self, method: str, body: object, *, again: bool, once: bool) -> _Patience:
        """Return how often a request is tried; what can be read only once is sent only once."""
        repeatable = body is None or isinstance(body, Body | bytes)
        total = self._retries if repeatable and not once else 0
        patience = _Patience(
            total=total,
            connect=0,  # refused at once: nobody is there, and saying so is better than waiting
            read=None if again else 0,
            redirect=False,
            other=0,
            allowed_methods=frozenset({method}),
            status_forcelist=_BUSY,
            backoff_factor=_BACKOFF,
            raise_on_status=False,
        )
        patience.longest = max(self.timeout, 0.0)
        return patience

    def nobody(self) -> AudiomlError:
        """Return the error for a server that is not there."""
        return OfflineError(f"nobody answers at {self.url}; start it with: audioml serve MODEL")

    def failure(self, error: Exception) -> AudiomlError:
        """Return the error for a request that had no answer, or half of one."""
        reason = getattr(error, "reason", None)
        cause = reason if isinstance(reason, Exception) else error
        if isinstance(cause, urllib3.exceptions.NewConnectionError | ConnectionRefusedError):
            return self.nobody()
        if isinstance(cause, urllib3.exceptions.TimeoutError | TimeoutError):
            return LateError(
                f"no answer from {self.url} for {self.timeout:g} s; "
                "wait longer with Client(timeout=…), or make it a job"
            )
        if isinstance(cause, urllib3.exceptions.SSLError | ssl.SSLError):
            return OfflineError(f"cannot trust {self.url}: {cause}")
        return WorkerError(f"{self.url} broke off before the answer was whole: {cause}")


def query(path: str, *parts: str, options: Mapping[str, Any] | None = None) -> str:
    """Return a path with its parts quoted, and its options as a query but for those of None."""
    quoted = path.format(*(quote(part, safe="") for part in parts))
    given = {name: _spelled(v) for name, v in (options or {}).items() if v is not None}
    return f"{quoted}?{urlencode(given)}" if given else quoted


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
