"""The recordings in a request: parts of a form, or the body itself."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from flask import request

from audioml.core.errors import OutputError

from ..problems import Problem

__all__ = ["FIELDS", "Upload", "format_text", "options_text", "uploads"]

FIELDS = ("audio", "file")
_ANY = ("application/octet-stream", "application/ogg")
_ANY = ("application/octet-stream", "application/ogg")
_IN_MEMORY = 1 << 20  # bytes of a body
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
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
        with _whole():
            found = list(_parts())
        if not found:
            told = "the form has no part named 'audio'; curl -F audio=@FILE sends one"
            if any(field in request.form for field in FIELDS):
                told = "the part 'audio' is text and no file; curl -F audio=@FILE sends the file"
            raise Problem(400, told)
        if len(found) > most:
            raise Problem(413, f"{len(found)} recordings came; {most} are taken at a time")
        return found
    if not kind.startswith("audio/") and kind not in _ANY:
        raise Problem(
            415,
            "a recording is sent as multipart/form-data, or by itself with a Content-Type of "
            f"audio/wav or the like; this came as {kind or 'something without a type'}",
        )
    return [Upload("", _body())]


def _body() -> BinaryIO:
    """Return the body as a file, of which little is held in memory."""
    file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the answer's matter, not this function's
    with _whole():
        shutil.copyfileobj(request.stream, file, 1 << 16)
    file.seek(0)
    return cast("BinaryIO", file)


@contextlib.contextmanager
def _whole() -> Iterator[None]:
    """Tell it of an upload that it broke off."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise OutputError(f"an upload cannot be kept: {error}") from error
        raise Problem(400, "the upload broke off") from error


def _parts() -> Iterator[Upload]:
    for field in FIELDS:
        for part in request.files.getlist(field):
            yield Upload(part.filename or "", part.stream)  # type: ignore[arg-type]


def options_text() -> dict[str, str]:
    """Return the model's options as text: they stand in the query, or in fields of the form.

    Raises
    ------
    Problem
        If one stands there twice.
    """
    return {name: text for name, text in _told().items() if name not in _NO_OPTIONS}


def format_text() -> str | None:
    """Return the format that is asked for by name, if one is."""
    return _told().get("format")


def _told() -> dict[str, str]:
    told: dict[str, str] = {}
    for given in (request.args, request.form):
        for name in given:
            values = given.getlist(name)
            if len(values) > 1 or name in told:
                raise Problem(400, f"{name[:40]!r} is told more than once; once is enough")
            told[name] = values[0]
    return told
