from __future__ import annotations

import io
import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_fakes import RATE, Kept, chunk, event, events

from audioml.core.errors import AudioError
from audioml.edge.live.conversation import Conversation, Names
from audioml.edge.live.wyoming import Event, pack, read_event

TEN = np.linspace(-0.5, 0.5, 10)


def conversed(data, kept=None):
    """Return (handler, replies, error) of a client's bytes."""
    kept, said, failed = kept or Kept(), [], None
    try:
        Conversation(io.BytesIO(data), said.append, names=Names("c")).run(kept)
    except AudioError as error:
        failed = str(error)
    return kept, events(b"".join(said)), failed


@settings(deadline=None)
@given(
    kind=st.text(max_size=20),
    data=st.dictionaries(st.text(), st.text() | st.integers(), max_size=4),
    payload=st.binary(max_size=100),
)
def test_what_is_packed_is_read(kind, data, payload) -> None:
    file = io.BytesIO(pack(Event(kind, data, payload)) * 2)
    assert [read_event(file) for _ in range(3)] == [Event(kind, data, payload)] * 2 + [None]


def test_long_data_goes_after_the_line() -> None:
    packed = pack(Event("result", {"values": np.zeros(20_000)}))
    assert packed.index(b"\n") < 100
    assert read_event(io.BytesIO(packed)).data["values"] == [0.0] * 20_000


def test_data_after_the_line_is_laid_over_that_in_it() -> None:
    more = b'{"b":2}'
    line = json.dumps({"type": "x", "data": {"a": 1, "b": 1}, "data_length": len(more)})
    assert read_event(io.BytesIO(line.encode() + b"\n" + more)).data == {"a": 1, "b": 2}


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_in_another_way(data) -> None:
    file = io.BytesIO(data)
    try:
        while read_event(file) is not None:
            pass
    except AudioError:
        pass


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x" * 70_000, "may have 65536 bytes, got more"),
        (b"hello\n", "the line of an event must be JSON, got b'hello"),
        (b"[]\n", "must be a JSON object"),
        (b'{"data":{}}\n', "must have a 'type'"),
        (b'{"type":"x","data":[1]}\n', "'data', an object"),
        (b'{"type":"x","data_length":1048577}\n', "'data_length' of an event must be 0 to 1048576"),
        (b'{"type":"x","payload_length":4194305}\n', "0 to 4194304 bytes, got 4194305"),
        (b'{"type":"x","payload_length":-1}\n', "got -1"),
        (b'{"type":"x","payload_length":"9"}\n', "got '9'"),
        (chunk(TEN, rate=None), "must say its form: expected a sample rate"),
        (chunk(TEN, width=7), "'width' of 1 to 4 bytes or a 'format'"),
        (chunk(TEN, width=[]), "'width' of 1 to 4 bytes or a 'format'"),
        (chunk(TEN, format="s24le"), "'format' 's24le' has 3 bytes, but 'width' is 2"),
        (chunk(TEN) + chunk(TEN, rate=8000), "was s16le, 1000 Hz, 1 .* and is now s16le, 8000 Hz"),
        (chunk(TEN, 4) + chunk(TEN, 4), "must count up within a stream, got 4 after 4"),
        (chunk(TEN, "a"), "'seq' must be a whole number"),
    ],
)
def test_a_breach_is_said_and_ends_the_connection(data, text) -> None:
    _, replies, failed = conversed(data + chunk(TEN))
    assert failed is not None
    with pytest.raises(AudioError, match=text):
        raise AudioError(failed)
    assert replies[-1] == ("error", {"text": failed, "code": "AudioError"})


def test_what_came_before_a_breach_is_handled() -> None:
    kept, _, failed = conversed(chunk(TEN) + b"garbage\n")
    assert failed
    assert kept.samples().shape == (1, 10)


def test_streams_follow_each_other_and_may_change_their_form() -> None:
    kept, replies, _ = conversed(
        event("audio-start", {"rate": RATE, "width": 2, "channels": 1, "stream_id": "a/b"})
        + chunk(TEN)
        + event("audio-stop")
        + event("audio-stop")
        + event("audio-start", {"rate": 8000, "width": 4, "channels": 1, "format": "f32le"})
        + event("audio-chunk", {}, np.ones((2,), "<f4").tobytes())
        + event("audio-start", {"rate": RATE, "width": 2, "channels": 2})
        + chunk(np.stack([TEN, TEN]))
    )
    assert [name for name, _ in kept.streams] == ["a_b-1", "c-2", "c-3"]
    assert kept.samples(1).tolist() == [[1.0, 1.0]]
    assert kept.samples(2).shape == (2, 10)
    assert [kind for kind, _ in replies] == ["done"] * 3


