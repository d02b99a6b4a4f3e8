"""The parts of the server, without a process."""

from __future__ import annotations

import inspect
import io
import socket

import pytest

from audioml.core.errors import AudiomlError, UsageError
from audioml.serve.running import run
from audioml.serve.running.bodies import EACH, MEMORY, Body, Room, Storage
from audioml.serve.running.forwarded import Proxies
from audioml.serve.running.listening import listen, refuse_new, where
from audioml.serve.running.pace import Pace
from audioml.serve.running.refusal import Refused


def test_a_pace_is_late_after_silence_and_below_the_average():
    pace = Pace(timeout=2, rate=10)
    pace.waited(1.9)
    assert not pace.late
    assert pace.patience == pytest.approx(0.1)
    pace.moved(1)
    pace.waited(1.9)
    assert pace.late, "one byte in 3.8 s"
    pace.moved(100)
    assert not pace.late
    pace.waited(2.0)
    assert pace.late, "silent"


def test_a_room_gives_no_more_than_it_has():
    room = Room(10)
    assert room.take(10)
    assert not room.take(1)
    room.give(4)
    assert room.take(4)


def test_a_body_goes_to_disk_when_it_is_long_and_gives_its_room_back():
    storage = Storage(max_body=1 << 30, longer={})
    body = Body(EACH + 10, storage)
    piece = bytes(range(256)) * (EACH // 256)
    body.write(memoryview(piece))
    assert isinstance(body.file, io.BytesIO)
    body.write(memoryview(b"0123456789"))
    assert not isinstance(body.file, io.BytesIO)
    assert storage.memory.take(MEMORY), "it holds no memory any more"
    assert body.missing == 0
    assert body.finish().read() == piece + b"0123456789"
    body.drop()
    assert body.file.closed


def test_bodies_go_to_disk_when_memory_is_full_and_are_refused_when_the_disk_is():
    storage = Storage(max_body=100, longer={"/jobs": 200})
    storage.memory = Room(10)
    storage.disk = Room(20)
    first, second = Body(10, storage), Body(30, storage)
    first.write(memoryview(bytes(10)))
    second.write(memoryview(bytes(20)))
    with pytest.raises(Refused, match="too many uploads") as refused:
        second.write(memoryview(bytes(1)))
    assert refused.value.status == 503
    second.drop()
    assert storage.disk.take(20)
    assert (storage.longest("/v1"), storage.longest("/jobs/1")) == (100, 200)


def test_the_client_is_the_first_who_is_no_proxy():
    proxies = Proxies("10.0.0.0/8, 127.0.0.1")
    assert proxies.client("127.0.0.1", "6.6.6.6, 1.2.3.4, 10.1.1.1") == "1.2.3.4"
    assert proxies.client("9.9.9.9", "1.2.3.4") == "9.9.9.9", "who is no proxy may say anything"
    assert proxies.client("127.0.0.1", "") == "127.0.0.1"
    assert Proxies("").client("127.0.0.1", "1.2.3.4") == "127.0.0.1"
    assert Proxies("*").client("", "1.2.3.4") == "1.2.3.4"
    with pytest.raises(UsageError, match="a proxy must be an address"):
        Proxies("example.org")


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("no.such.host.invalid", 0, "host 'no.such.host.invalid' is unknown"),
        ("192.0.2.1", 0, "this machine has no address '192.0.2.1'"),
        ("unix:/no/such/folder/socket", 0, "cannot listen at '/no/such/folder/socket'"),
        ("127.0.0.1", 65536, "port must be between 0 and 65535"),
    ],
)
def test_where_it_cannot_listen_is_told(host, port, sentence):
    with pytest.raises(AudiomlError, match=sentence):
        listen(host, port)


def test_a_path_in_use_is_left_alone(tmp_path):
    with listen(f"unix:{tmp_path}/s", 0), pytest.raises(AudiomlError, match="is in use"):
        listen(f"unix:{tmp_path}/s", 0)


def test_a_listener_that_takes_nobody_new_keeps_who_has_connected():
    with listen("127.0.0.1", 0) as listener, socket.socket() as late:
        address = listener.getsockname()
        with socket.create_connection(address) as client:
            refuse_new(listener)
            late.settimeout(0.3)
            if late.connect_ex(address) == 0:
                pytest.skip("this system cannot close the door")
            accepted, _ = listener.accept()
            with accepted:
                client.sendall(b"hello")
                assert accepted.recv(10) == b"hello"
        assert where(listener) == f"http://127.0.0.1:{address[1]}"


def test_unknown_servers_are_refused():
    with pytest.raises(UsageError, match="gunicorn, waitress, got 'apache'"):
        run(lambda: None, None, server="apache")


def test_gunicorn_is_inside_as_it_was():
    """What is used of gunicorn and is no documented interface; see ``worker`` and ``master``."""
    pytest.importorskip("fcntl", reason="gunicorn runs where there is fork")
    from gunicorn.arbiter import Arbiter
    from gunicorn.http.body import Body, ChunkedReader
    from gunicorn.http.message import Message, Request
    from gunicorn.http.unreader import Unreader
    from gunicorn.workers.gthread import PollableMethodQueue, ThreadWorker

    def names(function):
        return list(inspect.signature(function).parameters)

    assert names(ThreadWorker.handle_request) == ["self", "req", "conn"]
    assert names(ThreadWorker.finish_request) == ["self", "conn", "fs"]
    assert names(ThreadWorker.wait_for_and_dispatch_events) == ["self", "timeout"]
    assert names(ThreadWorker.load_wsgi) == ["self"]
    assert names(PollableMethodQueue.defer) == ["self", "callback", "args"]
    assert names(Request.__init__) == ["self", "cfg", "unreader", "peer_addr", "req_number"]
    assert names(Unreader.chunk) == ["self", "size_hint"]
    assert names(Body.__init__) == ["self", "reader"]
    assert "self.parser" in inspect.getsource(ChunkedReader.__init__)
    assert "_expected_100_continue" in inspect.getsource(Message.__init__)
    assert names(Arbiter.halt) == ["self", "reason", "exit_status"]
    assert names(Arbiter.stop) == ["self", "graceful"]
    assert names(Arbiter.signal) == ["self", "sig", "frame"]
    for name in ("manage_workers", "murder_workers", "spawn_worker", "handle_term"):
        assert names(getattr(Arbiter, name)) == ["self"], name
