"""The recordings in a request: parts of a form, or the body itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from flask import request

from ..problems import Problem

__all__ = ["FIELDS", "Upload", "options_text", "uploads"]

FIELDS = ("audio", "file")
_ANY = ("application/octet-stream", "application/ogg")
_NO_OPTIONS = frozenset({"format", "model"})


@dataclass(frozen=True, slots=True)
class Upload:
    """One recording: what the client calls it, and its bytes."""

    filename: str
    file: BinaryIO


def uploads(most: int) -> list[Upload]:
    """Return the recordings of the request, one at least.

    Raises
    ------
    Problem
        If there is none, there are more than ``most``, or the body is of another kind.
    """
    kind = request.mimetype
    if kind == "multipart/form-data":
        found = list(_parts())
        if not found:
            raise Problem(400, "the form has no part named 'audio'; curl -F audio=@FILE sends one")
        if len(found) > most:
            raise Problem(413, f"{len(found)} recordings came; {most} are taken at a time")
        return found
    if not kind.startswith("audio/") and kind not in (
        "application/octet-stream",
        "application/ogg",
    ):
        raise Problem(
            415,
            "a recording is sent as multipart/form-data, or as audio/*, "
            f"not as {kind or 'something without a name'}",
        )
    return [Upload("", io.BytesIO(request.get_data(cache=False)))]


def _parts() -> Iterator[Upload]:
    for field in FIELDS:
        for part in request.files.getlist(field):
            yield Upload(part.filename or "", part.stream)  # type: ignore[arg-type]


def options_text() -> dict[str, Any]:
    """Return the model's options as they stand in the query, as text."""
    return {name: text for name, text in request.args.items() if name not in _NO_OPTIONS}
