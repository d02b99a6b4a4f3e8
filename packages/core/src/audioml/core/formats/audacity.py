"""A label track of Audacity: start, end and label, tab-separated, all annotations by time.

Import it with File, Import, Labels. Instants are labels of no length, which Audacity shows as
points.
"""

from __future__ import annotations

from ..analysis import Analysis
from .events import named, require, spelled
from .format import Format

__all__ = ["AUDACITY", "encode"]


def encode(analysis: Analysis) -> bytes:
    """Return every event of the analysis as one label track.

    Raises
    ------
    OutputError
        If no estimator gave annotations.
    """
    found = require(list(named(analysis)), "no events to label")
    rows = sorted(
        (float(start), float(end), spelled(n.annotation, i))
        for n in found
        for i, (start, end) in enumerate(n.annotation.intervals)
    )
    return "".join(f"{start:.6f}\t{end:.6f}\t{text}\n" for start, end, text in rows).encode()


AUDACITY = Format(".audacity.txt", encode, "text/x-audacity-labels")
