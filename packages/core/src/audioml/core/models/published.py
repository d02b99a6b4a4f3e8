"""A model that is published somewhere and becomes a model folder when it is first used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import PluginError

__all__ = ["Origin", "Published", "copied"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one file is to be had, and what it must be.

    Parameters
    ----------
    url
        ``https://…``, ``file:…`` or ``pip:DISTRIBUTION==VERSION/PATH/IN/WHEEL``.
    digest
        ``sha256:`` or ``sha512:`` and the hexadecimal digits.
    bytes
        The file's size, where it is known.
    """

    url: str
    digest: str
    bytes: int | None = None

    def __post_init__(self) -> None:
        method, _, digits = self.digest.partition(":")
        if len(digits) != {"sha256": 64, "sha512": 128}.get(method):
            raise PluginError(f"digest {self.digest!r} of {self.url} is no sha256: or sha512:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where a model is to be had, and how what is fetched becomes a folder.

    Parameters
    ----------
    name, version, license, description
        As in ``model.json``; ``license`` is the one of the weights.
    origins
        The files that it is made of; none where a plugin brings the model along.
    write
        ``write(fetched, folder)`` fills the empty ``folder`` from the fetched files, in the order
        of ``origins``; None where the one file is an exported model folder already. It runs none
        of the code that it was given.
    metrics
        Figures of the authors, for listings.
    """

    name: str
    version: str
    license: str
    description: str
    origins: tuple[Origin, ...]
    write: Callable[[tuple[Path, ...], Path], None] | None = None
    task: str = ""
    metrics: dict[str, float] | None = None
    answers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.write is None and len(self.origins) != 1:
            raise PluginError(
                f"{self.name} has {len(self.origins)} origins; expected one, or any number and "
                "a function that makes a folder of them"
            )


def copied(source: Path) -> Callable[[tuple[Path, ...], Path], None]:
    """Return the ``write`` of a model whose folder a plugin brings along."""

    def write(_fetched: tuple[Path, ...], folder: Path) -> None:
        shutil.copytree(source, folder, dirs_exist_ok=True)

    return write