def test_questions_are_answered_within_a_stream_too() -> None:
    asked = event("ping", {"text": "hi"}) + event("describe") + event("transcribe", {}, b"abc")
    kept, replies, _ = conversed(chunk(TEN) + asked + chunk(TEN))
    assert kept.samples().shape == (1, 20)
    assert replies[0] == ("pong", {"text": "hi"})
    assert replies[1][0] == "info"
    assert replies[1][1]["asr"] == []
    assert [kind for kind, _ in replies[2:]] == ["done"]


def test_a_stream_cut_off_within_its_payload_keeps_what_came() -> None:
    kept, replies, failed = conversed(chunk(TEN)[:-5])
    assert kept.samples().shape == (1, 7)
    assert failed is None
    assert replies == [("done", {"stream": "c-1"})]


def test_the_clock_of_a_stream_begins_with_its_sound() -> None:
    class Late(io.BytesIO):
        def readline(self, size=-1):
            if self.tell():
                time.sleep(0.05)
            return super().readline(size)

    began = []
    start = event("audio-start", {"rate": RATE, "width": 2, "channels": 1})
    told, now = Late(start + event("ping") + chunk(TEN)), time.time()
    Conversation(told, lambda _: None, names=Names("c")).run(lambda s: began.append(s.began))
    assert began[0] - now > 0.09


def test_a_stream_without_sound_is_done_at_once() -> None:
    start = event("audio-start", {"rate": RATE, "width": 2, "channels": 1})
    kept, replies, failed = conversed(start + event("audio-stop"))
    assert (kept.streams, replies, failed) == ([], [("done", {"stream": "c-1"})], None)


def test_a_handler_that_stops_early_leaves_the_next_stream_whole() -> None:
    names = []
    conversed(
        chunk(TEN) * 3 + event("audio-stop") + chunk(TEN),
        lambda stream: names.append((stream.name, next(stream.blocks).lost)),
    )
    assert names == [("c-1", 0.0), ("c-2", 0.0)]


def lost(*chunks):
    kept, _, failed = conversed(b"".join(chunks))
    assert failed is None
    return [(round(b.lost, 9), round(b.audio.start, 9)) for b in kept.streams[0][1]]


def test_a_sequence_that_jumps_is_a_gap() -> None:
    assert lost(chunk(TEN, 5), chunk(TEN, 6), chunk(TEN, 9), chunk(TEN, 10)) == [
        (0, 0),
        (0, 0.01),
        (0.02, 0.04),
        (0, 0.05),
    ]


def test_a_timestamp_that_jumps_by_more_than_half_a_block_is_a_gap() -> None:
    def at(ms):
        return chunk(TEN, timestamp=ms)

    assert lost(at(100), at(114), at(140), at(150), at(10)) == [
        (0, 0),
        (0, 0.01),
        (0.016, 0.036),
        (0, 0.046),
        (0, 0.056),
    ]


def test_a_timestamp_tells_the_length_of_a_gap_better_than_the_sequence() -> None:
    assert lost(chunk(TEN, 1, timestamp=0), chunk(TEN, 3, timestamp=37))[1] == (0.027, 0.037)
    assert lost(chunk(TEN, 1, timestamp=0), chunk(TEN, 3, timestamp=10))[1] == (0.01, 0.02)


@pytest.mark.parametrize("jump", [10_000_000, 10**12, float("nan"), "soon", True, None])
def test_clocks_that_are_none_of_the_sound_make_no_gap(jump) -> None:
    start = 86_400_000_000_000  # nanoseconds, as some clients have it
    first = chunk(TEN, timestamp=start)
    second = chunk(TEN, timestamp=start + jump if isinstance(jump, int) else jump)
    assert [gap for gap, _ in lost(first, second, chunk(TEN, timestamp=start * 2))] == [0, 0, 0]


def test_a_part_of_a_frame_before_a_gap_is_not_joined_with_what_follows() -> None:
    def told(seq, payload):
        return event("audio-chunk", {"rate": RATE, "width": 2, "channels": 1, "seq": seq}, payload)

    kept, _, _ = conversed(told(1, b"\1\0\1") + told(2, b"\0\2\0") + told(4, b"\3\0\4"))
    assert (kept.samples() * 32768).tolist() == [[1, 1, 2, 3]]
    kept, _, _ = conversed(told(1, b"\1\0\1") + told(4, b"\2\0"))
    assert (kept.samples() * 32768).tolist() == [[1, 2]]


def test_a_client_that_does_not_listen_is_still_heard() -> None:
    def deaf(data):
        raise BrokenPipeError("gone")

    kept = Kept(reply=lambda block: {})
    Conversation(io.BytesIO(chunk(TEN) * 3), deaf, names=Names("c")).run(kept)
    assert kept.samples().shape == (1, 30)
