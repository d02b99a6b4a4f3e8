"""A systemd unit for a configuration."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from audioml.core.store import home

from ..settings import Settings

__all__ = ["unit", "writable"]

_UNIT = """\
[Unit]
Description=audioml edge: analyses the recordings in {folder}
Documentation=https://github.com/audioml/audioml
After=time-sync.target
RequiresMountsFor={folder} {output}
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={command} edge watch -c {config}
WatchdogSec=60
Restart=always
RestartSec=2
TimeoutStopSec=10
User={user}
Environment=AUDIOML_HOME={home} PYTHONUNBUFFERED=1
ReadWritePaths={writable}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
NoNewPrivileges=yes
MemoryMax=400M
Nice=5

[Install]
WantedBy=multi-user.target
"""


def unit(settings: Settings, config: Path, *, user: str) -> str:
    """Return the text of a unit; paths in it are absolute."""
    return _UNIT.format(
        folder=_escaped(settings.folder.resolve()),
        output=_escaped(settings.output.resolve()),
        command=_escaped(Path(sys.argv[0]).resolve()),
        config=_escaped(config),
        user=user,
        home=_escaped(home().absolute()),
        writable=" ".join(map(_escaped, writable(settings))),
    )


def writable(settings: Settings) -> list[Path]:
    """Return the folders that the service writes to."""
    found = [settings.output.resolve(), home().absolute(), *_elsewhere(settings)]
    if settings.files.after != "keep" or settings.disk.when_full != "wait":
        found.append(settings.folder.resolve())
    if settings.files.archive:
        found.append(settings.place(settings.files.archive).resolve())
    return list(dict.fromkeys(found))


def _elsewhere(settings: Settings) -> Iterator[Path]:
    """Yield the folders of files that are written outside that for results."""
    files = [
        settings.output / Path(sink.to).expanduser()
        for sink in settings.sinks
        if sink.to and sink.kind in ("csv", "jsonl", "sqlite")
    ]
    if settings.service.metrics_file:
        files.append(settings.place(settings.service.metrics_file))
    for path in files:
        folder = path.resolve().parent
        if not folder.is_relative_to(settings.output.resolve()):
            yield folder


def _escaped(path: Path) -> str:
    """Return a path as systemd.syntax(7) takes it."""
    text = str(path).replace("\\", "\\\\").replace("%", "%%")
    return '"' + text.replace('"', '\\"') + '"' if " " in text else text
