"""How the process of ``audioml serve`` lives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from audioml.core.cli import output
from audioml.core.errors import UsageError

from .hosted import Build, Hosted, Limits
from .listening import listen, where

__all__ = ["SERVERS", "Build", "Hosted", "Limits", "run"]

SERVERS = ("gunicorn", "waitress")


def run(
    build: Build,
    settings: Limits,
    *,
    server: str = "",
    longer: Mapping[str, int] = MappingProxyType({}),
) -> int:
    """Serve until a signal ends it, and return the exit code.

    Parameters
    ----------
    build
        Makes the service; called in each worker process.
    server
        One of `SERVERS`; nothing for gunicorn where there is fork, and waitress elsewhere.
    longer
        Paths, by how they begin, to which more than ``settings.max_body`` bytes may be sent, each
        with how many.

    Raises
    ------
    AudiomlError
        If it cannot listen, or `build` raised it.
    """
    forks = hasattr(os, "fork")
    server = server or ("gunicorn" if forks else "waitress")
    if server not in SERVERS:
        raise UsageError(f"server must be one of {', '.join(SERVERS)}, got {server!r}")
    if server == "gunicorn" and not forks:
        raise UsageError("gunicorn needs fork, which this system has not: choose waitress")
    listener = listen(settings.host, settings.port)
    if server == "gunicorn":
        from .master import serve
    else:
        from .portable import serve

    def ready() -> None:
        if settings.port == 0 or not output.is_quiet():
            output.say(f"serving on {address}")

    with listener:
        address = where(listener)
        return serve(build, settings, longer=longer, listener=listener, ready=ready)
