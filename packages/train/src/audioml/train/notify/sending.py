"""Sends what is to be sent when a run has ended; a failure is a warning, never the run's."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audioml.core.errors import AudiomlError

from ..runs.manifest import Manifest, read_manifest
from .credentials import login
from .errors import NotificationError
from .settings import Email, Settings, Webhook, read_settings

__all__ = ["check", "notify"]

_LOG = logging.getLogger("audioml.train")
_PAUSE = 2.0  # seconds before the second try
_LOOK_UPS = 30.0  # seconds; for names of hosts, which have no time-out of their own


def check(config: Any) -> None:
    """Check a configuration of notifications, credentials included, before a run; nothing is sent.

    Raises
    ------
    UsageError
        If a name or a value is wrong, or a password stands in it.
    CredentialsError
        If the credentials are not there.
    ExposedCredentialsError
        If the file of credentials is not private.
    """
    settings = read_settings(config)
    if settings.email is not None:
        login(settings.email.credentials)


def notify(config: Any, manifest: Manifest | Path) -> bool:
    """Tell of a run that has ended, and return whether all was sent; what was not is a warning.

    Parameters
    ----------
    config
        See `audioml.train.notify`; None tells nobody.
    manifest
        The manifest of the run, or the folder in which it is.
    """
    try:
        settings = read_settings(config)
        about = manifest if isinstance(manifest, Manifest) else read_manifest(manifest)
    except AudiomlError as error:
        _LOG.warning("nobody was notified: %s", error)
        return False
    except Exception as error:  # noqa: BLE001 - such as an interpolation that cannot be resolved
        _LOG.warning("nobody was notified: %s", type(error).__name__)
        return False
    if about.status not in settings.on:
        return True
    told = [_try(what, send, seconds) for what, send, seconds in _ways(settings, about)]
    return all(told)


def _ways(settings: Settings, manifest: Manifest) -> list[tuple[str, Callable[[], None], float]]:
    ways: list[tuple[str, Callable[[], None], float]] = []
    email, webhook = settings.email, settings.webhook
    if email is not None:
        ways.append(("e-mail", lambda: _mail(manifest, email), email.timeout))
    if webhook is not None:
        ways.append(("webhook", lambda: _post(manifest, webhook), webhook.timeout))
    return ways


def _mail(manifest: Manifest, settings: Email) -> None:
    from .mail import send
    from .message import as_email

    message = as_email(manifest, sender=settings.sender, to=settings.to, attach=settings.attach)
    send(message, settings, login(settings.credentials))


def _post(manifest: Manifest, settings: Webhook) -> None:
    from .webhook import post

    post(manifest, settings)


def _try(what: str, send: Callable[[], None], seconds: float) -> bool:
    try:
        _within(2 * seconds + _PAUSE + _LOOK_UPS, lambda: _twice(send))
    except (AudiomlError, OSError) as error:
        _LOG.warning("no notification by %s: %s", what, error)
    except Exception as error:  # noqa: BLE001 - its text may hold anything, a password as well
        _LOG.warning("no notification by %s: %s", what, type(error).__name__)
    else:
        return True
    return False


def _twice(send: Callable[[], None]) -> None:
    try:
        send()
    except ConnectionError:
        time.sleep(_PAUSE)
        send()


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Do work that may hang, for no longer than this; the thread is left behind if it does."""
    failed: list[BaseException] = []

    def do() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits for it
            failed.append(error)

    thread = threading.Thread(target=do, name="audioml-notify", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise NotificationError(f"there was no end after {seconds:.0f} s")
    if failed:
        raise failed[0]
