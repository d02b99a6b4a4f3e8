"""The sinks and sources of this distribution keep the rules that it makes for all of them."""

from __future__ import annotations

import io
import sys
import types
import wave

import numpy as np
import pytest

from audioml.core.testing import checks_for
from audioml.core.values import Audio
from audioml.edge.live.base import Block, Stream
from audioml.edge.live.stdin import Pipe
from audioml.edge.sinks.csv import Csv
from audioml.edge.sinks.jsonl import Jsonl
from audioml.edge.sinks.npz import Npz
from audioml.edge.sinks.sqlite import Sqlite
from audioml.edge.testing import SinkExample, SourceExample


@pytest.fixture(autouse=True)
def only_ours(audioml_plugins):
    from audioml.core import plugin as core
    from audioml.edge import plugin

    audioml_plugins(core=core, edge=plugin)


def keeps_every_rule(example):
    checks = checks_for(example)
    assert len(checks) >= 4
    for check in checks:
        check()


@pytest.mark.parametrize(("kind", "to"), [(Csv, "a"), (Jsonl, "a"), (Npz, None), (Sqlite, "a")])
def test_our_sinks_keep_every_rule(kind, to):
    keeps_every_rule(SinkExample(lambda folder: kind(to, folder=folder)))


def piped():
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.zeros(8000, "<i2").tobytes())
    data.seek(0)
    return Pipe(data, replies=io.BytesIO())


def test_a_pipe_keeps_every_rule():
    keeps_every_rule(SourceExample(piped))


class Changing:
    """Changes the events."""

    def deliver(self, events, /):
        for event in events:
            event.data["seen"] = True

    def close(self):
        pass


class Once(Changing):
    """Refuses what it knows, and to be closed twice."""

    def __init__(self):
        self.known, self.closed = set(), False

    def deliver(self, events, /):
        for event in events:
            assert event.id not in self.known
            self.known.add(event.id)

    def close(self):
        assert not self.closed
        self.closed = True


class Timed:
    """Writes the time."""

    suffix = ".txt"

    def write(self, result, path, /):
        path.write_text(str(next(_count)))


_count = iter(range(99))


class Jumpy:
    """Leaves out sound and does not say so, in streams of one name."""

    def run(self, handle, stop, /):
        for _ in range(2):
            sound = [Block(Audio(np.zeros(800, np.float32), 8000, start)) for start in (0.0, 0.2)]
            handle(Stream("s", iter(sound), 0.0))


@pytest.mark.parametrize(
    ("example", "rule"),
    [
        (SinkExample(lambda _: types.SimpleNamespace()), "is_a_sink"),
        (SinkExample(lambda _: Changing()), "leaves_events_alone"),
        (SinkExample(lambda _: Once()), "takes_events_again"),
        (SinkExample(lambda _: Once()), "closes_twice"),
        (SinkExample(lambda _: Timed()), "writes_the_file_it_is_told"),
        (SourceExample(lambda: sys), "is_a_source"),
        (SourceExample(Jumpy), "brings_streams_with_names_of_their_own"),
        (SourceExample(Jumpy), "brings_blocks_that_follow_each_other"),
    ],
    ids=lambda it: it if isinstance(it, str) else "wrong",
)
def test_what_is_wrong_is_found(example, rule):
    (check,) = (each for each in checks_for(example) if each.rule.__name__ == rule)
    with pytest.raises(AssertionError):
        check()
