"""Standard input and pipes as files: a decoder must seek, and several models may read."""

from __future__ import annotations

import contextlib
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import AudioError
from ..files import shown, writing

__all__ = ["regular", "spooled"]


@contextlib.contextmanager
def spooled(stream: BinaryIO | None = None, *, name: str = "standard input") -> Iterator[Path]:
    """Give the path of a temporary file that holds all of a stream, standard input by default.

    Raises
    ------
    AudioError
        If nothing comes; the sentence calls the stream ``name``.
    """
    if stream is None and sys.stdin is None:
        raise AudioError(f"{name} is closed; expected the bytes of an audio file")
    source = stream or sys.stdin.buffer
    with contextlib.ExitStack() as stack:
        with writing(f"a copy of {name}"):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="audioml-"))
            path = Path(folder, "stdin")
            with path.open("wb") as file:
                shutil.copyfileobj(source, file)
        if not path.stat().st_size:
            raise AudioError(f"{name} is empty; expected the bytes of an audio file")
        yield path


@contextlib.contextmanager
def regular(path: Path) -> Iterator[Path]:
    """Give the path of a file that can be read again: ``path``, or a copy where it is a pipe.

    A shell's ``<(command)`` is a pipe. What is missing or a folder is given as it is.

    Raises
    ------
    AudioError
        If the pipe cannot be opened, or nothing comes.
    """
    if not _is_pipe(path):
        yield path
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise AudioError(f"{shown(path)} cannot be read: {error.strerror}") from error
    with stream, spooled(stream, name=shown(path)) as copy:
        yield copy


def _is_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:  # missing, or not to be looked at: reading it will say so
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
