"""Posts a run to a webhook as JSON, with the field ``text`` that Slack and its like show."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from ..runs.manifest import Manifest
from .errors import NotificationError
from .message import subject, text
from .secret import scrubbed
from .settings import Webhook
from .tls import context

__all__ = ["payload", "post"]

_SLACK = "hooks.slack.com"  # it takes known fields only
_ENOUGH = 500  # bytes of an answer


def payload(manifest: Manifest, *, host: str = "") -> dict[str, Any]:
    """Return what is posted: ``text``, and unless the host is Slack's the facts of the run."""
    said = {"text": f"{subject(manifest)}\n```\n{text(manifest)}\n```"}
    if host == _SLACK:
        return said
    run = {
        "id": manifest.id,
        "task": manifest.task,
        "status": manifest.status,
        "started": manifest.started,
        "ended": manifest.ended,
        "seconds": manifest.seconds,
        "error": manifest.error,
        "metrics": manifest.metrics,
        "model": manifest.model,
        "folder": manifest.folder,
    }
    return {**said, "run": run}


def post(manifest: Manifest, settings: Webhook) -> None:
    """Post a run.

    Raises
    ------
    NotificationError
        If the server refuses it or redirects elsewhere. The sentence names the host only, because
        the rest of such a URL is a password. ``ConnectionError`` where trying once more may help.
    """
    url = settings.url.reveal()
    host = urlsplit(url).hostname or ""
    request = urllib.request.Request(
        url,
        data=json.dumps(payload(manifest, host=host), allow_nan=False).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "audioml-train"},
        method="POST",
    )
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context(settings.ca)), _Straight()
    )
    try:
        with opener.open(request, timeout=settings.timeout) as answer:
            answer.read(_ENOUGH)
    except urllib.error.HTTPError as error:
        code = error.code
        error.close()
        kind = ConnectionError if code in (408, 429) or code >= 500 else NotificationError
        raise kind(f"the webhook at {host} answered {code}") from None
    except (OSError, ValueError, urllib.error.URLError) as error:
        reason = scrubbed(str(getattr(error, "reason", error)), [settings.url])
        kind = NotificationError if "CERTIFICATE_VERIFY_FAILED" in reason else ConnectionError
        raise kind(f"the webhook at {host} cannot be reached: {reason}") from None


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the run would be told to somebody else."""

    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        return None
