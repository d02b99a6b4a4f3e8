"""Sends an e-mail: over TLS from the first byte, or after STARTTLS; never in the open."""

from __future__ import annotations

import smtplib
import socket
from email.message import EmailMessage

from .credentials import Login
from .errors import NotificationError
from .secret import scrubbed
from .settings import Email
from .tls import context

__all__ = ["send"]


def send(message: EmailMessage, settings: Email, login: Login | None) -> None:
    """Send an e-mail.

    Raises
    ------
    NotificationError
        If the server cannot be reached, is not who it says, offers no TLS, or takes neither login
        nor message. The sentence never holds the password. ``OSError`` where trying once more may
        help.
    """
    secrets = [login.password] if login else []
    try:
        with _connected(settings) as server:
            if login is not None:
                server.login(login.user, login.password.reveal())
            server.send_message(message)
    except smtplib.SMTPException as error:
        reason = scrubbed(_reason(error), secrets)
        kind = ConnectionError if _may_pass(error) else NotificationError
        raise kind(f"{settings.host} did not take the e-mail: {reason}") from None
    except OSError as error:  # of which certificates that are wrong are some
        kind = NotificationError if _is_untrusted(error) else ConnectionError
        raise kind(f"{settings.host}:{settings.port}: {scrubbed(str(error), secrets)}") from None
    except ValueError as error:  # such as a password that is not ASCII
        raise NotificationError(f"the e-mail cannot be sent: {type(error).__name__}") from None


def _connected(settings: Email) -> smtplib.SMTP:
    host, port, name = settings.host, settings.port, _own_name()
    trusted = context(settings.ca)
    if settings.security == "tls":
        return smtplib.SMTP_SSL(
            host, port, local_hostname=name, timeout=settings.timeout, context=trusted
        )
    server = smtplib.SMTP(host, port, local_hostname=name, timeout=settings.timeout)
    try:
        server.starttls(context=trusted)  # raises where the server offers none
    except BaseException:
        server.close()
        raise
    return server


def _own_name() -> str:
    """Return the name of this machine without asking for it: a look-up may hang for long."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _reason(error: smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it refused the user or the password ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        words = said.decode(errors="replace") if isinstance(said, bytes) else said
        return f"{error.smtp_code} {' '.join(words.split())}"
    return " ".join(str(error).split())


def _may_pass(error: smtplib.SMTPException) -> bool:
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500 or error.smtp_code == -1
    return isinstance(error, smtplib.SMTPServerDisconnected)


def _is_untrusted(error: OSError) -> bool:
    import ssl

    return isinstance(error, ssl.SSLCertVerificationError)
