"""The form of an answer: what the client accepts, of the formats that plugins offer."""

from __future__ import annotations

import functools

from flask import Response, request

from audioml.core.analysis import Analysis
from audioml.core.errors import OutputError
from audioml.core.formats import Format, find_format

from .problems import Problem

__all__ = ["FORMATS", "answered", "chosen"]

FORMATS = ("json", "npy", "npz", "jams", "csv", "midi", "lab", "text")
"""Formats that a client may ask for, the first being what it gets without asking."""


def chosen(named: str | None) -> Format:
    """Return the format that a request asks for: by ``?format=``, else by ``Accept``.

    Raises
    ------
    Problem
        If there is none such.
    """
    formats = _formats()
    if named is not None:
        if named not in formats:
            raise Problem(400, f"format {named!r} is not one of {', '.join(formats)}")
        return formats[named]
    if not request.accept_mimetypes:
        return formats[FORMATS[0]]
    media = {each.media: each for each in formats.values()}
    best = request.accept_mimetypes.best_match(list(media))
    if best is None:
        raise Problem(406, f"an answer comes as one of {', '.join(media)}")
    return media[best]


@functools.cache
def _formats() -> dict[str, Format]:
    return {name: find_format(name) for name in FORMATS}


def answered(analysis: Analysis, form: Format) -> Response:
    """Return an analysis as a response."""
    try:
        body = form.encode(analysis)
    except OutputError as error:
        raise Problem(406, str(error)) from error
    response = Response(body, mimetype=form.media)
    if form.suffix not in (".json", ".jams"):
        (name,) = analysis.predictions
        response.headers["Content-Disposition"] = f'attachment; filename="{name}{form.suffix}"'
    response.vary.add("Accept")
    return response
