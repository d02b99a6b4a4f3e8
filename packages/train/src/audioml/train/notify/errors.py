"""What can be wrong with a notification."""

from __future__ import annotations

from audioml.core.errors import AudiomlError

__all__ = ["CredentialsError", "ExposedCredentialsError", "NotificationError"]


class NotificationError(AudiomlError, RuntimeError):
    """A notification that could not be sent."""


class CredentialsError(AudiomlError, ValueError):
    """Credentials that are not there or cannot be read; the text never holds them."""


class ExposedCredentialsError(AudiomlError, PermissionError):
    """A file of credentials that git or other users could show to somebody."""
