"""The recordings in a request: parts of a form, or the body itself."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from flask import request

from audioml.core.errors import OutputError

from ..problems import Problem

__all__ = ["FIELDS", "Upload", "options_text", "uploads"]

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
            raise Problem(400, "the form has no part named 'audio'; curl -F audio=@FILE sends one")
        if len(found) > most:
            raise Problem(413, f"{len(found)} recordings came; {most} are taken at a time")
        return found
    if not kind.startswith("audio/") and kind not in _ANY:
        raise Problem(
            415,
            "a recording is sent as multipart/form-data, or as audio/*, "
            f"not as {kind or 'something without a name'}",
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


def options_text() -> dict[str, Any]:
    """Return the model's options as text: they stand in the query."""
    return {name: text for name, text in request.args.items() if name not in _NO_OPTIONS}
