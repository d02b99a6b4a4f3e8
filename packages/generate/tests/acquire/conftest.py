from __future__ import annotations

import contextlib
import errno
import os

import acquire_server
import pytest

from audioml.generate.acquire.web import Pace, Part, Web


@pytest.fixture
def host():
    made = acquire_server.Host()
    yield made
    made.close()


@pytest.fixture
def other_host():
    made = acquire_server.Host()
    yield made
    made.close()


@pytest.fixture
def hands():
    return acquire_server.Hands()


@pytest.fixture
def web(hands):
    made = Web(pace=Pace(least=1024, read=5), clock=hands, contact="someone@example.org")
    yield made
    made.close()


@pytest.fixture
def full_disk(monkeypatch):
    """A disk that has room for some bytes of downloads more, while the block runs."""

    @contextlib.contextmanager
    def full(*, after):
        room = [after]
        append = Part.append

        class Full:
            def __init__(self, file):
                self._file = file

            def __enter__(self):
                return self

            def __exit__(self, *_about):
                self._file.close()

            def write(self, data):
                taken = min(len(data), room[0])
                if not taken:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                room[0] -= taken
                return self._file.write(data[:taken])

        with monkeypatch.context() as patch:
            patch.setattr(Part, "append", lambda self: Full(append(self)))
            yield

    return full
