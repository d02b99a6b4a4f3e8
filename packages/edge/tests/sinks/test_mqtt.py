from __future__ import annotations

import json
import socket
import socketserver
import subprocess
import sys
import threading
import time
from itertools import groupby
from pathlib import Path

import pytest

pytest.importorskip("paho.mqtt")

from tiny_broker import Broker, eventually

from audioml.core.errors import OutputError, UsageError
from audioml.edge.sinks import mqtt
from audioml.edge.sinks.address import Address
from audioml.edge.sinks.mqtt import Mqtt


@pytest.fixture
def broker():
    made = Broker()
    yield made
    made.stop()


@pytest.fixture
def connect(tmp_path):
    made = []

    def sink(port: int, **options) -> Mqtt:
        made.append(Mqtt(f"mqtt://127.0.0.1:{port}/street", folder=tmp_path, **options))
        return made[-1]

    yield sink
    for each in made:
        each.close()


def test_records_go_out_by_kind_between_online_and_offline(broker, connect, batch) -> None:
    sink = connect(broker.port)
    sink.deliver([*batch(0, 2), *batch(2, 3, kind="file")])
    topics = [topic for topic, _ in broker.messages]
    assert topics == ["street/window", "street/window", "street/file"]
    assert json.loads(broker.messages[0][1]) == batch(0, 1)[0].data
    assert broker.history == [("street/status", "online")]
    sink.close()
    assert broker.history[1:] == [("street/status", "offline")]


def test_a_batch_that_lost_its_acknowledgement_is_offered_again(broker, connect, batch) -> None:
    broker.acks_to_lose = 2
    sink = connect(broker.port, timeout=0.3)
    with pytest.raises(OutputError, match=r"127.0.0.1:\d+: no acknowledgement within 0.3 s"):
        sink.deliver(batch(0, 5))
    sink.deliver(batch(0, 5))
    assert set(broker.ids) == {e.id for e in batch(0, 5)}
    assert len(broker.ids) == 7, "only what was not acknowledged goes out again"


def test_a_connection_that_breaks_is_made_again(broker, connect, batch, monkeypatch) -> None:
    sink = connect(broker.port)
    broker.hang_up_after = 3
    with pytest.raises(OutputError, match="the connection was lost"):
        sink.deliver(batch(0, 300))
    assert eventually(sink._connection.up.is_set)
    sink.deliver(batch(0, 300))
    assert set(broker.ids) == {e.id for e in batch(0, 300)}
    said = [status for status, _ in groupby(status for _, status in broker.history)]
    assert said == ["online", "offline", "online"], "the last will, and then ourselves again"


def test_online_is_said_again_without_anything_to_deliver(broker, connect, batch) -> None:
    connect(broker.port).deliver(batch(0, 1))
    broker.hang_up()
    assert eventually(lambda: len(broker.history) == 3)
    assert broker.history[-1] == ("street/status", "online")


def test_a_broker_that_is_away_is_told_of_at_once(connect, batch) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        sink = connect(port)
        begin = time.monotonic()
        with pytest.raises(OutputError, match="Connection refused"):
            sink.deliver(batch(0, 1))
        assert time.monotonic() - begin < 2
    broker = Broker(port)
    assert eventually(sink._connection.up.is_set)
    sink.deliver(batch(0, 1))
    assert broker.ids == [batch(0, 1)[0].id]
    sink.close()
    broker.stop()


def test_what_is_no_broker_is_told_of(connect, batch) -> None:
    class Hangs(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(100)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hangs) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with pytest.raises(OutputError, match="it closes the connection; does it speak MQTT"):
            connect(server.server_address[1]).deliver(batch(0, 1))
        server.shutdown()


