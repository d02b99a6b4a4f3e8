from __future__ import annotations

import io
import os
import struct
import threading
import time

import numpy as np
import pytest
from live_fakes import RATE, Kept, chunk, event, events, wav

from audioml.core.errors import AudioError, UsageError
from audioml.edge.live.base import Source
from audioml.edge.live.stdin import Pipe

DATA = np.arange(-100, 100, dtype="<i2").tobytes()


def taken(data, **options):
    kept = Kept()
    Pipe(io.BytesIO(data), **options).run(kept, threading.Event())
    return kept


def test_it_is_a_source() -> None:
    assert isinstance(Pipe(io.BytesIO()), Source)


@pytest.mark.parametrize("size", [None, 0, 0xFFFFFFFF, 0x7FFFFFFF, 10_000])
def test_a_wav_is_read_whatever_its_header_says_of_its_length(size) -> None:
    kept = taken(wav(DATA, size=size))
    assert (kept.samples() * 32768).astype(int).tolist() == [list(range(-100, 100))]
    assert kept.streams[0][0] == "stdin"


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("extensible", [False, True])
def test_a_wav_of_every_depth(bits, extensible) -> None:
    data = bytes(range(48))
    found = taken(wav(data, bits=bits, channels=2, extensible=extensible))
    assert found.samples().shape == (2, 24 // (bits // 8))


def test_a_wav_of_floats() -> None:
    data = np.array([0.5, -0.25], "<f4").tobytes()
    assert taken(wav(data, bits=32, tag=3)).samples().tolist() == [[0.5, -0.25]]


def test_chunks_before_and_after_the_samples_are_passed_over() -> None:
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert taken(wav(DATA, before=odd) + odd).samples().shape == (1, 200)


def test_a_frame_cut_off_at_the_end_is_left_out() -> None:
    assert taken(wav(DATA + b"\x01")).samples().shape == (1, 200)
    assert taken(wav(DATA[:-1], size=len(DATA))).samples().shape == (1, 199)


def test_blocks_are_no_longer_than_asked_and_keep_the_time() -> None:
    kept = taken(DATA, format="s16le", rate=RATE, block=0.03)
    found = kept.streams[0][1]
    assert [b.audio.samples.shape[1] for b in found] == [30] * 6 + [20]
    assert [b.audio.start for b in found] == pytest.approx(np.arange(7) * 0.03)


def test_sound_is_handed_over_as_it_comes() -> None:
    out, into = os.pipe()
    kept = Kept()
    with os.fdopen(out, "rb") as stream, os.fdopen(into, "wb", buffering=0) as writer:
        pipe = Pipe(stream, format="s16le", rate=RATE)
        thread = threading.Thread(target=pipe.run, args=(kept, threading.Event()))
        thread.start()
        writer.write(DATA[:20])
        assert kept.came.wait(5)
        assert thread.is_alive()
        writer.write(DATA[20:])
        writer.close()
        thread.join(5)
    assert kept.samples().shape == (1, 200)
    assert kept.streams[0][1][0].audio.samples.shape[1] == 10


def test_a_stop_ends_a_pipe_that_is_silent() -> None:
    out, into = os.pipe()
    kept, stop = Kept(), threading.Event()
    with os.fdopen(out, "rb") as stream, os.fdopen(into, "wb", buffering=0) as writer:
        pipe = Pipe(stream, format="s16le", rate=RATE)
        thread = threading.Thread(target=pipe.run, args=(kept, stop))
        thread.start()
        writer.write(DATA)
        assert kept.came.wait(5)
        began = time.monotonic()
        stop.set()
        thread.join(5)
        assert time.monotonic() - began < 1
    assert kept.samples().shape == (1, 200)


def test_events_make_it_a_child_with_replies() -> None:
    kept, replies = Kept(reply=lambda b: {"n": b.audio.samples.shape[1]}), io.BytesIO()
    told = event("describe") + chunk(np.zeros(50)) + event("audio-stop") + chunk(np.zeros(20))
    Pipe(io.BytesIO(told), replies=replies, info={"models": ["m"]}).run(kept, threading.Event())
    found = events(replies.getvalue())
    assert found[0][0] == "info"
    assert found[0][1]["models"] == ["m"]
    assert found[1:] == [
        ("result", {"n": 50}),
        ("done", {"stream": "stdin-1"}),
        ("result", {"n": 20}),
        ("done", {"stream": "stdin-2"}),
    ]


@pytest.mark.parametrize(
    ("data", "options", "error", "text"),
    [
        (b"\x00\x01", {}, UsageError, "neither a WAV stream nor.*--format s16le --rate 48000"),
        (b"\x00", {"format": "s16le"}, UsageError, "need their rate, such as --rate 48000"),
        (b"\x00", {"format": "mp3"}, UsageError, "unknown format 'mp3'; expected one of auto, wav"),
        (b"", {}, AudioError, "stdin ended before any sound came"),
        (b"RIFFxxxxAVI ", {}, AudioError, "expected a WAV stream, it begins with"),
        (wav(b"")[:40], {}, AudioError, "ends before its 'data' chunk"),
        (wav(b"", tag=2), {}, AudioError, "samples of format 2 with 16 bits"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", {}, AudioError, "no 'fmt ' chunk"),
    ],
)
def test_what_cannot_be_read_is_said(data, options, error, text) -> None:
    with pytest.raises(error, match=text):
        taken(data, **options)


class _Folder:
    """Standard input of ``audioml edge run - < FOLDER``."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_RDONLY)

    def fileno(self):
        return self._fd


def test_what_cannot_be_read_at_all_is_said(tmp_path) -> None:
    folder = _Folder(tmp_path)
    with pytest.raises(AudioError, match="the sound cannot be read: .*directory"):
        Pipe(folder).run(Kept(), threading.Event())
    os.close(folder.fileno())
