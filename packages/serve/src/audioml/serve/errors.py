"""Why a request gets no answer, though nothing is wrong with what it asks."""

from __future__ import annotations

from audioml.core.errors import AudiomlError

__all__ = ["BusyError", "GoneError", "LateError", "ModelError"]


class BusyError(AudiomlError):
    """Too much is under way; ``retry_after`` is in seconds."""

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LateError(AudiomlError):
    """The answer would come after its deadline."""


class GoneError(AudiomlError):
    """The client went away before its answer came."""


class ModelError(AudiomlError):
    """A model failed at something that it should be able to do."""
