"""Pictures of a transcription: what was played beside what was heard, and how it was learnt."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..notes import LOWEST, Notes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curve", "figures_of", "onsets", "roll"]

_SECONDS = 20.0
_HEIGHT = 0.8  # of a note, in semitones


def roll(axes: Axes, reference: Notes, estimate: Notes, *, until: float = _SECONDS) -> None:
    """Draw what was played as bars, and over it what was heard as outlines."""
    figure = axes.get_figure()
    if figure is not None:
        figure.set_size_inches(12, 6)  # type: ignore[union-attr,unused-ignore]
    _bars(axes, reference, until, color="#9ec5e8", label="played")
    _bars(axes, estimate, until, facecolor="none", edgecolor="#b03030", label="heard")
    both = np.concatenate([notes.pitch[notes.onset < until] for notes in (reference, estimate)])
    low, high = (int(both.min()), int(both.max())) if len(both) else (LOWEST, LOWEST + 87)
    axes.set(xlim=(0, until), ylim=(low - 2, high + 2), xlabel="seconds", ylabel="MIDI pitch")
    axes.legend(loc="upper right")


def onsets(
    axes: Axes,
    probability: NDArray[np.float32],
    reference: Notes,
    *,
    fps: float,
    until: float = _SECONDS,
) -> None:
    """Draw the probability of onsets, shape (frames, 88), and where notes were struck."""
    figure = axes.get_figure()
    if figure is not None:
        figure.set_size_inches(12, 6)  # type: ignore[union-attr,unused-ignore]
    shown = probability[: round(until * fps)]
    extent = (-0.5 / fps, (len(shown) - 0.5) / fps, LOWEST - 0.5, LOWEST + 87.5)
    image = axes.imshow(
        shown.T, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=0, vmax=1
    )
    struck = reference[reference.onset < until]
    axes.plot(struck.onset, struck.pitch, "o", ms=5, mfc="none", mec="#40c0c0", label="struck")
    axes.set(xlim=(0, until), xlabel="seconds", ylabel="MIDI pitch")
    axes.legend(loc="upper right")
    if figure is not None:
        figure.colorbar(image, ax=axes, label="probability of an onset")


def curve(axes: Axes, figures: dict[str, NDArray[np.float64]]) -> None:
    """Draw the loss over the steps, and F1 of the onsets in validation."""
    for name, style in (("step/loss", "-"), ("val/loss", "o-")):
        if name in figures:
            axes.plot(*figures[name].T, style, lw=1, ms=3, label=name)
    axes.set(xlabel="step", ylabel="loss")
    if "val/onset" in figures:
        other = axes.twinx()
        other.plot(*figures["val/onset"].T, "s-", color="#2a8c4a", ms=3, label="val/onset")
        other.set(ylim=(0, 1), ylabel="F1")
        other.legend(loc="lower right")
    axes.legend(loc="upper right")


def figures_of(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return the figures in the table ``metrics.csv`` of a run: steps and values, shape (n, 2)."""
    found: dict[str, list[tuple[float, float]]] = {}
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["name"], []).append((float(row["step"]), float(row["value"])))
    return {name: np.array(pairs) for name, pairs in found.items()}


def _bars(axes: Axes, notes: Notes, until: float, **style: str) -> None:
    from matplotlib.collections import PolyCollection

    some = notes[notes.onset < until]
    low, high = some.pitch - _HEIGHT / 2, some.pitch + _HEIGHT / 2
    x, y = [some.onset, some.onset, some.offset, some.offset], [low, high, high, low]
    corners = np.stack([np.stack(x, axis=1), np.stack(y, axis=1)], axis=2)
    axes.add_collection(PolyCollection(list(corners), **style))  # type: ignore[arg-type,unused-ignore]
