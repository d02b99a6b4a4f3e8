"""TLS with certificates checked, and nothing less."""

from __future__ import annotations

import ssl

from audioml.core.files import shown

from .errors import NotificationError

__all__ = ["context"]


def context(ca: str | None = None) -> ssl.SSLContext:
    """Return a context that checks the server's name and certificate.

    ``ca`` is a PEM file of the authorities to trust instead of the system's.

    Raises
    ------
    NotificationError
        If the file cannot be read.
    """
    try:
        made = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise NotificationError(
            f"the certificates in {shown(ca or 'the system')} cannot be read: {error.strerror}"
        ) from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made
