"""Credentials from environment variables or a private file."""

from __future__ import annotations

import configparser
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from audioml.core.files import shown

from .errors import CredentialsError
from .guard import ensure_private
from .secret import Secret

__all__ = ["PASSWORD", "USER", "Login", "hook", "login"]

USER, PASSWORD = "AUDIOML_SMTP_USER", "AUDIOML_SMTP_PASSWORD"
_LARGEST = 64 << 10  # bytes


@dataclass(frozen=True, slots=True)
class Login:
    """A user of a mail server, and the password."""

    user: str
    password: Secret


def login(source: str | None) -> Login | None:
    """Return the login for a mail server; None where ``source`` is, or ``none``.

    ``source`` is ``env`` for the variables ``AUDIOML_SMTP_USER`` and ``AUDIOML_SMTP_PASSWORD``, or
    the path of a TOML or ini file.

    Raises
    ------
    CredentialsError
        If there are none.
    ExposedCredentialsError
        If the file is not private.
    """
    if source is None or source == "none":
        return None
    if source == "env":
        return Login(_variable(USER), Secret(_variable(PASSWORD)))
    found = _section(source, "email")
    missing = [name for name in ("user", "password") if not found.get(name)]
    if missing:
        raise CredentialsError(
            f"the file of credentials {shown(source)} has no {' and no '.join(missing)} in [email]"
        )
    return Login(found["user"], Secret(found["password"]))


def hook(source: str) -> Secret:
    """Return the URL of a webhook: from ``env:NAME``, or from the file at a path.

    Raises
    ------
    CredentialsError
        If it is not there.
    ExposedCredentialsError
        If the file is not private.
    """
    if source.startswith("env:"):
        return Secret(_variable(source.removeprefix("env:")))
    found = _section(source, "webhook").get("url")
    if not found:
        raise CredentialsError(f"the file of credentials {shown(source)} has no url in [webhook]")
    return Secret(found)


def _variable(name: str) -> str:
    found = os.environ.get(name)
    if not found:
        raise CredentialsError(f"the environment variable {name} is not set, or empty")
    return found


def _section(source: str, name: str) -> Mapping[str, str]:
    path = ensure_private(source)
    try:
        text = path.read_bytes()[:_LARGEST].decode()
    except (OSError, UnicodeDecodeError):
        raise CredentialsError(f"the file of credentials {shown(path)} cannot be read") from None
    for read in (_toml, _ini):
        found = read(text, name)
        if found is not None:
            return found
    raise CredentialsError(
        f"the file of credentials {shown(path)} is neither TOML nor ini with a section [{name}]"
    )


def _toml(text: str, name: str) -> Mapping[str, str] | None:
    try:
        found = tomllib.loads(text).get(name)
    except tomllib.TOMLDecodeError:  # which may quote the password: it goes no further
        return None
    if not isinstance(found, dict):
        return None
    return {key: str(value) for key, value in found.items()}


def _ini(text: str, name: str) -> Mapping[str, str] | None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
        return dict(parser[name])
    except (configparser.Error, KeyError):
        return None
