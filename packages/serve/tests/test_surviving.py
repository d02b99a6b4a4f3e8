"""What a server must live through, each against real processes; after each, it answers."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import urllib3

pytestmark = pytest.mark.slow
LEVEL, TROUBLE = "/v1/models/tiny-level/predict", "/v1/models/tiny-trouble/predict"


def workers(server) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(each) for each in children.read_text().split()]


def memory(server) -> int:
    """Return the resident memory of the workers in kB."""
    lines = [Path(f"/proc/{each}/status").read_text() for each in workers(server)]
    return sum(int(text.partition("VmRSS:")[2].split()[0]) for text in lines)


@pytest.fixture
def answers(wav):
    """Return a function that asserts that a server answers, before long."""

    def check(server, within=10.0):
        end = time.monotonic() + within
        while True:
            try:
                reply = server.post(LEVEL, wav())
                if reply.status == 200:
                    return
                problem = reply.data
            except urllib3.exceptions.HTTPError as error:
                problem = error
            assert time.monotonic() < end, problem
            time.sleep(0.1)

    return check


def bomb(seconds: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(16000 * seconds, np.int16), 16000, format="FLAC")
    return file.getvalue()


def liar(rate: int, size: int, frames: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    head = b"RIFF" + struct.pack("<I", size) + b"WAVEfmt " + struct.pack("<I", 16) + form
    return head + b"data" + struct.pack("<I", size) + bytes(frames * 2)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(liar(1, 64_000, 32_000), 422, id="a sample rate of 1"),
        pytest.param(liar(16_000, 2**32 - 1, 32_000), 200, id="claims 4 GB"),
        pytest.param(bomb(3600), 413, id="a FLAC bomb"),
    ],
)
def test_recordings_made_to_harm(live, answers, data, status) -> None:
    server = live()
    answers(server)
    before = memory(server)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: server.post(LEVEL, data, "audio/wav"), range(24)))
    assert {reply.status for reply in replies} == {status}
    answers(server)
    assert memory(server) < before + 60_000


def test_a_model_that_raises(live, answers, wav) -> None:
    server = live()
    reply = server.post(TROUBLE, wav(2.0))
    assert reply.status == 500
    assert (
        reply.json()["detail"]
        == "something went wrong here; the log tells what, under this request's id"
    )
    answers(server)
    assert server.post(TROUBLE, wav(1.0)).status == 200


def test_a_model_that_hangs_is_replaced_and_others_answer_meanwhile(live, answers, wav) -> None:
    server = live("--hang", "2")
    first = workers(server)

    def ask() -> None:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            server.post(TROUBLE, wav(3.0))

    threading.Thread(target=ask, daemon=True).start()
    time.sleep(0.5)
    answers(server)  # while the other hangs
    end = time.monotonic() + 20
    while workers(server) == first and time.monotonic() < end:
        time.sleep(0.1)
    assert workers(server) != first
    answers(server)
    assert server.post(TROUBLE, wav(1.0)).status == 200


def test_a_model_that_ends_the_process(live, answers, wav) -> None:
    server = live()
    with pytest.raises(urllib3.exceptions.HTTPError):
        server.post(TROUBLE, wav(4.0))
    answers(server)


def test_a_worker_that_is_killed(live, answers) -> None:
    server = live("--workers", "2")
    answers(server)
    for each in workers(server):
        os.kill(each, signal.SIGKILL)
    answers(server)
    assert len(workers(server)) == 2


def test_disconnects_while_sending_and_while_waiting(live, answers, wav) -> None:
    server = live()
    answers(server)
    before = memory(server)
    host, port = server.url.removeprefix("http://").split(":")
    body = wav(5.0)
    head = f"POST {TROUBLE} HTTP/1.1\r\nHost: x\r\nContent-Type: audio/wav\r\n"
    for sent in (100, len(body)):
        for _ in range(40):
            with socket.create_connection((host, int(port))) as client:
                client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:sent])
    answers(server, within=30)
    end = time.monotonic() + 10
    while b"audioml_pending_requests 0.0" not in server.get("/metrics").data:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert memory(server) < before + 60_000


def test_slow_clients_do_not_keep_others_from_answers(live, answers, wav) -> None:
    server = live("--threads", "4", "--pending", "4")
    host, port = server.url.removeprefix("http://").split(":")
    slow = []
    for index in range(40):
        client = socket.create_connection((host, int(port)))
        head = f"POST {LEVEL} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
        client.sendall(head.encode() if index % 2 else f"{head}\r\nRIFF".encode())
        slow.append(client)
    start = time.monotonic()
    answers(server)
    assert time.monotonic() - start < 5
    for client in slow:
        client.close()


def test_ending_under_load_loses_no_request(live, wav) -> None:
    server = live()
    outcomes, ended, data = [], threading.Event(), wav(1.0)

    def hammer() -> None:
        while not ended.is_set():
            try:
                outcomes.append(server.post(LEVEL, data).status)
            except urllib3.exceptions.NewConnectionError:
                return  # nobody listens any more
            except urllib3.exceptions.HTTPError as error:
                outcomes.append(repr(error))

    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(hammer)
        time.sleep(1.0)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        ended.set()
    assert len(outcomes) > 50
    assert set(outcomes) <= {200, 503}, set(outcomes)


def test_overload_is_refused_at_once_and_the_rest_answered(live, wav) -> None:
    server = live("--pending", "2")
    pool = urllib3.PoolManager(retries=False, maxsize=32)

    def ask(_: int) -> int:
        start = time.monotonic()
        reply = pool.request(
            "POST", server.url + TROUBLE, body=wav(5.0), headers={"Content-Type": "audio/wav"}
        )
        if reply.status == 503:
            assert int(reply.headers["Retry-After"]) >= 1
            assert time.monotonic() - start < 3
        return reply.status

    with ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(ask, range(16)))
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 2


def test_two_processes_serve_one_store_and_share_jobs(live, answers, wav) -> None:
    server = live("--workers", "2")
    answers(server)
    reply = server.post("/v1/jobs?model=tiny-level", wav(2.0))
    location = server.url + reply.headers["Location"]
    for _ in range(20):  # a new connection each, so that both answer
        with urllib3.PoolManager(retries=False) as pool:
            assert pool.request("GET", location).status == 200
    with urllib3.PoolManager(retries=False) as pool:
        text = pool.request("GET", server.url + "/metrics").data.decode()
    assert "audioml_requests_total" in text
