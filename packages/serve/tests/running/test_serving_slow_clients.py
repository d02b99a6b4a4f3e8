"""Clients that are slow, silent, or gone, cost others nothing."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest
from running_client import request, wait_until


def test_slow_headers_and_bodies_hold_no_thread(serving):
    server = serving(threads=2)
    with contextlib.ExitStack() as stack:
        heads = [stack.enter_context(server.connect()) for _ in range(64)]
        bodies = [stack.enter_context(server.connect()) for _ in range(64)]
        for client in heads:
            client.send(b"GET /small HTTP/1.1\r\nX: ")
        for client in bodies:
            client.send(request("/echo", Content_Length="1000", method="POST") + b"x" * 10)
        for _ in range(3):
            assert server.get("/small").text == "small"
            for client in heads + bodies:
                client.send(b"y")
        for client in bodies:
            client.send(bytes(1000 - 13))
            assert client.answer().text.startswith("1000 ")
        for client in heads:
            client.send(b"\r\n\r\n")
            assert client.answer().text == "small"


def taken_by_the_system():
    """Return the bytes that a socket takes though nobody reads them."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(listener.getsockname())
        sock, _ = listener.accept()
        with sock, contextlib.suppress(BlockingIOError):
            sock.setblocking(False)
            taken = 0
            while True:
                taken += sock.send(bytes(10_000))
    return taken


def test_slow_readers_hold_no_thread(serving):
    server = serving(threads=2)
    size = taken_by_the_system() + 500_000
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect(buffer=4096)) for _ in range(8)]
        for client in slow:
            client.send(request(f"/big?n={size}"))
        for _ in range(3):
            assert server.get("/small").text == "small"
        for client in slow:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            assert client.answer().body == bytes(size)
            assert client.ask("/small").text == "small"


def test_a_header_has_its_time(serving):
    server = serving(header_timeout=0.5)
    with server.connect() as client, server.connect() as silent:
        client.send(b"GET /small HTTP/1.1\r\n")
        assert client.answer().status == 408
        assert client.closed()
        assert silent.closed()


def test_an_idle_connection_is_kept_longer_than_a_header_may_take(serving):
    server = serving(header_timeout=0.3)
    with server.connect() as client:
        client.ask("/small")
        time.sleep(1.5)
        assert client.ask("/small").text == "small"


def test_a_body_must_not_stop(serving):
    server = serving(body_timeout=0.5)
    with server.connect() as client:
        client.send(request("/echo", Content_Length="1000", method="POST"))
        assert client.answer().status == 408
    with server.connect() as client:
        client.send(request("/echo", method="POST", Transfer_Encoding="chunked") + b"1\r\n")
        server.mark("broken")


def test_a_body_may_take_its_time_as_long_as_it_comes(serving):
    server = serving(body_timeout=0.8)
    with server.connect() as client:
        client.send(request("/echo", Content_Length="12", method="POST"))
        for _ in range(12):
            time.sleep(0.15)
            client.send(b"x")
        assert client.answer().text.startswith("12 ")


def test_a_body_must_come_fast_enough_on_average(serving):
    server = serving(body_timeout=0.5, body_rate=1000)
    with server.connect() as client, contextlib.suppress(ConnectionError):
        client.send(request("/echo", Content_Length="1000", method="POST"))
        for _ in range(40):
            time.sleep(0.05)
            client.send(b"x")
    with server.connect() as client:
        client.send(request("/echo", Content_Length="100", method="POST"))
        client.sock.settimeout(0.1)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                assert client.answer().status == 408
                break
            client.send(b"x")


def test_an_answer_that_nobody_takes_is_given_up(serving):
    server = serving(threads=1, body_timeout=0.5)
    with server.connect(buffer=4096) as slow:
        slow.send(request("/endless"))
        server.mark("left")
        assert server.get("/small").text == "small"


def test_connections_beyond_the_limit_make_room(serving):
    server = serving(connections=8)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(server.connect()).send(b"G")
        assert server.get("/small").text == "small"


def test_connections_with_work_are_not_thrown_out(serving):
    server = serving(connections=4)
    with contextlib.ExitStack() as stack:
        busy = [stack.enter_context(server.connect()) for _ in range(4)]
        for client in busy:
            client.send(request("/echo", Content_Length="3", method="POST") + b"a")
        waiting = stack.enter_context(server.connect())
        waiting.send(request("/small"))
        time.sleep(0.7)
        for client in busy:
            client.send(b"bc")
            assert client.answer().text.startswith("3 ")
        assert waiting.answer().text == "small"


@pytest.mark.slow
def test_thousands_of_idle_connections_cost_little(serving):
    server = serving(connections=2500)
    server.get("/small")
    before = server.memory()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(2000)]
        for client in clients[::2]:
            client.send(b"GET /small HTTP/1.1\r\n")
        assert server.get("/small").text == "small"
        assert server.memory() - before < 20
        clients[0].send(b"\r\n")
        assert clients[0].answer().text == "small"
    wait_until(lambda: server.get("/small").text == "small")


def test_who_leaves_within_an_upload_is_forgotten(serving):
    server = serving()
    server.get("/small")
    before = server.memory()
    for _ in range(30):
        with server.connect() as client:
            client.send(request("/echo", Content_Length="19000000", method="POST"))
            client.send(bytes(4_000_000))
    assert server.get("/small").text == "small"
    assert server.memory() - before < 40


def test_who_leaves_within_an_answer_is_forgotten(serving):
    server = serving()
    with server.connect() as client:
        client.send(request("/endless"))
        client.some(1_000_000)
    server.mark("left")
    assert server.get("/small").text == "small"


def test_the_application_can_ask_whether_the_client_has_gone(serving):
    server = serving()
    with server.connect() as client:
        client.send(request("/gone"))
        server.mark("asked-False")
    server.mark("gone-True")
    assert server.get("/small").text == "small"


def test_memory_comes_back_after_large_uploads(serving):
    server = serving(threads=8)
    server.get("/small")
    before = server.memory()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(12)]
        for client in clients:
            client.send(request("/echo", Content_Length="8000000", method="POST"))
            client.send(bytes(7_999_999))
        during = server.memory()
        assert during - before < 90
        for client in clients:
            client.send(b"x")
            assert client.answer().text.startswith("8000000 ")
    wait_until(lambda: server.memory() - before < 25)
