"""The file that a client sent for embedding."""

from __future__ import annotations

import re

from flask import Request
from werkzeug.datastructures import FileStorage

from .document import AUDIO_HELP
from .replies import RefusedError

__all__ = ["audio_of"]

_WAV = re.compile("audio/.*wav")
_UNNAMED = "application/octet-stream"


def audio_of(request: Request) -> FileStorage:
    """Return the first file of the field ``audio``.

    Raises
    ------
    RefusedError
        If there is none, or if its type says that it is no WAV file.
    """
    file = request.files.get("audio")
    if file is None:
        missing = f"{AUDIO_HELP} Missing required parameter in an uploaded file"
        raise RefusedError(
            {"errors": {"audio": missing}, "message": "Input payload validation failed"}
        )
    if not (_WAV.match(file.mimetype) or _is_from_curl(file)):
        raise RefusedError({"status": "error", "message": "Invalid file type/extension"})
    return file


def _is_from_curl(file: FileStorage) -> bool:
    """Return whether it is a ``.wav`` whose type the client did not know.

    `curl -F audio=@clip.wav` sends such a file. It is the command of MAX's own README, although
    that server refuses it.
    """
    return file.mimetype == _UNNAMED and (file.filename or "").lower().endswith(".wav")
