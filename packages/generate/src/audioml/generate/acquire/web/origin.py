"""Whose address a URL is."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..errors import FetchError

__all__ = ["origin_of"]


def origin_of(url: str) -> str:
    """Return the scheme, host and port of a URL.

    Raises
    ------
    FetchError
        If it is not one of http or https, or holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FetchError(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchError(f"expected a URL of http or https, got {url!r}")
    if parts.username or parts.password:
        raise FetchError(
            f"the URL on {parts.hostname} holds a password, which would be written down with the "
            "recording; give one without"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port in (None, default) else f":{port}")
