"""Who may ask, how often, and what browsers are told: before and after every request."""

from __future__ import annotations

import re
import time
from pathlib import Path

from flask import Flask, Response, g, request

from audioml.core.errors import UsageError

from .keys import Keys
from .problems import Problem
from .settings import Settings

__all__ = ["OPEN", "install"]

OPEN = ("/healthz", "/readyz", "/openapi.json", "/swagger.json", "/app", "/docs", "/swagger", "/")
"""Where nobody is asked for a key: these tell nothing of anybody."""
_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'"
)
_ORIGIN = re.compile(r"https?://[\w.-]+(:\d+)?|null")
_OWN = ("X-API-Key", "X-Request-Id", "X-Request-Timeout")
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install(app: Flask, settings: Settings) -> None:
    """Guard an application as the settings say."""
    if settings.keys:
        _identify(app, Keys(Path(settings.keys)))
    if settings.rate_limit:
        _limit(app, settings.rate_limit)
    if settings.keys:
        _ask_for_keys(app)
    if settings.cors:
        _allow_other_pages(app, settings.cors)
    shared = bool(settings.cors)

    def harden(response: Response) -> Response:
        for name, value in _HEADERS.items():
            if not (shared and name == "Cross-Origin-Resource-Policy"):
                response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.after_request(harden)


def _is_open() -> bool:
    path = request.path
    return path in OPEN or path.startswith(("/app/", "/docs/", "/swagger/"))


def _identify(app: Flask, keys: Keys) -> None:
    """Note whose key a request carries, or what is wrong with it."""

    def note() -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = request.headers.get("X-API-Key") or (token if scheme.lower() == "bearer" else "")
        if not given:
            sentence = "a key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'"
            g.refusal = sentence, 'Bearer realm="audioml"'
            return
        g.key_name = keys.name_of(given.strip())
        if g.key_name is None:
            g.refusal = "the key is not known here", 'Bearer realm="audioml", error="invalid_token"'

    app.before_request(note)


def _ask_for_keys(app: Flask) -> None:
    def check() -> None:
        refusal = g.get("refusal")
        if refusal and not _is_open() and request.method != "OPTIONS":
            raise Problem(401, refusal[0], headers={"WWW-Authenticate": refusal[1]})

    app.before_request(check)


def _limit(app: Flask, rate: str) -> None:
    from limits import parse_many
    from limits.storage import MemoryStorage
    from limits.strategies import FixedWindowRateLimiter

    try:
        each = parse_many(rate)
    except ValueError as error:
        raise UsageError(f"'rate_limit' is such as 100/minute, got {rate!r}") from error
    limiter = FixedWindowRateLimiter(MemoryStorage())  # which forgets who has not come for long

    def check() -> None:
        if _is_open() or request.path == "/metrics":
            return
        client = g.get("key_name") or _place(request.remote_addr or "?")
        for limit in each:
            if not limiter.hit(limit, client):
                reset = limiter.get_window_stats(limit, client).reset_time - time.time()
                raise Problem(
                    429,
                    f"{limit} is what one client may ask; wait a little",
                    headers={"Retry-After": str(max(1, round(reset)))},
                )

    app.before_request(check)


def _place(address: str) -> str:
    """Return an address, of IPv6 only the part that a provider gives to one customer."""
    return ":".join(address.split(":")[:4]) if ":" in address else address


def _allow_other_pages(app: Flask, origins: str) -> None:
    from flask_cors import CORS

    named = [origin.strip() for origin in origins.split(",") if origin.strip()]
    for origin in named:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise UsageError(f"'cors' takes origins such as https://example.org, got {origin!r}")
    CORS(
        app,
        origins=named,
        allow_headers=["Authorization", "Content-Type", *_OWN],
        expose_headers=["Location", "Retry-After", "Server-Timing", "X-Request-Id"],
        max_age=600,
    )
