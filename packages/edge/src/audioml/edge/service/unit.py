"""A systemd unit for a configuration."""

from __future__ import annotations

import sys
from pathlib import Path

from audioml.core.store import home

from ..settings import Settings

__all__ = ["unit"]

_UNIT = """\
[Unit]
Description=audioml edge: analyses the recordings in {folder}
Documentation=https://github.com/audioml/audioml
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
    folder, output = settings.folder.resolve(), settings.output.resolve()
    writable = [output]
    if settings.files.after != "keep" or settings.disk.when_full != "wait":
        writable.append(folder)
    if settings.files.archive:
        writable.append(settings.place(settings.files.archive).resolve())
    return _UNIT.format(
        folder=_escaped(folder),
        output=_escaped(output),
        command=_escaped(Path(sys.argv[0]).resolve()),
        config=_escaped(config),
        user=user,
        home=_escaped(home().absolute()),
        writable=" ".join(map(_escaped, [*writable, home().absolute()])),
    )


def _escaped(path: Path) -> str:
    """Return a path as systemd.syntax(7) takes it."""
    text = str(path).replace("\\", "\\\\").replace("%", "%%")
    return '"' + text.replace('"', '\\"') + '"' if " " in text else text
