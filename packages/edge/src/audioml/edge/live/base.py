"""Sound that arrives: what a source of it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from audioml.core.values import Audio

__all__ = ["Block", "Handler", "Source", "Stream"]


@dataclass(frozen=True, slots=True)
class Block:
    """Sound that just came.

    ``lost`` is the time in seconds that is missing right before it: 0 where it follows the block
    before, more where some was dropped. ``audio.start`` counts lost time too.
    """

    audio: Audio
    lost: float = 0.0


@dataclass(frozen=True, slots=True)
class Stream:
    """One signal, from its first block to its end.

    ``name`` is unique among the streams of a source; ``reply`` sends a record back to where the
    sound comes from, if that listens; ``began`` is the time of the first block in seconds since
    1970.
    """

    name: str
    blocks: Iterator[Block]
    began: float
    reply: Callable[[Mapping[str, Any]], None] | None = None


Handler = Callable[[Stream], None]
"""Takes a stream to its end. Called from several threads where streams come side by side."""


@runtime_checkable
class Source(Protocol):
    """Brings streams until it is told to stop, or there are no more."""

    def run(self, handle: Handler, stop: threading.Event, /) -> None:
        """Call ``handle`` for every stream; return once ``stop`` is set and all are at an end.

        Raises
        ------
        AudiomlError
            If the source cannot be opened.
        """
        ...
