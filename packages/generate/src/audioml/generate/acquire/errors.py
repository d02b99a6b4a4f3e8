"""What goes wrong while recordings are acquired."""

from __future__ import annotations

from audioml.core.errors import AudiomlError

__all__ = ["ChangedError", "FetchError", "TransientError"]


class FetchError(AudiomlError, OSError):
    """A recording that cannot be had; others may."""


class ChangedError(FetchError):
    """A file that became another one while it was read in pieces."""


class TransientError(Exception):
    """A failure that may be gone at the next try; it never leaves `audioml.generate.acquire.web`.

    Parameters
    ----------
    reason
        What happened, in words.
    after
        Seconds that the host asks to wait, where it says so.
    origin
        Scheme, host and port that no connection came about with; empty where one did.
    """

    def __init__(self, reason: str, *, after: float | None = None, origin: str = "") -> None:
        super().__init__(reason)
        self.after, self.origin = after, origin
