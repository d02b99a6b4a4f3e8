"""HTTP requests as cheaply as they can be made: the client shares the machine with the server.

One thread, sockets that never block, and one request whose bytes were made beforehand.
``python benchmarks/load.py http://127.0.0.1:5000/model/predict clip.wav --clients 8`` sends a file
again and again; `closed` and `opened` do so for other benchmarks.
"""

from __future__ import annotations

import argparse
import mimetypes
import operator
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

__all__ = ["Answer", "Load", "Outcome", "closed", "main", "multipart", "once", "opened"]

_BOUNDARY = "audioml-load-7d1f2c"
_READ = 1 << 18
_IDLE = 1.0  # seconds after which a connection is not used again
_TURN = 0.05  # seconds that are waited at a time
_WARM = 1.0  # seconds at the beginning that do not count in any case
_FEW, _WINDOWS = 30, 4  # answers that are wanted, and how many times as long they may take
_PATIENCE = 120.0  # seconds without an answer after which a request counts as lost
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it ended, how long it took in seconds, what came; 0 is no answer."""

    end: float
    took: float
    status: int


@dataclass(frozen=True)
class Load:
    """What is sent and where to: the bytes of one request."""

    address: Address
    request: bytes


@dataclass
class Outcome:
    """What came of a load that lasted ``seconds``; ``body`` is that of the first 200."""

    seconds: float
    answers: list[Answer] = field(default_factory=list)
    body: bytes = b""
    unsent: int = 0

    @property
    def statuses(self) -> Counter[int]:
        """Return how often each status came."""
        return Counter(answer.status for answer in self.answers)

    @property
    def rate(self) -> float:
        """Return the answers with 200 per second."""
        return self.statuses[200] / self.seconds

    def milliseconds(self, percent: float, status: int = 200) -> float:
        """Return a percentile of the latencies of answers with one status; NaN for none."""
        took = [answer.took * 1000 for answer in self.answers if answer.status == status]
        return float(np.percentile(took, percent)) if took else float("nan")


def multipart(url: str, path: Path, *, name: str = "audio") -> Load:
    """Return the upload of a file as the part ``audio`` of a form."""
    parts = urlsplit(url)
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    body = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{path.name}"'
        f"\r\nContent-Type: {media}\r\n\r\n"
    ).encode()
    body += path.read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n"
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Load((parts.hostname or "127.0.0.1", parts.port or 80), head.encode() + body)


class _Line:
    """One connection: it sends the request, reads the answer, and is kept if the server likes."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.socket: socket.socket | None = None
        self.busy = False
        self.ended = 0.0

    def begin(self, due: float) -> None:
        """Begin a request that is counted from ``due`` on."""
        if self.socket is None:
            self.socket = socket.socket()
            self.socket.setblocking(False)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.connect_ex(self._load.address)
        self.due, self.busy = due, True
        self._left = memoryview(self._load.request)
        self._got = bytearray()
        self._size: int | None = None

    @property
    def events(self) -> int:
        """Return what it waits for."""
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._left else 0)

    def send(self) -> None:
        """Send what the socket takes; a server that wants no more may still have answered."""
        assert self.socket is not None
        try:
            while self._left:
                self._left = self._left[self.socket.send(self._left) :]
        except BlockingIOError:
            pass
        except OSError:
            self._left = memoryview(b"")

    def receive(self) -> int | None:
        """Return the status once the answer is whole, 0 where none came, None while it comes."""
        assert self.socket is not None
        try:
            data = self.socket.recv(_READ)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        self._got += data
        status = self._status(ended=not data)
        if status is not None:
            self.busy = False
            if not data or not self._keeps or self._left:
                self.close()
        return status

    def _status(self, *, ended: bool) -> int | None:
        head = self._got.find(b"\r\n\r\n")
        if head < 0:
            return 0 if ended else None
        if self._size is None:
            self._read_head(bytes(self._got[:head]).lower(), head + 4)
        whole = ended if self._size == -1 else len(self._got) >= (self._size or 0)
        if self._chunked:
            whole = self._got.endswith(b"0\r\n\r\n")
        if not whole:
            return 0 if ended else None
        return int(self._got[9:12])

    def _read_head(self, head: bytes, begin: int) -> None:
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        length = fields.get(b"content-length")
        self.begin_of_body = begin
        self._chunked = fields.get(b"transfer-encoding") == b"chunked"
        self._size = -1 if length is None else begin + int(length)
        self._keeps = head.startswith(b"http/1.1") and fields.get(b"connection") != b"close"

    def body(self) -> bytes:
        """Return the body of the last answer."""
        return bytes(self._got[self.begin_of_body :])

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket, self.busy, self._left = None, False, memoryview(b"")


class _Loop:
    """Connections, and what they wait for."""

    def __init__(self, load: Load, outcome: Outcome) -> None:
        self._load, self._outcome = load, outcome
        self._selector = selectors.DefaultSelector()
        self._lines: dict[_Line, int] = {}

    @property
    def refused(self) -> bool:
        """Return whether the last answer was none with 200."""
        answers = self._outcome.answers
        return bool(answers) and answers[-1].status != 200

    def begin(self, line: _Line, due: float) -> None:
        line.begin(due)
        assert line.socket is not None
        self._selector.register(line.socket, line.events, line)
        self._lines[line] = line.events

    def turn(self, seconds: float) -> Iterator[_Line]:
        """Wait for so long at most and yield the connections whose request has ended."""
        for key, events in self._selector.select(max(0.0, seconds)):
            line: _Line = key.data
            if events & selectors.EVENT_WRITE:
                line.send()
            status = line.receive() if events & selectors.EVENT_READ else None
            if status is None:
                if line.events != self._lines[line]:
                    self._selector.modify(key.fileobj, line.events, line)
                    self._lines[line] = line.events
                continue
            self._ended(line, key.fileobj, status)
            yield line

    def _ended(self, line: _Line, fileobj: object, status: int) -> None:
        self._selector.unregister(fileobj)  # type: ignore[arg-type]
        del self._lines[line]
        line.ended = now = time.perf_counter()
        self._outcome.answers.append(Answer(now, now - line.due, status))
        if status == 200 and not self._outcome.body:
            self._outcome.body = line.body()

    def close(self) -> None:
        for line in self._lines:
            line.close()
        self._selector.close()


