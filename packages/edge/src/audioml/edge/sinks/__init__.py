"""Where results go: files, databases, brokers and standard output."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audioml.core.errors import PluginError, UsageError

if TYPE_CHECKING:
    from .base import EventSink, FileSink

__all__ = ["make", "parse"]

_KIND = re.compile(r"([a-z0-9][a-z0-9._-]*)(?:(://)|:|$)(.*)", re.DOTALL)
_SCHEMES = {"mqtts": "mqtt"}


def parse(text: str) -> tuple[str, str | None]:
    """Return kind and place of what a command line says: ``KIND``, ``KIND:PLACE`` or a URL.

    >>> parse("jsonl:results/today.jsonl")
    ('jsonl', 'results/today.jsonl')
    >>> parse("mqtts://broker/street")
    ('mqtt', 'mqtts://broker/street')

    Raises
    ------
    UsageError
        If it is none of these.
    """
    found = _KIND.fullmatch(text)
    if found is None:
        raise UsageError(
            f"a sink must be given as KIND, KIND:PLACE or a URL, such as jsonl:results.jsonl, "
            f"got {text!r}"
        )
    kind, url, place = found.groups()
    return _SCHEMES.get(kind, kind), text if url else place or None


def make(
    kind: str,
    to: str | None = None,
    *,
    folder: Path,
    options: Mapping[str, Any] | None = None,
) -> EventSink | FileSink:
    """Return a new sink that some plugin offers.

    Parameters
    ----------
    kind
        Its name, such as ``jsonl``.
    to
        Where it writes, in its own terms; None for what it has chosen.
    folder
        Where a relative ``to`` begins.
    options
        What else it is told, by name.

    Raises
    ------
    NotFoundError
        If no plugin offers it.
    UsageError
        If it has no such option, or cannot go to such a place.
    """
    from audioml.core.plugins import registry

    from .base import EventSink, FileSink

    made = registry().find("sink", kind).load()
    given = dict(options or {})
    _check(kind, made, given)
    sink = made(to, folder=folder, **given)
    if not isinstance(sink, EventSink | FileSink):
        raise PluginError(f"sink {kind!r} must take events or write files, it does neither")
    return sink


def _check(kind: str, made: Any, given: Mapping[str, Any]) -> None:
    known = inspect.signature(made).parameters
    free = any(each.kind is each.VAR_KEYWORD for each in known.values())
    offered = [n for n, each in known.items() if each.kind is each.KEYWORD_ONLY and n != "folder"]
    for name in given:
        if name not in offered and not (free and name not in {"to", "folder"}):
            raise UsageError(
                f"sink {kind!r} has no option {name!r}, it has {', '.join(offered) or 'none'}"
            )
    for name in offered:
        if name not in given and known[name].default is inspect.Parameter.empty:
            raise UsageError(f"sink {kind!r} needs the option {name!r}")
