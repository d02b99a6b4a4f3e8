"""A model that is published somewhere and becomes a model folder when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Published"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where a model is to be had, and how what is fetched becomes a folder.

    Parameters
    ----------
    name, version, license, description
        As in ``model.json``; ``license`` is the one of the weights.
    url
        ``https://…``, ``file:…`` or ``pip:DISTRIBUTION==VERSION/PATH/IN/WHEEL``.
    sha256, bytes
        Of the one file that ``url`` names.
    write
        ``write(fetched, folder)`` fills the empty ``folder``; None where the file is an exported
        model folder already. It runs none of the code that it was given.
    metrics
        Figures of the authors, for listings.
    """

    name: str
    version: str
    license: str
    description: str
    url: str
    sha256: str
    bytes: int
    write: Callable[[Path, Path], None] | None = None
    task: str = ""
    metrics: dict[str, float] | None = None
    answers: tuple[str, ...] = ()
