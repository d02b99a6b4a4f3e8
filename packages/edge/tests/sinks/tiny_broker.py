"""An MQTT 3.1.1 broker without subscribers, on loopback, that can lose what it is told to lose."""

from __future__ import annotations

import json
import socketserver
import struct
import threading
import time


class Broker(socketserver.ThreadingTCPServer):
    """Keeps what is published; ``acks_to_lose`` and ``hang_up_after`` count publications down."""

    allow_reuse_address = daemon_threads = True
    block_on_close = False

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Client)
        self.messages: list[tuple[str, bytes]] = []
        self.history: list[tuple[str, str]] = []  # of retained topics
        self.logins: list[tuple[str | None, str | None]] = []
        self.clients: list[str] = []
        self.acks_to_lose = 0
        self.hang_up_after: int | None = None
        self.refusal = 0
        self.open: set[_Client] = set()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def ids(self) -> list[str]:
        return [json.loads(data)["id"] for topic, data in self.messages]

    def take(self, topic: str, payload: bytes, *, retain: bool) -> None:
        if retain:
            self.history.append((topic, payload.decode()))
        else:
            self.messages.append((topic, payload))

    def hang_up(self) -> None:
        for client in list(self.open):
            client.request.shutdown(2)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.hang_up()


class _Client(socketserver.BaseRequestHandler):
    server: Broker
    will: tuple[str, bytes] | None = None

    def setup(self) -> None:
        self.server.open.add(self)

    def finish(self) -> None:
        self.server.open.discard(self)
        if self.will:  # it went without a word
            self.server.take(*self.will, retain=True)

    def handle(self) -> None:
        try:
            while self.packet():
                pass
        except (OSError, EOFError):
            pass

    def packet(self) -> bool:
        first, length, shift = self.read(1)[0], 0, 0
        while True:
            byte = self.read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        return self.answer(first >> 4, first & 15, self.read(length))

    def answer(self, kind: int, flags: int, body: bytes) -> bool:
        if kind == 1:
            self.connect(body)
            self.request.sendall(bytes([0x20, 2, 0, self.server.refusal]))
            return not self.server.refusal
        if kind == 3:
            return self.publish(flags, body)
        if kind == 12:
            self.request.sendall(b"\xd0\x00")
        if kind == 14:
            self.will = None
        return kind != 14

    def publish(self, flags: int, body: bytes) -> bool:
        topic, rest = text(body)
        self.server.take(topic, rest[2:], retain=bool(flags & 1))
        assert (flags >> 1) & 3 == 1, "QoS 1"
        if self.server.acks_to_lose and not flags & 1:
            self.server.acks_to_lose -= 1
            return True
        self.request.sendall(b"\x40\x02" + rest[:2])
        if self.server.hang_up_after is not None and not flags & 1:
            self.server.hang_up_after -= 1
            if self.server.hang_up_after == 0:
                self.server.hang_up_after = None
                return False
        return True

    def connect(self, body: bytes) -> None:
        flags = body[7]
        name, rest = text(body[10:])
        self.server.clients.append(name)
        if flags & 4:
            topic, rest = text(rest)
            size = struct.unpack(">H", rest[:2])[0]
            if not self.server.refusal:
                self.will = (topic, rest[2 : 2 + size])
            rest = rest[2 + size :]
        user, rest = text(rest) if flags & 0x80 else (None, rest)
        self.server.logins.append((user, text(rest)[0] if flags & 0x40 else None))

    def read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.request.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data


def text(data: bytes) -> tuple[str, bytes]:
    size = struct.unpack(">H", data[:2])[0]
    return data[2 : 2 + size].decode(), data[2 + size :]


def eventually(what, *, seconds: float = 5.0) -> bool:
    """Return whether something becomes true in time."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
