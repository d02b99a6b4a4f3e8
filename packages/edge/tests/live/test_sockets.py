from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading
import time

import numpy as np
import pytest
from live_fakes import RATE, Kept, chunk, event, events, model

from audioml.core.errors import AudioError, UsageError
from audioml.edge.live.base import Source
from audioml.edge.live.engine import analyse
from audioml.edge.live.sockets import Tcp, Unix

TEN = np.linspace(-0.5, 0.5, 10)


@contextlib.contextmanager
def serving(source, handle):
    stop, failed = threading.Event(), []

    def run():
        try:
            source.run(handle, stop)
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    assert not failed


def connected(path):
    """Connect as soon as somebody listens."""
    deadline = time.monotonic() + 5
    while True:
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(5)
        try:
            peer.connect(str(path))
        except OSError:
            peer.close()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        else:
            return peer


def answers(peer):
    """Return all events until the other side closes."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while more := peer.recv(65536):
            data += more
    return events(data)


def talk(path, data):
    with connected(path) as peer:
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
        return answers(peer)


def test_a_stream_comes_and_its_results_go_back(tmp_path) -> None:
    path, kept = tmp_path / "s", Kept(reply=lambda b: {"n": b.audio.samples.shape[1]})
    with serving(Unix(str(path)), kept):
        assert talk(path, chunk(TEN, stream_id="kitchen") + chunk(TEN[:3])) == [
            ("result", {"n": 10}),
            ("result", {"n": 3}),
            ("done", {"stream": "kitchen-1"}),
        ]
    assert not path.exists()
    assert isinstance(Unix("x"), Source)


def test_a_model_answers_while_the_sound_comes(tmp_path) -> None:
    path = tmp_path / "s"

    def handle(stream):
        for result in analyse(stream, model()):
            stream.reply({"at": result.starts, "flags": result.flags})

    with serving(Unix(str(path)), handle), connected(path) as peer:
        peer.sendall(chunk(np.full(600, 0.1)))
        assert events(peer.recv(4096)) == [("result", {"at": [0.0, 0.1], "flags": []})]


def test_the_socket_is_for_its_user_alone(tmp_path) -> None:
    path = tmp_path / "s"
    with serving(Unix(str(path)), Kept()), connected(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with serving(Unix(str(path), mode=0o660), Kept()), connected(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_what_a_dead_process_left_is_replaced(tmp_path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with serving(Unix(str(path)), Kept()):
        assert talk(path, event("ping"))[0][0] == "pong"


def test_what_is_used_is_not_replaced(tmp_path) -> None:
    path = tmp_path / "s"
    with serving(Unix(str(path)), Kept()):
        connected(path).close()
        with pytest.raises(UsageError, match="somebody listens on unix:.* already"):
            Unix(str(path)).run(Kept(), threading.Event())
        assert path.exists()
    path.write_text("mine")
    with pytest.raises(UsageError, match="is there and is no socket"):
        Unix(str(path)).run(Kept(), threading.Event())
    assert path.read_text() == "mine"


def test_a_socket_that_another_has_replaced_is_left_to_it(tmp_path) -> None:
    path = tmp_path / "s"
    with serving(Unix(str(path)), Kept()):
        connected(path).close()
        path.unlink()
        path.write_text("another's")
    assert path.read_text() == "another's"


def test_a_socket_that_cannot_be_made_is_said(tmp_path) -> None:
    with pytest.raises(AudioError, match="cannot listen on unix:.*none/s"):
        Unix(str(tmp_path / "none" / "s")).run(Kept(), threading.Event())
    with pytest.raises(AudioError, match="cannot listen on unix:"):
        Unix(str(tmp_path / ("x" * 200))).run(Kept(), threading.Event())
    assert os.umask(0o022) in {0o022, 0o002, 0o077}


def test_streams_come_side_by_side_up_to_a_limit(tmp_path) -> None:
    path, kept = tmp_path / "s", Kept()
    with serving(Unix(str(path), connections=2), kept):
        first, second = connected(path), connected(path)
        for peer in (first, second):
            peer.sendall(event("ping"))
            assert b"pong" in peer.recv(4096)
        (refused,) = talk(path, b"")
        assert refused == (
            "error",
            {"text": "2 connections are open, which is the limit", "code": "busy"},
        )
        with first, second:
            second.shutdown(socket.SHUT_WR)
            assert answers(second) == []
        deadline = time.monotonic() + 5
        while talk(path, event("ping"))[0][0] != "pong":
            assert time.monotonic() < deadline


def test_a_breach_closes_one_connection_and_no_other(tmp_path) -> None:
    path, kept = tmp_path / "s", Kept()
    with serving(Unix(str(path)), kept), connected(path) as good:
        good.sendall(chunk(TEN))
        (found,) = talk(path, b"GET / HTTP/1.1\r\n\r\n")
        assert found[0] == "error"
        assert "must be JSON, got b'GET / HTTP" in found[1]["text"]
        good.sendall(chunk(TEN))
        good.shutdown(socket.SHUT_WR)
        assert answers(good)[-1][0] == "done"
    assert kept.samples().shape == (1, 20)


def test_a_handler_that_fails_ends_one_connection(tmp_path) -> None:
    path = tmp_path / "s"

    def handle(stream):
        raise RuntimeError("oh")

    with serving(Unix(str(path)), handle):
        for _ in range(2):
            (found,) = talk(path, chunk(TEN))
            assert found == ("error", {"text": "the stream failed: oh", "code": "internal"})


def test_a_client_that_says_nothing_is_sent_away(tmp_path) -> None:
    path, kept = tmp_path / "s", Kept()
    with serving(Unix(str(path), idle=0.1), kept), connected(path) as peer:
        peer.sendall(chunk(TEN))
        (found,) = answers(peer)
        assert found == ("error", {"text": "nothing came for 0.1 s", "code": "AudioError"})
    assert kept.samples().shape == (1, 10)


def test_a_stop_lets_streams_come_to_their_end(tmp_path) -> None:
    path, kept = tmp_path / "s", Kept()
    with serving(Unix(str(path)), kept) as stop, connected(path) as peer:
        peer.sendall(chunk(TEN))
        assert kept.came.wait(5)
        began = time.monotonic()
        stop.set()
        assert answers(peer)[-1] == ("done", {"stream": "unix-1"})
        assert time.monotonic() - began < 1.5
    assert time.monotonic() - began < 2


def test_a_client_that_never_reads_is_heard_all_the_same(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("audioml.edge.live.server._SEND", 0.1)
    path, kept = tmp_path / "s", Kept(reply=lambda b: {"x": "y" * 100_000})
    with serving(Unix(str(path)), kept), connected(path) as peer:
        for _ in range(20):
            peer.sendall(chunk(TEN))
        peer.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 5
        while len(kept.streams[0][1] if kept.streams else []) < 20:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_slow_handler_holds_the_sender_back(tmp_path) -> None:
    path, go = tmp_path / "s", threading.Event()

    def handle(stream):
        go.wait(10)
        for _ in stream.blocks:
            pass

    with serving(Unix(str(path)), handle), connected(path) as peer:
        peer.settimeout(0.2)
        with pytest.raises(TimeoutError):
            for _ in range(200):
                peer.sendall(chunk(np.zeros(48_000)))
        go.set()


def test_a_port_of_this_machine(monkeypatch) -> None:
    tcp, kept = Tcp("0"), Kept()
    with serving(tcp, kept):
        deadline = time.monotonic() + 5
        while not tcp.port:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        with socket.create_connection(("127.0.0.1", tcp.port), timeout=5) as peer:
            peer.sendall(chunk(TEN, rate=RATE))
            peer.shutdown(socket.SHUT_WR)
            assert answers(peer) == [("done", {"stream": "tcp-1"})]


@pytest.mark.parametrize("address", ["0.0.0.0:0", "192.0.2.1:9", "[::]:0", "example.org:9", "*:1"])
def test_others_are_let_in_only_where_that_was_said(address) -> None:
    with pytest.raises(UsageError, match="can be reached by other machines"):
        Tcp(address).run(Kept(), threading.Event())


def test_it_may_be_said() -> None:
    stop = threading.Event()
    stop.set()
    Tcp("0.0.0.0:0", public=True).run(Kept(), stop)
    Tcp("localhost:0").run(Kept(), stop)


@pytest.mark.parametrize("address", ["", "http", "127.0.0.1", "1:2:x", "70000"])
def test_an_address_that_is_none_is_said(address) -> None:
    with pytest.raises(UsageError, match=r"expected tcp:PORT or tcp:HOST:PORT, got 'tcp:"):
        Tcp(address)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AudioError, match=f"cannot listen on tcp:127.0.0.1:{port}: "):
            Tcp(str(port)).run(Kept(), threading.Event())
