"""The client's address, where proxies stand before the server."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from audioml.core.errors import UsageError

__all__ = ["Proxies"]

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxies:
    """The proxies whose word is taken for whom they forward.

    Parameters
    ----------
    allowed
        Addresses and networks, with commas between them; ``*`` for all, and nothing for none.

    Raises
    ------
    UsageError
        If one of them is none.
    """

    def __init__(self, allowed: str) -> None:
        self.names = [name for name in (part.strip() for part in allowed.split(",")) if name]
        try:
            self._networks = [ipaddress.ip_network(name) for name in self.names if name != "*"]
        except ValueError as error:
            raise UsageError(f"a proxy must be an address or a network: {error}") from error
        self._all = "*" in self.names

    def believed(self, address: str) -> bool:
        """Return whether an address is that of a proxy; that of a unix socket is empty."""
        if self._all or not address:
            return bool(self.names)
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)

    def client(self, address: str, forwarded: str) -> str:
        """Return the nearest address in X-Forwarded-For that is not a proxy's.

        Each proxy appends whom it heard from; what stands before the first that is not believed
        is what anybody may have written.
        """
        for hop in reversed(forwarded.split(",")):
            if not self.believed(address) or not hop.strip():
                break
            address = hop.strip()
        return address

    def applied(self, app: Callable[..., Any]) -> Callable[..., Any]:
        """Return an application that sees clients rather than proxies."""
        if not self.names:
            return app

        def behind_proxies(environ: dict[str, Any], start_response: Any) -> Any:
            forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
            environ["REMOTE_ADDR"] = self.client(environ.get("REMOTE_ADDR", ""), forwarded)
            return app(environ, start_response)

        return behind_proxies
