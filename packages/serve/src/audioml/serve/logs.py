"""One line for each request, with an id by which it is found again."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, request

from .metrics import Metrics

__all__ = ["JsonLines", "install"]

log = logging.getLogger("audioml.serve.access")
_ID = re.compile(r"[\w.:-]{1,64}")
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


def install(app: Flask, metrics: Metrics) -> None:
    """Give every request of an application an id, a log line, and a place in the metrics."""

    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        g.began = time.perf_counter()

    def end(response: Response) -> Response:
        spent = time.perf_counter() - g.get("began", time.perf_counter())
        response.headers["X-Request-Id"] = g.get("request_id", "")
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in _METHODS else "other"
        metrics.answered(route, method, response.status_code, spent)
        _tell(response, spent)
        return response

    app.before_request(begin)
    app.after_request(end)


def _tell(response: Response, spent: float) -> None:
    level = logging.DEBUG if request.path in _QUIET else logging.INFO
    if not log.isEnabledFor(level):
        return
    about: dict[str, Any] = {
        "id": g.get("request_id", ""),
        "client": request.remote_addr,
        "key": g.get("key_name"),
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "ms": round(spent * 1000, 1),
        "received": request.content_length or 0,
        "sent": response.content_length,
    }
    stages = g.get("stages")
    if stages:
        about["stages_ms"] = {name: round(s * 1000, 1) for name, s in stages.items()}
    text = f"{request.method} {request.path[:200]!r} {response.status_code} {about['ms']} ms"
    log.log(level, "%s (%s)", text, about["id"], extra={"request": about})


class JsonLines(logging.Formatter):
    """Log records as JSON, one a line, for machines that collect them."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line of JSON."""
        about: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        told = getattr(record, "request", None)
        about |= {"request": told} if told else {"message": record.getMessage()}
        if record.exc_info:
            about["traceback"] = self.formatException(record.exc_info)
        return json.dumps(about, ensure_ascii=False, default=str)
