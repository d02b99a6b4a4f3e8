"""Replies in the shapes of MAX's API, errors among them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

__all__ = ["RefusedError", "as_json", "as_page", "joined", "options"]


class RefusedError(Exception):
    """A request that is answered with an error; ``body`` is what the client gets."""

    def __init__(self, body: Mapping[str, Any], status: int = 400) -> None:
        super().__init__(str(body.get("message", "")))
        self.body = body
        self.status = status


def as_json(fields: Mapping[str, Any], status: int = 200) -> Response:
    """Return fields as a JSON object."""
    return joined({name: json.dumps(value).encode() for name, value in fields.items()}, status)


def joined(fields: Mapping[str, bytes], status: int = 200) -> Response:
    """Return fields whose values are JSON already as a JSON object."""
    members = (json.dumps(name).encode() + b": " + value for name, value in fields.items())
    body = b"{" + b", ".join(members) + b"}\n"
    return Response(body, status, content_type="application/json")


def as_page(error: HTTPException) -> Response:
    """Return an error as the small page of HTML that MAX's server answers outside its API."""
    page = Response(error.get_body(), error.code)
    page.headers["Content-Type"] = "text/html"  # without a charset, as there
    return page


def options(allowed: Iterable[str]) -> Response:
    """Return the reply to OPTIONS."""
    reply = Response(content_type="text/html; charset=utf-8")
    reply.allow.update(allowed)
    return reply
