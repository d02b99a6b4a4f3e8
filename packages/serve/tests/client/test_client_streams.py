from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from stand_in import PREDICTION, Handler, Reply, document, problem

from audioml.core.errors import AudioError, NotFoundError, OfflineError, UsageError, WorkerError
from audioml.core.values import Audio
from audioml.serve.client import Client, LateError

ENTRIES = json.loads(document(PREDICTION))["estimators"]["tiny"]
LINE = json.dumps({"prediction": ENTRIES}).encode() + b"\n"
DONE = b'{"done": true, "duration": 3.0}\n'


def blocks(count: int, size: int = 100) -> list[Audio]:
    return [Audio(np.full((2, size), i, np.float32), 8000, i * size / 8000) for i in range(count)]


def one_for_one(handler: Handler) -> None:
    handler.start_chunks("application/x-ndjson")
    for chunk in handler.chunks():
        handler.server.stand.asked[-1].body += chunk
        handler.chunk(LINE)
    handler.chunk(DONE)
    handler.chunk(b"")


def test_answers_come_while_it_is_sent(client, stand):
    stand.will(Reply(by=one_for_one))
    heard = threading.Event()

    def live():
        for block in blocks(3):
            yield block
            assert heard.wait(5), "the answer to a block did not come before the next was made"
            heard.clear()

    found = []
    for prediction in client.stream("tiny", live(), hop=1):
        found.append(prediction)
        heard.set()
    assert len(found) == 3
    np.testing.assert_array_equal(found[0]["embedding"].values, PREDICTION["embedding"].values)
    (asked,) = stand.asked
    assert (asked.path, asked.query) == ("/v1/models/tiny/stream", {"hop": "1"})
    assert asked.headers["Content-Type"] == "audio/pcm;rate=8000;channels=2;format=f32le"
    sent = np.frombuffer(asked.body, "<f4").reshape(-1, 2).T
    np.testing.assert_array_equal(sent, np.concatenate([b.samples for b in blocks(3)], axis=1))


def test_more_than_the_sockets_hold_goes_both_ways(client, stand):
    def talk(handler: Handler) -> None:
        handler.start_chunks("application/x-ndjson")
        for _ in handler.chunks():
            handler.chunk((b" " * 20_000 + LINE) * 100)
        handler.chunk(DONE)
        handler.chunk(b"")

    stand.will(Reply(by=talk))
    count = sum(1 for _ in client.stream("tiny", blocks(6, size=200_000)))
    assert count == 600


def test_a_refusal_is_heard_while_it_is_sent(client, stand):
    stand.will(problem(404, "no model 'tiny'"))
    stand._replies[0].by = _refuse
    with pytest.raises(NotFoundError, match="no model 'tiny'"):
        list(client.stream("tiny", blocks(50, size=100_000)))


def _refuse(handler: Handler) -> None:
    body = b'{"status": 404, "detail": "no model \'tiny\'"}'
    handler.send_response(404)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body)
    handler.connection.shutdown(1)
    while handler.connection.recv(1 << 16):
        pass


def test_a_problem_within_the_stream_is_raised_after_what_came(client, stand):
    def fail(handler: Handler) -> None:
        for _ in handler.chunks():
            pass
        handler.start_chunks("application/x-ndjson")
        handler.chunk(LINE + b'{"problem": {"status": 422, "detail": "not finite"}}\n')
        handler.chunk(b"")

    stand.will(Reply(by=fail))
    stream = client.stream("tiny", blocks(2))
    assert len(next(stream)) == 3
    with pytest.raises(AudioError, match="not finite"):
        next(stream)


def test_a_stream_that_breaks_off_is_said(client, stand):
    def end(handler: Handler) -> None:
        handler.start_chunks("application/x-ndjson")
        handler.chunk(LINE)
        handler.reset()

    stand.will(Reply(by=end))
    with pytest.raises(WorkerError, match="broke off|ended before it was done"):
        list(client.stream("tiny", blocks(2)))


def test_one_that_ends_without_its_last_line_is_said(client, stand):
    def end(handler: Handler) -> None:
        for _ in handler.chunks():
            pass
        handler.start_chunks("application/x-ndjson")
        handler.chunk(b"")

    stand.will(Reply(by=end))
    with pytest.raises(WorkerError, match="ended before it was done"):
        list(client.stream("tiny", blocks(2)))


def test_what_the_blocks_raise_is_raised(client, stand):
    stand.will(Reply(by=one_for_one))

    def broken():
        yield from blocks(1)
        raise ConnectionResetError("the microphone is gone")

    with pytest.raises(ConnectionResetError, match="the microphone is gone"):
        list(client.stream("tiny", broken()))


def test_blocks_of_another_rate_are_refused(client, stand):
    stand.will(Reply(by=one_for_one))
    odd = [*blocks(1), Audio(np.zeros(10, np.float32), 16000)]
    with pytest.raises(UsageError, match="a block has 16000 Hz and 1 channels, the first had 8000"):
        list(client.stream("tiny", odd))


def test_no_blocks_ask_for_nothing(client, stand):
    assert list(client.stream("tiny", [])) == []
    assert not stand.asked


def test_a_server_that_says_nothing_more_is_late(stand):
    def silent(handler: Handler) -> None:
        for _ in handler.chunks():
            pass
        handler.start_chunks("application/x-ndjson")
        handler.rfile.read(1)

    stand.will(Reply(by=silent))
    with pytest.raises(LateError, match=r"the stream stood still for 0.2 s"):
        list(Client(stand.url, timeout=0.2).stream("tiny", blocks(2)))


def test_leaving_early_ends_the_request(client, stand):
    ended = threading.Event()

    def watch(handler: Handler) -> None:
        handler.start_chunks("application/x-ndjson")
        handler.chunk(LINE)
        try:
            for _ in handler.chunks():
                pass
        except (ValueError, ConnectionError):
            ended.set()

    def endless():
        while True:
            yield from blocks(1)

    stand.will(Reply(by=watch))
    stream = client.stream("tiny", endless())
    next(stream)
    stream.close()
    assert ended.wait(5)


def test_nobody_there_says_what_to_start():
    with pytest.raises(OfflineError, match="audioml serve"):
        list(Client("http://127.0.0.1:1").stream("tiny", blocks(1)))
