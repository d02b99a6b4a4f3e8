"""Pins what `audioml edge` hears to the board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from audioml.edge.sinks.base import Event

from .board import Notice, pinned, read, write

__all__ = ["Noticeboard"]


class Noticeboard:
    """Keeps, for each label, when it was heard last.

    Parameters
    ----------
    to
        The file of the board, ``noticeboard.json`` by default.
    folder
        Where a relative ``to`` begins.
    threshold
        The score, in [0, 1], from which something counts as heard.
    """

    def __init__(
        self, to: str | None = None, *, folder: Path | None = None, threshold: float = 0.5
    ) -> None:
        self._path = (folder or Path()) / (to or "noticeboard.json")
        self._threshold = threshold

    def deliver(self, events: Sequence[Event], /) -> None:
        """Pin what the records of windows say; the board is on the disk when this returns.

        Raises
        ------
        OSError
            If it cannot be written; the batch is offered again later.
        """
        before = board = read(self._path)
        for event in events:
            for label, notice in self._heard(event):
                board = pinned(board, label, notice)
        if board != before:
            write(self._path, board)

    def close(self) -> None:
        """Do nothing: the file is closed after each batch."""

    def _heard(self, event: Event) -> Iterator[tuple[str, Notice]]:
        data = event.data
        if data.get("kind") != "window":
            return
        for label, score in (data.get("scores") or {}).items():
            if score is not None and score >= self._threshold:
                yield label, Notice(time=data.get("time") or "", name=data["name"], score=score)
