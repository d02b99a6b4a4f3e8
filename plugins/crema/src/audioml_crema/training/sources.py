"""Where the corpus of a run comes from: it is there, or is made of a folder, or of nothing."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from audioml.core.errors import UsageError
from audioml.train.data import prepare
from audioml.train.data.report import problem_lines

from ..cqt import RATE
from .rendered import Rendering, render

__all__ = ["corpus_of"]

_log = logging.getLogger("audioml.train")


def corpus_of(data: Any) -> None:
    """Make the corpus at ``data.path``, where ``source_path`` or ``rendered`` say of what.

    Raises
    ------
    UsageError
        If both do, or the path is not said.
    OutputError
        If something else stands there, or it cannot be written.
    """
    source, rendered = data.source_path, data.rendered
    if not data.path:
        raise UsageError("'data.path' must name the folder of the corpus, there or to be made")
    if source and rendered:
        raise UsageError(
            "data comes from 'data.source_path' or from 'data.rendered', not from both"
        )
    if rendered:
        path = Path(data.path)
        source = path.with_name(f"{path.name}-audio")
        render(Rendering(**rendered), source)
    if source:
        report = prepare(
            source_path=source,
            destination_path=data.path,
            audio_ext=tuple(data.audio_ext),
            label_ext=tuple(data.label_ext),
            sample_rate=RATE,
            split=data.split,
            workers=1 if rendered else None,
            align="off",  # chords change where nothing is struck, and go on where something is
        )
        for line in (*problem_lines(report.problems), *report.warnings):
            _log.warning(line)
