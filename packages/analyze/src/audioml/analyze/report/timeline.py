"""The timeline of a report: which lanes there are, in which order, and the axis above them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audioml.core.analysis import Analysis
from audioml.core.chords import parse
from audioml.core.formats.events import INSTANTS, NOTES, Named, is_pedal, is_segments, named
from audioml.core.formats.text import clock
from audioml.core.values import Annotation, Frames

from .lanes import Lane, chroma, scale, ticks
from .roll import pedal, roll
from .segments import Segment, segments_of, strip

__all__ = ["Timeline", "is_whole", "timeline"]

_STEPS = (1, 5, 10, 30, 60, 300, 600)  # seconds between the ticks of the axis
_MOST_TICKS = 1500
_WIDEST = 40_000  # pixels, before anyone zooms
_INSTANTS = {"beat": "Beats", "beat_position": "Beats", "onset": "Onsets"}


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lanes below the waveform, the segments that lead, and pixels per second at first."""

    duration: float
    lanes: tuple[Lane, ...]
    leading: tuple[Segment, ...]
    speed: float

    @property
    def step(self) -> int:
        """Return the seconds between ticks that leave room for their text."""
        return next((s for s in _STEPS if s * self.speed >= 64), _STEPS[-1])

    def axis(self) -> str:
        """Return the ticks of the axis; each knows the coarsest step that it belongs to."""
        fine = next((s for s in _STEPS if self.duration / s <= _MOST_TICKS), _STEPS[-1])
        return "".join(self._tick(second) for second in range(0, int(self.duration) + 1, fine))

    def _tick(self, second: int) -> str:
        level = max(s for s in _STEPS if second % s == 0)
        left = scale(second, second, self.duration).split(";")[0]
        return f'<span data-level="{level}" style="{left}">{clock(second, digits=0)}</span>'


def timeline(analysis: Analysis) -> Timeline:
    """Return the timeline of an analysis."""
    duration = max(analysis.recording.duration, 1e-3)
    strips = [
        (_title(n.entry), segments_of(n.annotation))
        for n in named(analysis)
        if _is_strip(n, duration)
    ]
    leading = tuple(strips[0][1]) if strips else ()
    lanes = [strip(name, segments, duration) for name, segments in strips]
    lanes += _drawn(analysis, duration)
    return Timeline(duration, tuple(lanes), leading, _speed(leading, duration))


def is_whole(annotation: Annotation, duration: float) -> bool:
    """Tell whether an annotation speaks of the whole recording, as a key or a tag does."""
    lengths = np.diff(annotation.intervals, axis=1)
    return annotation.namespace != "chord" and bool((lengths >= 0.95 * duration).all())


def _is_strip(n: Named, duration: float) -> bool:
    found = n.annotation
    labelled = is_segments(found) and not is_pedal(n)
    return labelled and len(found) > 0 and not is_whole(found, duration)


def _drawn(analysis: Analysis, duration: float) -> Iterator[Lane]:
    full = [n for n in named(analysis) if len(n.annotation)]
    for n in full:
        if n.annotation.namespace in INSTANTS:
            yield ticks(_INSTANTS[n.annotation.namespace], n.annotation, duration)
    for n in full:
        if n.annotation.namespace in NOTES:
            yield roll(n.annotation, duration)
        elif is_pedal(n):
            yield pedal(n.annotation, duration)
    yield from _chroma(analysis, duration)


def _chroma(analysis: Analysis, duration: float) -> Iterator[Lane]:
    found = [(name, order, f) for name, f in analysis.frames() if (order := _pitch_order(f))]
    for _, order, frames in sorted(found, key=lambda f: not f[0].endswith(".pitch"))[:1]:
        yield chroma(frames, order, duration)


def _pitch_order(frames: Frames) -> tuple[int, ...]:
    """Return the column of each pitch class from C on, or nothing where these are not they."""
    if len(frames.labels) != 12 or frames.values.ndim != 2 or not len(frames):
        return ()
    chords = [parse(label) for label in frames.labels]
    columns = {chord.root: i for i, chord in enumerate(chords) if chord}
    return tuple(columns[pitch] for pitch in range(12)) if len(columns) == 12 else ()


def _speed(leading: tuple[Segment, ...], duration: float) -> float:
    usual = float(np.median([s.end - s.start for s in leading])) if leading else 0.0
    wanted = min(max(64 / usual, 10), 90) if usual > 0 else 30
    return min(wanted, _WIDEST / duration)


def _title(entry: str) -> str:
    name = entry.replace("_", " ").capitalize()
    return {"Chord": "Chords", "Segment": "Segments"}.get(name, name)
