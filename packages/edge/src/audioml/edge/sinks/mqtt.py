"""Records as messages to an MQTT broker."""

from __future__ import annotations

import hashlib
import os
import platform
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audioml.core.errors import OutputError
from audioml.core.files import shown

from .address import Address
from .connection import Connection, dropped
from .lines import line

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessageInfo

    from .base import Event

__all__ = ["Mqtt"]

_CONNECT = 4.0  # seconds to wait for a broker that does not answer
_BACK_OFF = (1, 60)  # seconds between attempts: the first pause, and the longest


class Mqtt:
    """Publishes each record under ``TOPIC/KIND``, with QoS 1: at least once.

    ``TOPIC/status`` is retained: ``online`` while the sink is connected and ``offline`` after,
    however it ended.

    Parameters
    ----------
    to
        ``mqtt[s]://[user[:password]@]host[:port][/topic]``; mqtts is TLS.
    folder
        Where a relative ``password_file`` or ``ca_file`` begins.
    topic
        In place of the one in ``to``; ``audioml/HOST`` without either.
    client_id
        How the broker knows this sink; one that this machine, broker and topic determine if None.
    password_file
        A file with the password, which else is that of ``to`` or AUDIOML_MQTT_PASSWORD.
    ca_file
        Certificates that the broker's may be signed with, in place of the system's.
    timeout
        Seconds that a batch may take.
    keepalive
        Seconds of silence after which the connection is tested.
    """

    def __init__(
        self,
        to: str | None = None,
        *,
        folder: Path,
        topic: str | None = None,
        client_id: str | None = None,
        password_file: str | None = None,
        ca_file: str | None = None,
        timeout: float = 5.0,
        keepalive: int = 30,
    ) -> None:
        self._address = Address.of(to, topic=topic)
        self._id = client_id or _identity(self._address, folder)
        self._password_file = folder / password_file if password_file else None
        self._ca_file = folder / ca_file if ca_file else None
        self._timeout, self._keepalive = float(timeout), int(keepalive)
        self._client: Client | None = None
        self._connection = Connection()
        self._sent: dict[str, MQTTMessageInfo] = {}  # by event id, until their batch is through

    def deliver(self, events: Sequence[Event], /) -> None:
        """Publish the events and wait until the broker has acknowledged each.

        Of a batch that is offered again only what is not on its way yet is published.

        Raises
        ------
        OutputError
            If the broker is away, or does not acknowledge all in time.
        """
        deadline = time.monotonic() + self._timeout
        client = self._connected()
        for event in events:
            if event.id not in self._sent:
                topic = f"{self._address.topic}/{event.data.get('kind', 'event')}"
                self._sent[event.id] = _queued(client.publish(topic, line(event), qos=1))
        for event in events:
            self._await(self._sent[event.id], deadline)
        for event in events:
            self._sent.pop(event.id, None)

    def close(self) -> None:
        """Say that we are offline, and disconnect; a broker that is away is not waited for."""
        client, self._client = self._client, None
        self._sent.clear()
        if client is None:
            return
        if self._connection.up.is_set():
            self._say(client, "offline").wait_for_publish(2)
        dropped(client)

    def _connected(self) -> Client:
        if self._client is None:
            self._client = self._begun()
        if not self._connection.wait(_CONNECT):
            raise self._failed(self._connection.why)
        return self._client

    def _await(self, info: MQTTMessageInfo, deadline: float) -> None:
        while not info.is_published():
            left = deadline - time.monotonic()
            if not self._connection.up.is_set():  # what is on its way goes out with the next
                raise self._failed(self._connection.why)
            if left <= 0:
                self._begin_anew()
                raise self._failed(f"no acknowledgement within {self._timeout:g} s")
            info.wait_for_publish(min(left, 0.2))

    def _begin_anew(self) -> None:
        """Leave a connection on which something was lost; what was acknowledged stays so."""
        client, self._client = self._client, None
        self._sent = {name: info for name, info in self._sent.items() if info.is_published()}
        if client is not None:
            dropped(client)

    def _failed(self, why: str) -> OutputError:
        return OutputError(f"cannot deliver to {self._address}: {why}")

    def _begun(self) -> Client:
        """Return a client whose thread connects, and connects again whenever it has to."""
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        client = Client(CallbackAPIVersion.VERSION2, self._id)
        if self._address.user is not None:
            client.username_pw_set(self._address.user, self._password())
        if self._address.tls:
            client.tls_set(ca_certs=str(self._ca_file) if self._ca_file else None)
        client.will_set(f"{self._address.topic}/status", "offline", qos=1, retain=True)
        client.connect_timeout = _CONNECT
        client.reconnect_delay_set(*_BACK_OFF)
        client.max_inflight_messages_set(100)
        self._connection = Connection()
        self._connection.follow(client, lambda: self._say(client, "online"))
        client.connect_async(self._address.host, self._address.port, self._keepalive)
        client.loop_start()
        return client

    def _say(self, client: Client, status: str) -> MQTTMessageInfo:
        topic = f"{self._address.topic}/status"
        return _queued(client.publish(topic, status, qos=1, retain=True))

    def _password(self) -> str | None:
        if self._password_file is None:
            return self._address.password or os.environ.get("AUDIOML_MQTT_PASSWORD")
        try:
            return self._password_file.read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeError) as error:
            raise OutputError(
                f"cannot read the password of {self._address} from {shown(self._password_file)}: "
                f"{getattr(error, 'strerror', None) or error}"
            ) from error


def _queued(info: MQTTMessageInfo) -> MQTTMessageInfo:
    """Return the mark of a message that goes out now, or with the next connection."""
    from paho.mqtt.enums import MQTTErrorCode

    if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
        raise OutputError("cannot deliver: more messages are on their way than MQTT can tell apart")
    info.rc = MQTTErrorCode.MQTT_ERR_SUCCESS  # a lost connection would stay an error for ever
    return info


def _identity(address: Address, folder: Path) -> str:
    """Return a name that stays: a sink that comes back takes the place of what it was.

    Otherwise the broker, still waiting for the old connection, would say ``offline`` later on.
    """
    us = f"{platform.node()}|{uuid.getnode()}|{folder.resolve()}|{address}|{address.topic}"
    return f"audioml-{hashlib.sha256(us.encode(errors='replace')).hexdigest()[:12]}"
