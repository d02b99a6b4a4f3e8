"""A server of a few lines that answers what a test has told it to, over true sockets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from audioml.core.analysis import Analysis, Recording
from audioml.core.formats.json import encode
from audioml.core.values import Annotation, Frames, Prediction, Source

__all__ = ["PREDICTION", "SOURCE", "Handler", "Reply", "Stand", "document", "js", "problem"]

SOURCE = Source("tiny", "1.0.0", "c0ffee" * 10 + "beef")


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """``by`` takes the connection over, instead of status, body and headers."""

    status: int = 200
    body: bytes = b""
    media: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    by: Callable[[Handler], None] | None = None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self) -> None:
        stand: Stand = self.server.stand
        parts = urlsplit(self.path)
        reply = stand.next_reply()
        body = b"" if reply.by else self.whole_body()
        headers = dict(self.headers.items())
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        stand.asked.append(asked)
        if reply.by:
            reply.by(self)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_DELETE = answer

    def whole_body(self) -> bytes:
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def start_chunks(self, media: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def reset(self) -> None:
        """End the connection without an answer."""
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing: clients that leave are what some tests are about."""


class Stand:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._replies: list[Reply] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.stand = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def will(self, *replies: Reply) -> None:
        """Answer with these in turn, and then with the last for ever."""
        self._replies[:] = replies

    def next_reply(self) -> Reply:
        with self._lock:
            return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def document(prediction: Prediction) -> bytes:
    return encode(Analysis(Recording(duration=1.0), {"tiny": prediction.stamped(SOURCE)}))


def js(tree: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(tree).encode(), headers=headers)


def problem(status: int, detail: str, **headers: str) -> Reply:
    tree = {"type": "about:blank", "title": "No", "status": status, "detail": detail}
    body = json.dumps({**tree, "instance": "r-17"}).encode()
    return Reply(status, body, "application/problem+json", headers)


PREDICTION = Prediction(
    {
        "embedding": Frames(np.array([[1, 255], [0, 7]], np.uint8), hop=0.96, start=0.5),
        "likelihood": Frames(np.array([[0.1], [1e-7]], np.float32), 0.1, labels=("yes",)),
        "beats": Annotation.instants("beat", [0.5, 1.25], [1, 2], np.float32([0.3, 0.9])),
    }
)
