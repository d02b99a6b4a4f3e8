"""A picture of chords that were found, beside those that were played."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audioml.core.chords import parse
from audioml.core.values import Annotation, Frames, Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["lanes"]

_SECONDS = 60.0  # shown of a recording
_NARROW = 0.02  # share of the width under which a chord has no room for its name


def lanes(axes: Axes, *, reference: Mapping[str, Any], found: Prediction) -> None:
    """Draw chords played and found, and the probabilities of tones and basses.

    Parameters
    ----------
    axes
        The only ones of their figure; three take their place.
    reference
        Has ``name``, ``seconds``, ``segments`` and ``labels``.
    found
        As `audioml_crema.decoder.ChordDecoder` gives it.
    """
    end = min(float(reference["seconds"]), _SECONDS)
    figure: Any = axes.figure
    axes.remove()
    figure.set_size_inches(14, 7)
    top, pitch, bass = figure.subplots(3, 1, sharex=True, height_ratios=(2, 3, 3))
    chords: Any = found["chord"]
    assert isinstance(chords, Annotation)
    _lane(top, 1, reference["segments"], reference["labels"], end)
    _lane(top, 0, chords.intervals, chords.values, end)
    top.set(yticks=(0.4, 1.4), yticklabels=("found", "played"), ylim=(-0.1, 1.9), xlim=(0, end))
    top.set_title(reference["name"])
    _heat(pitch, found["pitch"], "pitch")
    _heat(bass, found["bass"], "bass")
    bass.set_xlabel("seconds")


def _lane(axes: Axes, low: float, spans: Any, labels: Sequence[str], end: float) -> None:
    for (start, stop), label in zip(spans, labels, strict=True):
        if start >= end:
            break
        axes.barh(low, stop - start, 0.8, start, align="edge", color=_colour(label), ec="white")
        if min(stop, end) - start > _NARROW * end:
            middle = (start + min(stop, end)) / 2
            axes.text(middle, low + 0.4, label, ha="center", va="center", fontsize=7, clip_on=True)


def _colour(label: str) -> tuple[float, float, float]:
    """Return a hue for the root, paler for minor thirds; grey where there is no chord."""
    chord = parse(label)
    if chord is None:
        return (0.8, 0.8, 0.8)
    return colorsys.hsv_to_rgb(7 * chord.root % 12 / 12, 0.35 if 3 in chord.tones else 0.6, 0.95)


def _heat(axes: Axes, frames: Any, name: str) -> None:
    assert isinstance(frames, Frames)
    values, count = frames.values, len(frames.labels)
    extent = (0, len(values) * frames.hop, -0.5, count - 0.5)
    axes.imshow(
        values.T, aspect="auto", origin="lower", extent=extent, vmin=0, vmax=1, cmap="magma"
    )
    axes.set_yticks(range(count), frames.labels, fontsize=7)
    axes.set_ylabel(f"probability of {name}")
