"""Keeps one line of LiteRT's off the terminal."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

__all__ = ["quiet"]

_NOISE = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU."
_LOCK = threading.Lock()  # there is one file descriptor 2, and who borrows it gives it back


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back what is said on file descriptor 2, then say it without the line on XNNPACK.

    No setting silences that line. What an extension for another numpy says before it fails with
    SystemError is dropped: it is three tracebacks, and our error says it in a sentence.
    """
    with _LOCK:
        try:
            said = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
            saved = os.dup(2)
        except OSError:  # no stderr, or no place for a file: then it may be said
            yield
            return
        with said:
            os.dup2(said.fileno(), 2)
            try:
                yield
            except SystemError:
                said.truncate(0)
                raise
            finally:
                os.dup2(saved, 2)
                os.close(saved)
                _say(said)


def _say(said: IO[bytes]) -> None:
    said.seek(0)
    rest = b"".join(line for line in said if line.strip() != _NOISE)
    if rest:
        with contextlib.suppress(OSError), open(2, "wb", closefd=False) as stderr:
            stderr.write(rest)
