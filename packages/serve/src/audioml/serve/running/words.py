"""What worker processes tell the one that started them."""

from __future__ import annotations

import json
import os
import signal
from typing import NamedTuple

__all__ = ["Line", "Word"]

_LONGEST = 1500  # characters of a sentence, so that a word is written in one piece (PIPE_BUF)


class Word(NamedTuple):
    """What a process tells.

    Attributes
    ----------
    code
        -1 when it is ready, else the exit code with which everything shall end.
    """

    pid: int
    code: int
    sentence: str = ""


class Line:
    """A pipe from the workers to their master; who writes wakes the master by SIGUSR1."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        self._master = os.getpid()
        self._begun = b""

    def tell(self, code: int, sentence: str = "") -> None:
        """Send a word; called in a worker."""
        word = json.dumps(Word(os.getpid(), code, sentence[:_LONGEST]))
        os.write(self._write, word.encode() + b"\n")
        if os.getppid() == self._master:
            os.kill(self._master, signal.SIGUSR1)

    def heard(self) -> list[Word]:
        """Return the words that came since; called in the master."""
        try:
            self._begun += os.read(self._read, 1 << 16)
        except BlockingIOError:
            return []
        *lines, self._begun = self._begun.split(b"\n")
        return [Word(*json.loads(line)) for line in lines]
