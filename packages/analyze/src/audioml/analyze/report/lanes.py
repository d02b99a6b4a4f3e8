"""The lanes of the timeline: each a name, what stands beside it, and a drawing over all of time.

Everything is placed in percent of the duration, so that zooming is one width and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from audioml.core.values import Annotation, Frames

from .png import data_uri, heat_map
from .sound import Waveform
from .wording import hue, note_name

__all__ = ["Lane", "chroma", "drawing", "scale", "ticks", "wave"]

_COLUMNS = 8000  # of the heat map: more than any screen shows at once


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane: its name, its height in pixels, its drawing, and marks beside it as (share, text).

    A mark's share is its height above the floor, from 0 to 1. ``beside`` is HTML.
    """

    name: str
    kind: str
    height: int
    body: str
    marks: tuple[tuple[float, str], ...] = ()
    beside: str = ""


def drawing(path: str, *, width: float, height: float, label: str, kind: str = "") -> str:
    """Return an image of SVG that stretches over the lane."""
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(label)}">{path}</svg>'
    )


def wave(shape: Waveform) -> str:
    """Return the waveform as two paths, peaks behind root mean squares."""
    return (
        f'<path class="peak" d="{_band(shape.peaks)}"/><path class="rms" d="{_band(shape.means)}"/>'
    )


def _band(heights: NDArray[np.float64]) -> str:
    tall = np.maximum(np.rint(heights * 49), 0.5)
    upper = [f"{i} {50 - h:g}" for i, h in enumerate(tall)]
    lower = [f"{i} {50 + h:g}" for i, h in enumerate(tall)]
    return f"M{'L'.join(upper)}L{'L'.join(reversed(lower))}Z"


def ticks(name: str, annotation: Annotation, duration: float) -> Lane:
    """Return instants as ticks; the first beat of a bar stands taller."""
    strong: list[str] = []
    weak: list[str] = []
    for (start, _), value in zip(annotation.intervals, annotation.values, strict=True):
        (strong if value == 1 else weak).append(f"{start:.3f}")
    paths = "".join(
        f'<path class="{kind}" vector-effect="non-scaling-stroke" d="{_lines(times, top)}"/>'
        for kind, times, top in (("strong", strong, 12), ("weak", weak, 38 if strong else 25))
        if times
    )
    label = f"{len(annotation)} {name.lower()}"
    return Lane(name, "ticks", 34, drawing(paths, width=duration, height=100, label=label))


def _lines(times: Iterable[str], top: int) -> str:
    return "".join(f"M{time} {top}V{100 - top}" for time in times)


def chroma(frames: Frames, order: tuple[int, ...], duration: float) -> Lane:
    """Return pitch classes as a heat map, C at the bottom.

    ``order`` gives the column of ``frames`` for each pitch class from C on.
    """
    values = np.nan_to_num(np.asarray(frames.values, np.float64))[:, list(order)]
    length = len(values) * frames.hop
    step = -(-len(values) // _COLUMNS)
    rows = np.maximum.reduceat(values, np.arange(0, len(values), step)).T[::-1]
    colours = np.array([_rgb(hue(pitch)) for pitch in reversed(range(12))], np.uint8)
    picture = heat_map(rows / max(rows.max(), 1.0), colours)
    body = (
        f'<img src="{data_uri(picture, "image/png")}" alt="How strongly each pitch class sounds" '
        f'style="{scale(frames.start, frames.start + length, duration)}" draggable="false">'
    )
    marks = tuple(((p + 0.5) / 12, note_name(p)[:-2]) for p in range(12))
    return Lane("Pitch", "chroma", 180, body, marks)


def _rgb(degrees: float) -> tuple[int, int, int]:
    """Return an OKLCH colour of middle lightness as RGB (Ottosson 2020, the Oklab matrices)."""
    angle = np.deg2rad(degrees)
    lab = np.array([0.66, 0.125 * np.cos(angle), 0.125 * np.sin(angle)])
    cones = np.array(
        [[1, 0.39633778, 0.21580376], [1, -0.10556135, -0.06385417], [1, -0.08948418, -1.29148555]]
    )
    rgb = np.array(
        [
            [4.07674166, -3.30771159, 0.23096993],
            [-1.26843800, 2.60975740, -0.34131940],
            [-0.00419609, -0.70341861, 1.70761470],
        ]
    )
    linear = np.clip(rgb @ (cones @ lab) ** 3, 0, 1)
    encoded = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    red, green, blue = np.rint(encoded * 255).astype(int).tolist()
    return red, green, blue


def scale(start: float, end: float, duration: float) -> str:
    """Return a stretch of time as the style of an element placed there."""
    left, right = (min(max(t / duration, 0.0), 1.0) * 100 for t in (start, end))
    return f"left:{left:.4f}%;width:{right - left:.4f}%"