def once(load: Load, *, seconds: float) -> Outcome:
    """Send one request and wait for its answer, so many seconds at most."""
    outcome = Outcome(seconds)
    loop = _Loop(load, outcome)
    end = time.perf_counter() + seconds
    loop.begin(_Line(load), time.perf_counter())
    while not outcome.answers and (left := end - time.perf_counter()) > 0:
        list(loop.turn(left))
    loop.close()
    return outcome


def closed(
    load: Load,
    *,
    clients: int,
    seconds: float,
    begun: Callable[[], object] | None = None,
    each_second: Callable[[], object] | None = None,
) -> Outcome:
    """Keep ``clients`` requests under way for some seconds, and longer where little is answered.

    They do not count until every client could have had an answer; then ``begun`` is called once and
    ``each_second`` again and again. What is under way at the end is not waited for: answers are
    counted by when they came.
    """
    outcome = Outcome(seconds)
    loop = _Loop(load, outcome)
    start = time.perf_counter()
    for _ in range(clients):
        loop.begin(_Line(load), start)
    _turn_until(loop, lambda now: now > start + _WARM and len(outcome.answers) >= clients)
    outcome.answers.clear()
    start = time.perf_counter()
    ticks = _Ticks(start, begun, each_second)
    windows = 0
    while len(outcome.answers) < _FEW and windows < _WINDOWS:
        windows += 1
        _turn_until(loop, partial(operator.lt, start + windows * seconds), ticks)
    outcome.seconds = time.perf_counter() - start
    loop.close()
    return outcome


def _turn_until(loop: _Loop, over: Callable[[float], bool], ticks: _Ticks | None = None) -> None:
    """Send again what was answered until it is over, or nothing was heard for long."""
    end = time.perf_counter() + _PATIENCE
    while not over(now := time.perf_counter()) and now < end:
        for line in loop.turn(_TURN):
            if loop.refused:
                time.sleep(0.001)  # a server that refuses at once would have us spin
            loop.begin(line, time.perf_counter())
        if ticks is not None:
            ticks.tick()


def opened(
    load: Load,
    *,
    rate: float,
    seconds: float,
    most: int = 1000,
    each_second: Callable[[], object] | None = None,
) -> Outcome:
    """Send ``rate`` requests a second, whatever becomes of them, and wait for all answers.

    ``most`` is how many may be under way; what would be more is counted as unsent. A latency counts
    from the time at which its request was due.
    """
    outcome = Outcome(seconds)
    start = time.perf_counter()
    loop = _Loop(load, outcome)
    free: list[_Line] = []
    number, count = 0, int(rate * seconds)
    ticks = _Ticks(start, None, each_second)
    under_way = 0
    while number < count or under_way:
        now = time.perf_counter()
        if now > start + seconds + _PATIENCE:
            break
        while number < count and (due := start + number / rate) <= now:
            number += 1
            if under_way < most:
                under_way += 1
                loop.begin(_fresh(free, load, now), due)
            else:
                outcome.unsent += 1
        due = start + number / rate if number < count else ticks.due
        for line in loop.turn(min(due, ticks.due) - time.perf_counter()):
            under_way -= 1
            free.append(line)
        ticks.tick()
    loop.close()
    return outcome


def _fresh(free: list[_Line], load: Load, now: float) -> _Line:
    """Return a connection that was used a moment ago, else a new one: servers close idle ones."""
    if not free:
        return _Line(load)
    line = free.pop()
    if now - line.ended > _IDLE:
        line.close()
    return line


class _Ticks:
    """Calls what is to be called at the start, and then every second."""

    def __init__(
        self,
        start: float,
        begun: Callable[[], object] | None,
        each_second: Callable[[], object] | None,
    ) -> None:
        self.due, self._begun, self._each = start, begun, each_second

    def tick(self) -> None:
        if time.perf_counter() < self.due:
            return
        self.due += 1.0
        if self._begun is not None:
            self._begun()
            self._begun = None
        if self._each is not None:
            self._each()


def main(argv: Sequence[str] | None = None) -> None:
    """Send a file again and again, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("file", type=Path)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--rate", type=float, help="requests/s, instead of clients that wait")
    parser.add_argument("--seconds", type=float, default=8.0)
    told = parser.parse_args(argv)
    load = multipart(told.url, told.file)
    if told.rate:
        outcome = opened(load, rate=told.rate, seconds=told.seconds)
    else:
        outcome = closed(load, clients=told.clients, seconds=told.seconds)
    p50, p99 = outcome.milliseconds(50), outcome.milliseconds(99)
    print(f"{outcome.rate:.1f}/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms, {dict(outcome.statuses)}")
    print(outcome.body[:200])


if __name__ == "__main__":
    main()
