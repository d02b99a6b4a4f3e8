"""Labelled stretches of time: as a strip of buttons, as a table, and as shares of the recording."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from zlib import crc32

from audioml.core.formats.events import confidence, spelled
from audioml.core.formats.text import clock
from audioml.core.values import Annotation

from .lanes import Lane, scale
from .wording import chord_name, chord_symbol, hue, is_minor, root_of

__all__ = ["Segment", "segments_of", "shares", "strip", "table"]

_ROW = 46


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch with everything that the page shows of it."""

    start: float
    end: float
    label: str
    symbol: str
    name: str
    tone: str
    sure: float | None


def segments_of(annotation: Annotation) -> list[Segment]:
    """Return the segments of an annotation, in the order of time."""
    chords = annotation.namespace.startswith("chord")
    found = []
    for i, (start, end) in enumerate(annotation.intervals.tolist()):
        label = spelled(annotation, i)
        symbol, name = (chord_symbol(label), chord_name(label)) if chords else (label, label)
        tone = _tone(label, chords=chords)
        found.append(Segment(start, end, label, symbol, name, tone, confidence(annotation, i)))
    return sorted(found, key=lambda s: (s.start, s.end))


def strip(name: str, segments: list[Segment], duration: float) -> Lane:
    """Return segments as a lane of buttons; those that overlap stand in rows below each other."""
    ends: list[float] = []
    buttons = []
    for i, segment in enumerate(segments):
        row = next((r for r, end in enumerate(ends) if end <= segment.start + 1e-6), len(ends))
        ends[row : row + 1] = [segment.end]
        buttons.append(_button(segment, row, duration, first=i == 0))
    body = f'<div class="strip" role="group" aria-label="{escape(name)}">{"".join(buttons)}</div>'
    return Lane(name, "segments", _ROW * max(len(ends), 1), body)


def _button(segment: Segment, row: int, duration: float, *, first: bool) -> str:
    said = f"{segment.name}, {clock(segment.start)} to {clock(segment.end)}"
    said += "" if segment.sure is None else f", confidence {segment.sure:.0%}"
    bar = "" if segment.sure is None else f'<i style="width:{segment.sure:.0%}"></i>'
    style = f"{scale(segment.start, segment.end, duration)};top:{row * _ROW}px;{segment.tone}"
    return (
        f'<button type="button" class="seg" style="{style}" tabindex="{0 if first else -1}" '
        f'data-start="{segment.start:.4f}" data-end="{segment.end:.4f}" '
        f'data-name="{escape(segment.name)}" aria-label="{escape(said)}" title="{escape(said)}">'
        f"<b>{escape(segment.symbol)}</b>{bar}</button>"
    )


def table(segments: list[Segment]) -> str:
    """Return the rows of a table of segments."""
    return "".join(
        f'<tr data-start="{s.start:.4f}" style="{s.tone}">'
        f'<td class="time"><button type="button" class="at" '
        f'aria-label="Go to {clock(s.start)}">{clock(s.start)}</button></td>'
        f'<td class="time">{clock(s.end)}</td><td class="time">{s.end - s.start:.1f} s</td>'
        f'<td><span class="chip">{escape(s.symbol)}</span></td><td>{escape(s.name)}</td>'
        f"<td>{_sure(s.sure)}</td></tr>"
        for s in segments
    )


def _sure(sure: float | None) -> str:
    if sure is None:
        return ""
    return f'<span class="sure"><i style="width:{sure:.0%}"></i></span>{sure:.0%}'


def shares(segments: list[Segment], *, most: int = 10) -> str:
    """Return how much of the time each label takes, the longest first."""
    lengths: Counter[str] = Counter()
    for segment in segments:
        lengths[segment.label] += segment.end - segment.start  # type: ignore[assignment]
    total = sum(lengths.values()) or 1
    one = {s.label: s for s in segments}
    longest = lengths.most_common(1)[0][1] or 1
    return "".join(
        f'<li style="{one[label].tone}"><span class="chip">{escape(one[label].symbol)}</span>'
        f'<span class="share"><i style="width:{length / longest:.1%}"></i></span>'
        f"<span>{length / total:.0%}</span></li>"
        for label, length in lengths.most_common(most)
    )


def _tone(label: str, *, chords: bool) -> str:
    if not chords:
        return f"--h:{crc32(label.encode()) % 360};--c:1"
    root = root_of(label)
    if root is None:
        return "--h:0;--c:0"
    return f"--h:{hue(root)};--c:1" + (";--m:1" if is_minor(label) else "")
