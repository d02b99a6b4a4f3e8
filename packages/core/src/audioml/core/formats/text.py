"""A table for people in a terminal: when, what, and a bar for how sure.

Beats, onsets, notes and presses of the pedal are too many for rows; each gets one line that counts
them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..analysis import Analysis, Recording
from ..values import Annotation
from .events import (
    INSTANTS,
    NOTES,
    Named,
    confidence,
    covered,
    is_pedal,
    midi_pitches,
    named,
    spelled,
    velocities,
)
from .format import Format

__all__ = ["TEXT", "clock", "encode"]

_BAR = 20


def encode(analysis: Analysis) -> bytes:
    """Return the annotations of the analysis as text."""
    lines = [_heading(analysis.recording), ""]
    for n in named(analysis):
        name = n.entry if n.entry == n.estimator else f"{n.estimator}: {n.entry}"
        source = n.annotation.source
        lines.append(f"{name} ({source.name} {source.version})" if source else name)
        lines += [f"  {line}" for line in _lines(n, analysis.recording.duration)]
        lines.append("")
    return "\n".join(lines).encode(errors="replace")  # a file name may be no text


def clock(seconds: float, *, digits: int = 1) -> str:
    """Return a time as ``m:ss.s``, or ``h:mm:ss.s`` from an hour on."""
    ticks = round(abs(seconds) * 10**digits)
    whole, rest = divmod(ticks, 10**digits)
    minutes, seconds_of = divmod(whole, 60)
    hours, minutes_of = divmod(minutes, 60)
    head = f"{hours}:{minutes_of:02}" if hours else f"{minutes_of}"
    tail = f".{rest:0{digits}}" if digits else ""
    return f"{'-' if seconds < 0 and ticks else ''}{head}:{seconds_of:02}{tail}"


def _heading(recording: Recording) -> str:
    name = recording.title or (recording.path.name if recording.path else "recording")
    parts = [name, recording.artist, clock(recording.duration)]
    return " · ".join(" ".join(part.split()) for part in parts if part)


def _lines(n: Named, duration: float) -> Iterator[str]:
    annotation = n.annotation
    if not len(annotation):
        yield "nothing found"
    elif annotation.namespace in INSTANTS:
        yield _instants(annotation)
    elif annotation.namespace in NOTES:
        yield _notes(annotation)
    elif is_pedal(n):
        count = len(annotation)
        share = covered(annotation, duration)
        yield f"{count} press{'es' * (count != 1)}, down {share:.0%} of the time"
    else:
        yield from _rows(annotation)


def _instants(annotation: Annotation) -> str:
    times = annotation.intervals[:, 0]
    text = f"{len(times)} from {clock(times[0])} to {clock(times[-1])}"
    gaps = np.diff(times)
    if annotation.namespace == "onset" or not len(gaps) or np.median(gaps) <= 0:
        return text
    return f"{text}, {60 / np.median(gaps):.1f} BPM (median)"


def _notes(annotation: Annotation) -> str:
    pitches, loud = midi_pitches(annotation), velocities(annotation)
    low, high = (spelled(annotation, int(f(pitches))) for f in (np.argmin, np.argmax))
    text = f"{len(annotation)} note{'s' * (len(annotation) != 1)}, {low} to {high}"
    return text if loud is None else f"{text}, velocities {loud.min()} to {loud.max()}"


def _rows(annotation: Annotation) -> Iterator[str]:
    labels = [spelled(annotation, i) for i in range(len(annotation))]
    width = max(map(len, labels))
    times = [clock(start) for start in annotation.intervals[:, 0]]
    early = max(map(len, times))
    for i, (time, label) in enumerate(zip(times, labels, strict=True)):
        yield f"{time:>{early}}  {label:<{width}}  {_bar(confidence(annotation, i))}".rstrip()


def _bar(sure: float | None) -> str:
    if sure is None:
        return ""
    filled = round(min(max(sure, 0.0), 1.0) * _BAR)
    return f"{'█' * filled}{'░' * (_BAR - filled)} {sure:4.0%}"


TEXT = Format(".txt", encode, "text/plain")
