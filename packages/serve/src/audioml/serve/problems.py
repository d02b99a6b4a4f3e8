"""Why a request is refused, as RFC 9457 has it: ``application/problem+json``."""

from __future__ import annotations

import json
import logging
import math
import traceback
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, has_app_context, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from audioml.core.errors import (
    AudioError,
    AudiomlError,
    MissingDependencyError,
    NotFoundError,
    OutputError,
    UsageError,
    ValidationError,
)

from .errors import BusyError, GoneError, LateError

__all__ = ["MEDIA", "Problem", "install", "problem_of"]

log = logging.getLogger(__name__)
MEDIA = "application/problem+json"
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (BusyError, 503),
    (LateError, 504),
    (GoneError, 499),
    (AudioError, 422),
    (NotFoundError, 404),
    (MissingDependencyError, 501),
    (UsageError, 400),
    (ValidationError, 422),
)


class Problem(Exception):  # noqa: N818 - the RFC's own word
    """What is wrong with a request: an HTTP status, and one sentence for people."""

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers or {}

    @classmethod
    def unreadable(cls, reason: str) -> Problem:
        """Return the one of a recording that is audio and still cannot be used."""
        return cls(422, f"the recording cannot be used: {reason}")

    @classmethod
    def unsupported(cls, reason: str) -> Problem:
        """Return the one of a body that is no audio that is read here."""
        return cls(
            415,
            f"the recording cannot be read: {reason}; send wav, flac, ogg, mp3, aiff, caf or au",
        )

    @classmethod
    def too_long(cls, limit: float) -> Problem:
        """Return the one of a recording of more than ``limit`` seconds."""
        return cls(413, f"the recording is longer than {limit:g} s; cut it, or make it a job")

    def body(self, instance: str = "") -> dict[str, Any]:
        """Return it as a tree; ``instance`` is the request's id."""
        title = HTTP_STATUS_CODES.get(self.status, "Client Closed Request")
        told = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail}
        return told | ({"instance": instance} if instance else {})


def problem_of(error: Exception) -> Problem:
    """Return what an exception means for a client; what is not expected is logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        headers = {k: v for k, v in error.get_headers() if k in ("Allow", "Retry-After")}
        return Problem(error.code or 500, _sentence(error), headers=headers)
    if isinstance(error, OutputError):  # its sentence names places of this machine
        log.error("%s", error)
        return Problem(507, "the server has no room to keep this; try later")
    for kind, status in _STATUS:
        if isinstance(error, kind):
            headers = {}
            if isinstance(error, BusyError):
                headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
            return Problem(status, str(error), headers=headers)
    if isinstance(error, AudiomlError):
        return Problem(500, str(error))
    told = "".join(traceback.format_exception(error)).rstrip()
    log.error("request %s failed\n%s", g.get("request_id", "") if has_app_context() else "", told)
    return Problem(500, "something went wrong here; the log tells what, under this request's id")


def _sentence(error: HTTPException) -> str:
    """Return what an error of the framework means here."""
    path = request.path[:80]
    if error.code == HTTPStatus.NOT_FOUND:
        hint = "; MAX's API is served with --preset max" if path.startswith("/model/") else ""
        return f"there is nothing at {path!r}; /docs tells what there is{hint}"
    if error.code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return f"{path!r} takes {allowed or 'other methods'}, not {request.method[:20]}"
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return "the request is larger than is taken here; cut the recording, or make it a job"
    return error.description or "the request cannot be answered"


def response_of(error: Exception) -> Response:
    """Return the answer to a request that failed."""
    problem = problem_of(error)
    body = json.dumps(problem.body(g.get("request_id", ""))).encode()
    response = Response(body, problem.status, problem.headers, mimetype=MEDIA)
    if request.environ.get("wsgi.input_terminated") and problem.status in (413, 503):
        response.headers["Connection"] = "close"  # the rest of the body is not wanted
    return response


def install(app: Flask) -> None:
    """Make an application answer in this way whenever something goes wrong."""
    app.register_error_handler(Exception, response_of)
