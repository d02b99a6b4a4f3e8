"""Tells people that a run has ended, by e-mail over TLS and by webhook.

The configuration, each part of which may be absent or null::

    email:
      host: smtp.example.org
      port: 465                 # which speaks TLS from the start; others do after STARTTLS
      to: [me@example.org]
      from: trainer@example.org
      credentials: env          # AUDIOML_SMTP_USER and AUDIOML_SMTP_PASSWORD; or a file; or none
      attach: ["*.png"]         # small artifacts by their names
    webhook: env:NAME           # the variable that holds the URL, for such a URL is a password;
                                # or {credentials: FILE}; or the URL itself
    "on": always                # or success, or failure (runs that were interrupted are some)

A configuration is written down with every run and its checkpoints, so that secrets belong into
variables, or into a file, and never into it.

A file of credentials is TOML or ini: ``[email]`` with ``user`` and ``password``, ``[webhook]`` with
``url``. It is refused where git or others could show it to somebody; see `guard`.
"""

from __future__ import annotations

from .errors import CredentialsError, ExposedCredentialsError, NotificationError
from .guard import ensure_private
from .sending import check, notify

__all__ = [
    "CredentialsError",
    "ExposedCredentialsError",
    "NotificationError",
    "check",
    "ensure_private",
    "notify",
]
