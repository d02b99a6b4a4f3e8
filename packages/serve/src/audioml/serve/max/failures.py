"""Failures in the shapes of MAX's API, whoever of the application found them."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from ..problems import problem_of, response_of
from .replies import RefusedError, as_json

__all__ = ["answer_failures"]

_BAD_AUDIO = frozenset({415, 422})
_MISTAKE = {"message": "Internal Server Error"}


def answer_failures(routes: Blueprint) -> None:
    """Have whatever is raised below these routes answered as MAX's clients know it."""
    routes.register_error_handler(RefusedError, _refused)
    routes.register_error_handler(Exception, _failed)


def _refused(error: RefusedError) -> Response:
    return as_json(error.body, error.status)


def _failed(error: Exception) -> Response:
    """Return 400 for audio that cannot be used; every other status is the service's own."""
    problem = problem_of(error)
    reply = response_of(problem)
    if problem.status in _BAD_AUDIO:
        reply.status_code = 400
    told = _MISTAKE if problem.status == 500 else {"status": "error", "message": problem.detail}
    reply.set_data(json.dumps(told) + "\n")
    reply.content_type = "application/json"
    return reply
