"""Sounds made of numbers, for trying a task out, and how they are laid out as recordings."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio import write
from audioml.core.values import Audio

__all__ = ["TABLE", "Samples", "faded", "lay_out", "level", "over_noise", "times"]

TABLE = "labels.csv"
Samples = NDArray[np.float64]
_FADE = 0.01  # seconds
_SPLITS = {1: "validation", 2: "test"}


def times(seconds: float, rate: int) -> Samples:
    """Return the time of each sample in seconds."""
    return np.arange(round(seconds * rate)) / rate


def level(samples: Samples, decibels: float) -> Samples:
    """Return sound whose mean power is so many dB below that of a full square wave."""
    power = float(np.mean(np.square(samples)))
    found: Samples = samples * (10.0 ** (decibels / 20.0) / max(power, 1e-12) ** 0.5)
    return found


def faded(samples: Samples, rate: int) -> Samples:
    """Return sound that begins and ends softly."""
    count = min(round(_FADE * rate), len(samples) // 2)
    ramp = np.ones(len(samples))
    ramp[:count] = np.arange(count) / max(count, 1)
    ramp[len(samples) - count :] = ramp[:count][::-1]
    return samples * ramp


def over_noise(samples: Samples, random: np.random.Generator, *, ratio: float) -> Samples:
    """Return sound with white noise under it, ``ratio`` dB below it."""
    power = float(np.mean(np.square(samples)))
    return samples + random.normal(0.0, (power * 10.0 ** (-ratio / 10.0)) ** 0.5, len(samples))


def lay_out(
    folder: Path,
    recordings: Iterable[tuple[str, Samples, Sequence[str]]],
    *,
    columns: Sequence[str],
    rate: int,
) -> None:
    """Write recordings as WAV, and a table of their labels and splits, which `prepare` reads.

    Of eight that follow each other one is for validation and one for test, so recordings that are
    in the order of their classes give every split its share of each.

    Parameters
    ----------
    folder
        Where they go.
    recordings
        Name, samples in [-1, 1], and the cells of ``columns``, of each.
    columns
        Names of the labels.
    rate
        Hz.
    """
    rows = []
    for at, (name, samples, cells) in enumerate(recordings):
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        clipped = np.clip(samples, -1.0, 1.0).astype(np.float32)
        write(path, Audio(clipped[np.newaxis], rate))
        rows.append([f"{name}.wav", _SPLITS.get(at % 8, "train"), *cells])
    with (folder / TABLE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([["file", "split", *columns], *rows])
