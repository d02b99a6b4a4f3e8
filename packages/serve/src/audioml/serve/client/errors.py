"""What a server's refusal becomes: the error class that fits its status, in the server's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from audioml.core.errors import AudioError, AudiomlError, NotFoundError, UsageError, WorkerError

__all__ = ["BusyError", "DeniedError", "LateError", "from_problem", "refusal", "retry_after"]


class BusyError(AudiomlError):
    """The server has too much to do, or is ending.

    ``retry_after`` is the number of seconds after which it asks to be tried again, or None.
    """

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class DeniedError(AudiomlError, PermissionError):
    """The server wants a key, or another one."""


class LateError(AudiomlError, TimeoutError):
    """The answer did not come in time."""


_CLASSES: dict[int, type[AudiomlError]] = {
    400: UsageError,
    401: DeniedError,
    403: DeniedError,
    404: NotFoundError,
    405: UsageError,
    406: UsageError,
    408: LateError,
    409: UsageError,
    410: NotFoundError,
    411: UsageError,
    413: AudioError,
    415: AudioError,
    422: AudioError,
    429: BusyError,
    503: BusyError,
    504: LateError,
}
_HINTS = {
    401: "give a key: Client(key=…) or AUDIOML_API_KEY",
    403: "another key may be allowed to: Client(key=…) or AUDIOML_API_KEY",
}
_MOST = 200  # characters of an answer that is no problem document


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> AudiomlError:
    """Return the error for an answer that is not a 2xx."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    problem: dict[str, Any] = found if isinstance(found, dict) else {}
    if not problem and 300 <= status < 400:
        where = headers.get("Location", "elsewhere")
        problem = {"detail": f"the server is found at {where}; give the client that address"}
    if not problem:
        said = " ".join(body[:_MOST].decode(errors="replace").split())
        problem = {"detail": f"the server answered with status {status}: {said or 'nothing'}"}
    return from_problem({"status": status, **problem}, wait=retry_after(headers))


def from_problem(problem: Mapping[str, Any], *, wait: float | None = None) -> AudiomlError:
    """Return the error for a problem document (RFC 9457).

    Parameters
    ----------
    problem
        Its members; ``detail`` becomes the sentence, ``status`` chooses the class.
    wait
        The seconds that the server asks to wait.
    """
    number = problem.get("status")
    status = number if isinstance(number, int) else 500
    said = problem.get("detail") or problem.get("title") or problem.get("message")
    sentence = str(said or f"the server answered with status {status}")
    if hint := _HINTS.get(status):
        sentence = f"{sentence.rstrip('.')}; {hint}"
    kind = _CLASSES.get(status, UsageError if 300 <= status < 500 else WorkerError)
    error = BusyError(sentence, retry_after=wait) if kind is BusyError else kind(sentence)
    if instance := problem.get("instance"):
        error.add_note(f"HTTP status {status}, request {instance}")
    return error


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header; None for none, or for a date."""
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except ValueError:
        return None
