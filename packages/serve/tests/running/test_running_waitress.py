"""The server where there is no fork."""

from __future__ import annotations

import signal
import zlib

from running_client import request


def test_it_answers_and_ends(serving):
    server = serving(server="waitress")
    with server.connect() as client:
        assert client.ask("/small").text == "small"
        assert client.ask("/echo", bytes(9000)).text == f"9000 {zlib.crc32(bytes(9000))}"
        assert client.ask("/ready").text == "ready"
    assert server.get("/who", X_Forwarded_For="1.2.3.4").text == "127.0.0.1"
    assert server.end() == 0
    server.mark("drained")
    server.mark("closed")
    assert server.text().count("\n") == 1


def test_a_body_that_is_too_long_is_refused(serving):
    server = serving(server="waitress")
    with server.connect() as client:
        client.send(request("/echo", Content_Length="30000001", method="POST"))
        assert client.answer().status == 413


def test_slow_clients_hold_no_thread(serving):
    server = serving(server="waitress", threads=1)
    with server.connect() as head, server.connect() as body:
        head.send(b"GET /small HTTP/1.1\r\nX: ")
        body.send(request("/echo", Content_Length="1000", method="POST") + b"x" * 10)
        assert server.get("/small").text == "small"


def test_what_is_under_way_is_answered_at_the_end(serving):
    server = serving(server="waitress")
    with server.connect() as client:
        client.send(request("/sleep?s=0.8"))
        server.mark("sleeping")
        server.process.send_signal(signal.SIGTERM)
        assert client.answer().text == "slept"
    assert server.process.wait(10) == 0


def test_the_application_can_ask_whether_the_client_has_gone(serving):
    server = serving(server="waitress")
    with server.connect() as client:
        client.send(request("/gone"))
        server.mark("asked-False")
    server.mark("gone-True")


def test_a_model_that_hangs_ends_it(serving):
    server = serving(server="waitress")
    with server.connect() as client:
        client.send(request("/hang"))
        assert server.process.wait(10) == 1
    assert server.said[-1] == "audioml: model 'tiny' hangs; start the server again\n"


def test_a_service_that_cannot_be_built_ends_it(starting):
    server = starting(server="waitress", build="missing")
    assert server.process.wait(10) == 3
    assert server.text() == "audioml: no model 'x' in the store; see: audioml models\n"
