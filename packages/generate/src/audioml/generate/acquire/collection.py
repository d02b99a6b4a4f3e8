"""What a plugin offers as a component of the kind ``collection``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .fetcher import Fetcher
from .item import Item

__all__ = ["Collection", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a collection.

    Parameters
    ----------
    source
        What stands behind its name on the command line: a folder, a table, an address.
    settings
        What `Collection.settings` names, as text.
    """

    source: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


class Collection(Protocol):
    """Recordings with their licences.

    Attributes
    ----------
    settings
        What can be set of it by ``--set NAME=VALUE``, and a line about each.
    credit
        Whom to thank for the collection itself, in Markdown; empty where there is nobody.
    """

    settings: Mapping[str, str]
    credit: str

    def items(self, wanted: Wanted, fetcher: Fetcher, /) -> Iterator[Item]:
        """Yield what there is, each with what is known of it, and nothing of its sound fetched.

        Filters (licence, genre, number) are not its business. Metadata that must be fetched come
        by ``fetcher``.

        Raises
        ------
        UsageError
            If the source or a setting makes no sense.
        AudiomlError
            If the metadata cannot be had.
        """
        ...
