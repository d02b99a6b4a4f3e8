"""What is asked for, and which recordings of a collection that is."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audioml.core.errors import UsageError
from audioml.core.plugins import registry

from .collection import Collection, Wanted
from .fetcher import Fetcher
from .item import Item
from .licences import UNKNOWN, Allowed, Licence, identify
from .names import safe_name
from .report import Report

__all__ = ["Request", "chosen_items", "collection_of"]

log = logging.getLogger(__name__)
_GENRES = 30  # that are told, where the one that was asked for is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be acquired.

    Parameters
    ----------
    collection
        Name of a component of the kind ``collection``.
    source, settings
        What that collection is asked; see `Wanted`.
    destination
        The folder, which may hold recordings already.
    allow
        Licences that are allowed besides; see `Allowed`.
    licence
        Of recordings that come without one.
    genres
        Of which one a recording must be; any case, all where there are none.
    limit
        How many recordings at most.
    """

    collection: str
    destination: Path
    source: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    licence: str | None = None
    genres: tuple[str, ...] = ()
    limit: int | None = None


def collection_of(request: Request) -> Collection:
    """Return the collection that is asked for.

    Raises
    ------
    NotFoundError
        If no plugin offers it.
    UsageError
        If it has no such setting.
    """
    found: Collection = registry().find("collection", request.collection).load()
    for name in request.settings:
        if name not in found.settings:
            known = ", ".join(found.settings) or "none"
            raise UsageError(
                f"the collection {request.collection!r} has no setting {name!r} (it has: {known})"
            )
    return found


def chosen_items(
    request: Request, collection: Collection, fetcher: Fetcher, report: Report
) -> Iterator[tuple[Item, Licence]]:
    """Yield the items that are wanted, with their licences, and count those that are refused.

    Raises
    ------
    UsageError
        If a licence is none, or there is no recording of the genre.
    AudiomlError
        If the collection cannot tell what there is.
    """
    allowed = Allowed(request.allow)
    stated = _stated(request.licence)
    seen: set[str] = set()
    count = 0
    items = collection.items(Wanted(request.source, request.settings), fetcher)
    for item in _of_genre(items, request.genres):
        licence = identify(item.licence, item.licence_url)
        if item.licence is None and item.licence_url is None and stated is not None:
            licence = stated
        if problem := item.problem or _misnamed(item, seen):
            report.failed[item.id] = problem
        elif not allowed.permits(licence):
            report.refused[licence.id] += 1
            log.info("refused: %s: %s", item.id, item.licence or item.licence_url or licence.id)
        elif request.limit is None or count < request.limit:
            seen.add(item.id)
            count += 1
            yield item, licence
        if request.limit is not None and count >= request.limit:
            return


def _of_genre(items: Iterable[Item], genres: Sequence[str]) -> Iterator[Item]:
    """Yield the items of one of the genres, all of them where none is named."""
    wanted = {genre.casefold() for genre in genres}
    others: Counter[str] = Counter()
    found = not wanted
    for item in items:
        if not wanted or (item.genre or "").casefold() in wanted:
            found = True
            yield item
        elif item.genre:
            others[item.genre] += 1
    if not found:
        known = ", ".join(name for name, _ in others.most_common(_GENRES)) or "none at all"
        raise UsageError(
            f"there is no recording of the genre {', '.join(genres)}; there is {known}"
        )


def _misnamed(item: Item, seen: set[str]) -> str:
    """Return why a name cannot be that of a file, nothing where it can."""
    if item.id in seen:
        return "there are two of this name"
    suffix = not item.suffix or re.fullmatch(r"\.\w+", item.suffix, re.ASCII)
    return "" if suffix and safe_name(item.id) == item.id else "no file can be called so"


def _stated(text: str | None) -> Licence | None:
    if text is None:
        return None
    found = identify(text)
    if found.id == UNKNOWN.id:
        raise UsageError(
            f"--licence takes a licence such as CC-BY-4.0, CC0-1.0, LicenseRef-NAME, or own for "
            f"your own recordings; got {text!r}"
        )
    return found
