"""The one connection: kept open between requests, through a proxy where the system has one."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

import urllib3
from urllib3.util import Timeout

from .clock import Pace

__all__ = ["Connection"]

_HERE = ("127.0.0.1", "::1", "localhost")


class Connection:
    """Requests to any host, of which one at a time is connected."""

    def __init__(self, pace: Pace) -> None:
        self._timeout = Timeout(connect=pace.connect, read=pace.read)
        self._managers: dict[str | None, urllib3.PoolManager] = {}

    def get(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """Return an answer of any status, its body unread.

        Raises
        ------
        HTTPError
            Of urllib3, if there is none.
        """
        return self._manager(url).request(
            "GET",
            url,
            headers=dict(headers),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )

    def close(self) -> None:
        """Close what is open."""
        for manager in self._managers.values():
            manager.clear()

    def _manager(self, url: str) -> urllib3.PoolManager:
        proxy = _proxy(url)
        for other, manager in self._managers.items():
            if other != proxy:
                manager.clear()
        if proxy not in self._managers:
            self._managers[proxy] = (
                urllib3.PoolManager(num_pools=1, maxsize=1, timeout=self._timeout)
                if proxy is None
                else urllib3.ProxyManager(proxy, num_pools=1, maxsize=1, timeout=self._timeout)
            )
        return self._managers[proxy]


def _proxy(url: str) -> str | None:
    """Return the proxy that ``HTTPS_PROXY`` and the like, or the system's settings, name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _HERE or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(parts.scheme)
