"""Standard input as a file: a decoder must seek, and several models may read."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import AudioError
from ..files import writing

__all__ = ["spooled"]


@contextlib.contextmanager
def spooled(stream: BinaryIO | None = None) -> Iterator[Path]:
    """Give the path of a temporary file that holds all of a stream, standard input by default.

    Raises
    ------
    AudioError
        If nothing comes.
    """
    source = stream or sys.stdin.buffer
    with tempfile.TemporaryDirectory(prefix="audioml-") as folder:
        path = Path(folder, "stdin")
        with writing("a copy of standard input"), path.open("wb") as file:
            shutil.copyfileobj(source, file)
        if not path.stat().st_size:
            raise AudioError("standard input is empty; expected the bytes of an audio file")
        yield path