def test_a_broker_that_says_nothing_is_waited_for_once(connect, batch, monkeypatch) -> None:
    monkeypatch.setattr(mqtt, "_CONNECT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        sink = connect(server.getsockname()[1])
        with pytest.raises(OutputError, match="does not answer"):
            sink.deliver(batch(0, 1))
        begin = time.monotonic()
        with pytest.raises(OutputError, match="does not answer"):
            sink.deliver(batch(0, 1))
        assert time.monotonic() - begin < 0.2


def test_a_refusal_says_why(broker, connect, batch) -> None:
    broker.refusal = 5
    with pytest.raises(OutputError, match=r"it refuses us: Not authorized"):
        connect(broker.port).deliver(batch(0, 1))


def test_the_password_comes_from_a_file_the_address_or_the_environment(
    broker, tmp_path, batch, monkeypatch
) -> None:
    (tmp_path / "secret").write_text("p@ss\n")
    monkeypatch.setenv("AUDIOML_MQTT_PASSWORD", "env")
    host = f"127.0.0.1:{broker.port}"
    for url, options in (
        (f"mqtt://me:there@{host}", {"password_file": "secret"}),
        (f"mqtt://m%40e:th%3Aere@{host}", {}),
        (f"mqtt://me@{host}", {}),
        (f"mqtt://{host}", {}),
    ):
        sink = Mqtt(url, folder=tmp_path, **options)
        sink.deliver(batch(0, 1))
        sink.close()
    logins = [("me", "p@ss"), ("m@e", "th:ere"), ("me", "env"), (None, None)]
    assert broker.logins == logins
    with pytest.raises(OutputError, match="cannot read the password of the broker .* No such file"):
        Mqtt(f"mqtt://me@{host}", folder=tmp_path, password_file="no").deliver(batch(0, 1))


def test_a_sink_keeps_its_name_and_others_have_theirs(tmp_path) -> None:
    def name(folder, **options):
        return Mqtt("mqtt://h/t", folder=folder, **options)._id

    assert name(tmp_path) == name(tmp_path)
    assert name(tmp_path) != name(tmp_path / "other")
    assert name(tmp_path, client_id="me") == "me"
    assert len(name(tmp_path)) <= 23, "the longest that every broker takes"


def test_a_killed_process_leaves_its_last_will(broker, tmp_path) -> None:
    script = (
        f"import os, sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path; from conftest import event\n"
        "from audioml.edge.sinks.mqtt import Mqtt\n"
        f"sink = Mqtt('mqtt://127.0.0.1:{broker.port}/street', folder=Path({str(tmp_path)!r}))\n"
        "sink.deliver([event(0)]); os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    assert eventually(lambda: len(broker.history) == 2)
    assert broker.history == [("street/status", "online"), ("street/status", "offline")]


def test_addresses() -> None:
    found = Address.of("mqtts://u:p@[::1]:99/a/b/")
    assert found == Address("::1", 99, True, "u", "p", "a/b")
    assert Address.of("mqtt://u:a#b?@h/x?y").password == "a#b?"
    assert Address.of("mqtt://h/x?y").topic == "x?y"
    assert Address.of("mqtt://h").port == 1883
    assert Address.of("mqtts://h").port == 8883
    assert Address.of("mqtt://h").topic.startswith("audioml/")
    assert Address.of("mqtt://h/x", topic="y").topic == "y"
    assert "p" not in repr(Address.of("mqtt://u:p@h/t")).replace("topic", "").replace("port", "")


@pytest.mark.parametrize(
    "url", [None, "", "h", "http://h", "mqtt://", "mqtt://h:x", "mqtt://h:99999", "mqtt://a..b"]
)
def test_addresses_that_are_none_are_refused(url) -> None:
    with pytest.raises(UsageError, match="mqtt://HOST"):
        Address.of(url)


def test_a_refused_address_keeps_the_password_to_itself() -> None:
    with pytest.raises(UsageError) as caught:
        Address.of("mqtt://me:secret@h:x")
    assert "secret" not in str(caught.value)
    for topic in ("a/#", "a/+/b"):
        with pytest.raises(UsageError, match="without '\\+' and '#'"):
            Address.of(f"mqtt://h/{topic}")
