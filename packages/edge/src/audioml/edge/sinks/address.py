"""Where an MQTT broker is, as a URL says it."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from audioml.core.errors import UsageError

__all__ = ["Address"]

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Address:
    """A broker, who we are to it, and the topic that ours begin with."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    topic: str = ""

    def __str__(self) -> str:
        return f"the broker {self.host}:{self.port}"

    @classmethod
    def of(cls, url: str | None, *, topic: str | None = None) -> Address:
        """Return the address of ``mqtt[s]://[user[:password]@]host[:port][/topic]``.

        ``topic`` is used in place of the URL's; without either it is ``audioml/HOST``.

        Raises
        ------
        UsageError
            If the URL or the topic is none.
        """
        try:
            # both signs may be in passwords and topics, and mean nothing here
            parts = urlsplit((url or "").replace("#", "%23").replace("?", "%3F"))
            port = parts.port
            host = (parts.hostname or "").encode("idna").decode()
        except ValueError:  # and UnicodeError, which is one
            parts, host, port = urlsplit(""), "", None
        if parts.scheme not in _PORTS or not host:
            raise UsageError(
                f"an MQTT broker must be given as mqtt://HOST[:PORT][/TOPIC], got {_hidden(url)!r}"
            )
        return cls(
            host,
            port or _PORTS[parts.scheme],
            parts.scheme == "mqtts",
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else unquote(parts.password),
            _checked(topic or unquote(parts.path).strip("/") or _own_topic()),
        )


def _hidden(url: str | None) -> str:
    """Return a URL without who we are."""
    scheme, separator, rest = (url or "").partition("://")
    return scheme + separator + rest.rpartition("@")[2]


def _checked(topic: str) -> str:
    if any(sign in topic for sign in "+#\0") or len(topic.encode(errors="replace")) > 60_000:
        raise UsageError(f"an MQTT topic must be without '+' and '#', got {topic!r}")
    return topic


def _own_topic() -> str:
    host = "".join("-" if sign in "/+#\0" else sign for sign in platform.node())
    return f"audioml/{host or 'edge'}"
