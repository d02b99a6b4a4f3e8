"""Requests, one after the other over one connection, as the hosts ask for them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from audioml.core import __version__
from audioml.core.errors import AudiomlError, OfflineError
from audioml.core.store.store import offline

from ..errors import FetchError, TransientError
from .answers import asked_wait, failure, moved_to, refuse_status
from .clock import Clock, Pace
from .connection import Connection
from .origin import origin_of
from .robots import EVERYTHING, Rules, parse

__all__ = ["Reply", "Web"]

log = logging.getLogger(__name__)
_T = TypeVar("_T")
_AGENT = "audioml"
_PIECE = 1 << 16
_REDIRECTS = 5
_ROBOTS_BYTES = 500 * 1024  # what RFC 9309 asks to be read at least
_ROBOTS_SECONDS = 86400.0  # and for how long it may be remembered


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose body is still to be read; ``url`` is where it came from in the end."""

    url: str
    status: int
    headers: Mapping[str, str]
    raw: urllib3.BaseHTTPResponse

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes.

        Raises
        ------
        TransientError
            If the connection breaks.
        """
        try:
            while chunk := self.raw.read1(_PIECE, decode_content=False):
                yield chunk
        except (HTTPError, OSError) as error:
            raise failure(error, self.url) from error


class Web:
    """All that is fetched in a run.

    Parameters
    ----------
    pace
        How patient it is.
    clock
        What it waits by.
    contact
        Who can be asked about its requests: an address of mail or of a page, sent with each.
    """

    def __init__(
        self, *, pace: Pace | None = None, clock: Clock | None = None, contact: str = ""
    ) -> None:
        self.pace, self.clock = pace or Pace(), clock or Clock()
        about = "; ".join(filter(None, ["+https://pypi.org/project/audioml-generate/", contact]))
        self._headers = {
            "User-Agent": f"{_AGENT}/{__version__} ({about})",
            "Accept-Encoding": "identity",  # a range counts the bytes that are sent
        }
        self._connection = Connection(self.pace)
        self._robots: dict[str, tuple[float, Rules]] = {}
        self._next: dict[str, float] = {}
        self._answered: set[str] = set()
        self._lost: dict[str, AudiomlError] = {}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextlib.contextmanager
    def open(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[Reply]:
        """Give the answer to one request, whose status is 200, 206 or 416.

        Redirects are followed, to other hosts too, but never to something else than http and
        https, nor from https to http.

        Raises
        ------
        TransientError
            If it may go well at the next try; see `patiently`.
        FetchError
            If robots.txt forbids it, or the answer is final and no file.
        OfflineError
            If the network is off, or nobody answers.
        """
        with contextlib.ExitStack() as stack:
            for _ in range(_REDIRECTS + 1):
                self._ask_leave(url)
                raw = stack.enter_context(self._request(url, headers or {}))
                target = moved_to(url, raw.status, raw.headers)
                if target is None:
                    refuse_status(url, raw, self.clock)
                    yield Reply(url, raw.status, raw.headers, raw)
                    return
                stack.close()
                log.info("%s is at %s", url, target)
                url = target
        raise FetchError(f"{url} is reached by more than {_REDIRECTS} redirects")

    def patiently(self, url: str, attempt: Callable[[], _T], *, size: Callable[[], int]) -> _T:
        """Return what an attempt returns, tried again while there is hope.

        Parameters
        ----------
        url
            What it is about.
        attempt
            Makes requests by `open`.
        size
            Bytes that are there so far: an attempt that got on is no failure.

        Raises
        ------
        FetchError
            If it failed too often.
        OfflineError
            If nobody answers; that host is not asked again.
        """
        origin = origin_of(url)
        if origin in self._lost:
            raise self._lost[origin]
        failures, best = 0, size()
        while True:
            try:
                return attempt()
            except TransientError as error:
                if size() >= best + self.pace.least:
                    failures, best = 0, size()
                failures += 1
                self._give_up_or_wait(origin, url, error, failures)
            except OfflineError as error:
                self._lost[origin] = error
                raise

    def _give_up_or_wait(self, origin: str, url: str, error: TransientError, failures: int) -> None:
        pause = self.pace.backoff * 2 ** (failures - 1) if error.after is None else error.after
        if pause > self.pace.longest:
            text = f"{url}: {error}, and asks to wait {pause:.0f} s; run the same command then"
            self._lost[origin] = FetchError(text)
            raise self._lost[origin] from error
        new = error.origin and error.origin not in self._answered
        if failures < (self.pace.new if new else self.pace.tries):
            log.info("%s: %s; again in %g s", url, error, pause)
            self.clock.sleep(pause)
            return
        if error.origin:
            text = f"{error.origin} cannot be reached: {error}; is there a network?"
            self._lost[error.origin] = self._lost[origin] = OfflineError(text)
            raise self._lost[origin] from error
        raise FetchError(f"{url}: {error}, {failures} times in a row") from error

    @contextlib.contextmanager
    def _request(self, url: str, headers: Mapping[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        origin = origin_of(url)
        pause = self._next.get(origin, 0.0) - self.clock.now()
        if pause > 0:
            self.clock.sleep(pause)
        try:
            raw = self._connection.get(url, {**self._headers, **headers})
        except (HTTPError, OSError) as error:
            raise failure(error, url) from error
        finally:
            self._rest(origin)
        self._answered.add(origin)
        try:
            yield raw
        finally:
            raw.close()  # which ends a connection whose answer was not read to its end
            raw.release_conn()

    def _rest(self, origin: str) -> None:
        """Note when the host may be asked again."""
        _, rules = self._robots.get(origin, (0.0, EVERYTHING))
        self._next[origin] = self.clock.now() + max(self.pace.delay, rules.delay or 0.0)

    def _ask_leave(self, url: str) -> None:
        parts = urlsplit(url)
        if offline():
            raise OfflineError(f"the network is off, and {url} must be fetched")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        origin = origin_of(url)
        if not self._rules(origin).allows(path):
            raise FetchError(f"{url} is not for programs, says {origin}/robots.txt")

    def _rules(self, origin: str) -> Rules:
        since, rules = self._robots.get(origin, (0.0, None))
        if rules is not None and self.clock.now() - since < _ROBOTS_SECONDS:
            return rules
        rules = self._asked_rules(f"{origin}/robots.txt")
        self._robots[origin] = (self.clock.now(), rules)
        self._rest(origin)
        if rules.delay:
            log.info("%s asks for %g s between requests", origin, rules.delay)
        return rules

    def _asked_rules(self, url: str) -> Rules:
        """Return the rules of a host; where it has none, everything is allowed (RFC 9309, 2.3)."""
        for _ in range(_REDIRECTS + 1):
            with self._request(url, {}) as raw:
                try:
                    target = moved_to(url, raw.status, raw.headers)
                except FetchError:
                    return EVERYTHING
                if target is None:
                    return self._read_rules(url, raw)
            url = target
        return EVERYTHING

    def _read_rules(self, url: str, raw: urllib3.BaseHTTPResponse) -> Rules:
        if raw.status == 429 or raw.status >= 500:
            reason = f"{url} answered {raw.status} {raw.reason}".rstrip()
            raise TransientError(reason, after=asked_wait(raw.headers, self.clock))
        if raw.status != 200:
            return EVERYTHING
        data = b""
        for chunk in Reply(url, raw.status, raw.headers, raw).chunks():
            data += chunk
            if len(data) > _ROBOTS_BYTES:
                break
        return parse(data.decode("utf-8-sig", "replace"), agent=_AGENT)
