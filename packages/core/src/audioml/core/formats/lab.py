"""Label files as MIREX has them: start, end and label, tab-separated, seconds with six decimals.

One file says one thing: the first annotation that divides time into labelled segments, so chords
where chords were asked for first.
"""

from __future__ import annotations

from ..analysis import Analysis
from .events import is_segments, named, require, spelled
from .format import Format

__all__ = ["LAB", "encode"]


def encode(analysis: Analysis) -> bytes:
    """Return the first segments of the analysis as a label file.

    Raises
    ------
    OutputError
        If no annotation has labelled segments.
    """
    segments = [n for n in named(analysis) if is_segments(n.annotation)]
    annotation = require(segments, "no labelled segments for a lab file")[0].annotation
    lines = [
        f"{start:.6f}\t{end:.6f}\t{spelled(annotation, i)}\n"
        for i, (start, end) in enumerate(annotation.intervals)
    ]
    return "".join(lines).encode()


LAB = Format(".lab", encode, "text/x-lab")
