"""A client that speaks HTTP by hand, and the process that it speaks to."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent


class Server:
    """The process of `running_hosted`; `port` is there when it is ready."""

    def __init__(self, marks: Path, *, build="", server="", environ=None, **limits):
        self.marks = marks
        told = {"marks": str(marks), "build": build, "server": server, "limits": limits}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "running_hosted.py"), json.dumps(told)],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONWARNINGS": "error", **(environ or {})},
        )
        self.said = []
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line)
            self._lines.put(line)
        self._lines.put("")

    def wait_for(self, text, timeout=20):
        """Return the next line with the text."""
        end = time.monotonic() + timeout
        while line := self._lines.get(timeout=max(end - time.monotonic(), 0.01)):
            if text in line:
                return line
        raise AssertionError(f"it never said {text!r}, but: {''.join(self.said)}")

    def ready(self):
        line = self.wait_for("serving on ")
        self.url = line.split("serving on ")[1].strip()
        if found := re.search(r":(\d+)$", self.url):
            self.port = int(found[1])
        return self

    @property
    def pid(self):
        return self.process.pid

    @property
    def workers(self):
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(word) for word in path.read_text().split()]

    def memory(self):
        """Return the resident megabytes of the worker."""
        status = Path(f"/proc/{self.workers[0]}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def mark(self, name, timeout=10):
        """Wait until the application has left a mark."""
        wait_until((self.marks / name).exists, timeout=timeout)

    def end(self, number=signal.SIGTERM, timeout=20):
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout)

    def text(self):
        """Return all it said, once it has ended."""
        self._reader.join(10)
        return "".join(self.said)

    def kill(self):
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(10)
        self._reader.join(10)
        self.process.stderr.close()

    def connect(self, timeout=10, buffer=None):
        sock = socket.socket()
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.settimeout(timeout)
        sock.connect(("127.0.0.1", self.port))
        return Client(sock)

    def get(self, path, **headers):
        with self.connect() as client:
            return client.ask(path, **headers)


class Answer:
    def __init__(self, head: bytes, body: bytes):
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
        self.body = body

    @property
    def text(self):
        return self.body.decode()


class Client:
    """One connection; a context manager."""

    def __init__(self, sock):
        self.sock = sock
        self.held = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def ask(self, path, body=b"", method="GET", **headers):
        self.send(request(path, body, method=method, **headers))
        return self.answer()

    def until(self, end):
        """Return what comes before some bytes."""
        while end not in self.held:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError(self.held)
            self.held += data
        found, self.held = self.held.split(end, 1)
        return found

    def some(self, number):
        while len(self.held) < number:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError(self.held)
            self.held += data
        found, self.held = self.held[:number], self.held[number:]
        return found

    def answer(self, *, bodiless=False):
        head = self.until(b"\r\n\r\n")
        answer = Answer(head, b"")
        if bodiless or answer.status < 200:
            return answer
        if "chunked" in answer.headers.get("transfer-encoding", ""):
            while piece := self.chunk():
                answer.body += piece
        else:
            answer.body = self.some(int(answer.headers["content-length"]))
        return answer

    def chunk(self):
        number = int(self.until(b"\r\n"), 16)
        piece = self.some(number)
        assert self.some(2) == b"\r\n"
        return piece

    def closed(self):
        """Return whether the server closes the connection, waiting for it."""
        try:
            return not self.held and not self.sock.recv(1)
        except ConnectionResetError:
            return True


def request(path, body=b"", *, method="GET", **headers):
    """Return the bytes of a request; Content_Length=None leaves it out."""
    fields = {"Host": "test"}
    if body:
        fields["Content-Length"] = str(len(body))
        method = "POST" if method == "GET" else method
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body


def chunked(*pieces):
    """Return chunks, with the last one that is empty."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def wait_until(condition, timeout=10):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
