"""What is a request, and what is none."""

from __future__ import annotations

import contextlib
import json
import socket
import time
import zlib
from random import Random

import pytest
from running_client import chunked, request


def summary(data):
    return f"{len(data)} {zlib.crc32(data)}"


def test_requests_follow_each_other_on_a_connection(shared):
    with shared.connect() as client:
        for _ in range(3):
            answer = client.ask("/small")
            assert (answer.status, answer.text) == (200, "small")
            assert answer.headers["connection"] == "keep-alive"


def test_pipelined_requests_are_answered_in_order(shared):
    data = bytes(200_000)
    with shared.connect() as client:
        client.send(
            request("/sleep?s=0.2")
            + request("/echo", data)
            + request("/echo", chunked(b"abc"), Content_Length=None, Transfer_Encoding="chunked")
            + request("/small")
        )
        answers = [client.answer().text for _ in range(4)]
    assert answers == ["slept", summary(data), summary(b"abc"), "small"]


def test_a_request_that_comes_byte_by_byte_is_the_same_request(shared):
    with shared.connect() as client:
        for byte in request("/echo", b"abc", X_Long="x" * 100):
            client.send(bytes([byte]))
        assert client.answer().text == summary(b"abc")


@pytest.mark.parametrize("size", [1, 65_536, 1_000_000, 9_000_000])
def test_bodies_of_every_size_arrive_whole(shared, size):
    data = (b"%07d" % size) * (size // 7 + 1)
    with shared.connect() as client:
        for _ in range(2):
            assert client.ask("/echo", data[:size]).text == summary(data[:size])


def test_a_body_that_is_not_read_does_not_disturb_the_next_request(shared):
    with shared.connect() as client:
        assert client.ask("/unread", bytes(300_000)).text == "unread"
        assert client.ask("/small").text == "small"
        client.send(
            request(
                "/unread", chunked(b"x" * 9000), Content_Length=None, Transfer_Encoding="chunked"
            )
        )
        assert client.answer().text == "unread"
        assert client.ask("/small").text == "small"


def test_an_answer_without_a_body_keeps_the_connection(shared):
    with shared.connect() as client:
        client.send(request("/small", method="HEAD"))
        assert client.answer(bodiless=True).headers["content-length"] == "5"
        assert client.ask("/small").text == "small"


def test_http_1_0_and_connection_close_are_closed(shared):
    for head in (b"GET /small HTTP/1.0\r\n\r\n", request("/small", Connection="close")):
        with shared.connect() as client:
            client.send(head)
            assert client.answer().text == "small"
            assert client.closed()


def test_an_expected_continue_comes_before_the_body(shared):
    with shared.connect() as client:
        client.send(request("/echo", Content_Length="3", Expect="100-continue", method="POST"))
        assert client.answer().status == 100
        client.send(b"abc")
        assert client.answer().text == summary(b"abc")


@pytest.mark.parametrize("expect", [{}, {"Expect": "100-continue"}])
def test_a_body_that_is_too_long_is_refused_before_it_comes(shared, expect):
    with shared.connect() as client:
        client.send(request("/echo", Content_Length="20000001", method="POST", **expect))
        answer = client.answer()
        assert answer.status == 413
        assert answer.headers["content-type"] == "application/problem+json"
        problem = json.loads(answer.body)
        assert (problem["status"], problem["title"]) == (413, "Request Entity Too Large") or (
            problem["title"] == "Content Too Large"
        )
        assert "has 20000001 bytes, more than the 20000000" in problem["detail"]


def test_a_refusal_can_be_read_by_a_client_that_goes_on_sending(shared):
    with shared.connect() as client:
        client.send(request("/echo", Content_Length="90000000", method="POST") + bytes(4_000_000))
        assert client.answer().status == 413
        assert client.closed()


def test_some_paths_take_longer_bodies(shared):
    data = bytes(21_000_000)
    with shared.connect(timeout=30) as client:
        assert client.ask("/echo/long", data).text == summary(data)
        client.send(request("/echo/long", Content_Length="30000001", method="POST"))
        assert client.answer().status == 413


@pytest.mark.parametrize(
    ("status", "head"),
    [
        (400, request("/echo", b"0\r\n\r\n", Transfer_Encoding="chunked")),
        (400, b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
        (400, request("/echo", Content_Length="+1", method="POST") + b"x"),
        (400, request("/echo", Content_Length="-1", method="POST") + b"x"),
        (400, b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (400, b"GET /small HTTP/1.1\nHost: test\n\n"),
        (400, b"\r\n\r\nGET /small HTTP/1.1\r\n\r\n"),
        (400, b"GET /small\r\n\r\n"),
        (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (400, request("/small") .replace(b"Host", b"Host ")),
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\r\n\r\n"),
        (414, request("/" + "x" * 9000)),
        (417, request("/small", Expect="gold")),
        (431, request("/small", X="y" * 70_000)),
        (431, request("/small", X="y" * 9000)),
        (431, b"GET /small HTTP/1.1\r\nX: " + b"y" * 70_000),
        (501, request("/echo", Transfer_Encoding="br, chunked")),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_and_the_connection_closed(shared, status, head):
    with shared.connect() as client:
        client.send(head)
        answer = client.answer()
        assert answer.status == status
        assert json.loads(answer.body)["status"] == status
        assert answer.headers["connection"] == "close"
        assert client.closed()
    assert shared.get("/small").text == "small"


def test_a_stream_is_answered_while_it_comes(shared):
    with shared.connect() as client:
        client.send(request("/upper", method="POST", Transfer_Encoding="chunked"))
        client.send(b"4\r\none\n\r\n")
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
        assert client.chunk() == b"ONE\n"
        client.send(b"4\r\ntwo\n\r\n")
        assert client.chunk() == b"TWO\n"
        client.send(b"0\r\n\r\n" + request("/small"))
        assert client.chunk() == b""
        assert client.answer().text == "small"


def test_a_stream_may_wait_to_be_told_to_continue(shared):
    with shared.connect() as client:
        expect = {"Transfer_Encoding": "chunked", "Expect": "100-continue"}
        client.send(request("/echo", method="POST", **expect))
        assert client.answer().status == 100
        client.send(chunked(b"abc"))
        assert client.answer().text == summary(b"abc")


def test_whatever_is_sent_it_goes_on(shared):
    random = Random(20261121)
    worker = shared.get("/pid").text
    whole = (
        request("/echo", b"abc" * 50)
        + request("/echo", chunked(b"abc"), Content_Length=None, Transfer_Encoding="chunked")
        + request("/small")
    )
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            start = random.randrange(len(data))
            data[start : start + random.randint(0, 3)] = random.randbytes(random.randint(0, 3))
        with shared.connect() as client, contextlib.suppress(ConnectionError):
            client.send(data[: random.randint(1, len(data))])
            client.sock.shutdown(socket.SHUT_WR)
            while client.sock.recv(65536):
                pass
    assert shared.get("/pid").text == worker


def test_a_stream_that_breaks_off_is_not_taken_for_one_that_ended(serving):
    server = serving()
    for bad in (b"", b"zz\r\n"):
        with server.connect() as client:
            client.send(request("/echo", method="POST", Transfer_Encoding="chunked"))
            client.send(b"3\r\nabc\r\n" + bad)
        server.mark("broken")
        (server.marks / "broken").unlink()
    assert server.get("/small").text == "small"


def test_streams_leave_the_threads_to_others(serving):
    server = serving(threads=2)
    streams = [server.connect() for _ in range(2)]
    for client in streams:
        client.send(request("/upper", method="POST", Transfer_Encoding="chunked") + b"2\r\na\n\r\n")
        client.until(b"\r\n\r\n")
    assert server.get("/small").text == "small"
    with server.connect() as client:
        client.send(request("/upper", method="POST", Transfer_Encoding="chunked"))
        answer = client.answer()
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    streams[0].send(b"0\r\n\r\n")
    assert [streams[0].chunk(), streams[0].chunk()] == [b"A\n", b""]
    time.sleep(0.05)
    with server.connect() as client:
        client.send(request("/upper", method="POST", Transfer_Encoding="chunked") + b"0\r\n\r\n")
        assert client.answer().status == 200
    for client in streams:
        client.sock.close()


def test_a_bug_is_answered_and_logged(serving):
    server = serving()
    answer = server.get("/fault")
    assert answer.status == 500
    assert b"ZeroDivision" not in answer.body
    assert server.get("/small").text == "small"
    server.end()
    assert "ZeroDivisionError: a bug" in server.text()


def test_only_the_word_of_proxies_is_taken(shared, serving):
    forwarded = {"X_Forwarded_For": "6.6.6.6, 1.2.3.4"}
    assert shared.get("/who", **forwarded).text == "127.0.0.1"
    assert serving(forwarded_allow="127.0.0.0/8").get("/who", **forwarded).text == "1.2.3.4"
