"""Rules of sinks and sources, for the conformance kit of `audioml.core.testing`.

They are found there through the component of the kind ``check`` that this distribution offers.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from audioml.core.stages import ModelSpec
from audioml.core.testing import Rules
from audioml.core.values import Frames, Prediction

from .live.base import Block, Source, Stream
from .results import Result
from .sinks.base import Event, EventSink, FileSink

__all__ = ["RULES", "SinkExample", "SourceExample", "events", "result"]

_PATIENCE = 30.0  # seconds after which a source is taken not to stop
_ENOUGH = 3  # blocks of a source that goes on for ever


@dataclass(frozen=True, slots=True)
class SinkExample:
    """A function that makes a sink for a folder: ``lambda folder: Mine("out", folder=folder)``."""

    make: Callable[[Path], EventSink | FileSink]

    def __str__(self) -> str:
        return "sink"


@dataclass(frozen=True, slots=True)
class SourceExample:
    """A function that makes a source; one that ends by itself or goes on until it is stopped."""

    make: Callable[[], Source]

    def __str__(self) -> str:
        return "source"


def events(count: int = 3, *, first: int = 0) -> list[Event]:
    """Return records as the edge makes them, one for each of some windows."""
    return [_event(index) for index in range(first, first + count)]


def _event(index: int) -> Event:
    name = f"{index:020x}"
    scores = {"dog": 0.25, "möwe": 0.5}
    data = {"kind": "window", "id": name, "name": "straße/a.wav", "t_start": index * 0.5}
    return Event(name, {**data, "scores": scores})


def result() -> Result:
    """Return what a model answered for a file, one head with labels and one without."""
    random = np.random.Generator(np.random.PCG64(0))
    heads = {
        "embedding": Frames(random.uniform(-1, 1, (5, 3)), 0.1),
        "scores": Frames(random.uniform(0, 1, (5, 2)), 0.1, labels=("dog", "möwe")),
    }
    spec = ModelSpec("example", "1", "tags", "CC0-1.0", 8000, weights="ab" * 32)
    return Result("key", "straße/a.wav", Prediction(heads), spec, rate=8000, channels=1, duration=1)


def is_a_sink(example: SinkExample) -> None:
    """It takes events, or writes files: one of the two, never neither."""
    with TemporaryDirectory() as folder:
        sink = example.make(Path(folder))
        assert isinstance(sink, EventSink | FileSink), f"{type(sink).__name__} does neither"


def takes_events_again(example: SinkExample) -> None:
    """A batch may be offered again, in part or whole, and an empty one at any time."""
    with _events_of(example) as sink:
        for batch in (events(), events(), events(3, first=2), []):
            sink.deliver(batch)


def leaves_events_alone(example: SinkExample) -> None:
    """Events belong to all sinks, and stay as they are."""
    with _events_of(example) as sink:
        given = events()
        sink.deliver(given)
        assert given == events(), "a sink changed the events that it was given"


def closes_twice(example: SinkExample) -> None:
    """Closing what is closed, or was never used, does nothing."""
    with _events_of(example) as sink:
        sink.close()
        sink.close()


def writes_the_file_it_is_told(example: SinkExample) -> None:
    """The file is written at the path given, and nothing beside it; the same for the same."""
    with TemporaryDirectory() as folder:
        sink = example.make(Path(folder))
        if not isinstance(sink, FileSink):
            return
        assert sink.suffix.startswith("."), f"the suffix {sink.suffix!r} begins with no dot"
        place = Path(folder, "place")
        place.mkdir()
        written = [place / f"{name}.part" for name in "ab"]
        for path in written:
            sink.write(result(), path)
        assert sorted(place.iterdir()) == written, "something else was written"
        assert written[0].read_bytes() == written[1].read_bytes(), "the same result differs"


def is_a_source(example: SourceExample) -> None:
    """It has the one method of sources."""
    made = example.make()
    assert isinstance(made, Source), f"{type(made).__name__} has no run(handle, stop)"


def stops_when_it_is_told(example: SourceExample) -> None:
    """Once the event is set, streams end and `run` returns."""
    _heard(example)


def brings_streams_with_names_of_their_own(example: SourceExample) -> None:
    """Streams have names, each its own, and the time when they began."""
    streams = [stream for stream, _ in _heard(example)]
    names = [stream.name for stream in streams]
    assert len(set(names)) == len(names), f"two streams bear one name: {names}"
    for stream in streams:
        assert stream.name, "a stream has no name"
        assert math.isfinite(stream.began), f"{stream.name!r} began at {stream.began}"


def brings_blocks_that_follow_each_other(example: SourceExample) -> None:
    """Each block begins where the one before it ended, and what was lost is told."""
    for stream, blocks in _heard(example):
        for before, block in itertools.pairwise(blocks):
            one, other = before.audio, block.audio
            assert (one.rate, one.channels) == (other.rate, other.channels), "the form changes"
            due = one.end + block.lost
            assert abs(due - other.start) < 1 / one.rate, (
                f"a block of {stream.name!r} begins at {other.start} s, due at {due} s"
            )


@contextlib.contextmanager
def _events_of(example: SinkExample) -> Iterator[EventSink]:
    """Give the sink, or in place of one that writes files a sink that does nothing."""
    with TemporaryDirectory() as folder:
        made = example.make(Path(folder))
        sink = made if isinstance(made, EventSink) else _Nothing()
        yield sink
        sink.close()


class _Nothing:
    """In place of a sink that writes files."""

    def deliver(self, events: Sequence[Event], /) -> None:
        pass

    def close(self) -> None:
        pass


def _heard(example: SourceExample) -> list[tuple[Stream, list[Block]]]:
    """Return what a source brings until enough is heard, or it ends."""
    heard: list[tuple[Stream, list[Block]]] = []
    failed: list[BaseException] = []
    stop = threading.Event()

    def handle(stream: Stream, /) -> None:
        blocks: list[Block] = []
        heard.append((stream, blocks))
        for block in stream.blocks:
            blocks.append(block)
            if len(blocks) >= _ENOUGH:
                stop.set()

    def run() -> None:
        try:
            example.make().run(handle, stop)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    stop.set()
    assert not thread.is_alive(), f"it did not stop in {_PATIENCE:g} s"
    for error in failed:
        raise error
    assert any(blocks for _, blocks in heard), "no sound came"
    return heard


def _is_sink(component: Any) -> bool:
    return isinstance(component, SinkExample)


def _is_source(component: Any) -> bool:
    return isinstance(component, SourceExample)


RULES = (
    Rules(
        _is_sink,
        (
            is_a_sink,
            takes_events_again,
            leaves_events_alone,
            closes_twice,
            writes_the_file_it_is_told,
        ),
    ),
    Rules(
        _is_source,
        (
            is_a_source,
            stops_when_it_is_told,
            brings_streams_with_names_of_their_own,
            brings_blocks_that_follow_each_other,
        ),
    ),
)
