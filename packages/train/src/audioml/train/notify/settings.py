"""The configuration of notifications, checked before a run starts rather than when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal
from urllib.parse import urlsplit

from audioml.core.errors import UsageError

from ..runs.plain import plain
from ..suggesting import suggestion
from . import credentials
from .secret import Secret

__all__ = ["Email", "Settings", "Webhook", "read_settings"]

_ENDS = {
    "always": ("completed", "failed", "interrupted"),
    "success": ("completed",),
    "failure": ("failed", "interrupted"),
}
_TLS_PORT = 465
_LOCAL = ("localhost", "127.0.0.1", "::1")
_PASSWORDS = ("password", "passwd", "pass", "user", "username", "login", "token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """An e-mail; ``timeout`` in seconds, ``ca`` a PEM file of the authorities to trust."""

    host: str
    to: tuple[str, ...]
    sender: str
    port: int = _TLS_PORT
    security: Literal["tls", "starttls"] = "tls"
    credentials: str | None = "env"
    attach: tuple[str, ...] = ()
    timeout: float = 15.0
    ca: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook; ``url`` is https, or http to this machine."""

    url: Secret
    timeout: float = 15.0
    ca: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Who is told, and of runs that ended how."""

    email: Email | None = None
    webhook: Webhook | None = None
    on: tuple[str, ...] = ()  # statuses


def read_settings(config: Any) -> Settings:
    """Return the settings of a configuration, of OmegaConf or plain; None is none.

    Raises
    ------
    UsageError
        If a name or a value is wrong, or a password stands in it.
    CredentialsError, ExposedCredentialsError
        If the URL of the webhook is kept where it is not found, or not private.
    """
    given = plain(config) or {}
    if isinstance(given, dict) and "True" in given:  # what YAML makes of a bare `on`
        given["on"] = given.pop("True")
    about = _mapping(given, "notify", ("email", "webhook", "on"))
    on = about.get("on") or "always"
    if not isinstance(on, str) or on not in _ENDS:
        raise UsageError(f"notify.on must be {' or '.join(_ENDS)}, got {on!r}")
    return Settings(
        email=_email(about.get("email")),
        webhook=_webhook(about.get("webhook")),
        on=_ENDS[on],
    )


def _email(given: Any) -> Email | None:
    if not given:
        return None
    names = ["from" if f.name == "sender" else f.name for f in fields(Email)]
    about = _mapping(given, "notify.email", names)
    absent = [name for name in ("host", "to", "from") if not about.get(name)]
    if absent:
        raise UsageError(f"notify.email needs {', '.join(absent)}")
    port = _TLS_PORT if about.get("port") is None else about["port"]
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise UsageError(f"notify.email.port must be from 1 to 65535, got {port!r}")
    security = about.get("security") or ("tls" if port == _TLS_PORT else "starttls")
    if security not in ("tls", "starttls"):
        raise UsageError(f"notify.email.security is tls or starttls, got {security!r}")
    to, sender = _texts(about["to"], "notify.email.to"), str(about["from"])
    for address in (*to, sender):
        _check_address(address)
    return Email(
        host=str(about["host"]),
        port=port,
        security="tls" if security == "tls" else "starttls",
        to=to,
        sender=sender,
        credentials=about.get("credentials", "env"),
        attach=_texts(about.get("attach"), "notify.email.attach"),
        timeout=_timeout(about, "notify.email"),
        ca=about.get("ca"),
    )


def _webhook(given: Any) -> Webhook | None:
    if not given:
        return None
    if isinstance(given, str):
        given = {"credentials": given} if given.startswith("env:") else {"url": given}
    about = _mapping(given, "notify.webhook", ("url", "credentials", "timeout", "ca"))
    if bool(about.get("url")) == bool(about.get("credentials")):
        raise UsageError("notify.webhook needs either url or credentials (env:NAME or a file)")
    url = str(about["url"]) if about.get("url") else ""
    if url.startswith("env:"):
        about, url = {**about, "credentials": url}, ""
    secret = Secret(url) if url else credentials.hook(str(about["credentials"]))
    _check_url(secret)
    return Webhook(url=secret, timeout=_timeout(about, "notify.webhook"), ca=about.get("ca"))


def _check_url(secret: Secret) -> None:
    try:
        parts = urlsplit(secret.reveal())
        host = parts.hostname
    except ValueError:
        host = None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)):
        raise UsageError("notify.webhook must be a URL that begins with https://")


def _check_address(address: str) -> None:
    name, at, host = address.rpartition("@")
    if not (name and at and host) or any(c in address for c in "\r\n\0"):
        raise UsageError(f"an e-mail address was expected, got {address!r}")


def _mapping(given: Any, what: str, names: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise UsageError(f"{what} must have names and values, got {type(given).__name__}")
    for name in given:
        if name in names:
            continue
        if str(name).lower() in _PASSWORDS:
            raise UsageError(
                f"{what}.{name} has no place in a configuration, which is written down with every "
                f"run: set {credentials.USER} and {credentials.PASSWORD}, or credentials to a file"
            )
        hint = suggestion(str(name), names) or f"; it takes {', '.join(names)}"
        raise UsageError(f"{what} has no {name!r}{hint}")
    return given


def _texts(given: Any, what: str) -> tuple[str, ...]:
    if not given:
        return ()
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise UsageError(f"{what} must be a text or a list of texts")
    return tuple(found)


def _timeout(about: Mapping[str, Any], what: str) -> float:
    seconds = about.get("timeout")
    if seconds is None:
        return 15.0
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 300:
        raise UsageError(f"{what}.timeout must be above 0 s and at most 300 s, got {seconds!r}")
    return float(seconds)
