"""What a notification says."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from ..runs.manifest import Artifact, Manifest
from ..runs.wording import duration, metrics_table, number, size

__all__ = ["as_email", "subject", "text"]

_LARGEST, _TOTAL = 1 << 20, 5 << 20  # bytes; mail servers take 10 MB at the least, in base64
_SUBJECT = 65  # characters; longer ones are folded, and shown cut off


def subject(manifest: Manifest) -> str:
    """Return one line: the task, how the run ended, and as many metrics as fit."""
    said = f"audioml: {manifest.task} {manifest.status}"
    for name, value in manifest.metrics.items() if manifest.status == "completed" else ():
        longer = f"{said}, {name} {number(value)}"
        if len(longer) > _SUBJECT:
            break
        said = longer
    return _line(said)[:_SUBJECT]


def text(manifest: Manifest) -> str:
    """Return the run as text of several lines, with a table of its metrics."""
    ended = f" after {duration(manifest.seconds)}" if manifest.seconds is not None else ""
    lines = [f"{manifest.task} {manifest.status}{ended}.", ""]
    if manifest.error:
        lines += [manifest.error, ""]
    if manifest.metrics:
        lines += [metrics_table(manifest.metrics), ""]
    about = {
        "run": manifest.id,
        "host": str(manifest.machine.get("host", "")),
        "folder": manifest.folder,
        "model": manifest.model,
    }
    return "\n".join([*lines, *(f"{name}: {value}" for name, value in about.items() if value)])


def as_email(
    manifest: Manifest, *, sender: str, to: Sequence[str], attach: Sequence[str] = ()
) -> EmailMessage:
    """Return the e-mail, with the artifacts attached whose names match and that are small.

    Artifacts above 1 MiB, and those that would make more than 5 MiB together, are named instead.
    """
    message = EmailMessage()
    message["Subject"] = subject(manifest)
    message["From"], message["To"] = sender, ", ".join(to)
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> "))
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's absence notice answers
    chosen = list(_chosen(manifest, attach))
    small = list(_small(chosen))
    left = [f"not attached: {a.path} ({size(a.bytes)})" for a in chosen if a not in small]
    message.set_content("\n".join([text(manifest), "", *left, ""]))
    for artifact in small:
        _attach(message, artifact, Path(manifest.folder))
    return message


def _chosen(manifest: Manifest, patterns: Sequence[str]) -> Iterator[Artifact]:
    for artifact in manifest.artifacts:
        name = artifact.path.rpartition("/")[2]
        if any(fnmatch.fnmatch(n, pattern) for n in (name, artifact.path) for pattern in patterns):
            yield artifact


def _small(artifacts: Sequence[Artifact]) -> Iterator[Artifact]:
    total = 0
    for artifact in artifacts:
        if artifact.bytes <= _LARGEST and total + artifact.bytes <= _TOTAL:
            total += artifact.bytes
            yield artifact


def _attach(message: EmailMessage, artifact: Artifact, folder: Path) -> None:
    try:
        with (folder / artifact.path).open("rb") as file:
            data = file.read(_LARGEST)
    except OSError:
        return  # it was there when the run ended
    kind, _, subtype = artifact.media.partition("/")
    name = _line(artifact.path.rpartition("/")[2])
    message.add_attachment(data, maintype=kind, subtype=subtype or "octet-stream", filename=name)


def _line(words: str) -> str:
    """Return words that stay in one header, whatever they hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:200]
