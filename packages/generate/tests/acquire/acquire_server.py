"""A host on the loopback that behaves as badly as hosts do, and a clock nobody waits for."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from audioml.generate.acquire.web import Clock


class Hands(Clock):
    """A clock that is set forward by those who wait for it."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.slept = []

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += seconds

    def today(self):
        return datetime(2026, 1, 31, tzinfo=UTC) + timedelta(seconds=self.at)


@dataclass
class File:
    """What a host has under a path.

    ``first`` are answers (status, headers) that come before it; ``cut`` is the number of bytes
    after which every answer is cut; ``sends`` waits or looks before each piece of ``piece`` bytes.
    """

    data: bytes = b""
    kind: str = "audio/mpeg"
    etag: str | None = None
    modified: str | None = None
    ranges: bool = True
    heeds_if_range: bool = True
    cut: int | None = None
    first: list = field(default_factory=list)
    sends: object = None
    piece: int = 1 << 16
    chunked: bool = False
    changes: object = None
    headers: dict = field(default_factory=dict)

    def tag(self):
        return self.etag or f'"{hashlib.md5(self.data).hexdigest()}"'


class Host:
    """``host.files[path] = File(...)``; ``host.log`` has the requests."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.log: list[tuple[str, dict]] = []
        self.connections = set()
        handler = type("Handler", (_Handler,), {"host": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # of clients that were killed
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def put(self, path, data=b"", **more):
        self.files[path] = File(data, **more)
        return self.url + path

    def asked(self, path):
        """Return the headers of the requests for a path."""
        return [headers for p, headers in self.log if p == path]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host: Host

    def log_message(self, *_args):
        pass

    def do_GET(self):
        path = self.path
        self.host.log.append((path, dict(self.headers.items())))
        self.host.connections.add(self.client_address)
        file = self.host.files.get(path)
        if file is None:
            return self._plain(404)
        if file.changes is not None:
            file.changes(file)
        if file.first:
            return self._plain(*file.first.pop(0))
        with contextlib.suppress(ConnectionError):
            self._send(file)
        return None

    def _plain(self, status, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, file):
        start, stop = self._span(file)
        if start is not None and start >= len(file.data):
            return self._plain(416, {"Content-Range": f"bytes */{len(file.data)}"})
        body = file.data[start or 0 : stop]
        self.send_response(200 if start is None else 206)
        if start is not None:
            end = start + len(body) - 1
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(file.data)}")
        if file.etag != "":
            self.send_header("ETag", file.tag())
        if file.modified:
            self.send_header("Last-Modified", file.modified)
        for name, value in file.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", file.kind)
        if file.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self._body(file, body)
        return None

    def _body(self, file, body):
        end = len(body) if file.cut is None else min(file.cut, len(body))
        for at in range(0, end, file.piece):
            if file.sends is not None:
                file.sends(at)
            piece = body[at : min(at + file.piece, end)]
            if file.chunked:
                piece = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
            self.wfile.write(piece)
            self.wfile.flush()
        if end < len(body):
            self.close_connection = True
        elif file.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _span(self, file):
        wanted = self.headers.get("Range", "")
        if not wanted.startswith("bytes=") or not file.ranges:
            return None, None
        condition = self.headers.get("If-Range")
        if condition and file.heeds_if_range and condition not in (file.tag(), file.modified):
            return None, None
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        return int(first), int(last) + 1 if last else None
