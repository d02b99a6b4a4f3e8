"""Remembers which question about which recording an output file answers, for ``--resume``."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from audioml.core.errors import OutputError
from audioml.core.files import write_bytes
from audioml.core.plugins import registry
from audioml.core.store import Store

__all__ = ["is_answered", "note_answers"]


def is_answered(source: Path, outputs: Sequence[Path], variants: Mapping[str, str | None]) -> bool:
    """Return whether every output stands and answers this question about this recording."""
    try:
        question = _question(source, variants)
        return all(
            output.stat().st_size > 0 and _record(output).read_bytes() == question
            for output in outputs
        )
    except OSError:
        return False


def note_answers(source: Path, outputs: Sequence[Path], variants: Mapping[str, str | None]) -> None:
    """Note that outputs were written; where that cannot be noted, they are made anew next time."""
    try:
        question = _question(source, variants)
        for output in outputs:
            write_bytes(_record(output), question)
    except (OSError, OutputError):
        return


def _question(source: Path, variants: Mapping[str, str | None]) -> bytes:
    about = source.stat()
    code = sorted(f"{plugin.name} {plugin.version}" for plugin in registry().plugins)
    asked = [os.path.realpath(source), about.st_size, about.st_mtime_ns, dict(variants), code]
    return json.dumps(asked, sort_keys=True).encode()


def _record(output: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(output))).hexdigest()
    return Store().root / "cache" / "outputs" / name[:2] / name
