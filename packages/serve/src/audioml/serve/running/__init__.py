"""How the process of ``audioml serve`` lives.

A master starts workers and hears signals; each worker builds the service and answers requests
(`master`, `worker`). It is gunicorn, except for what happens before a request is there and after
its answer is made: an event loop of ours does that (`reception`), so that a client that is slow to
send or to read holds no thread. Where there is no fork it is waitress (`portable`).

Limits, in each worker:

- ``connections`` are open at a time. One that says nothing, between requests or within a header,
  costs about 1.5 kB here and 5 kB of the system (measured with 8,000; looking after them takes 5 ms
  of a processor's second). Where one more comes than may, the one that has been silent longest
  makes room; those with a request under way are left, and the new one waits for the system's
  queue (2,048) to be emptied.
- A header has 64 KiB and ``header_timeout`` seconds; an idle connection 75 s.
- A body whose length is told is received before a thread sees the request: in memory up to 8 MiB
  and 64 MiB in all, then on disk, up to 4 GiB or four of the longest in all; beyond, 503. Longer
  than ``max_body``, 413 at once. ``body_timeout`` and ``body_rate`` hold for what is received and
  for what is sent.
- A chunked body goes to a thread with its header, so that it can be answered while it comes; such
  streams have ``threads`` threads of their own, and one more is told 503.
- Of an answer, up to 1 MiB that a client is slow to read is held without a thread (of the same
  64 MiB).

The environment of a request has ``audioml.disconnected``: a function that returns whether the
client has gone. ``wsgi.input`` raises OSError where an upload breaks off. ``REMOTE_ADDR`` is the
peer's address, or what a proxy says that ``forwarded_allow`` names.

SIGTERM and SIGINT let everyone who has connected be answered, and end; a second one ends at once
(exit code 130). SIGHUP starts new workers, and ends the old ones when these are ready.
"""

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
