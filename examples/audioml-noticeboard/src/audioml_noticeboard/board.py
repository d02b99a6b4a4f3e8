"""The board: for each label when it was heard last, in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from audioml.core.files import write_bytes

__all__ = ["Notice", "Notices", "pinned", "read", "write"]


class Notice(TypedDict):
    """When something was heard (ISO 8601, UTC), in which recording, and how sure that is."""

    time: str
    name: str
    score: float


Notices = Mapping[str, Notice]
"""Label to notice."""


def pinned(notices: Notices, label: str, notice: Notice) -> Notices:
    """Return the board with a notice, unless the one of its label is as late or later.

    So it does not matter how often something is pinned, or in which order.
    """
    before = notices.get(label)
    if before and before["time"] >= notice["time"]:
        return notices
    return {**notices, label: notice}


def read(path: Path) -> Notices:
    """Return the board of a file; an empty one where there is no file yet."""
    try:
        notices: Notices = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    return notices


def write(path: Path, notices: Notices) -> None:
    """Write the board; whoever reads it meanwhile sees the old one, or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, json.dumps(notices, indent=1, sort_keys=True).encode())
