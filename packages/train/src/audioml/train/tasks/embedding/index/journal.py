"""What is done already of an index that is being made, for one that was interrupted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from audioml.core.files import shown, writing

from .store import Identity

__all__ = ["Done", "Journal"]

Done = dict[str, tuple[tuple[int, int], NDArray[np.float32]]]
"""Name of an item to bytes and time of change of its file, and its vector."""


class Journal:
    """A file with a line for each item that is done, written as it is.

    Parameters
    ----------
    path
        The file. One of another model is begun anew; a last line that was cut is not looked at.
    model
        Whose vectors they are.
    """

    def __init__(self, path: Path, model: Identity) -> None:
        self.path, self._model = path, model
        self._file: Any = None

    def done(self) -> Done:
        """Return what is done."""
        lines = list(self._lines())
        if not lines or lines[0] != asdict(self._model):
            return {}
        found: Done = {}
        for line in lines[1:]:
            vector = np.frombuffer(base64.b64decode(line["vector"]), np.float32)
            found[line["item"]] = ((line["bytes"], line["changed"]), vector)
        return found

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            text = self.path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return
        for line in text.split("\n")[:-1]:  # what ends in no line break was cut
            try:
                yield json.loads(line)
            except ValueError:
                return

    def __enter__(self) -> Self:
        kept = self.done()
        with writing(shown(self.path)):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8")
        self._line(asdict(self._model))
        for item, (file, vector) in kept.items():
            self.add(item, file, vector)
        return self

    def add(self, item: str, file: tuple[int, int], vector: NDArray[np.float32]) -> None:
        """Write down an item that is done."""
        text = base64.b64encode(vector.astype(np.float32).tobytes()).decode()
        self._line({"item": item, "bytes": file[0], "changed": file[1], "vector": text})

    def _line(self, told: dict[str, Any]) -> None:
        with writing(shown(self.path)):
            self._file.write(json.dumps(told) + "\n")
            self._file.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; it goes when the work is done."""
        self._file.close()
        if error is None:
            self.path.unlink(missing_ok=True)
