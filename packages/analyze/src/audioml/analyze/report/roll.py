"""Notes as a piano roll: pitch upwards, louder notes denser, a keyboard beside, the pedal below.

The drawing is also the data: `roll.js` reads the notes out of its paths.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from audioml.core.formats.events import confidence, covered, midi_pitches, velocities
from audioml.core.values import Annotation

from .lanes import Lane, drawing
from .wording import note_name

__all__ = ["pedal", "roll"]

_SEMITONE = 6  # pixels
_FEWEST, _TALLEST = 18, 480  # semitones that are shown at least, and pixels at most
_STRETCH = 20.0  # seconds in one path: a browser draws only the paths that are in view
_TIERS = 8  # of loudness
_SOFT, _STEP = 16, 12  # the velocity where tiers begin, and the width of one
_BLACK = frozenset({1, 3, 6, 8, 10})  # pitch classes


def roll(annotation: Annotation, duration: float) -> Lane:
    """Return notes as a lane, a semitone being one unit high."""
    pitches = np.clip(np.rint(midi_pitches(annotation)), 0, 127).astype(int)
    low, high = _range(int(pitches.min()), int(pitches.max()))
    names = f"{note_name(pitches.min())} to {note_name(pitches.max())}"
    count = len(annotation)
    label = f"{count} note{'s' * (count != 1)} from {names}{_loudness(annotation)}"
    paths = (
        f'<path class="black" d="{_rows(low, high, duration)}"/>'
        f'<path class="octaves" d="{_octaves(low, high, duration)}"/>'
        f'<g class="notes" data-high="{high}">{_notes(annotation, pitches.tolist(), high)}</g>'
    )
    rows = high - low + 1
    body = drawing(paths, width=duration, height=rows, label=label)
    marks = tuple(
        ((p - low + 0.5) / rows, note_name(p))
        for p in range(low, high - 2)  # above stands the lane's name
        if not p % 12
    )
    height = min(rows * _SEMITONE, _TALLEST)
    return Lane("Notes", "roll", height, body, marks, _keyboard(low, high))


def pedal(annotation: Annotation, duration: float) -> Lane:
    """Return the stretches in which the sustain pedal is down as a lane."""
    spans = annotation.intervals.tolist()
    bars = "".join(f"M{_short(a)} 0h{_short(b - a)}v1h-{_short(b - a)}z" for a, b in spans)
    share = covered(annotation, duration)
    times = f"{len(spans)} time{'s' * (len(spans) != 1)}"
    label = f"Sustain pedal pressed {times}, down {share:.0%} of the time"
    path = f'<path class="press" d="{bars}"/>'
    return Lane("Pedal", "pedal", 14, drawing(path, width=duration, height=1, label=label))


def _range(lowest: int, highest: int) -> tuple[int, int]:
    """Return the lowest and the highest key shown, both white, with room around the notes."""
    low, high = lowest - 1, highest + 1
    spare = max(_FEWEST - 1 - (high - low), 0)
    low, high = low - spare // 2, high + spare - spare // 2
    return low - (low % 12 in _BLACK), high + (high % 12 in _BLACK)


def _loudness(annotation: Annotation) -> str:
    loud = velocities(annotation)
    return "" if loud is None else f", velocities {loud.min()} to {loud.max()}"


def _notes(annotation: Annotation, pitches: list[int], high: int) -> str:
    """Return one path for the notes of each stretch of time and tier of loudness."""
    loud = velocities(annotation)
    forces = [127] * len(pitches) if loud is None else loud.tolist()
    spans = annotation.intervals.tolist()
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i in np.argsort(annotation.intervals[:, 0], kind="stable").tolist():
        tier = min(max((forces[i] - _SOFT) // _STEP, 0), _TIERS - 1)
        groups[int(spans[i][0] // _STRETCH), tier].append(i)
    paths = []
    for (_, tier), members in groups.items():
        boxes = "".join(_box(*spans[i], row=high - pitches[i]) for i in members)
        told = "" if loud is None else _data("velocity", (str(forces[i]) for i in members))
        if annotation.confidence is not None:
            sure = (confidence(annotation, i) for i in members)
            told += _data("sure", ("" if s is None else f"{s * 100:.0f}" for s in sure))
        opacity = 0.3 + 0.7 * tier / (_TIERS - 1)
        paths.append(f'<path class="note" opacity="{opacity:.2g}"{told} d="{boxes}"/>')
    return "".join(paths)


def _box(start: float, end: float, *, row: int) -> str:
    length = _short(end - start)
    return f"M{_short(start)} {row}.08h{length}v.84h-{length}z"


def _data(name: str, values: Iterable[str]) -> str:
    return f' data-{name}="{",".join(values)}"'


def _short(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _rows(low: int, high: int, width: float) -> str:
    """Return the rows of the black keys."""
    black = (high - p for p in range(low, high + 1) if p % 12 in _BLACK)
    return "".join(f"M0 {row}h{width:.3f}v1h-{width:.3f}z" for row in black)


def _octaves(low: int, high: int, width: float) -> str:
    """Return the lines between B and C."""
    return "".join(f"M0 {high - p + 1}h{width:.3f}" for p in range(low + 1, high + 1) if not p % 12)


def _keyboard(low: int, high: int) -> str:
    """Return the keys that the rows belong to."""
    rows = high - low + 1
    black = "".join(f"M0 {high - p}h.58v1h-.58z" for p in range(low, high + 1) if p % 12 in _BLACK)
    # white keys meet behind the middle of a black one, else where their rows do
    edges = "".join(
        f"M.58 {high - p + 0.5}h.42" if p % 12 in _BLACK else f"M0 {high - p + 1}h1"
        for p in range(low, high + 1)
        if p % 12 in _BLACK | {0, 5}
    )
    return (
        f'<div class="keyboard" aria-hidden="true"><svg viewBox="0 0 1 {rows}" '
        f'preserveAspectRatio="none"><path class="lit"/><path class="black" d="{black}"/>'
        f'<path class="edges" d="{edges}"/><path class="lit-black"/></svg></div>'
    )
