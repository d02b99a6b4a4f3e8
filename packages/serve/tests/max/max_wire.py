"""One exchange over HTTP, byte for byte: no client library puts in headers of its own."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BOUNDARY = "a-boundary-of-these-tests"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: a file, or without a ``filename`` a field."""

    content: bytes
    name: str = "audio"
    filename: str | None = "clip.wav"
    media: str | None = "audio/wav"

    def __bytes__(self) -> bytes:
        head = f'Content-Disposition: form-data; name="{self.name}"'
        if self.filename is not None:
            head += f'; filename="{self.filename}"'
        if self.media is not None:
            head += f"\r\nContent-Type: {self.media}"
        return head.encode() + b"\r\n\r\n" + self.content


@dataclass(frozen=True, slots=True)
class Case:
    """A request with a name."""

    name: str
    method: str = "POST"
    path: str = "/model/predict"
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def form(*parts: Part) -> bytes:
    """Return parts as the body of a form."""
    edge = f"--{BOUNDARY}".encode()
    return b"".join(edge + b"\r\n" + bytes(p) + b"\r\n" for p in parts) + edge + b"--\r\n"


def send(url: str, case: Case, *, timeout: float = 60.0) -> Reply:
    """Return the reply of the server at ``url`` to a case."""
    where = urlsplit(url)
    headers, body = dict(case.headers), case.body
    if case.parts:
        headers.setdefault("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        body = form(*case.parts)
    if body or case.method in {"POST", "PUT", "PATCH"}:
        headers["Content-Length"] = str(len(body))
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=timeout)
    try:
        connection.request(case.method, case.path, body=body or None, headers=headers)
        answer = connection.getresponse()
        return Reply(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()
