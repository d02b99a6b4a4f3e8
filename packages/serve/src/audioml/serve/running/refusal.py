"""Answers that are given before a request reaches the application, as problems of RFC 9457."""

from __future__ import annotations

import json
import logging
import uuid
from http import HTTPStatus

__all__ = ["Refused", "answer"]

log = logging.getLogger("audioml.serve.access")

_RETRY = 5  # seconds a client shall wait when there was no room for it


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """A request that is answered right away, whereupon its connection closes.

    Parameters
    ----------
    status
        Of HTTP.
    detail
        A sentence.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def answer(status: int, detail: str) -> bytes:
    """Return the whole answer, header and body."""
    title = HTTPStatus(status).phrase
    name = uuid.uuid4().hex
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = json.dumps({**problem, "instance": name}).encode()
    log.info("refused with %d: %s (%s)", status, detail, name)
    lines = [
        f"HTTP/1.1 {status} {title}",
        "Connection: close",
        "Content-Type: application/problem+json",
        "X-Content-Type-Options: nosniff",
        f"X-Request-Id: {name}",
        f"Content-Length: {len(body)}",
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        lines.append(f"Retry-After: {_RETRY}")
    return "\r\n".join([*lines, "", ""]).encode() + body
