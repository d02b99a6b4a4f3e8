"""Keeps what a configuration should not have held out of what is written down about a run."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["HIDDEN", "redacted", "redacted_text"]

HIDDEN = "***"
_SECRET = re.compile(
    r"(?:^|[_.-])(?:passwd|password|passphrase|pwd|secret|api_?key|access_?key|private_?key"
    r"|authorization|bearer)(?:$|[_.-])|^pass$",  # not low_pass
    re.IGNORECASE,
)
_TOKEN = re.compile(  # not those of a vocabulary, nor their numbers
    r"(?<!pad_)(?<!bos_)(?<!eos_)(?<!unk_)(?<!mask_)(?<!cls_)(?<!sep_)(?<!start_)(?<!end_)"
    r"(?<!blank_)(?<![a-z])token$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@'\"]+@", re.IGNORECASE)
_HOOK = re.compile(
    r"(?P<host>https?://[^/\s'\"]*)/[^\s'\"]*(?:hook|services)[^\s'\"]*", re.IGNORECASE
)


def redacted(value: Any, *, name: str = "") -> Any:
    """Return plain Python with ``***`` for what looks like a credential by its name or its form.

    Names such as ``password``, ``api_key`` or ``hf_token``; users and passwords in URLs; the
    paths of webhooks, which are their passwords.
    """
    if name.lower() == "webhook" and isinstance(value, str):
        return _origin(value)
    if isinstance(value, dict):
        return {
            key: redacted(inner, name=_in_webhook(name, str(key))) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [redacted(inner, name=name) for inner in value]
    if value and _is_secret(_CAMEL.sub("_", name), value):
        return HIDDEN
    return redacted_text(value) if isinstance(value, str) else value


def redacted_text(text: str) -> str:
    """Return a text with the credentials in its URLs hidden."""
    return _HOOK.sub(rf"\g<host>/{HIDDEN}", _USERINFO.sub(rf"\g<scheme>{HIDDEN}@", text))


def _is_secret(name: str, value: str | float) -> bool:
    if isinstance(value, str) and not value.startswith("env:"):
        return bool(_SECRET.search(name) or _TOKEN.search(name))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and bool(_SECRET.search(name))


def _in_webhook(outer: str, inner: str) -> str:
    return "webhook" if outer.lower() == "webhook" and inner == "url" else inner


def _origin(url: str) -> str:
    if url.startswith("env:"):
        return url  # the name of a variable, not what it holds
    scheme, separator, rest = url.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    return f"{scheme}{separator}{host}/{HIDDEN}" if separator else HIDDEN
