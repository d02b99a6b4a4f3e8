from __future__ import annotations

import json
import struct
import threading

import numpy as np
import pytest
from stand_in import Handler, Reply, problem

from audioml.core.errors import NotFoundError, WorkerError
from audioml.core.values import Audio

RATE = 16000


def head(size: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 0xFFFFFFFF)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + (form + b"data" + struct.pack("<I", size))
    )


def test_blocks_come_while_they_are_made(client, stand):
    heard = threading.Event()

    def make(handler: Handler) -> None:
        asked = handler.server.stand.asked[-1]
        asked.body = handler.whole_body()
        handler.start_chunks("audio/wav")
        handler.chunk(head(0xFFFFFFFF))
        for value in range(3):
            handler.chunk(np.full(100, value, "<i2").tobytes())
            assert heard.wait(5)
            heard.clear()
        handler.chunk(b"")

    stand.will(Reply(by=make))
    found = []
    for block in client.generate("wavenet", seconds=3, seed=7, temperature=0.9):
        found.append(block)
        heard.set()
    assert [block.rate for block in found] == [RATE] * 3
    assert [block.start for block in found] == [0.0, 100 / RATE, 200 / RATE]
    joined = np.concatenate([block.samples for block in found], axis=1)
    np.testing.assert_array_equal(joined[0] * 32768, np.repeat([0, 1, 2], 100))
    asked = stand.asked[0]
    assert asked.path == "/v1/models/wavenet/generate"
    assert json.loads(asked.body) == {"seconds": 3, "seed": 7, "temperature": 0.9}


def test_what_came_before_is_sent(client, stand):
    stand.will(Reply(body=head(4) + bytes(4), media="audio/wav"))
    before = Audio(np.full((1, 100), 0.5), 8000)
    options = {"seconds": 1.5, "genre": "calm", "prompt": before, "top_k": None}
    (block,) = client.generate("wavenet", **options)
    assert block.samples.shape == (1, 2)
    asked = stand.asked[0]
    assert asked.query == {"seconds": "1.5", "seed": "0", "genre": "calm"}
    assert asked.headers["Content-Type"] == "audio/wav"
    assert asked.body[:4] == b"RIFF"


def test_sound_of_known_length_that_breaks_off_is_said(client, stand):
    stand.will(Reply(body=head(400) + bytes(200), media="audio/wav"))
    with pytest.raises(WorkerError, match="broke off after 0.00625 s"):
        list(client.generate("wavenet", seconds=1))


def test_a_connection_that_breaks_off_is_said(client, stand):
    def end(handler: Handler) -> None:
        handler.whole_body()
        handler.start_chunks("audio/wav")
        handler.chunk(head(0xFFFFFFFF) + bytes(200))
        handler.reset()

    stand.will(Reply(by=end))
    with pytest.raises(WorkerError, match="broke off before the answer was whole"):
        list(client.generate("wavenet", seconds=1))


def test_what_is_no_sound_is_said(client, stand):
    stand.will(Reply(body=b"<html>", media="text/html"))
    with pytest.raises(WorkerError, match="expected sound from the server"):
        list(client.generate("wavenet", seconds=1))


def test_a_refusal_is_the_error_that_fits(client, stand):
    stand.will(problem(404, "'tiny' makes no sound"))
    with pytest.raises(NotFoundError, match="'tiny' makes no sound"):
        list(client.generate("tiny", seconds=1))
